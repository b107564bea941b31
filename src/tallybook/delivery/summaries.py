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
        self._kept = Named[tuple[UUID, int]](naming.names)  # by session and version

    async def of(self, listed: Sequence[Listed]) -> list[tuple[Listed, str]]:
        """Each session with its text, in their order; one that has changed meanwhile is shown so."""
        kept = self._kept.of((each.session_id, each.version) for each in listed)
        texts = {each: text for each in listed if (text := kept.get((each.session_id, each.version)))}
        if lacking := [each for each in listed if each not in texts]:
            read = await self._read([each.session_id for each in lacking])
            texts |= {each: read[each.session_id] for each in lacking if each.session_id in read}
        return [(each, texts[each]) for each in listed if each in texts]

    async def _read(self, sessions: Sequence[UUID]) -> dict[UUID, str]:
        look = partial(summaries, slot=self._directory.slot, sessions=sessions)
        found = await self._database.read(look)
        generation = self._naming.names.generation
        filled = await self._naming.fill_once([summary for _, summary in found.values()])
        texts = dict(zip(found, filled, strict=True))
        self._kept.keep({(each, found[each][0]): text for each, text in texts.items()}, generation)
        return texts
