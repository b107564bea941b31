"""Leaderboards as lists: lines in order, with ranks, and parts of them."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from tallybook.catalogue.boards import Definition
from tallybook.projections.records.entries import Entry


class Line(msgspec.Struct, frozen=True):
    """A member of a list with what it has; equals share a rank (1, 2, 2, 4), the earlier stands first."""

    member_id: UUID
    rank: int
    value: int
    second: int
    since: int


class Section(msgspec.Struct, frozen=True):
    """Consecutive lines of a list; `total` counts all of it, `start` is the place of the first (from 0)."""

    lines: Sequence[Line]
    start: int
    total: int


def listed(definition: Definition, found: Mapping[UUID, Entry]) -> list[Line]:
    """Everybody with enough entries, in order."""
    enough = [(member, entry) for member, entry in found.items() if entry.count >= definition.minimum]
    enough.sort(key=lambda pair: _place(definition, *pair))
    return lines_of(definition, enough, 0, 0)


def _place(definition: Definition, member: UUID, entry: Entry | Line) -> tuple[int, int, int, bytes]:
    """By what a list is in order."""
    return (*_worth(definition, entry), entry.since, member.bytes)


def _worth(definition: Definition, entry: Entry | Line) -> tuple[int, int]:
    """Less is better; equals share a rank."""
    value = -entry.value if definition.order == "highest" else entry.value
    return value, {"none": 0, "highest": -entry.second, "lowest": entry.second}[definition.second]


def lines_of(
    definition: Definition, found: Iterable[tuple[UUID, Entry]], start: int, ahead: int
) -> list[Line]:
    """Lines from place `start` on; `ahead` rank strictly before the first."""
    lines: list[Line] = []
    before: tuple[int, int] | None = None
    for at, (member, entry) in enumerate(found, start):
        worth = _worth(definition, entry)
        if before is None:
            rank = ahead + 1
        elif worth != before:
            rank = at + 1
        lines.append(Line(member, rank, entry.value, entry.second, entry.since))
        before = worth
    return lines


def section(
    definition: Definition,
    lines: Sequence[Line],
    *,
    limit: int,
    after: Line | None = None,
    around: UUID | None = None,
) -> Section | None:
    """A part of a whole list, perhaps behind a line that need not be there any more; None when `around` is
    not in it."""
    offset = 0
    if after is not None:
        seen = _place(definition, after.member_id, after)
        offset = bisect_right(lines, seen, key=lambda line: _place(definition, line.member_id, line))
    if around is not None:
        place = next((at for at, line in enumerate(lines) if line.member_id == around), None)
        if place is None:
            return None
        offset = max(0, min(place - limit // 2, len(lines) - limit))
    return Section(lines[offset : offset + limit], offset, len(lines))
