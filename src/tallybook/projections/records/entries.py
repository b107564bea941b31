"""How contributions add up to an entry of a leaderboard."""

from collections.abc import Iterable

import msgspec

from tallybook.catalogue.boards import Definition, saturated
from tallybook.projections.records.contributions import Contribution


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What somebody has on a board, in its smallest unit.

    `value` and `second` are what is ranked; for the operators best and latest, they were achieved together.
    `since` is the position in the ledger of the event that made them so, `at` its time.
    """

    value: int
    second: int
    since: int
    at: int
    count: int  # contributions
    total: int  # their sum, or where a statistic that is changed bit by bit stands
    last: int  # position of the last contribution
    team: str | None = None
    previous: int | None = None  # the value before the event at `since`; none, too, where parts make an entry


ENTRY = Entry.__struct_fields__


def add(definition: Definition, entry: Entry | None, given: Contribution) -> Entry:
    """An entry with one more contribution, which is later in the ledger than all before."""
    value = definition.stored(given.value)
    second = 0
    if given.second is not None and definition.second != "none":
        second = definition.stored(given.second)
    if definition.source == "stat" and definition.operator in {"best", "latest"}:
        total = value = saturated(value + entry.total) if given.change and entry is not None else value
    else:
        total = saturated(value + (0 if entry is None else entry.total))
    count = 1 if entry is None else entry.count + 1
    shown, shown_second = value, second
    match definition.operator:
        case "best" if entry is not None and not better(definition, (value, second), entry):
            shown, shown_second = entry.value, entry.second
        case "sum":
            shown = total
        case "count":
            shown = count
        case "average":
            shown = average(definition, total, count)
    kept = entry is not None and (shown, shown_second) == (entry.value, entry.second)
    again = entry is not None and entry.since == given.since  # of another of the team, in the same session
    if entry is not None and (again or (kept and definition.operator != "latest")):
        since, at, previous = entry.since, entry.at, entry.previous
    else:
        since, at, previous = given.since, given.at, None if entry is None else entry.value
    return Entry(shown, shown_second, since, at, count, total, given.since, given.team, previous)


def fold(definition: Definition, contributions: Iterable[Contribution]) -> Entry | None:
    entry = None
    for given in contributions:
        entry = add(definition, entry, given)
    return entry


def combined(definition: Definition, parts: Iterable[Entry]) -> Entry | None:
    """The entry of a person from those of the players that the person is.

    Where two of them got something in one session, the better of it counts as the later.
    """
    sign = 1 if definition.order == "highest" else -1

    def order(part: Entry) -> tuple[int, int, int, str]:
        return part.since, sign * part.value, part.second, part.team or ""

    whole: Entry | None = None
    for part in sorted(parts, key=order):
        whole = part if whole is None else _both(definition, whole, part)
    return whole


def _both(definition: Definition, one: Entry, other: Entry) -> Entry:
    """Two entries as one; `other` reached what it has later."""
    count, total = one.count + other.count, saturated(one.total + other.total)
    last = max(one.last, other.last)
    match definition.operator:
        case "best":
            ahead = other if better(definition, (other.value, other.second), one) else one
        case "latest":
            ahead = other
        case "sum":
            ahead = msgspec.structs.replace(other, value=total)
        case "count":
            ahead = msgspec.structs.replace(other, value=count)
        case "average":
            ahead = msgspec.structs.replace(other, value=average(definition, total, count))
    return msgspec.structs.replace(ahead, count=count, total=total, last=last, previous=None)


def better(definition: Definition, what: tuple[int, int], than: Entry) -> bool:
    """Whether a pair of values ranks strictly before an entry."""
    value, second = what
    if value != than.value:
        return (value > than.value) == (definition.order == "highest")
    if definition.second == "none" or second == than.second:
        return False
    return (second > than.second) == (definition.second == "highest")


def average(definition: Definition, total: int, count: int) -> int:
    """Rounded half to even, with the digits that averages have."""
    whole, rest = divmod(total * 10 ** (definition.digits - definition.decimals), count)
    return saturated(whole + (2 * rest > count or (2 * rest == count and whole % 2)))
