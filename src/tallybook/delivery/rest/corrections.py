"""What corrections of finished sessions would change."""

from typing import Any

from fastapi import Response

from tallybook.delivery.corrections import Preview
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import SessionId, Write
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given

router = api_router("/sessions/{id}", tag="sessions")

_REFUSED = ("not_found", "forbidden", "stale", "session_finished", "session_not_finished")
_CELL = ("unknown_stat", "unknown_seat", "wrong_type", "out_of_range", "move_rejected")


def _described(takes: Any, refuses: tuple[str, ...]) -> dict[str, Any]:
    return contract(takes=takes, gives=Preview, refuses=refuses)


@router.post("/correct/preview", **_described(shapes.Correction, (*_REFUSED, *_CELL)))
async def preview_correction(given: Given, caller: Caller, session_id: SessionId, write: Write) -> Response:
    """What a correction would change: standings, statistics, ratings, leaderboards, achievements."""
    body, envelope = write
    return answer(await given.corrections.preview(caller, session_id, "correct", body, envelope))


@router.post("/void/preview", **_described(shapes.Void, _REFUSED))
async def preview_void(given: Given, caller: Caller, session_id: SessionId, write: Write) -> Response:
    """What would change if a finished session counted for nothing."""
    body, envelope = write
    return answer(await given.corrections.preview(caller, session_id, "void", body, envelope))
