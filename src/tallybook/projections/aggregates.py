"""How reports of one statistic add up: every aggregation at once, so that a definition only chooses."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table

from tallybook.careers.events import Number
from tallybook.careers.streams import career_id
from tallybook.catalogue.statistics import Aggregation
from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment
from tallybook.projections.making import Page, by_key, pages
from tallybook.projections.slots import SLOTS, Slots
from tallybook.rules.scoresheet.values import EXACT, LARGEST, canonical

PLACES = Decimal("0.0001")  # to which an average is rounded
_WIDE = Context(prec=80)


class Source(msgspec.Struct, frozen=True):
    """The event behind a number, and when that was."""

    stream: UUID
    index: int
    at: int


class Aggregate(msgspec.Struct):
    """Everything that was reported of one statistic, exactly.

    `lowest`, `highest` and `latest` are of the values as they were reported, or as they stood after a change;
    each has the index and the time of the event that made it so.
    """

    reports: int = 0  # values
    changes: int = 0  # deltas
    fractions: int = 0  # 1 once a number was a decimal
    total: str = "0"  # of values and changes
    lowest: str | None = None
    lowest_index: int = -1
    lowest_at: int = 0
    highest: str | None = None
    highest_index: int = -1
    highest_at: int = 0
    latest: str | None = None
    latest_index: int = -1
    latest_at: int = 0
    idx: int = -1  # of the last event of the career that is in

    def add(self, value: Number | None, delta: Number | None, index: int, at: int) -> None:
        """Fold in one report, either a value or a change."""
        if value is None:
            self.changes += 1
            number = delta or 0
            stands = _plus(self.latest or "0", number)
        else:
            self.reports += 1
            number = value
            stands = str(value)
        self.fractions |= "." in str(number)
        self.total = _plus(self.total, number)
        self._observe(stands, index, at)
        self.idx = index

    def count(self, change: int, index: int) -> None:
        """Fold in a change of what is only counted."""
        self.changes += 1
        self.total = str(int(self.total) + change)
        self.idx = index

    def _observe(self, stands: str, index: int, at: int) -> None:
        self.latest, self.latest_index, self.latest_at = stands, index, at
        if self.lowest is None or _less(stands, self.lowest):
            self.lowest, self.lowest_index, self.lowest_at = stands, index, at
        if self.highest is None or _less(self.highest, stands):
            self.highest, self.highest_index, self.highest_at = stands, index, at


AGGREGATE = Aggregate.__struct_fields__


def _plus(sum_: str, number: Number) -> str:
    """Exactly; whole numbers, which most are, are spared the way through decimals."""
    if type(number) is int and "." not in sum_:
        return str(int(sum_) + number)
    return canonical(EXACT.add(Decimal(sum_), Decimal(number)))


def _less(one: str, other: str) -> bool:
    if "." in one or "." in other:
        return Decimal(one) < Decimal(other)
    return int(one) < int(other)


class Whole(msgspec.Struct):
    """One statistic of a person: what all the players that the person is have reported."""

    reports: int = 0
    changes: int = 0
    fractions: bool = False
    total: Decimal = Decimal(0)
    lowest: tuple[Decimal, Source] | None = None
    highest: tuple[Decimal, Source] | None = None
    latest: tuple[Decimal, Source] | None = None

    def take(self, player_id: UUID, game_id: UUID, part: Aggregate) -> None:
        """Add what one player has; the earlier of two equal records stands."""
        stream = career_id(game_id, player_id)
        self.reports += part.reports
        self.changes += part.changes
        self.fractions |= bool(part.fractions)
        self.total = EXACT.add(self.total, Decimal(part.total))
        if part.lowest is None or part.highest is None or part.latest is None:
            return
        lowest = Decimal(part.lowest), Source(stream, part.lowest_index, part.lowest_at)
        highest = Decimal(part.highest), Source(stream, part.highest_index, part.highest_at)
        latest = Decimal(part.latest), Source(stream, part.latest_index, part.latest_at)
        if self.lowest is None or (lowest[0], lowest[1].at) < (self.lowest[0], self.lowest[1].at):
            self.lowest = lowest
        if self.highest is None or (-highest[0], highest[1].at) < (-self.highest[0], self.highest[1].at):
            self.highest = highest
        if self.latest is None or latest[1].at > self.latest[1].at:
            self.latest = latest

    def chosen(self, declared: Aggregation | None) -> Aggregation:
        """How it adds up: undeclared, changes make a sum, and of values the latest counts."""
        return declared or ("latest" if self.reports else "sum")

    def value(self, aggregation: Aggregation) -> Number | None:
        """What it comes to."""
        match aggregation:
            case "sum":
                return self.shown(self.total)
            case "average":
                return self.average
            case "min":
                found = self.lowest
            case "max":
                found = self.highest
            case "latest":
                found = self.latest
        return None if found is None else self.shown(found[0])

    @property
    def average(self) -> Number | None:
        if not self.reports:
            return None
        average = _WIDE.divide(self.total, self.reports).quantize(PLACES, context=_WIDE)
        return int(average) if average == average.to_integral_value() else canonical(average)

    def shown(self, number: Decimal) -> Number:
        """As answers have it: an integer that JSON readers have exactly, or text."""
        return canonical(number) if self.fractions or abs(number) > LARGEST else int(number)


def columns() -> list[Column[Any]]:
    """Those of an `Aggregate`."""
    return [
        Column("reports", Integer, nullable=False),
        Column("changes", Integer, nullable=False),
        Column("fractions", Integer, nullable=False),
        Column("total", String(80), nullable=False),
        Column("lowest", String(80)),
        Column("lowest_index", Integer, nullable=False),
        Column("lowest_at", Moment, nullable=False),
        Column("highest", String(80)),
        Column("highest_index", Integer, nullable=False),
        Column("highest_at", Moment, nullable=False),
        Column("latest", String(80)),
        Column("latest_index", Integer, nullable=False),
        Column("latest_at", BigInteger, nullable=False),
        Column("idx", Integer, nullable=False),
    ]


class Kept:
    """Aggregates in a table, found by player, game, statistic and whatever else is in its key."""

    def __init__(self, make: Callable[[str], Table]) -> None:
        self.tables = Slots(make)
        self.key = [column.name for column in self.tables[SLOTS[0]].primary_key]
        names = [*self.key, *AGGREGATE]
        self._find = {slot: Lookup(self.tables[slot], names, self.key) for slot in SLOTS}
        self._save = {slot: Insert(self.tables[slot], names, update=AGGREGATE) for slot in SLOTS}
        self._fill = {slot: Insert(self.tables[slot], names) for slot in SLOTS}

    def read(self, connection: Connection, slot: str, keys: Iterable[Any]) -> dict[Any, Aggregate]:
        return dict(self.rows(self._find[slot].run(connection, list(set(keys)))))

    def rows(self, rows: Iterable[Any]) -> Iterator[tuple[Any, Aggregate]]:
        """By key, what stands in whole rows of the table."""
        width = len(self.key)
        return ((tuple(row[:width]), Aggregate(*row[width:])) for row in rows)

    def write(self, connection: Connection, slot: str, book: Mapping[Any, Aggregate]) -> None:
        rows = [(*key, *msgspec.structs.astuple(book[key])) for key in by_key(book)]
        self._save[slot].run(connection, rows)

    def pages(self, book: Mapping[Any, Aggregate], slot: str) -> Iterator[Page]:
        """All rows of a table that was empty."""
        rows = ((*key, *msgspec.structs.astuple(book[key])) for key in by_key(book))
        return pages(self._fill[slot], rows)


def key_columns() -> list[Column[Any]]:
    return [
        Column("player_id", Id, primary_key=True),
        Column("game_id", Id, primary_key=True),
        Column("stat", String(40), primary_key=True),
    ]
