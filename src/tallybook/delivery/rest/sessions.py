"""Sessions: opening, watching and writing, by the same commands as over the sockets."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Query, Response

from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.answers import answer, raw
from tallybook.delivery.rest.callers import Anyone, Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import SessionId, Write
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.interchange.replay import MEDIA_TYPE

router = api_router("/sessions", tag="sessions")

_SEEN = ("not_found",)
_WRITE = ("not_found", "forbidden", "stale", "idempotency_conflict", "session_finished")
_PLAYING = (*_WRITE, "session_not_playing")
_CELL = ("unknown_stat", "unknown_seat", "wrong_type", "out_of_range")


@router.post(
    "",
    **contract(
        takes=shapes.NewSession,
        gives=shapes.Session,
        status=201,
        refuses=("not_found", "forbidden", "in_play", "idempotency_conflict", *_CELL),
    ),
)
async def create(given: Given, caller: Caller, write: Write) -> Response:
    """Open a session. A scoresheet with seats starts at once; games with rules wait for start."""
    body, envelope = write
    session_id = await given.sessions.create(caller, body, envelope)
    return raw(await given.sessions.session(caller, session_id), 201)


@router.get("/{id}", **contract(gives=shapes.Session, refuses=_SEEN, keys=True))
async def session(given: Given, caller: Anyone, session_id: SessionId) -> Response:
    """A session."""
    return raw(await given.sessions.session(caller, session_id))


@router.get("/{id}/scoreboard", **contract(gives=shapes.Scoreboard, refuses=_SEEN, keys=True))
async def scoreboard(given: Given, caller: Anyone, session_id: SessionId) -> Response:
    """The whole scoreboard."""
    return raw(await given.sessions.scoreboard(caller, session_id))


@router.get("/{id}/events", **contract(gives=shapes.Events, refuses=_SEEN, keys=True))
async def events(
    given: Given,
    caller: Anyone,
    session_id: SessionId,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1, description="-1: from the start.")] = -1,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Events with indexes greater than `after`, as the caller may see them."""
    return raw(await given.sessions.events(caller, session_id, after=after, limit=limit))


@router.get("/{id}/state", **contract(gives=shapes.Scoreboard, refuses=_SEEN, keys=True))
async def state_at(
    given: Given,
    caller: Anyone,
    session_id: SessionId,
    index: Annotated[int, Query(alias="at", ge=0, le=2**31 - 1)],
) -> Response:
    """The session as it was after the event at an index."""
    return raw(await given.sessions.state_at(caller, session_id, index))


_REPLAY = contract(refuses=("not_found", "forbidden", "session_not_finished"))
_REPLAY["responses"][200]["content"] = {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}


@router.get("/{id}/replay", **_REPLAY)
async def replay(given: Given, caller: Anyone, session_id: SessionId) -> Response:
    """The session as a file that holds its hash chain: zstd over one JSON line an event."""
    headers = {"Content-Disposition": f'attachment; filename="{session_id}.tallybook"'}
    return Response(await given.sessions.replay(caller, session_id), 200, headers, MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class _Command:
    """A command that is a path below the session."""

    name: str
    summary: str
    takes: Any = shapes.Write
    refuses: tuple[str, ...] = _WRITE


_COMMANDS = (
    _Command("record", "Put a value into a cell, or add to it.", shapes.Record, (*_PLAYING, *_CELL)),
    _Command("clear", "Empty a cell.", shapes.Clear, (*_PLAYING, *_CELL)),
    _Command("undo", "Take back one's last write.", refuses=(*_PLAYING, "nothing_to_undo")),
    _Command("redo", "Put back what one undid last.", refuses=(*_PLAYING, "nothing_to_redo")),
    _Command("next_round", "Go on to the next round.", refuses=_PLAYING),
    _Command("move", "Make a move in a game with rules.", shapes.Move, (*_PLAYING, "move_rejected")),
    _Command("start", "Begin to play.", refuses=(*_WRITE, "move_rejected")),
    _Command("pause", "Stop the clock.", refuses=_PLAYING),
    _Command("resume", "Go on after a pause.", refuses=_PLAYING),
    _Command(
        "end",
        "End with the computed result, or with a given one.",
        shapes.End,
        (*_PLAYING, "unknown_seat", "move_rejected"),
    ),
    _Command("abandon", "End without a result."),
    _Command(
        "seats",
        "Change the table.",
        shapes.SeatChange,
        (*_WRITE, "unknown_seat", "room_full", "seat_taken", "in_play"),
    ),
    _Command(
        "correct",
        "Correct a finished session.",
        shapes.Correction,
        (*_WRITE, *_CELL, "session_not_finished", "move_rejected"),
    ),
    _Command(
        "void", "Let a finished session count for nothing.", shapes.Void, (*_WRITE, "session_not_finished")
    ),
)


def _add(command: _Command) -> None:
    described = contract(
        takes=command.takes,
        optional=command.takes is shapes.Write,
        gives=shapes.Written,
        refuses=command.refuses,
    )
    path = command.name.replace("_", "-")

    @router.post(f"/{{id}}/{path}", name=command.name, summary=command.summary, **described)
    async def write_to_session(given: Given, caller: Caller, session_id: SessionId, write: Write) -> Response:
        body, envelope = write
        written = await given.sessions.write(caller, session_id, command.name, body, envelope)
        return answer(shapes.Written(written.last))


for _command in _COMMANDS:
    _add(_command)


@router.post(
    "/{id}/rematch",
    **contract(
        takes=shapes.Write,
        optional=True,
        gives=shapes.Session,
        status=201,
        refuses=(
            "not_found",
            "forbidden",
            "stale",
            "session_not_finished",
            "in_play",
            "idempotency_conflict",
        ),
    ),
)
async def rematch(given: Given, caller: Caller, session_id: SessionId, write: Write) -> Response:
    """The next session in the same room, with the same seats."""
    body, envelope = write
    following = await given.sessions.rematch(caller, session_id, body, envelope)
    return raw(await given.sessions.session(caller, following), 201)


def _add_scorekeeper_routes() -> None:
    for method, name, summary in (
        ("PUT", "add_scorekeeper", "Let a player keep the score."),
        ("DELETE", "remove_scorekeeper", "Let a player keep the score no longer."),
    ):
        _add_scorekeeper_route(method, name, summary)


def _add_scorekeeper_route(method: str, name: str, summary: str) -> None:
    described = contract(takes=shapes.Write, optional=True, gives=shapes.Written, refuses=_WRITE)

    @router.api_route(
        "/{id}/scorekeepers/{player_id}", methods=[method], name=name, summary=summary, **described
    )
    async def write_scorekeeper(
        given: Given, caller: Caller, session_id: SessionId, player_id: Annotated[str, Path()], write: Write
    ) -> Response:
        body, envelope = write
        body["player_id"] = player_id
        written = await given.sessions.write(caller, session_id, name, body, envelope)
        return answer(shapes.Written(written.last))


_add_scorekeeper_routes()
