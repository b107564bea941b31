"""Listed lines from sorted entries (key + member), the same for every technology."""

from collections.abc import Sequence

from tallybook.ranking.port import KEY, TIED, Page, Ranked


def page(entries: Sequence[bytes], *, start: int, better: int, total: int) -> Page:
    """A page whose first line is at place `start`, with `better` members strictly better than it."""
    lines = []
    rank, tied = better + 1, entries[0][:TIED] if entries else b""
    for place, entry in enumerate(entries, start + 1):
        if entry[:TIED] != tied:
            rank, tied = place, entry[:TIED]
        lines.append(Ranked(entry[KEY:], entry[:KEY], rank))
    return Page(lines, start, total)


def window(place: int, limit: int, total: int) -> int:
    """Where a window of `limit` lines starts that has `place` in its middle, as far as the ends allow."""
    return max(0, min(place - limit // 2, total - limit))
