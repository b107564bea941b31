"""Slows down guessing: how often something may be tried within a period, kept in memory."""

from collections import deque

from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
MOST_KEYS = 50_000


class Attempts:
    """`rate` is a setting such as `10/minute`: so many in any period of that length, for each key."""

    def __init__(self, rate: str, clock: Clock) -> None:
        count, _, period = rate.partition("/")
        self._most = int(count)
        self._period = SECONDS[period]
        self._clock = clock
        self._times: dict[object, deque[float]] = {}

    def take(self, key: object) -> None:
        """Count an attempt, or refuse it with the seconds until the next one is allowed."""
        now = self._clock.monotonic()
        times = self._times.pop(key, None)
        if times is None:
            times = deque()
            if len(self._times) >= MOST_KEYS:
                del self._times[next(iter(self._times))]
        self._times[key] = times  # most recently tried last
        while times and times[0] <= now - self._period:
            times.popleft()
        if len(times) >= self._most:
            wait = int(times[0] + self._period - now) + 1
            raise Refusal("rate_limited", f"too many attempts: try again in {wait} s", retry_after=wait)
        times.append(now)

    def forget(self, key: object) -> None:
        """It succeeded: start counting anew."""
        self._times.pop(key, None)
