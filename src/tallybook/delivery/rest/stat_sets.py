"""Stat sets of a game: those of its owner and the caller's own."""

from typing import Any
from uuid import UUID

from fastapi import Response
from msgspec import UnsetType

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, relations_to_stat_set, require
from tallybook.catalogue.stat_sets import StatSet, StatSetChanges
from tallybook.delivery.rest import shapes
from tallybook.delivery.rest.answers import answer, nothing, part
from tallybook.delivery.rest.callers import Anyone, Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, GameId, Part, StatSetId, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given, Services
from tallybook.kernel.refusals import not_found

router = api_router(tag="stat sets")


@router.get(
    "/games/{id}/stat-sets", **contract(gives=shapes.Page[shapes.StatSet], refuses=("not_found",), keys=True)
)
async def of_game(given: Given, caller: Anyone, game_id: GameId, at: Part) -> Response:
    """The stat sets to choose from for a game, newest first: its owner's and the caller's own."""
    game = await given.catalogue.game(game_id)
    require("game.view", relations_of(caller, game=game_id))
    before = None if at.after is None else at.after[1]
    found = await given.catalogue.stat_sets(game, caller.ids, before=before, limit=at.limit + 1)
    return part(found, at, lambda stat_set: (b"", stat_set.id), _shown)


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


@router.get("/stat-sets/{id}", **contract(gives=shapes.StatSet, refuses=("not_found",), keys=True))
async def stat_set(given: Given, caller: Anyone, stat_set_id: StatSetId) -> Response:
    """A stat set that is offered with its game, or one's own."""
    return answer(_shown(await _stat_set(given, caller, stat_set_id, "stat_set.view")))


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
    before = await _stat_set(given, caller, stat_set_id, "stat_set.change")
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
    found = await _stat_set(given, caller, stat_set_id, "stat_set.change", removed=True)
    await given.catalogue.remove_stat_set(caller.player_id, found, command_id=command_id)
    return nothing()


async def _stat_set(
    given: Services, caller: Actor, stat_set_id: UUID, action: str, *, removed: bool = False
) -> StatSet:
    """The stat set, if the caller may do this with it; a `removed` one only where that is nothing new."""
    found = await given.catalogue.stat_set(stat_set_id)
    require(action, relations_to_stat_set(caller, found.owner_id, game=found.game_id, offered=found.offered))
    if found.removed and not removed:
        raise not_found("stat set")
    return found


def _shown(stat_set: StatSet) -> dict[str, Any]:
    """The shape `StatSet`; stats as in a session."""
    return {
        "id": stat_set.id,
        "game_id": stat_set.game_id,
        "owner_id": stat_set.owner_id,
        "name": stat_set.name,
        "stats": [stat.shown() for stat in stat_set.stats],
    }
