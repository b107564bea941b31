"""Token buckets: a burst at once, then as many as flow in; one number a caller, well under a microsecond."""

from collections.abc import Hashable
from math import ceil
from typing import NamedTuple

from tallybook.accounts.attempts import SECONDS
from tallybook.kernel.clock import Clock

MOST_KEYS = 200_000  # beyond which callers that were not seen lately are forgotten early


class Standing(NamedTuple):
    """What is left of a caller's bucket."""

    limit: int
    remaining: int
    reset: int  # whole seconds until the bucket is full again
    retry_after: int  # whole seconds until there is a token; 0 when one was taken

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As an answer tells it, in the fields of draft-ietf-httpapi-ratelimit-headers-07 and before."""
        return [
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % self.reset),
        ]


class Buckets:
    """One bucket a key. `rate` is a setting such as `100/minute`: so many tokens, flowing in evenly.

    A bucket is kept as the moment at which it will be full, the generic cell rate algorithm of ITU-T I.371.
    What was not touched for a whole period is full, and forgotten.
    """

    def __init__(self, rate: str, clock: Clock) -> None:
        count, _, period = rate.partition("/")
        self._limit = int(count)
        self._period = SECONDS[period]
        self._step = self._period / self._limit
        self._deepest = self._period + self._step / 100  # so that rounding errors take no token away
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._before: dict[Hashable, float] = {}  # those of the period before
        self._turn_at = 0.0

    def take(self, key: Hashable) -> Standing:
        """Take a token, if there is one."""
        now = self._clock.monotonic()
        full_at = self._of(key, now) + self._step
        deficit = full_at - now - self._deepest
        if deficit > 0:
            return Standing(self._limit, 0, _whole(full_at - self._step - now), max(1, _whole(deficit)))
        self._full_at[key] = full_at
        return Standing(self._limit, int(-deficit / self._step), _whole(full_at - now), 0)

    def taken(self, key: Hashable, count: int) -> None:
        """So many were taken elsewhere."""
        self._full_at[key] = self._of(key, self._clock.monotonic()) + count * self._step

    def _of(self, key: Hashable, now: float) -> float:
        if now >= self._turn_at or len(self._full_at) >= MOST_KEYS:
            self._before, self._full_at = self._full_at, {}
            self._turn_at = now + self._period
        full_at = self._full_at.get(key) or self._before.get(key, now)
        return max(full_at, now)


def _whole(seconds: float) -> int:
    """Whole seconds, rounded up but for what differences of moments are wrong by."""
    return ceil(seconds - 1e-6)
