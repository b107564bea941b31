"""The only place that asks the machine what time it is."""

import time
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Protocol
from zoneinfo import available_timezones

from tallybook.kernel.refusals import invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
AHEAD = 5 * 60 * 1_000_000  # how far a client's clock may be ahead, microseconds


class Clock(Protocol):
    """Where time comes from; tests bring their own."""

    def now(self) -> int:
        """Microseconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()


def known_zone(name: str) -> str:
    """The name of an IANA time zone; refuses what is none."""
    if name not in _zones():
        raise invalid("zone", "must be an IANA time zone such as Europe/Berlin")
    return name


@cache  # it takes a look at every file of the machine's database of zones
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})  # which is wherever this machine is


def to_datetime(microseconds: int) -> datetime:
    """The UTC datetime of a ledger time."""
    return EPOCH + timedelta(microseconds=microseconds)


def to_microseconds(moment: datetime) -> int:
    """The ledger time (microseconds since 1970 UTC) of an aware datetime."""
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=1024)  # what was committed together has one time
def iso(microseconds: int) -> str:
    """A ledger time as the API writes it: ISO-8601 UTC, `2026-01-31T18:05:00.250000Z`."""
    moment = to_datetime(microseconds).isoformat(timespec="microseconds")
    return moment.removesuffix("+00:00") + "Z"


def iso_or_none(microseconds: int | None) -> str | None:
    """The same of a time that may be none."""
    return None if microseconds is None else iso(microseconds)
