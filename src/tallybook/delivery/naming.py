"""Finished JSON with today's names put in where the read side keeps players' ids."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from tallybook.accounts.names import Names
from tallybook.projections.rows import NAME

MOST = 16_000_000  # characters of texts that are kept

_BETWEEN = "\x1e"  # JSON has no control characters
_quote = msgspec.json.encode

K = TypeVar("K")


class Named(Generic[K]):
    """Texts with names in them, kept until somebody's name changes or they take too much room."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._kept: dict[K, str] = {}
        self._size = 0
        self._generation = names.generation

    def of(self, keys: Iterable[K]) -> list[str | None]:
        """Their texts, as far as there are any."""
        if self._generation != self._names.generation:
            self._forget()
        return list(map(self._kept.get, keys))

    def keep(self, texts: Mapping[K, str], generation: int) -> None:
        """Texts made with the names of that generation."""
        if generation == self._names.generation == self._generation:
            self._size += sum(map(len, texts.values()))
            if self._size > MOST:
                self._forget()
            else:
                self._kept |= texts

    def drop(self, key: K) -> None:
        """This one is no longer right."""
        self._size -= len(self._kept.pop(key, ""))

    def _forget(self) -> None:
        self._kept = {}
        self._size = 0
        self._generation = self._names.generation


class Naming:
    """Fills in names, and keeps the texts for whoever asks next."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._kept = Named[str](names)

    async def fill(self, template: str) -> str:
        """JSON with the players' names in place of their ids between two `NAME`s; null without one."""
        (text,) = self._kept.of([template])
        if text is None:
            generation = self.names.generation
            (text,) = await self.fill_all([template])
            self._kept.keep({template: text}, generation)
        return text

    async def fill_all(self, templates: Collection[str]) -> list[str]:
        """The same for several, for who keeps the texts elsewhere."""
        if not templates:
            return []
        pieces = _BETWEEN.join(templates).split(NAME)
        ids = {text: _id(text) for text in pieces[1::2]}
        known = await self.names.of(ids.values())
        quoted = {text: _quote(known.get(player_id)).decode() for text, player_id in ids.items()}
        pieces[1::2] = map(quoted.__getitem__, pieces[1::2])
        return "".join(pieces).split(_BETWEEN)


@lru_cache(maxsize=65_536)  # the same people come again and again
def _id(text: str) -> UUID:
    return UUID(text)
