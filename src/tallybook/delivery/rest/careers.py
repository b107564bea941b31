"""Statistics that games report of their players, and their declarations."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Path, Request, Response
from msgspec import Meta

from tallybook.access.matrix import relations_of, require
from tallybook.catalogue.statistics import (
    MOST_STATISTICS,
    Aggregation,
    Authority,
    Statistic,
    checked_key,
)
from tallybook.delivery.careers import StatisticsReport
from tallybook.delivery.rest import session_shapes, shapes
from tallybook.delivery.rest.allowed import require_for_game
from tallybook.delivery.rest.answers import answer, nothing
from tallybook.delivery.rest.callers import Caller, MaybeAnyone, anyone_of
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.direct import Nothing, direct
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.reading import Command, CommandId, GameId, body_of, command_id_of, read_body
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given, Services
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import not_found
from tallybook.play.requests import take_envelope

router = api_router("/games/{id}", tag="statistics")

Key = Annotated[str, Path(description="Of a-z, 0-9, - and _, at most 40.", examples=["kills"])]


class NewStatistic(Command, frozen=True, kw_only=True):
    """How reports of a statistic add up. With the authority `server` no player may report it."""

    name: shapes.Name
    aggregation: Aggregation
    authority: Authority = "client"


class Statistics(msgspec.Struct, frozen=True):
    items: Annotated[list[Statistic], Meta(max_length=MOST_STATISTICS)]


@hot
async def report(request: Request) -> Response:
    """Report statistics of a player: the player's own client, a server with a key of the game, its owner."""
    caller = await anyone_of(request)
    given: Services = request.app.services
    game_id = parse_id(request.path_params["id"], "game")
    body = await read_body(request)
    envelope = take_envelope(body, given.clock, command_id_of(request))
    written = await given.careers.report(caller, game_id, body, envelope)
    return answer(session_shapes.Written(written.last))


REPORT = direct(
    Nothing,
    "id",
    takes=session_shapes.described(StatisticsReport),
    gives=session_shapes.Written,
    refuses=(
        "not_found",
        "forbidden",
        "archived",
        "wrong_type",
        "out_of_range",
        "stale",
        "idempotency_conflict",
    ),
    keys=True,
    writes=True,
)
router.post("/stats/report", **REPORT)(report)


@router.get("/statistics", **contract(gives=Statistics, refuses=("not_found",), public=True))
async def declared(given: Given, caller: MaybeAnyone, game_id: GameId) -> Response:
    """The statistics that a game declares, by key."""
    return answer(Statistics(list((await _declared(given, caller, game_id)).values())))


@router.get("/statistics/{key}", **contract(gives=Statistic, refuses=("not_found",), public=True))
async def declaration(given: Given, caller: MaybeAnyone, game_id: GameId, key: Key) -> Response:
    """One statistic as the game declares it."""
    found = (await _declared(given, caller, game_id)).get(key)
    if found is None:
        raise not_found("statistic")
    return answer(found)


@router.put(
    "/statistics/{key}",
    **contract(
        takes=NewStatistic,
        gives=Statistic,
        refuses=("not_found", "forbidden", "contradicts_records", "idempotency_conflict"),
    ),
)
async def define(
    given: Given,
    caller: Caller,
    game_id: GameId,
    key: Key,
    command_id: CommandId = None,
    body: NewStatistic = body_of(NewStatistic),
) -> Response:
    """Declare a statistic, or declare it anew: everything reported before is read in the new way."""
    await require_for_game(given, caller, "record.define", game_id)
    wanted = Statistic(
        key=checked_key(key), name=body.name, aggregation=body.aggregation, authority=body.authority
    )
    defined = await given.statistic_definitions.define(
        caller.player_id, game_id, wanted, command_id=body.id(command_id)
    )
    return answer(defined)


@router.delete(
    "/statistics/{key}", **contract(status=204, refuses=("not_found", "forbidden", "idempotency_conflict"))
)
async def remove(
    given: Given, caller: Caller, game_id: GameId, key: Key, command_id: CommandId = None
) -> Response:
    """Declare a statistic no longer; what was reported stays."""
    await require_for_game(given, caller, "record.define", game_id)
    await given.statistic_definitions.remove(caller.player_id, game_id, key, command_id=command_id)
    return nothing()


async def _declared(given: Services, caller: Any, game_id: UUID) -> dict[str, Statistic]:
    await given.catalogue.game(game_id)
    require("record.view", relations_of(caller, game=game_id))
    return await given.statistic_definitions.of_game(game_id)
