"""Results of finished sessions, each as long as it held, and who has to do with which session."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.projections.merges import OPEN, Moved, merges
from tallybook.projections.slots import SLOTS, Slots
from tallybook.projections.standings import Played, PlayedSeat


def _results(slot: str) -> Table:
    return Table(
        f"results_{slot}",
        metadata,
        Column("session_id", Id, primary_key=True),
        Column("from_position", BigInteger, primary_key=True, autoincrement=False),
        Column("to_position", BigInteger, nullable=False),  # exclusive: that of the correction or the void
        Column("game_id", Id, nullable=False),
        Column("win", String(12), nullable=False),
        Column("ended_at", Moment, nullable=False),
        Column("playtime", BigInteger, nullable=False),
        Column("seats", Text, nullable=False),  # JSON of `PlayedSeat`
        sqlite_with_rowid=False,
    )


_COVERED = ("sat", "hosted", "listed", "outcome", "team")


def _people(slot: str) -> Table:
    """Everything that lists are filtered by stands here again, so that a list is one walk along an index.

    Of most lists the index alone says everything: what it leads to lies scattered.
    """
    name = f"session_people_{slot}"
    return Table(
        name,
        metadata,
        Column("session_id", Id, primary_key=True),
        Column("player_id", Id, primary_key=True),
        Column("person_id", Id, nullable=False),
        Column("sat", Integer, nullable=False),
        Column("hosted", Integer, nullable=False),
        Column("outcome", String(4)),  # the person's, while the result counts
        Column("team", String(40)),
        Column("game_id", Id, nullable=False),
        Column("status", String(10), nullable=False),
        Column("voided", Integer, nullable=False),
        Column("listed", Integer, nullable=False),
        Column("mode", String(12), nullable=False),
        Column("players", Integer, nullable=False),
        Column("played_at", Moment, nullable=False),
        Index(f"ix_{name}_person", "person_id", "played_at", "session_id", "game_id", *_COVERED),
        Index(f"ix_{name}_person_game", "person_id", "game_id", "played_at", "session_id", *_COVERED),
        Index(f"ix_{name}_player", "player_id"),
        sqlite_with_rowid=False,
    )


RESULT = ("session_id", "from_position", "to_position", "game_id", "win", "ended_at", "playtime", "seats")
PERSON = (
    "session_id",
    "player_id",
    "person_id",
    "sat",
    "hosted",
    "outcome",
    "team",
    "game_id",
    "status",
    "voided",
    "listed",
    "mode",
    "players",
    "played_at",
)

results = Slots(_results)
people = Slots(_people)
_holding = {slot: Lookup(results[slot], RESULT, ["session_id", "to_position"]) for slot in SLOTS}
_save = {slot: Insert(results[slot], RESULT, update=["to_position"]) for slot in SLOTS}
_decode_seats = msgspec.json.Decoder(tuple[PlayedSeat, ...]).decode
_COUNTED = ("session_id", "game_id", "win", "ended_at", "playtime", "seats")

Version = tuple[int, Played | None]  # from which position on, and what; None once voided
Sitting = tuple[Played, set[UUID]]  # a session, and the players as which one person sat there


def save_versions(
    connection: Connection, slot: str, versions: Mapping[UUID, Sequence[Version]], corrected: Iterable[UUID]
) -> None:
    """Write down what became of results; of those `corrected`, what held so far holds no longer."""
    holding = _holding[slot].run(connection, [(session_id, OPEN) for session_id in sorted(corrected)])
    rows = {(row[0], row[1]): list(row) for row in holding}
    held = {row[0]: row for row in rows.values()}
    for session_id, said in versions.items():
        for position, played in said:
            if session_id in held:
                held.pop(session_id)[2] = position
            if played is not None:
                rows[session_id, position] = held[session_id] = [session_id, position, OPEN, *_row(played)]
    _save[slot].run(connection, list(rows.values()))


def _row(played: Played) -> list[Any]:
    seats = msgspec.json.encode(played.seats).decode()
    return [played.game_id, played.win, played.ended_at, played.playtime, seats]


def rename_people(connection: Connection, slot: str, players: Collection[UUID]) -> None:
    """Give the rows of players who were merged or split their new person."""
    table, links = people[slot], merges[slot]
    link = (links.c.player_id == table.c.player_id) & (links.c.to_position == OPEN)
    person = select(links.c.person_id).where(link).scalar_subquery()
    moved = update(table).where(table.c.player_id.in_(players))
    connection.execute(moved.values(person_id=func.coalesce(person, table.c.player_id)))


def opponents_of_two(connection: Connection, slot: str, moved: Moved) -> set[UUID]:
    """Everybody at tables where one of these persons sits, or sat until now, as several players."""
    if not moved.players:
        return set()
    table = people[slot]
    one, other = table.alias(), table.alias()
    twice = (
        select(one.c.session_id)
        .join(other, (other.c.session_id == one.c.session_id) & (other.c.player_id != one.c.player_id))
        .where(one.c.player_id.in_(moved.players), one.c.sat == 1)
        .where(other.c.person_id.in_(moved.persons), other.c.sat == 1)
    )
    there = select(table.c.person_id).where(table.c.session_id.in_(twice), table.c.sat == 1)
    return set(connection.scalars(there))


def sittings(
    connection: Connection, slot: str, persons: Iterable[UUID]
) -> dict[UUID, dict[UUID, tuple[Sitting, dict[UUID, str | None]]]]:
    """By person and session: the result that holds, and the outcomes noted for the person's players."""
    table, held = people[slot], results[slot]
    query = (
        select(table.c.person_id, table.c.player_id, table.c.outcome, *(held.c[name] for name in _COUNTED))
        .join(held, (held.c.session_id == table.c.session_id) & (held.c.to_position == OPEN))
        .where(table.c.person_id.in_(list(persons)), table.c.sat == 1)
    )
    found: dict[UUID, dict[UUID, tuple[Sitting, dict[UUID, str | None]]]] = {}
    for person_id, player_id, outcome, *row in connection.execute(query):
        sessions = found.setdefault(person_id, {})
        if row[0] not in sessions:
            sessions[row[0]] = (_played(row), set()), {}
        (_, own), noted = sessions[row[0]]
        own.add(player_id)
        noted[player_id] = outcome
    return found


