"""Following people, and the feed of what they have played."""

from fastapi import Response

from tallybook.accounts.follows import Side
from tallybook.accounts.players import Player
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.answers import nothing, page_of, part
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import Part, PlayerId
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page as PageOf

router = api_router(tag="follows")


@router.put("/players/{id}/follow", **contract(status=204, refuses=("not_found", "forbidden")))
async def follow(given: Given, caller: Caller, player_id: PlayerId) -> Response:
    """Follow somebody who has an account."""
    await given.following.follow(caller.player_id, player_id)
    return nothing()


@router.delete("/players/{id}/follow", **contract(status=204, refuses=("not_found",)))
async def unfollow(given: Given, caller: Caller, player_id: PlayerId) -> Response:
    """Follow somebody no longer."""
    await given.following.unfollow(caller.player_id, player_id)
    return nothing()


@router.get("/players/{id}/followers", **contract(gives=PageOf[Player], refuses=("not_found",)))
async def followers(given: Given, _caller: Caller, player_id: PlayerId, at: Part) -> Response:
    """Who follows a player, the newest first."""
    return await _list(given, player_id, "followers", at)


@router.get("/players/{id}/following", **contract(gives=PageOf[Player], refuses=("not_found",)))
async def following(given: Given, _caller: Caller, player_id: PlayerId, at: Part) -> Response:
    """Whom a player follows, the newest first."""
    return await _list(given, player_id, "following", at)


@router.get("/feed", **contract(gives=PageOf[shapes.SessionSummary]))
async def feed(given: Given, caller: Caller, at: Part) -> Response:
    """Finished sessions of the caller, and public ones of those the caller follows; newest first."""
    found = await given.feed.read(caller, before=at.after_number, limit=at.limit + 1)
    return part(found, at, lambda each: (each[0][0].to_bytes(8), each[0][1]), lambda each: each[1])


async def _list(given: Given, player_id: PlayerId, side: Side, at: Part) -> Response:
    found = await given.following.list(player_id, side, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda each: each[0], lambda each: each[1])
