"""The scoreboard and the session as clients read them, the same over every interface."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from tallybook.kernel.clock import iso, iso_or_none
from tallybook.kernel.text import FreeText
from tallybook.rules.protocol import Scoreboard, StatScore, Value
from tallybook.sessions.events import Result
from tallybook.sessions.session import Session, Status

Names = Mapping[UUID, str]  # of the players at the table; who is not in it is shown without a name
Texts = Mapping[str, str]  # free text by its digest; what is not in it was erased and is shown as null

_encoder = msgspec.json.Encoder()


class BoardSeat(msgspec.Struct, frozen=True):
    seat: int
    player_id: UUID
    name: str | None
    team: str | None
    total: int | str
    rank: int
    values: Mapping[str, StatScore]


class Board(msgspec.Struct, frozen=True):
    """The whole board as of the event at `index`; JSON-ready."""

    session_id: UUID
    key: str
    index: int
    status: Status
    paused: bool
    round: int
    seats: tuple[BoardSeat, ...]
    table: Mapping[str, StatScore]
    missing: tuple[int, ...]


def board(session: Session, *, session_id: UUID, index: int, names: Names, texts: Texts) -> Board:
    scores = _scoreboard(session)
    lines = {line.seat: line for line in scores.seats}
    has_texts = any(stat.data_type == "text" for stat in session.config.stats)
    return Board(
        session_id=session_id,
        key=session.key,
        index=index,
        status=session.status,
        paused=session.paused,
        round=scores.round,
        seats=tuple(
            BoardSeat(
                seat=seat.seat,
                player_id=seat.player_id,
                name=names.get(seat.player_id),
                team=seat.team,
                total=lines[seat.seat].total,
                rank=lines[seat.seat].rank,
                values=_with_texts(lines[seat.seat].values, texts) if has_texts else lines[seat.seat].values,
            )
            for seat in session.seats
        ),
        table=_with_texts(scores.table, texts) if has_texts else scores.table,
        missing=scores.missing,
    )


def render_board(session: Session, *, session_id: UUID, index: int, names: Names, texts: Texts) -> bytes:
    return _encoder.encode(board(session, session_id=session_id, index=index, names=names, texts=texts))


def session_json(
    session: Session, *, session_id: UUID, index: int, names: Names, texts: Texts
) -> dict[str, Any]:
    """The session as the API answers it, ready to be encoded: seats, stats and how it stands."""
    return {
        "id": session_id,
        "key": session.key,
        "room_id": session.room_id,
        "game_id": session.game_id,
        "rules": session.rules,
        "rules_version": session.rules_version,
        "status": session.status,
        "paused": session.paused,
        "public": session.public,
        "max_players": session.max_players,
        "host_id": session.host_id,
        "scorekeepers": session.scorekeepers,
        "seats": [
            {
                "seat": seat.seat,
                "player_id": seat.player_id,
                "name": names.get(seat.player_id),
                **({} if seat.team is None else {"team": seat.team}),
                "is_bot": seat.is_bot,
                "ready": seat.player_id in session.ready,
            }
            for seat in session.seats
        ],
        "requests": [
            {"seat": seat, "player_id": player_id, "name": names.get(player_id)}
            for player_id, seat in session.requests.items()
        ],
        "stats": [stat.shown() for stat in session.config.stats],
        "win": session.config.win,
        "config": session.config.options,
        "index": index,
        "round": _scoreboard(session).round,
        "previous": session.previous,
        "created_at": iso(session.created_at),
        "started_at": iso_or_none(session.started_at),
        "ended_at": iso_or_none(session.ended_at),
        "result": None if session.result is None else _result_json(session.result, names, texts),
        "voided": session.voided,
    }


def _scoreboard(session: Session) -> Scoreboard:
    state = session.rules_state
    if state is None:  # nothing has been played yet
        state = session.plugin.start(session.config, session.seats)
    return session.plugin.scoreboard(state)


def _with_texts(values: Mapping[str, StatScore], texts: Texts) -> Mapping[str, Any]:
    """The values with free text in place of its digests."""
    readable: dict[str, Any] = {}
    for stat, score in values.items():
        cells = [{"round": cell.round, "value": _readable(cell.value, texts)} for cell in score.by_round]
        readable[stat] = {"total": _readable(score.total, texts), "by_round": cells}
    return readable


def _readable(value: Value | None, texts: Texts) -> int | str | None:
    return texts.get(value.digest) if isinstance(value, FreeText) else value


def _result_json(result: Result, names: Names, texts: Texts) -> dict[str, Any]:
    return {
        "seats": [
            {
                "seat": seat.seat,
                "player_id": seat.player_id,
                "name": names.get(seat.player_id),
                "team": seat.team,
                "is_bot": seat.is_bot,
                "place": seat.place,
                "winner": seat.winner,
                "score": seat.score,
                "values": {stat: _readable(value, texts) for stat, value in seat.values.items()},
            }
            for seat in result.seats
        ],
        "table": {stat: _readable(value, texts) for stat, value in result.table.items()},
        "rounds": result.rounds,
        "given": result.given,
        "win": result.win,
    }
