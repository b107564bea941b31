"""Players: oneself, one's library of named players, anybody by id."""

from fastapi import APIRouter, Response

from tallybook.accounts.players import Player, Profile
from tallybook.delivery.rest.answers import answer, page_of
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, Page, PlayerId, body_of
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import NewPlayer, ProfileChanges
from tallybook.delivery.rest.shapes import Page as PageOf

router = APIRouter(prefix="/players", tags=["players"])


@router.get("/me", **contract(gives=Player))
async def me(given: Given, caller: Caller) -> Response:
    """The caller."""
    return answer(await given.accounts.player(caller.player_id))


@router.patch("/me", **contract(takes=ProfileChanges, gives=Player, refuses=("idempotency_conflict",)))
async def change_me(
    given: Given,
    caller: Caller,
    command_id: CommandId = None,
    body: ProfileChanges = body_of(ProfileChanges),
) -> Response:
    """Change one's name, colour, avatar or region."""
    profile = Profile(body.display_name, body.color, body.region, body.avatar_seed)
    return answer(await given.accounts.change(caller.player_id, profile, command_id=body.id(command_id)))


@router.get("", **contract(gives=PageOf[Player]))
async def library(given: Given, caller: Caller, at: Page) -> Response:
    """The named players of the caller's library, newest first."""
    before, limit = at
    players = await given.accounts.library(caller.player_id, before=before, limit=limit + 1)
    return page_of(players, limit, lambda player: player.id, lambda player: player)


@router.post(
    "", **contract(takes=NewPlayer, gives=Player, status=201, refuses=("name_taken", "idempotency_conflict"))
)
async def add(
    given: Given, caller: Caller, command_id: CommandId = None, body: NewPlayer = body_of(NewPlayer)
) -> Response:
    """Add somebody to the caller's library."""
    player = await given.accounts.add_named(caller.player_id, body.name, command_id=body.id(command_id))
    return answer(player, 201)


@router.get("/{id}", **contract(gives=Player, refuses=("not_found",)))
async def player(given: Given, _caller: Caller, player_id: PlayerId) -> Response:
    """A player."""
    return answer(await given.accounts.player(player_id))
