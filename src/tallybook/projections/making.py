"""Slots that are made anew in memory: folded without looking anything up, and written once all is in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from tallybook.database.bulk import Insert

AT_ONCE = 20_000  # rows in one transaction

M = TypeVar("M")
Page = tuple[Insert, Sequence[Sequence[Any]]]  # rows, and how they are written


class MadeInMemory(Generic[M]):
    """What a projection keeps in memory while a slot is made anew; `pages` gives its rows in the end."""

    def __init__(self, make: Callable[[], M], pages: Callable[[M, str], Iterator[Page]]) -> None:
        self._make = make
        self._pages = pages
        self._writing: dict[str, Iterator[Page]] = {}
        self.making: dict[str, M] = {}

    def begin(self, slot: str) -> None:
        """Keep what follows in memory: an empty slot is made anew, from event 0."""
        self.forget(slot)
        self.making[slot] = self._make()

    def finish(self, connection: Connection, slot: str) -> bool:
        """Write down the next of what was kept in memory; whether that was the last."""
        if slot not in self._writing:
            self._writing[slot] = self._pages(self.making[slot], slot)
        page = next(self._writing[slot], None)
        if page is None:
            self.forget(slot)
            return True
        insert, rows = page
        insert.run(connection, rows)
        return False

    def forget(self, slot: str) -> None:
        """Work on the tables from here on."""
        self.making.pop(slot, None)
        self._writing.pop(slot, None)


def pages(insert: Insert, rows: Iterable[Sequence[Any]]) -> Iterator[Page]:
    """Rows in portions; best in the order of their key, so that a tree of them grows at its end."""
    left = iter(rows)
    while portion := list(islice(left, AT_ONCE)):
        yield insert, portion


def by_key(keys: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """In the order of a table's key; ids are compared as numbers, which is much faster."""
    return sorted(keys, key=lambda key: [part.int if isinstance(part, UUID) else part for part in key])
