"""Players: one's library of named players, and anybody by id."""

from fastapi import Response

from tallybook.accounts.follows import Presented
from tallybook.accounts.players import Player
from tallybook.catalogue.finding import Sort
from tallybook.delivery.rest.answers import answer, part
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, Part, PlayerId, Search, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import NewPlayer
from tallybook.delivery.rest.shapes import Page as PageOf

router = api_router("/players", tag="players")


@router.get("", **contract(gives=PageOf[Player]))
async def library(given: Given, caller: Caller, at: Part, q: Search, sort: Sort = "newest") -> Response:
    """The named players of the caller's library; `recent` is by the last session they sat in."""
    found = await given.library.players(caller, q=q, sort=sort, after=at.after, limit=at.limit + 1)
    return part(found, at, lambda each: each[0], lambda each: each[1])


@router.post(
    "", **contract(takes=NewPlayer, gives=Player, status=201, refuses=("name_taken", "idempotency_conflict"))
)
async def add(
    given: Given, caller: Caller, command_id: CommandId = None, body: NewPlayer = body_of(NewPlayer)
) -> Response:
    """Add somebody to the caller's library."""
    player = await given.accounts.add_named(caller.player_id, body.name, command_id=body.id(command_id))
    return answer(player, 201)


@router.get("/{id}", **contract(gives=Presented, refuses=("not_found",)))
async def player(given: Given, _caller: Caller, player_id: PlayerId) -> Response:
    """A player."""
    return answer(await given.following.presented(player_id))