def results_at(
    connection: Connection,
    slot: str,
    players: Collection[UUID],
    position: int,
    seen_by: Collection[UUID] | None = None,
) -> Sequence[Any]:
    """Rows of the results of these players that held just after the event at a position.

    Only what other players may see of them, where `seen_by` says as whom somebody looks.
    """
    table, held = people[slot], results[slot]
    sat = select(table.c.session_id).where(table.c.player_id.in_(players), table.c.sat == 1)
    if seen_by is not None:
        me = table.alias("me")
        there = and_(me.c.session_id == table.c.session_id, me.c.player_id.in_(seen_by))
        member = exists().where(there, or_(me.c.sat == 1, me.c.hosted == 1))
        sat = sat.where(or_(table.c.listed == 1, member))
    query = select(*(held.c[name] for name in _COUNTED)).where(
        held.c.session_id.in_(sat), held.c.from_position <= position, held.c.to_position > position
    )
    return connection.execute(query).all()


def sittings_in(rows: Iterable[Sequence[Any]], players: set[UUID]) -> Iterator[Sitting]:
    """The results in these rows, with those of the players who sat there."""
    for row in rows:
        played = _played(row)
        yield played, {seat.player_id for seat in played.seats} & players


def _played(row: Sequence[Any]) -> Played:
    session_id, game_id, win, ended_at, playtime, seats = row
    return Played(session_id, game_id, win, ended_at, playtime, _decode_seats(seats))
