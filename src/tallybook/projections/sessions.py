"""The directory of sessions and who sits in them, and whatever follows from their results."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.kernel.events import Recorded
from tallybook.projections.merges import apply_merges, merges, persons_of, stamps
from tallybook.projections.results import PERSON, people, rename_people, results
from tallybook.projections.rows import RELEVANT, SEAT, Row, Seats, change, conclude, played_in, present
from tallybook.projections.slots import SLOTS, Slots
from tallybook.projections.standings import count
from tallybook.projections.statistics import TABLES, News, apply_results

_SESSION = (
    "session_id",
    "room_id",
    "key",
    "game_id",
    "rules",
    "host_id",
    "public",
    "win",
    "score_type",
    "created_at",
    "status",
    "voided",
    "started_at",
    "ended_at",
    "listed",
    "mode",
    "players",
    "played_at",
    "summary",
    "idx",
)
_CHANGING = ("host_id", *_SESSION[_SESSION.index("status") :])


def _sessions(slot: str) -> Table:
    """On SQLite with row ids, unlike the others: rows this wide would make the tree of the key deep."""
    name = f"sessions_{slot}"
    return Table(
        name,
        metadata,
        Column("session_id", Id, primary_key=True),
        Column("room_id", Id, nullable=False),
        Column("key", String(6), nullable=False),
        Column("game_id", Id, nullable=False),
        Column("rules", String(40), nullable=False),
        Column("host_id", Id, nullable=False),
        Column("public", Integer, nullable=False),
        Column("win", String(12), nullable=False),
        Column("score_type", String(10), nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("status", String(10), nullable=False),
        Column("voided", Integer, nullable=False),
        Column("started_at", Moment),
        Column("ended_at", Moment),
        Column("listed", Integer, nullable=False),  # finished in a public room: for everybody to see
        Column("mode", String(12), nullable=False),
        Column("players", Integer, nullable=False),  # seats that are there
        Column("played_at", Moment, nullable=False),  # the end, or before it the creation
        Column("summary", Text, nullable=False),  # what lists answer: JSON, but for the players' names
        Column("idx", Integer, nullable=False),  # of the last event that changed this row
        Index(f"ix_{name}_played", "played_at", "session_id"),
        Index(f"ix_{name}_listed", "listed", "played_at", "session_id"),
        Index(f"ix_{name}_game", "game_id", "played_at", "session_id"),
        Index(f"ix_{name}_room", "room_id"),
        Index(f"ix_{name}_host", "host_id", "created_at"),
    )


def _seats(slot: str) -> Table:
    name = f"session_seats_{slot}"
    return Table(
        name,
        metadata,
        Column("session_id", Id, primary_key=True),
        Column("seat", Integer, primary_key=True, autoincrement=False),
        Column("player_id", Id, nullable=False),
        Column("team", String(40)),
        Column("is_bot", Integer, nullable=False),
        Column("present", Integer, nullable=False),  # 0 once removed from the table
        Column("place", Integer),
        Column("winner", Integer),
        Column("score", String(40)),  # as JSON: a number, or a decimal in quotes
        Index(f"ix_{name}_player", "player_id", "session_id"),
        sqlite_with_rowid=False,
    )


class SessionDirectory:
    """One row a session, one row a seat, one for everybody who has to do with it; and all figures."""

    name = "sessions"
    version = 4
    sessions = Slots(_sessions)
    seats = Slots(_seats)

    def __init__(self) -> None:
        self.slot = SLOTS[0]
        self._find = {slot: Lookup(self.sessions[slot], _SESSION, ["session_id"]) for slot in SLOTS}
        self._find_seats = {slot: Lookup(self.seats[slot], SEAT, ["session_id"]) for slot in SLOTS}
        self._save = {slot: Insert(self.sessions[slot], _SESSION, update=_CHANGING) for slot in SLOTS}
        self._save_seats = {slot: Insert(self.seats[slot], SEAT, update=SEAT[2:]) for slot in SLOTS}
        self._save_people = {slot: Insert(people[slot], PERSON, update=PERSON[2:]) for slot in SLOTS}

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Read the rows that change, change them, and write them back; news already in a row is skipped."""
        news = News(events[-1].position, apply_merges(connection, slot, events))
        if relevant := [recorded for recorded in events if type(recorded.event) in RELEVANT]:
            self._apply_sessions(connection, slot, relevant, news)
        if news.moved.players:
            rename_people(connection, slot, news.moved.players)
        apply_results(connection, slot, news)

    def _apply_sessions(
        self, connection: Connection, slot: str, events: Sequence[Recorded], news: News
    ) -> None:
        ids = [(stream,) for stream in sorted({recorded.stream for recorded in events})]
        rows: dict[UUID, Row] = {
            row[0]: dict(zip(_SESSION, row, strict=True)) for row in self._find[slot].run(connection, ids)
        }
        seats: dict[UUID, Seats] = {stream: {} for (stream,) in ids}
        for row in self._find_seats[slot].run(connection, ids):
            seats[row[0]][row[1]] = dict(zip(SEAT, row, strict=True))
        concerned: dict[UUID, set[UUID]] = {stream: set() for (stream,) in ids}
        for recorded in events:
            session_id = recorded.stream
            row = rows.setdefault(session_id, {"session_id": session_id, "idx": -1})
            if recorded.index <= row["idx"]:
                continue
            if row.get("status") == "finished" and session_id not in news.versions:
                news.corrected[session_id] = {seat["player_id"] for seat in present(seats[session_id])}
            concerned[session_id] |= _concerned(row, seats[session_id])
            change(row, seats[session_id], recorded)
            row["idx"] = recorded.index
            if row["status"] == "finished":
                played = None if row["voided"] else played_in(row, seats[session_id])
                news.versions.setdefault(session_id, []).append((recorded.position, played))
        for session_id, row in rows.items():
            conclude(row, seats[session_id])
            concerned[session_id] |= _concerned(row, seats[session_id])
        news.persons = persons_of(connection, slot, set().union(*concerned.values()))
        self._save[slot].run(connection, [[row[name] for name in _SESSION] for row in rows.values()])
        sitting = [[seat[name] for name in SEAT] for table in seats.values() for seat in table.values()]
        self._save_seats[slot].run(connection, sitting)
        rows_of_people = [
            person
            for session_id, row in rows.items()
            for person in _people_of(row, seats[session_id], concerned[session_id], news)
        ]
        self._save_people[slot].run(connection, rows_of_people)

    def clear(self, connection: Connection, slot: str) -> None:
        for tables in (self.sessions, self.seats, people, results, merges, stamps, *TABLES):
            tables.clear(connection, slot)


def _concerned(row: Row, seats: Seats) -> set[UUID]:
    players = {seat["player_id"] for seat in seats.values()}
    return players | {row["host_id"]} if "host_id" in row else players


def _people_of(row: Row, seats: Seats, concerned: set[UUID], news: News) -> list[list[Any]]:
    """The rows of everybody who sits or sat there, hosts or hosted it."""
    outcomes: dict[UUID, str | None] = {}
    if row["status"] == "finished" and not row["voided"]:
        played = played_in(row, seats)
        for own in news.own(played).values():
            outcomes |= dict.fromkeys(own, count(played, own).outcome)
    teams = {seat["player_id"]: seat["team"] for seat in present(seats)}
    shared = [row[name] for name in PERSON[PERSON.index("game_id") :]]
    return [
        [
            row["session_id"],
            player_id,
            news.persons.get(player_id, player_id),
            int(player_id in teams),
            int(player_id == row["host_id"]),
            outcomes.get(player_id),
            teams.get(player_id),
            *shared,
        ]
        for player_id in sorted(concerned)
    ]
