"""When the periods of a leaderboard begin and end."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from tallybook.kernel.clock import EPOCH, known_zone, to_microseconds
from tallybook.kernel.refusals import invalid

NAMED = {"daily": "0 0 * * *", "weekly": "0 0 * * 1", "monthly": "0 0 1 * *"}
ALWAYS = 0  # the period of a board without a schedule


def check_schedule(schedule: str, zone: str) -> None:
    """`none`, `manual`, one of `NAMED` or five fields of cron; weeks begin on Monday."""
    known_zone(zone)
    if schedule in {"none", "manual", *NAMED}:
        return
    try:
        if len(schedule) > 60 or len(schedule.split()) != 5:
            raise CronSimError("five fields")
        next(CronSim(schedule, EPOCH))
    except (CronSimError, StopIteration):
        raise invalid(
            "schedule", "must be none, manual, daily, weekly, monthly or a cron expression of five fields"
        ) from None


def period_at(schedule: str, zone: str, moment: int, begun: Sequence[int] = ()) -> tuple[int, int | None]:
    """The beginning of the period that holds a moment, and its end (exclusive); microseconds since 1970 UTC.

    Of a manual schedule, `begun` is when its periods were begun, in order; what was before the first of them
    is a period too. None as the end: there is none yet.
    """
    if schedule == "none":
        return ALWAYS, None
    if schedule == "manual":
        at = bisect_right(begun, moment)
        return (begun[at - 1] if at else ALWAYS), (begun[at] if at < len(begun) else None)
    hour = 3600 * 1_000_000
    return _around(NAMED.get(schedule, schedule), zone, moment // hour * hour, moment % hour)


@lru_cache(maxsize=4_096)
def _hour(expression: str, zone: str, hour: int) -> tuple[tuple[int, ...], int]:
    """Every beginning from the last one at or before an hour up to its end, and the first one after it."""
    begins = datetime.fromtimestamp(hour // 1_000_000, UTC).astimezone(ZoneInfo(zone))
    past = CronSim(expression, begins + timedelta(seconds=1), reverse=True)
    first = next(past, EPOCH)
    starts = [max(ALWAYS, to_microseconds(first.astimezone(UTC)))]
    # From there on, whatever the hour: where clocks go back, what comes next depends on where one begins.
    coming = CronSim(expression, first)
    while True:
        start = to_microseconds(next(coming, datetime(2999, 1, 1, tzinfo=UTC)).astimezone(UTC))
        if start >= hour + 3600 * 1_000_000:
            return tuple(starts), start
        if start > starts[-1]:
            starts.append(start)


def _around(expression: str, zone: str, hour: int, rest: int) -> tuple[int, int]:
    starts, after = _hour(expression, zone, hour)
    at = bisect_right(starts, hour + rest)
    return starts[at - 1], (starts[at] if at < len(starts) else after)
