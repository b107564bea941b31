"""How the events of a session change its row and those of its seats, and what lists show of it."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from tallybook.kernel.clock import iso, iso_or_none
from tallybook.kernel.events import Recorded
from tallybook.projections.standings import Played, PlayedSeat, mode_of
from tallybook.rules.protocol import Config, Seat
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

NAME = "\x1f"  # around the ids of players in a summary, each in the place of a name
SEAT = ("session_id", "seat", "player_id", "team", "is_bot", "present", "place", "winner", "score")

_decode_score = msgspec.json.Decoder(int | str).decode

Row = dict[str, Any]
ScoreType = Literal["number", "duration"]
Seats = dict[int, Row]  # of one session, by number

RELEVANT = frozenset(
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


def sessions_in(events: Sequence[Recorded]) -> set[UUID]:
    """The sessions whose rows these events change."""
    return {recorded.stream for recorded in events if type(recorded.event) in RELEVANT}


def present(seats: Seats) -> list[Row]:
    return [seat for _, seat in sorted(seats.items()) if seat["present"]]


def change(row: Row, seats: Seats, recorded: Recorded) -> None:
    happened_at = recorded.happened_at
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
                "score_type": score_type(created.config),
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


def score_type(config: Config) -> ScoreType:
    """What the scores of seats are: the sums of what is kept for each."""
    kinds = {stat.data_type for stat in config.stats if stat.scoring and stat.scope == "player"}
    return "duration" if kinds == {"duration"} else "number"


def _sit(seats: Seats, session_id: UUID, seat: Seat) -> None:
    values = (session_id, seat.seat, seat.player_id, seat.team, int(seat.is_bot), 1, None, None, None)
    seats[seat.seat] = dict(zip(SEAT, values, strict=True))


def _place(seats: Seats, result: Result) -> None:
    for placed in result.seats:
        score = None if placed.score is None else msgspec.json.encode(placed.score).decode()
        seats[placed.seat] |= {"place": placed.place, "winner": int(placed.winner), "score": score}


def played_in(row: Row, seats: Seats) -> Played:
    """The result that the rows hold."""
    sat = tuple(
        PlayedSeat(seat["player_id"], seat["place"], bool(seat["winner"]), seat["team"], _score(seat))
        for seat in present(seats)
    )
    lasted = row["ended_at"] - (row["ended_at"] if row["started_at"] is None else row["started_at"])
    return Played(row["session_id"], row["game_id"], row["win"], row["ended_at"], max(0, lasted), sat)


def _score(seat: Row) -> int | str | None:
    return None if seat["score"] is None else _decode_score(seat["score"])


def conclude(row: Row, seats: Seats) -> None:
    """Set the columns that follow from others."""
    sitting = present(seats)
    row["listed"] = int(row["public"] and row["status"] == "finished")
    row["players"] = len(sitting)
    row["mode"] = mode_of(row["win"], len(sitting))
    row["played_at"] = row["created_at"] if row["ended_at"] is None else row["ended_at"]
    row["summary"] = _summary(row, sitting)


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
        "score_type": row["score_type"],
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
        "started_at": iso_or_none(row["started_at"]),
        "ended_at": iso_or_none(row["ended_at"]),
    }
    escaped = msgspec.json.encode(NAME)[1:-1].decode()
    return msgspec.json.encode(summary).decode().replace(f'"{escaped}', NAME).replace(f'{escaped}"', NAME)
