"""Stat sets of a game: those of its owner and the caller's own."""

from fastapi import APIRouter, Response
from msgspec import UnsetType

from tallybook.access.matrix import relations_of, require
from tallybook.catalogue.stat_sets import StatSet, StatSetChanges
from tallybook.delivery.rest import shapes
from tallybook.delivery.rest.answers import answer, nothing, page_of
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, GameId, Page, StatSetId, body_of
from tallybook.delivery.rest.services import Given
from tallybook.kernel.refusals import not_found

router = APIRouter(tags=["stat sets"])


@router.get("/games/{id}/stat-sets", **contract(gives=shapes.Page[shapes.StatSet], refuses=("not_found",)))
async def of_game(given: Given, caller: Caller, game_id: GameId, at: Page) -> Response:
    """The stat sets to choose from for a game, newest first."""
    before, limit = at
    game = await given.catalogue.game(game_id)
    found = await given.catalogue.stat_sets(game, caller.player_id, before=before, limit=limit + 1)
    return page_of(found, limit, lambda stat_set: stat_set.id, _shown)


@router.post(
    "/games/{id}/stat-sets",
    **contract(
        takes=shapes.NewStatSet,
        gives=shapes.StatSet,
        status=201,
        refuses=("not_found", "name_taken", "wrong_type", "out_of_range", "idempotency_conflict"),
    ),
)
async def create(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: shapes.NewStatSet = body_of(shapes.NewStatSet),
) -> Response:
    """Define what is counted in a game; anybody may, for themselves."""
    require("stat_set.create", relations_of(caller))
    game = await given.catalogue.game(game_id)
    stats = tuple(stat.stat() for stat in body.stats)
    defined = await given.catalogue.define_stat_set(
        caller.player_id, game.id, body.name, stats, command_id=body.id(command_id)
    )
    return answer(_shown(defined), 201)


@router.get("/stat-sets/{id}", **contract(gives=shapes.StatSet, refuses=("not_found",)))
async def stat_set(given: Given, caller: Caller, stat_set_id: StatSetId) -> Response:
    """A stat set."""
    require("stat_set.view", relations_of(caller))
    return answer(_shown(_kept(await given.catalogue.stat_set(stat_set_id))))


@router.patch(
    "/stat-sets/{id}",
    **contract(
        takes=shapes.ChangedStatSet,
        gives=shapes.StatSet,
        refuses=(
            "not_found",
            "forbidden",
            "name_taken",
            "wrong_type",
            "out_of_range",
            "idempotency_conflict",
        ),
    ),
)
async def change(
    given: Given,
    caller: Caller,
    stat_set_id: StatSetId,
    command_id: CommandId = None,
    body: shapes.ChangedStatSet = body_of(shapes.ChangedStatSet),
) -> Response:
    """Change one's stat set."""
    before = _kept(await given.catalogue.stat_set(stat_set_id))
    require("stat_set.change", relations_of(caller, owner=before.owner_id == caller.player_id))
    stats = body.stats if isinstance(body.stats, UnsetType) else tuple(stat.stat() for stat in body.stats)
    changed = await given.catalogue.change_stat_set(
        caller.player_id, before, StatSetChanges(body.name, stats), command_id=body.id(command_id)
    )
    return answer(_shown(changed))


@router.delete(
    "/stat-sets/{id}", **contract(status=204, refuses=("not_found", "forbidden", "idempotency_conflict"))
)
async def remove(
    given: Given, caller: Caller, stat_set_id: StatSetId, command_id: CommandId = None
) -> Response:
    """Remove one's stat set; sessions keep what they began with."""
    found = await given.catalogue.stat_set(stat_set_id)
    require("stat_set.change", relations_of(caller, owner=found.owner_id == caller.player_id))
    await given.catalogue.remove_stat_set(caller.player_id, found, command_id=command_id)
    return nothing()


def _kept(stat_set: StatSet) -> StatSet:
    if stat_set.removed:
        raise not_found("stat set")
    return stat_set


def _shown(stat_set: StatSet) -> shapes.StatSet:
    return shapes.StatSet(stat_set.id, stat_set.game_id, stat_set.owner_id, stat_set.name, stat_set.stats)
