"""What admins do about other accounts: roles and suspensions."""

from typing import Annotated

from fastapi import Path, Response

from tallybook.access.matrix import relations_of, require
from tallybook.accounts.events import Role
from tallybook.delivery.rest.answers import nothing
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import PlayerId
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given

router = api_router("/players/{id}", tag="roles")

TheRole = Annotated[Role, Path(alias="role")]


@router.put("/roles/{role}", **contract(status=204, refuses=("not_found", "forbidden")))
async def grant(given: Given, caller: Caller, player_id: PlayerId, role: TheRole) -> Response:
    """Grant a role; tokens carry it from their next refresh on."""
    require("player.roles", relations_of(caller))
    await given.roles.grant(caller.player_id, player_id, role)
    return nothing()


@router.delete("/roles/{role}", **contract(status=204, refuses=("not_found", "forbidden", "last_admin")))
async def take(given: Given, caller: Caller, player_id: PlayerId, role: TheRole) -> Response:
    """Take a role, at once; the last admin keeps that role."""
    require("player.roles", relations_of(caller))
    await given.roles.take(caller.player_id, player_id, role)
    return nothing()


@router.put("/suspension", **contract(status=204, refuses=("not_found", "forbidden")))
async def suspend(given: Given, caller: Caller, player_id: PlayerId) -> Response:
    """Sign an account out everywhere and let it sign in no more; its API keys are refused."""
    require("player.suspend", relations_of(caller))
    await given.roles.suspend(caller.player_id, player_id)
    return nothing()


@router.delete("/suspension", **contract(status=204, refuses=("not_found", "forbidden")))
async def reinstate(given: Given, caller: Caller, player_id: PlayerId) -> Response:
    """Let a suspended account sign in again, and its API keys count."""
    require("player.suspend", relations_of(caller))
    await given.roles.reinstate(caller.player_id, player_id)
    return nothing()
