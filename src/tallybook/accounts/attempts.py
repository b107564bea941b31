"""Slows down guessing: how often something may be tried within a period, on all nodes together."""

from collections import deque
from collections.abc import Hashable
from hashlib import blake2b

import msgspec

from tallybook.bus.bus import Bus
from tallybook.bus.memory import MemoryBus
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
MOST_KEYS = 50_000
TOPIC = "attempts"

_decode = msgspec.msgpack.Decoder(tuple[str, bytes]).decode


class Attempts:
    """`rate` is a setting such as `10/minute`: so many in any period of that length, for each key.

    Kept in memory; what happens here is told on the bus, so that every node has counted them all.
    """

    def __init__(self, rate: str, clock: Clock, bus: Bus | None = None) -> None:
        count, _, period = rate.partition("/")
        self._most = int(count)
        self._period = SECONDS[period]
        self._clock = clock
        self._times: dict[bytes, deque[float]] = {}
        self._bus = bus or MemoryBus()
        self._bus.subscribe(TOPIC, self._hear)

    def take(self, key: Hashable, *, times: int = 1) -> None:
        """Count an attempt, or refuse it with the seconds until the next one; `times` as many may be made."""
        digest = _digest(key)
        now = self._clock.monotonic()
        tried = self._of(digest, now)
        if len(tried) >= self._most * times:
            wait = int(tried[0] + self._period - now) + 1
            raise Refusal("rate_limited", f"too many attempts: try again in {wait} s", retry_after=wait)
        tried.append(now)
        self._tell("take", digest)

    def give_back(self, key: Hashable) -> None:
        """The last attempt was a good one: it does not count."""
        digest = _digest(key)
        self._give_back(digest)
        self._tell("give_back", digest)

    def forget(self, key: Hashable) -> None:
        """It succeeded: start counting anew."""
        digest = _digest(key)
        self._times.pop(digest, None)
        self._tell("forget", digest)

    def _of(self, digest: bytes, now: float) -> deque[float]:
        """The attempts within the period that ends now."""
        tried = self._times.pop(digest, None)
        if tried is None:
            tried = deque()
            if len(self._times) >= MOST_KEYS:
                del self._times[next(iter(self._times))]
        self._times[digest] = tried  # most recently tried last
        while tried and tried[0] <= now - self._period:
            tried.popleft()
        return tried

    def _give_back(self, digest: bytes) -> None:
        if tried := self._times.get(digest):
            tried.pop()

    def _tell(self, what: str, digest: bytes) -> None:
        if self._bus.spans:
            self._bus.publish(TOPIC, msgspec.msgpack.encode((what, digest)))

    def _hear(self, _sender: str, message: bytes) -> None:
        what, digest = _decode(message)
        match what:
            case "take":
                now = self._clock.monotonic()
                self._of(digest, now).append(now)
            case "give_back":
                self._give_back(digest)
            case "forget":
                self._times.pop(digest, None)


def _digest(key: Hashable) -> bytes:
    """Names and addresses stay on the node where they were given."""
    return blake2b(repr(key).encode(), digest_size=16).digest()
