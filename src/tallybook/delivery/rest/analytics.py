"""What a game's developers and the community managers ask about its players, as JSON or as CSV.

Days are UTC days and weeks begin on Monday. A person counts once, whatever players were merged into her, and
goes on counting after she was erased; bots and voided sessions never count.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from tallybook.delivery.analytics import (
    AchievementLine,
    AchievementReport,
    Cohort,
    FunnelLine,
    FunnelReport,
    Line,
    PlayersLine,
    PlayersReport,
    Report,
    RetentionLine,
    RetentionReport,
)
from tallybook.delivery.rest.allowed import require_for_game
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import Anyone
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CalendarDay, GameId
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.spreadsheets import csv_answer, wants_csv, with_csv
from tallybook.kernel.days import Interval

router = api_router("/games/{id}/analytics", tag="analytics")

First = Annotated[CalendarDay | None, Query(alias="from", description="The first UTC day.")]
Last = Annotated[CalendarDay | None, Query(alias="to", description="The last UTC day; today without it.")]


async def _allowed(given: Given, caller: Anyone, game_id: GameId) -> UUID:
    """The game, to those who may look into it."""
    await require_for_game(given, caller, "analytics.view", game_id)
    return game_id


async def _as_table(
    request: Request,
    form: Annotated[
        Literal["json", "csv"] | None,
        Query(alias="format", description="Else the Accept header says it: text/csv, or JSON."),
    ] = None,
) -> bool:
    return wants_csv(request, form)


GameOf = Annotated[UUID, Depends(_allowed)]
AsTable = Annotated[bool, Depends(_as_table)]


def _gives(report: type[Report]) -> dict[str, Any]:
    return with_csv(contract(gives=report, refuses=("not_found",), keys=True))


@router.get("/achievements", **_gives(AchievementReport))
async def achievements(given: Given, game_id: GameOf, as_table: AsTable) -> Response:
    """How many have each achievement, and the median time from first being active to it."""
    return _answer(await given.analytics.achievements(game_id), AchievementLine, as_table)


@router.get("/players", **_gives(PlayersReport))
async def players(
    given: Given,
    game_id: GameOf,
    as_table: AsTable,
    interval: Interval = "day",
    first: First = None,
    last: Last = None,
) -> Response:
    """Active, new and returning players by day, week or month: the last 30 days, 12 weeks or 12 months."""
    report = await given.analytics.players(game_id, interval, first=first, last=last)
    return _answer(report, PlayersLine, as_table)


@router.get("/retention", **_gives(RetentionReport))
async def retention(
    given: Given,
    game_id: GameOf,
    as_table: AsTable,
    cohort: Cohort = "week",
    first: First = None,
    last: Last = None,
) -> Response:
    """Of those first active in an interval, how many were active in each later one up to now."""
    report = await given.analytics.retention(game_id, cohort, first=first, last=last)
    return _answer(report, RetentionLine, as_table)


@router.get("/funnel", **_gives(FunnelReport))
async def funnel(
    given: Given,
    game_id: GameOf,
    as_table: AsTable,
    steps: Annotated[
        str,
        Query(
            max_length=4_000,
            description="Keys of achievements in order, with commas between them; `key:tier` for a tier."
            " Without it, the order in which players mostly come to them.",
        ),
    ] = "",
) -> Response:
    """How many players reached each achievement, and how many of them by way of all those before it."""
    declared = [key.strip() for key in steps.split(",") if key.strip()]
    return _answer(await given.analytics.funnel(game_id, declared), FunnelLine, as_table)


def _answer(report: Report, line: type[Line], as_table: bool) -> Response:
    if not as_table:
        return answer(report)
    return csv_answer(line.__struct_fields__, report.lines(), type(report).__name__)
