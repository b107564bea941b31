"""Finished JSON with today's names put in where the read side keeps players' ids."""

from collections.abc import Collection
from functools import lru_cache
from uuid import UUID

import msgspec

from tallybook.accounts.names import Names
from tallybook.projections.rows import NAME

MOST = 16_000_000  # characters of texts that are kept

_BETWEEN = "\x1e"  # JSON has no control characters
_quote = msgspec.json.encode


class Naming:
    """Fills in names, and keeps the texts for whoever asks next, until somebody's name changes."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._kept: dict[str, str] = {}
        self._size = 0
        self._generation = names.generation

    async def fill(self, templates: Collection[str]) -> list[str]:
        """JSON texts with the players' names in place of their ids between two `NAME`s; null without one."""
        if self._generation != self._names.generation:
            self._forget()
        kept = self._kept
        texts = {template: kept[template] for template in templates if template in kept}
        if missing := [template for template in templates if template not in texts]:
            generation = self._generation
            filled = dict(zip(missing, await self.fill_once(missing), strict=True))
            texts |= filled
            if generation == self._names.generation == self._generation:
                self._keep(filled)
        return [texts[template] for template in templates]

    def _keep(self, filled: dict[str, str]) -> None:
        self._size += sum(map(len, filled.values()))
        if self._size > MOST:
            self._forget()
        else:
            self._kept |= filled

    def _forget(self) -> None:
        self._kept = {}
        self._size = 0
        self._generation = self._names.generation

    @property
    def generation(self) -> int:
        """A number that changes when a text that was filled may have another name now."""
        return self._names.generation

    async def fill_once(self, templates: Collection[str]) -> list[str]:
        """The same, for who keeps the texts elsewhere."""
        pieces = _BETWEEN.join(templates).split(NAME)
        ids = {text: _id(text) for text in pieces[1::2]}
        known = await self._names.of(ids.values())
        quoted = {text: _quote(known.get(player_id)).decode() for text, player_id in ids.items()}
        pieces[1::2] = map(quoted.__getitem__, pieces[1::2])
        return "".join(pieces).split(_BETWEEN)


@lru_cache(maxsize=65_536)  # the same people come again and again
def _id(text: str) -> UUID:
    return UUID(text)
