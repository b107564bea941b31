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

    def take(self, key: object, *, times: int = 1) -> None:
        """Count an attempt, or refuse it with the seconds until the next one; `times` as many may be made."""
        now = self._clock.monotonic()
        tried = self._times.pop(key, None)
        if tried is None:
            tried = deque()
            if len(self._times) >= MOST_KEYS:
                del self._times[next(iter(self._times))]
        self._times[key] = tried  # most recently tried last
        while tried and tried[0] <= now - self._period:
            tried.popleft()
        if len(tried) >= self._most * times:
            wait = int(tried[0] + self._period - now) + 1
            raise Refusal("rate_limited", f"too many attempts: try again in {wait} s", retry_after=wait)
        tried.append(now)

    def give_back(self, key: object) -> None:
        """The last attempt was a good one: it does not count."""
        if tried := self._times.get(key):
            tried.pop()

    def forget(self, key: object) -> None:
        """It succeeded: start counting anew."""
        self._times.pop(key, None)
