"""The directory of sessions and who sits in them, and whatever follows from their results."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Recorded
from tallybook.projections.merges import apply_merges, merges, persons_of, stamps
from tallybook.projections.results import PERSON, people, rename_people, results
from tallybook.projections.slots import SLOTS, Slots
from tallybook.projections.standings import Played, PlayedSeat, count, mode_of
from tallybook.projections.statistics import TABLES, News, apply_results
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
    "public",
    "win",
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
_SEAT = ("session_id", "seat", "player_id", "team", "is_bot", "present", "place", "winner", "score")

NAME = "\x1f"  # around the ids of players in a summary, each in the place of a name


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
        Column("public", Integer, nullable=False),
        Column("win", String(12), nullable=False),
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


_decode_score = msgspec.json.Decoder(int | str).decode

Row = dict[str, Any]
Seats = dict[int, Row]  # of one session, by number

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


class SessionDirectory:
    """One row a session, one row a seat, one for everybody who has to do with it; and all figures."""

    name = "sessions"
    version = 2
    sessions = Slots(_sessions)
    seats = Slots(_seats)

    def __init__(self) -> None:
        self.slot = SLOTS[0]
        self._find = {slot: Lookup(self.sessions[slot], _SESSION, ["session_id"]) for slot in SLOTS}
        self._find_seats = {slot: Lookup(self.seats[slot], _SEAT, ["session_id"]) for slot in SLOTS}
        self._save = {slot: Insert(self.sessions[slot], _SESSION, update=_CHANGING) for slot in SLOTS}
        self._save_seats = {slot: Insert(self.seats[slot], _SEAT, update=_SEAT[2:]) for slot in SLOTS}
        self._save_people = {slot: Insert(people[slot], PERSON, update=PERSON[2:]) for slot in SLOTS}

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Read the rows that change, change them, and write them back; news already in a row is skipped."""
        news = News(events[-1].position, apply_merges(connection, slot, events))
        if relevant := [recorded for recorded in events if type(recorded.event) in _RELEVANT]:
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
            seats[row[0]][row[1]] = dict(zip(_SEAT, row, strict=True))
        concerned: dict[UUID, set[UUID]] = {stream: set() for (stream,) in ids}
        for recorded in events:
            session_id = recorded.stream
            row = rows.setdefault(session_id, {"session_id": session_id, "idx": -1})
            if recorded.index <= row["idx"]:
                continue
            if row.get("status") == "finished" and session_id not in news.versions:
                news.corrected[session_id] = {seat["player_id"] for seat in _present(seats[session_id])}
            concerned[session_id] |= _concerned(row, seats[session_id])
            _change(row, seats[session_id], recorded)
            row["idx"] = recorded.index
            if row["status"] == "finished":
                played = None if row["voided"] else _played(row, seats[session_id])
                news.versions.setdefault(session_id, []).append((recorded.position, played))
        for session_id, row in rows.items():
            _conclude(row, seats[session_id])
            concerned[session_id] |= _concerned(row, seats[session_id])
        news.persons = persons_of(connection, slot, set().union(*concerned.values()))
        self._save[slot].run(connection, [[row[name] for name in _SESSION] for row in rows.values()])
        sitting = [[seat[name] for name in _SEAT] for table in seats.values() for seat in table.values()]
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


def _present(seats: Seats) -> list[Row]:
    return [seat for _, seat in sorted(seats.items()) if seat["present"]]


def _concerned(row: Row, seats: Seats) -> set[UUID]:
    players = {seat["player_id"] for seat in seats.values()}
    return players | {row["host_id"]} if "host_id" in row else players


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
                "public": int(created.public),
                "win": created.config.win,
                "created_at": happened_at,
                "status": "waiting",
                "voided": 0,
                "started_at": None,
                "ended_at": None,
            }
            for seat in created.seats:
                _sit(seats, session_id, seat)
        case SessionStarted():
            row |= {"status": "playing", "started_at": happened_at}
        case SessionFinished(result=result):
            row |= {"status": "finished", "ended_at": happened_at}
            _place(seats, result)
        case ResultCorrected(result=result):
            _place(seats, result)
        case SessionAbandoned():
            row |= {"status": "abandoned", "ended_at": happened_at}
        case SessionVoided():
            row["voided"] = 1
        case HostChanged(player_id=player_id):
            row["host_id"] = player_id
        case SeatAdded(seat=number, player_id=player_id, is_bot=is_bot, team=team):
            _sit(seats, session_id, Seat(number, player_id, team, is_bot))
        case SeatRemoved(seat=number):
            seats[number]["present"] = 0
        case SeatTaken(seat=number, player_id=player_id):
            seats[number] |= {"player_id": player_id, "is_bot": 0}
        case TeamSet(seat=number, team=team):
            seats[number]["team"] = team


