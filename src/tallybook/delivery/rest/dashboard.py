"""What a player has across all games, over time, and beside others; for anybody to see."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Path, Query, Response

from tallybook.delivery.dashboard_shapes import Comparison, Dashboard, PlayerStatistics, Side
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CalendarDay, Language, Part, PlayerId
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.trends import Trend
from tallybook.kernel.days import Interval
from tallybook.kernel.ids import parse_id

router = api_router("/players", tag="players")


class Friends(msgspec.Struct, frozen=True):
    """The caller, and a part of those the caller follows, newest first."""

    me: Side
    items: list[Side]
    next_cursor: str | None


@router.get("/me/friends/compare", **contract(gives=Friends))
async def friends(given: Given, caller: Caller, at: Part) -> Response:
    """Those whom the caller follows, beside the caller."""
    found = await given.following.list(caller.player_id, "following", before=at.last, limit=at.limit + 1)
    shown = found[: at.limit]
    me, *sides = await given.dashboards.sides([caller.player_id, *(player.id for _, player in shown)])
    following = at.cursor((b"", shown[-1][0])) if len(found) > at.limit else None
    return answer(Friends(me, sides, following))


@router.get("/{id}/statistics", **contract(gives=PlayerStatistics, refuses=("not_found",)))
async def statistics(given: Given, _caller: Caller, player_id: PlayerId) -> Response:
    """What a player has in each game: time played, achievements, statistics, records, streaks, rating."""
    return answer(await given.dashboards.statistics(player_id))


@router.get("/{id}/statistics/history", **contract(gives=Trend, refuses=("not_found",)))
async def trend(
    given: Given,
    _caller: Caller,
    player_id: PlayerId,
    first: Annotated[CalendarDay | None, Query(alias="from", description="The first UTC day.")] = None,
    last: Annotated[
        CalendarDay | None, Query(alias="to", description="The last UTC day; today without it.")
    ] = None,
    interval: Interval = "day",
    game: Annotated[str | None, Query(alias="game_id", description="One game, with its statistics.")] = None,
) -> Response:
    """How a player's figures went, by the day, week or month."""
    game_id: UUID | None = None if game is None else parse_id(game, "game")
    return answer(
        await given.trends.trend(player_id, first=first, last=last, interval=interval, game_id=game_id)
    )


@router.get("/{id}/dashboard", **contract(gives=Dashboard, refuses=("not_found",)))
async def dashboard(given: Given, caller: Caller, player_id: PlayerId, lang: Language = None) -> Response:
    """A player's figures over all games, and the newest achievements."""
    return answer(await given.dashboards.dashboard(caller, player_id, language=lang))


@router.get("/{id}/compare/{other}", **contract(gives=Comparison, refuses=("not_found",)))
async def compare(
    given: Given, caller: Caller, player_id: PlayerId, other: Annotated[str, Path(description="A player.")]
) -> Response:
    """Two players side by side, and against each other in the sessions that the caller may see."""
    return answer(await given.dashboards.compare(caller, player_id, parse_id(other, "player")))
