"""The tables of ratings, and the statements that read and write many of their rows."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.projections.slots import SLOTS, Slots

SESSION = ("session_id", "game_id", "ended_at", "seats", "idx")
STEP = ("game_id", "person_id", "ended_at", "session_id", "mu", "sigma", "rated")
RATING = ("game_id", "person_id", "mu", "sigma", "rated", "shown", "settled", "last_at", "position")


def _sessions(slot: str) -> Table:
    """Results that count; of a voided one no seats are left."""
    name = f"rated_sessions_{slot}"
    return Table(
        name,
        metadata,
        Column("session_id", Id, primary_key=True),
        Column("game_id", Id, nullable=False),
        Column("ended_at", Moment, nullable=False),
        Column("seats", Text, nullable=False),  # JSON of `RatedSeat`
        Column("idx", Integer, nullable=False),  # of the event that said so
        Index(f"ix_{name}_game", "game_id", "ended_at", "session_id"),
        sqlite_with_rowid=False,
    )


def _steps(slot: str) -> Table:
    """What everybody was rated after each session: from here on it is counted again."""
    name = f"rating_steps_{slot}"
    return Table(
        name,
        metadata,
        Column("game_id", Id, primary_key=True),
        Column("person_id", Id, primary_key=True),
        Column("ended_at", Moment, primary_key=True, autoincrement=False),
        Column("session_id", Id, primary_key=True),
        Column("mu", BigInteger, nullable=False),
        Column("sigma", BigInteger, nullable=False),
        Column("rated", Integer, nullable=False),
        Index(f"ix_{name}_game", "game_id", "ended_at"),
        Index(f"ix_{name}_person", "person_id"),
        sqlite_with_rowid=False,
    )


def _ratings(slot: str) -> Table:
    name = f"ratings_{slot}"
    return Table(
        name,
        metadata,
        Column("game_id", Id, primary_key=True),
        Column("person_id", Id, primary_key=True),
        Column("mu", BigInteger, nullable=False),
        Column("sigma", BigInteger, nullable=False),
        Column("rated", Integer, nullable=False),
        Column("shown", Integer, nullable=False),
        Column("settled", Integer, nullable=False),
        Column("last_at", Moment, nullable=False),
        Column("position", BigInteger, nullable=False),  # of the batch that brought it about
        Index(f"ix_{name}_game", "game_id", "settled", "shown", "person_id"),
        Index(f"ix_{name}_person", "person_id"),
        sqlite_with_rowid=False,
    )


def _persons(slot: str) -> Table:
    """Of players who were ever merged: who they are."""
    return Table(
        f"rated_persons_{slot}",
        metadata,
        Column("player_id", Id, primary_key=True),
        Column("person_id", Id, nullable=False),
        Column("position", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


sessions = Slots(_sessions)
steps = Slots(_steps)
ratings = Slots(_ratings)
persons = Slots(_persons)
TABLES = (sessions, steps, ratings, persons)

find_sessions = {slot: Lookup(sessions[slot], SESSION, ["session_id"]) for slot in SLOTS}
save_sessions = {slot: Insert(sessions[slot], SESSION, update=["seats", "idx"]) for slot in SLOTS}
save_steps = {slot: Insert(steps[slot], STEP, update=STEP[4:]) for slot in SLOTS}
find_ratings = {slot: Lookup(ratings[slot], RATING, ["game_id", "person_id"]) for slot in SLOTS}
save_ratings = {slot: Insert(ratings[slot], RATING, update=RATING[2:]) for slot in SLOTS}
find_persons = {
    slot: Lookup(persons[slot], ["player_id", "person_id", "position"], ["player_id"]) for slot in SLOTS
}
save_persons = {
    slot: Insert(persons[slot], ["player_id", "person_id", "position"], update=["person_id", "position"])
    for slot in SLOTS
}
