"""Games, which their owners change and everybody may see by id."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from tallybook.access.matrix import relations_of, require
from tallybook.catalogue.finding import Sort, Wanted
from tallybook.catalogue.games import Game, GameChanges
from tallybook.delivery.rest.allowed import require_for_game
from tallybook.delivery.rest.answers import answer, nothing, part
from tallybook.delivery.rest.callers import Caller, MaybeAnyone
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, GameId, Part, Search, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import ChangedGame, NewGame
from tallybook.delivery.rest.shapes import Page as PageOf

router = api_router("/games", tag="games")


@router.get("", **contract(gives=PageOf[Game]))
async def listed(
    given: Given,
    caller: Caller,
    at: Part,
    q: Search,
    mine: Annotated[bool, Query(description="Made or played by the caller; else anybody's.")] = True,
    archived: Annotated[bool, Query(description="The archived ones instead.")] = False,
    sort: Sort = "newest",
    ids: Annotated[
        list[UUID] | None,
        Query(max_length=100, description="Just these, newest first; nothing else applies."),
    ] = None,
) -> Response:
    """Games, found by the beginnings of words in their names; `recent` is what the caller played last."""
    if ids is None:
        wanted = await given.library.wanted(caller, q=q, mine=mine, archived=archived, sort=sort)
    else:
        wanted = Wanted(ids=ids)
    games = await given.catalogue.games(wanted, after=at.after, limit=at.limit + 1)
    return part(games, at, wanted.place_of, lambda game: game)


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
async def game(given: Given, caller: MaybeAnyone, game_id: GameId) -> Response:
    """A game, also an archived one; needs no token."""
    require("game.view", relations_of(caller, game=game_id))
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
    await require_for_game(given, caller, "game.change", game_id)
    changed = await given.catalogue.change_game(
        caller.player_id, game_id, _changes(body), command_id=body.id(command_id)
    )
    return answer(changed)


@router.delete(
    "/{id}",
    **contract(status=204, refuses=("not_found", "forbidden", "in_play", "idempotency_conflict")),
)
async def archive(
    given: Given,
    caller: Caller,
    game_id: GameId,
    even_in_play: Annotated[bool, Query(description="Also while it is being played.")] = False,
    command_id: CommandId = None,
) -> Response:
    """Archive one's game: it is offered no longer, and takes no more scores, reports or unlocks.

    Its history stays, and a session in play goes on.
    """
    await require_for_game(given, caller, "game.change", game_id)
    await given.library.archive(caller, game_id, even_in_play=even_in_play, command_id=command_id)
    return nothing()


@router.post(
    "/{id}/restore",
    **contract(gives=Game, refuses=("not_found", "forbidden", "name_taken", "idempotency_conflict")),
)
async def restore(given: Given, caller: Caller, game_id: GameId, command_id: CommandId = None) -> Response:
    """Offer an archived game again."""
    await require_for_game(given, caller, "game.change", game_id)
    return answer(await given.catalogue.restore_game(caller.player_id, game_id, command_id=command_id))


def _changes(body: ChangedGame) -> GameChanges:
    return GameChanges(
        name=body.name,
        description=body.description,
        min_players=body.min_players,
        max_players=body.max_players,
        win=body.win,
        rules=body.rules,
        color=body.color,
        initials=body.initials,
        clear=body.clear,
    )
