"""Sessions as lists show them, with today's names: kept by version, so that a page reads what has changed."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from tallybook.database.engine import Database
from tallybook.delivery.naming import Named, Naming
from tallybook.projections.history import Listed, summaries
from tallybook.projections.sessions import SessionDirectory


class Summaries:
    """Keeps JSON texts, until the session changes or somebody's name does."""

    def __init__(self, database: Database, directory: SessionDirectory, naming: Naming) -> None:
        self._database = database
        self._directory = directory
        self._naming = naming
        self._kept = Named[tuple[UUID | bytes, int]](naming.names)  # by session and version

    async def of(self, listed: Sequence[Listed]) -> list[tuple[Listed, str]]:
        """Each session with its text, in their order; one that has changed meanwhile is shown so."""
        texts = self._kept.of([(each.key, each.version) for each in listed])
        if None in texts:
            lacking = [each for each, text in zip(listed, texts, strict=True) if text is None]
            read = await self._read(lacking)
            texts = [text or read.get(each.key) for each, text in zip(listed, texts, strict=True)]
        return [(each, text) for each, text in zip(listed, texts, strict=True) if text is not None]

    async def _read(self, listed: Sequence[Listed]) -> dict[UUID | bytes, str]:
        look = partial(summaries, slot=self._directory.slot, sessions=[each.session_id for each in listed])
        found = await self._database.read(look)
        generation = self._naming.names.generation
        there = [each for each in listed if each.session_id in found]
        filled = await self._naming.fill_all([found[each.session_id][1] for each in there])
        texts = {each.key: text for each, text in zip(there, filled, strict=True)}
        versions = ((each.key, found[each.session_id][0]) for each in there)
        self._kept.keep(dict(zip(versions, filled, strict=True)), generation)
        return texts
