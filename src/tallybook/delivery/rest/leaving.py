"""Taking one's data along, and being forgotten."""

from fastapi import Response
from fastapi.responses import StreamingResponse
from msgspec import UNSET, UnsetType

from tallybook.delivery.rest.answers import JSON, nothing
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import Command, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given

router = api_router("/players/me", tag="account")


class Farewell(Command, frozen=True, kw_only=True):
    """The password once more; guests have none."""

    password: str | UnsetType = UNSET


@router.delete(
    "",
    **contract(
        takes=Farewell,
        optional=True,
        status=204,
        refuses=("invalid_credentials", "last_admin"),
    ),
)
async def leave(given: Given, caller: Caller, body: Farewell = body_of(Farewell)) -> Response:
    """Be forgotten, at once and for good: names, texts and settings go; results at others' tables stay."""
    await given.leaving.leave(caller, None if isinstance(body.password, UnsetType) else body.password)
    return nothing()


_EXPORT = contract()
_EXPORT["responses"][200]["content"] = {JSON: {"schema": {"type": "object"}}}


@router.get("/export", **_EXPORT)
async def export(given: Given, caller: Caller) -> Response:
    """Everything that is kept about the caller, as one JSON document."""
    headers = {"Content-Disposition": f'attachment; filename="tallybook-{caller.player_id}.json"'}
    return StreamingResponse(await given.export.of(caller), 200, headers, JSON)
