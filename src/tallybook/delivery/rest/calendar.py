"""On which days a player played."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Response

from tallybook.delivery.library import Calendar
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import PlayerId
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.kernel.clock import known_zone, to_datetime
from tallybook.kernel.refusals import invalid

router = api_router("/players", tag="players")


@router.get("/{id}/calendar", **contract(gives=Calendar, refuses=("not_found",)))
async def calendar(
    given: Given,
    _caller: Caller,
    player_id: PlayerId,
    zone: Annotated[str, Query(max_length=64, description="An IANA time zone: where days begin.")] = "UTC",
    until: Annotated[date | None, Query(alias="to", description="The last day; today without it.")] = None,
) -> Response:
    """How many sessions a player finished on each day of a year, for anybody to see."""
    days = ZoneInfo(known_zone(zone))
    last = until or to_datetime(given.clock.now()).astimezone(days).date()
    if not 1971 < last.year < 2200:
        raise invalid("to", "must be a date of this time")
    return answer(await given.library.calendar(player_id, until=last, zone=days))
