"""Claiming players: asking, inviting, deciding, and becoming two again."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from msgspec import UNSET, Meta, UnsetType

from tallybook.access.matrix import may, relations_of, require
from tallybook.accounts.claims import Claim, Invitation
from tallybook.delivery.rest.answers import answer, nothing, page_of
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import ClaimId, Command, Part, PlayerId, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page as PageOf
from tallybook.kernel.refusals import Refusal, invalid

router = api_router(tag="claims")

_CLAIMING = ("not_found", "already_claimed", "not_claimable")


class NewClaim(Command, frozen=True, kw_only=True):
    """Exactly one of the three: ask a named player's owner, use an invitation, or prove to be a guest."""

    player_id: UUID | UnsetType = UNSET
    code: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    token: Annotated[str, Meta(max_length=2_048, description="A guest's.")] | UnsetType = UNSET


@router.post(
    "/players/me/claim",
    **contract(takes=NewClaim, gives=Claim, status=201, refuses=(*_CLAIMING, "forbidden")),
)
async def claim(given: Given, caller: Caller, body: NewClaim = body_of(NewClaim)) -> Response:
    """Say that a player is oneself. With a code or a token it is so at once; asked twice, it is one claim."""
    if not may("player.claim", relations_of(caller)):
        raise Refusal("forbidden", "guests claim nobody: register with your token, which keeps your history")
    if sum(field is not UNSET for field in (body.player_id, body.code, body.token)) != 1:
        raise invalid("player_id", "give exactly one of player_id, code and token")
    if isinstance(body.code, str):
        made = await given.claiming.use_code(caller.player_id, body.code)
    elif isinstance(body.token, str):
        made = await given.claiming.use_token(caller.player_id, body.token)
    else:
        assert isinstance(body.player_id, UUID)
        made = await given.claiming.ask(caller.player_id, body.player_id)
    return answer(made, 201)


@router.get("/players/me/claims", **contract(gives=PageOf[Claim]))
async def claims(given: Given, caller: Caller, at: Part) -> Response:
    """The caller's claims, and those of others to the caller's library; newest first."""
    found = await given.claiming.list(caller.player_id, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda each: each.id, lambda each: each)


@router.delete("/players/me/claims/{id}", **contract(status=204, refuses=("not_found",)))
async def withdraw(given: Given, caller: Caller, claim_id: ClaimId) -> Response:
    """Take a claim back, or split what it merged: for the claimant and for the player's owner."""
    found = await given.claiming.find(claim_id)
    concerned = {found.claimant_id, found.owner_id}
    require("claim.withdraw", relations_of(caller, owner=not concerned.isdisjoint(caller.ids)))
    await given.claiming.withdraw(caller.player_id, found)
    return nothing()


@router.post(
    "/players/{id}/invitation",
    **contract(gives=Invitation, status=201, refuses=(*_CLAIMING, "forbidden")),
)
async def invite(given: Given, caller: Caller, player_id: PlayerId) -> Response:
    """A code by which somebody becomes a named player of the caller's library; it replaces the one before."""
    owner = (await given.claiming.owner_of(player_id)) in caller.ids
    require("player.invite", relations_of(caller, owner=owner))
    return answer(await given.claiming.invite(player_id), 201)


@router.post("/claims/{id}/approve", **contract(gives=Claim, refuses=_CLAIMING))
async def approve(given: Given, caller: Caller, claim_id: ClaimId) -> Response:
    """Let the claimant be the player: the player's history is the claimant's from now on."""
    found = await given.claiming.find(claim_id)
    require("claim.decide", relations_of(caller, owner=found.owner_id in caller.ids))
    return answer(await given.claiming.approve(caller.player_id, found))


@router.post("/claims/{id}/reject", **contract(gives=Claim, refuses=("not_found", "already_claimed")))
async def reject(given: Given, caller: Caller, claim_id: ClaimId) -> Response:
    """Turn a claim down."""
    found = await given.claiming.find(claim_id)
    require("claim.decide", relations_of(caller, owner=found.owner_id in caller.ids))
    return answer(await given.claiming.reject(caller.player_id, found))