def _sit(seats: Seats, session_id: UUID, seat: Seat) -> None:
    values = (session_id, seat.seat, seat.player_id, seat.team, int(seat.is_bot), 1, None, None, None)
    seats[seat.seat] = dict(zip(_SEAT, values, strict=True))


def _place(seats: Seats, result: Result) -> None:
    for placed in result.seats:
        score = None if placed.score is None else msgspec.json.encode(placed.score).decode()
        seats[placed.seat] |= {"place": placed.place, "winner": int(placed.winner), "score": score}


def _played(row: Row, seats: Seats) -> Played:
    """The result that the rows hold."""
    sat = tuple(
        PlayedSeat(seat["player_id"], seat["place"], bool(seat["winner"]), seat["team"], _score(seat))
        for seat in _present(seats)
    )
    lasted = row["ended_at"] - (row["ended_at"] if row["started_at"] is None else row["started_at"])
    return Played(row["session_id"], row["game_id"], row["win"], row["ended_at"], max(0, lasted), sat)


def _score(seat: Row) -> int | str | None:
    return None if seat["score"] is None else _decode_score(seat["score"])


def _conclude(row: Row, seats: Seats) -> None:
    """Set the columns that follow from others."""
    present = _present(seats)
    row["listed"] = int(row["public"] and row["status"] == "finished")
    row["players"] = len(present)
    row["mode"] = mode_of(row["win"], len(present))
    row["played_at"] = row["created_at"] if row["ended_at"] is None else row["ended_at"]
    row["summary"] = _summary(row, present)


def _people_of(row: Row, seats: Seats, concerned: set[UUID], news: News) -> list[list[Any]]:
    """The rows of everybody who sits or sat there, hosts or hosted it."""
    outcomes: dict[UUID, str | None] = {}
    if row["status"] == "finished" and not row["voided"]:
        played = _played(row, seats)
        for own in news.own(played).values():
            outcomes |= dict.fromkeys(own, count(played, own).outcome)
    teams = {seat["player_id"]: seat["team"] for seat in _present(seats)}
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


def _summary(row: Row, seats: Sequence[Row]) -> str:
    """The session as lists answer it; instead of each name stands the player's id between two `NAME`s."""
    summary = {
        "id": row["session_id"],
        "key": row["key"],
        "room_id": row["room_id"],
        "game_id": row["game_id"],
        "rules": row["rules"],
        "host_id": row["host_id"],
        "public": bool(row["public"]),
        "status": row["status"],
        "voided": bool(row["voided"]),
        "mode": row["mode"],
        "seats": [
            {
                "seat": seat["seat"],
                "player_id": seat["player_id"],
                "name": f"{NAME}{seat['player_id']}{NAME}",
                "team": seat["team"],
                "is_bot": bool(seat["is_bot"]),
                "place": seat["place"],
                "winner": None if seat["winner"] is None else bool(seat["winner"]),
                "score": None if seat["score"] is None else msgspec.Raw(seat["score"].encode()),
            }
            for seat in seats
        ],
        "created_at": iso(row["created_at"]),
        "started_at": None if row["started_at"] is None else iso(row["started_at"]),
        "ended_at": None if row["ended_at"] is None else iso(row["ended_at"]),
    }
    escaped = msgspec.json.encode(NAME)[1:-1].decode()
    return msgspec.json.encode(summary).decode().replace(f'"{escaped}', NAME).replace(f'{escaped}"', NAME)
