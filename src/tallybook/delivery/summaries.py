"""Sessions as lists show them, with today's names: kept until they change, so that a page reads what has."""

from collections.abc import Collection, Sequence
from uuid import UUID

from tallybook.database.engine import Database
from tallybook.database.prepared import as_id
from tallybook.database.together import Together
from tallybook.delivery.naming import Named, Naming
from tallybook.kernel.events import Recorded
from tallybook.projections.history import summaries
from tallybook.projections.rows import sessions_in
from tallybook.projections.sessions import SessionDirectory

Key = UUID | bytes


class Summaries:
    """Keeps JSON texts. Subscribe `follow` to the ledger, so that what was changed is read again."""

    def __init__(self, database: Database, directory: SessionDirectory, naming: Naming) -> None:
        self._database = database
        self._directory = directory
        self._naming = naming
        self._kept = Named[Key](naming.names)
        self._missing = Together[Key, str](self._read)
        self._unchanged: set[Key] = set()  # what is being read, and has not changed since

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for stream in sessions_in(events):
            for key in (stream, stream.bytes):
                self._kept.drop(key)
                self._unchanged.discard(key)

    async def of(self, keys: Sequence[Key]) -> list[str | None]:
        """The text of each session, by its id as a driver gives it; None for what is not there any more."""
        texts = self._kept.of(keys)
        if None in texts:
            read = await self._missing.of(
                [key for key, text in zip(keys, texts, strict=True) if text is None]
            )
            texts = [text or read.get(key) for key, text in zip(keys, texts, strict=True)]
        return texts

    async def _read(self, keys: Collection[Key]) -> dict[Key, str]:
        self._unchanged = set(keys)
        ids = {key: as_id(key) for key in keys}
        found = await summaries(self._database, self._directory.slot, sorted(ids.values()))
        generation = self._naming.names.generation
        there = [key for key in keys if ids[key] in found]
        filled = await self._naming.fill_all([found[ids[key]] for key in there])
        texts = dict(zip(there, filled, strict=True))
        unchanged = {key: text for key, text in texts.items() if key in self._unchanged}
        self._kept.keep(unchanged, generation)
        return texts
