"""Days, weeks and months as figures count them: in UTC, by the days since 1970-01-01."""

from datetime import date, timedelta
from typing import Literal

from tallybook.kernel.clock import EPOCH

DAY = 86_400 * 1_000_000  # microseconds
LONGEST = {"day": 1, "week": 7, "month": 31}  # days of an interval

Interval = Literal["day", "week", "month"]


def number_of(day: date) -> int:
    """How many days after 1970-01-01 it is."""
    return (day - EPOCH.date()).days


def day_of(number: int) -> date:
    return EPOCH.date() + timedelta(days=number)


def beginning(interval: Interval, day: date) -> date:
    """The first day of the interval that holds a day; weeks begin on Monday."""
    match interval:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)


def following(interval: Interval, begin: date) -> date:
    """When the next interval begins."""
    return beginning(interval, begin + timedelta(days=LONGEST[interval]))
