"""Ids: UUIDv7 (RFC 9562), so that rows sort by the moment they were made."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from uuid import UUID

from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.refusals import not_found

CANONICAL = 36  # characters


class IdSource:
    """Makes ids that strictly increase within one process, even when the clock goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bits: Callable[[int], int] = secrets.randbits
        self._last = 0

    @contextmanager
    def repeatable(self, clock: Clock, bits: Callable[[int], int]) -> Iterator[None]:
        """Within the block ids follow from `clock` and `bits`, so that what they name is the same again."""
        before = self._clock, self._bits, self._last
        self._clock, self._bits, self._last = clock, bits, 0
        try:
            yield
        finally:
            self._clock, self._bits, self._last = before

    def __call__(self) -> UUID:
        milliseconds = self._clock.now() // 1000
        # 48 bits of time, then 12 + 62 random bits around the version and the variant.
        value = milliseconds << 80 | 0x7 << 76 | self._bits(12) << 64 | 0x2 << 62 | self._bits(62)
        if value <= self._last:
            value = self._last + 1
        self._last = value
        return UUID(int=value)


new_id = IdSource(SystemClock())


def parse_id(text: str, what: str) -> UUID:
    """Read an id in its canonical form; anything else names nothing, hence `not_found`."""
    parsed = _read(text) if len(text) == CANONICAL else None
    if parsed is None:
        raise not_found(what)
    return parsed


@lru_cache(maxsize=16_384)  # the same come again and again
def _read(text: str) -> UUID | None:
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text.lower() else None
