"""Ids: UUIDv7 (RFC 9562), so that rows sort by the moment they were made."""

import secrets
from uuid import UUID

from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.refusals import not_found


class IdSource:
    """Makes ids that strictly increase within one process, even when the clock goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> UUID:
        milliseconds = self._clock.now() // 1000
        # 48 bits of time, then 12 + 62 random bits around the version and the variant.
        value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0x2 << 62 | secrets.randbits(62)
        if value <= self._last:
            value = self._last + 1
        self._last = value
        return UUID(int=value)


new_id = IdSource(SystemClock())


def parse_id(text: str, what: str) -> UUID:
    """Read an id in its canonical form; anything else names nothing, hence `not_found`."""
    try:
        parsed = UUID(text)
    except ValueError:
        raise not_found(what) from None
    if str(parsed) != text.lower():
        raise not_found(what)
    return parsed
