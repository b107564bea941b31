"""The directory of sessions and who sits in them, for lists, history and rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    exists,
    or_,
    select,
)

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.kernel.events import Recorded
from tallybook.projections.slots import SLOTS, Slots
from tallybook.rules.protocol import Seat
from tallybook.sessions.events import (
    HostChanged,
    Result,
    ResultCorrected,
    SeatAdded,
    SeatRemoved,
    SeatTaken,
    SessionAbandoned,
    SessionCreated,
    SessionFinished,
    SessionStarted,
    SessionVoided,
    TeamSet,
)

_SESSION = (
    "session_id",
    "room_id",
    "key",
    "game_id",
    "rules",
    "host_id",
    "status",
    "voided",
    "created_at",
    "started_at",
    "ended_at",
    "idx",
)
_SEAT = ("session_id", "seat", "player_id", "team", "is_bot", "present", "place", "winner", "score")


def _sessions(slot: str) -> Table:
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
        Column("status", String(10), nullable=False),
        Column("voided", Integer, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("started_at", Moment),
        Column("ended_at", Moment),
        Column("idx", Integer, nullable=False),  # of the last event that changed this row
        Index(f"ix_{name}_room", "room_id", "created_at"),
        Index(f"ix_{name}_game", "game_id", "created_at"),
        Index(f"ix_{name}_host", "host_id", "created_at"),
        sqlite_with_rowid=False,
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


Row = dict[str, Any]
Seats = dict[tuple[UUID, int], Row]

_RELEVANT = frozenset(
    {
        SessionCreated,
        SessionStarted,
        SessionFinished,
        SessionAbandoned,
        SessionVoided,
        ResultCorrected,
        HostChanged,
        SeatAdded,
        SeatRemoved,
        SeatTaken,
        TeamSet,
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions of a history; None means any. Times are microseconds since 1970 UTC."""

    player_id: UUID | None = None
    game_id: UUID | None = None
    status: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in a list: its columns, and those of its seats."""

    session: Row
    seats: list[Row]


class SessionDirectory:
    """One row a session, one row a seat."""

    name = "sessions"
    version = 1
    sessions = Slots(_sessions)
    seats = Slots(_seats)

    def __init__(self) -> None:
        self.slot = SLOTS[0]
        self._find = {slot: Lookup(self.sessions[slot], _SESSION, ["session_id"]) for slot in SLOTS}
        self._find_seats = {slot: Lookup(self.seats[slot], _SEAT, ["session_id"]) for slot in SLOTS}
        self._save = {
            slot: Insert(
                self.sessions[slot],
                _SESSION,
                update=["host_id", "status", "voided", "started_at", "ended_at", "idx"],
            )
            for slot in SLOTS
        }
        self._save_seats = {slot: Insert(self.seats[slot], _SEAT, update=_SEAT[2:]) for slot in SLOTS}

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Read the rows that change, change them, and write them back; news already in a row is skipped."""
        relevant = [recorded for recorded in events if type(recorded.event) in _RELEVANT]
        if not relevant:
            return
        ids = [(stream,) for stream in sorted({recorded.stream for recorded in relevant})]
        rows: dict[UUID, Row] = {
            row[0]: dict(zip(_SESSION, row, strict=True)) for row in self._find[slot].run(connection, ids)
        }
        seats: Seats = {
            (row[0], row[1]): dict(zip(_SEAT, row, strict=True))
            for row in self._find_seats[slot].run(connection, ids)
        }
        for recorded in relevant:
            row = rows.get(recorded.stream)
            if row is None:
                row = rows[recorded.stream] = {"session_id": recorded.stream, "idx": -1}
            if recorded.index > row["idx"]:
                _change(row, seats, recorded)
                row["idx"] = recorded.index
        self._save[slot].run(connection, [[row[name] for name in _SESSION] for row in rows.values()])
        self._save_seats[slot].run(connection, [[seat[name] for name in _SEAT] for seat in seats.values()])

    def clear(self, connection: Connection, slot: str) -> None:
        self.sessions.clear(connection, slot)
        self.seats.clear(connection, slot)

    def history(
        self, connection: Connection, seen_by: UUID, wanted: Wanted, *, before: UUID | None, limit: int
    ) -> list[Summary]:
        """Sessions that `seen_by` hosted or sat in, newest first, opened before the session `before`."""
        table, seats = self.sessions[self.slot], self.seats[self.slot]

        def sat(player_id: UUID) -> ColumnElement[bool]:
            there = (seats.c.session_id == table.c.session_id) & (seats.c.player_id == player_id)
            return exists().where(there)

        query = select(table).where(or_(table.c.host_id == seen_by, sat(seen_by)))
        if wanted.player_id is not None:
            query = query.where(sat(wanted.player_id))
        if wanted.game_id is not None:
            query = query.where(table.c.game_id == wanted.game_id)
        if wanted.status is not None:
            query = query.where(table.c.status == wanted.status)
        if wanted.since is not None:
            query = query.where(table.c.created_at >= wanted.since)
        if wanted.until is not None:
            query = query.where(table.c.created_at < wanted.until)
        if before is not None:
            query = query.where(table.c.session_id < before)
        found = connection.execute(query.order_by(table.c.session_id.desc()).limit(limit)).mappings().all()
        sitting = self._find_seats[self.slot].run(connection, [(row["session_id"],) for row in found])
        at_table: dict[UUID, list[Row]] = {}
        for seat in sorted(sitting, key=lambda row: row[:2]):
            at_table.setdefault(seat[0], []).append(dict(zip(_SEAT, seat, strict=True)))
        return [Summary(dict(row), at_table.get(row["session_id"], [])) for row in found]


