"""Games, which their owners change and everybody may see by id."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tallybook.access.matrix import relations_of, require
from tallybook.catalogue.games import Game, GameChanges
from tallybook.delivery.rest.answers import answer, nothing, page_of
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, GameId, Page, Search, body_of
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import ChangedGame, NewGame
from tallybook.delivery.rest.shapes import Page as PageOf

router = APIRouter(prefix="/games", tags=["games"])


@router.get("", **contract(gives=PageOf[Game]))
async def mine(
    given: Given,
    caller: Caller,
    at: Page,
    q: Search,
    archived: Annotated[bool, Query(description="The archived ones instead.")] = False,
) -> Response:
    """The caller's games, newest first."""
    before, limit = at
    games = await given.catalogue.games(
        caller.player_id, q=q, archived=archived, before=before, limit=limit + 1
    )
    return page_of(games, limit, lambda game: game.id, lambda game: game)


async def create(
    given: Given, caller: Caller, command_id: CommandId = None, body: NewGame = body_of(NewGame)
) -> Response:
    """Define a game; its name is new among the caller's."""
    require("game.create", relations_of(caller))
    game = await given.catalogue.define_game(caller.player_id, _changes(body), command_id=body.id(command_id))
    return answer(game, 201)


CREATE = contract(takes=NewGame, gives=Game, status=201, refuses=("name_taken", "idempotency_conflict"))
router.post("", **CREATE)(create)


@router.get("/{id}", **contract(gives=Game, refuses=("not_found",), public=True))
async def game(given: Given, game_id: GameId) -> Response:
    """A game, also an archived one; needs no token."""
    return answer(await given.catalogue.game(game_id))


@router.patch(
    "/{id}",
    **contract(
        takes=ChangedGame,
        gives=Game,
        refuses=("not_found", "forbidden", "name_taken", "idempotency_conflict"),
    ),
)
async def change(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: ChangedGame = body_of(ChangedGame),
) -> Response:
    """Change one's game; sessions keep what they began with."""
    game = await given.catalogue.game(game_id)
    require("game.change", relations_of(caller, owner=game.owner_id == caller.player_id))
    changed = await given.catalogue.change_game(
        caller.player_id, game_id, _changes(body), command_id=body.id(command_id)
    )
    return answer(changed)


@router.delete("/{id}", **contract(status=204, refuses=("not_found", "forbidden", "idempotency_conflict")))
async def archive(given: Given, caller: Caller, game_id: GameId, command_id: CommandId = None) -> Response:
    """Archive one's game: it is offered no longer, its history stays."""
    game = await given.catalogue.game(game_id)
    require("game.change", relations_of(caller, owner=game.owner_id == caller.player_id))
    await given.catalogue.archive_game(caller.player_id, game_id, command_id=command_id)
    return nothing()


def _changes(body: ChangedGame) -> GameChanges:
    return GameChanges(
        name=body.name,
        description=body.description,
        min_players=body.min_players,
        max_players=body.max_players,
        win=body.win,
        rules=body.rules,
    )
