"""Periods of leaderboards: every moment lies in exactly one of them."""

from datetime import UTC, datetime

import pytest

from tallybook.catalogue.schedules import period_at
from tallybook.kernel.clock import to_microseconds

MINUTE = 60_000_000


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize(
    "schedule", ["*/20 * * * *", "30 * * * *", "0 */2 * * *", "0 */6 * * *", "30 2 * * *", "daily", "weekly"]
)
@pytest.mark.parametrize(
    "changes",
    [
        datetime(2024, 10, 27, 1, tzinfo=UTC),  # in Berlin clocks go back, and forward
        datetime(2024, 3, 31, 1, tzinfo=UTC),
        datetime(2024, 11, 3, 4, 30, tzinfo=UTC),  # in St. John's
        datetime(2024, 3, 10, 5, 30, tzinfo=UTC),
    ],
    ids=str,
)
def test_periods_touch_and_do_not_overlap_where_clocks_are_changed(
    zone: str, schedule: str, changes: datetime
) -> None:
    around = to_microseconds(changes)
    moments = range(around - 300 * MINUTE + 1, around + 400 * MINUTE, 10 * MINUTE)
    for moment in moments:
        period = period_at(schedule, zone, moment)
        begin, end = period
        assert end is not None
        assert begin <= moment < end
        assert period_at(schedule, zone, begin) == period
        assert period_at(schedule, zone, end - 1) == period
        assert period_at(schedule, zone, end)[0] == end