def _change(row: Row, seats: Seats, recorded: Recorded) -> None:
    happened_at = recorded.committed_at if recorded.at is None else recorded.at
    session_id = recorded.stream
    match recorded.event:
        case SessionCreated() as created:
            row |= {
                "room_id": created.room_id,
                "key": created.key,
                "game_id": created.game_id,
                "rules": created.rules,
                "host_id": created.host_id,
                "status": "waiting",
                "voided": 0,
                "created_at": happened_at,
                "started_at": None,
                "ended_at": None,
            }
            for seat in created.seats:
                _sit(seats, session_id, seat)
        case SessionStarted():
            row |= {"status": "playing", "started_at": happened_at}
        case SessionFinished(result=result):
            row |= {"status": "finished", "ended_at": happened_at}
            _place(seats, session_id, result)
        case ResultCorrected(result=result):
            _place(seats, session_id, result)
        case SessionAbandoned():
            row |= {"status": "abandoned", "ended_at": happened_at}
        case SessionVoided():
            row["voided"] = 1
        case HostChanged(player_id=player_id):
            row["host_id"] = player_id
        case SeatAdded(seat=number, player_id=player_id, is_bot=is_bot, team=team):
            _sit(seats, session_id, Seat(number, player_id, team, is_bot))
        case SeatRemoved(seat=number):
            seats[session_id, number]["present"] = 0
        case SeatTaken(seat=number, player_id=player_id):
            seats[session_id, number] |= {"player_id": player_id, "is_bot": 0}
        case TeamSet(seat=number, team=team):
            seats[session_id, number]["team"] = team


def _sit(seats: Seats, session_id: UUID, seat: Seat) -> None:
    values = (session_id, seat.seat, seat.player_id, seat.team, int(seat.is_bot), 1, None, None, None)
    seats[session_id, seat.seat] = dict(zip(_SEAT, values, strict=True))


def _place(seats: Seats, session_id: UUID, result: Result) -> None:
    for placed in result.seats:
        score = None if placed.score is None else msgspec.json.encode(placed.score).decode()
        seats[session_id, placed.seat] |= {
            "place": placed.place,
            "winner": int(placed.winner),
            "score": score,
        }
