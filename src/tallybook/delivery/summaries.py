"""Sessions as lists show them, with today's names: kept until they change, so that a page reads what has."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from tallybook.database.engine import Database
from tallybook.database.prepared import as_id
from tallybook.delivery.naming import Named, Naming
from tallybook.kernel.events import Recorded
from tallybook.projections.history import summaries
from tallybook.projections.sessions import SessionDirectory

Key = UUID | bytes


class Summaries:
    """Keeps JSON texts. Subscribe `follow` to the ledger, so that what was changed is read again."""

    def __init__(self, database: Database, directory: SessionDirectory, naming: Naming) -> None:
        self._database = database
        self._directory = directory
        self._naming = naming
        self._kept = Named[Key](naming.names)
        self._reading: list[set[Key]] = []  # what is being read, and has not changed since

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for stream in {recorded.stream for recorded in events}:
            for key in (stream, stream.bytes):
                self._kept.drop(key)
                for reading in self._reading:
                    reading.discard(key)

    async def of(self, keys: Sequence[Key]) -> list[str | None]:
        """The text of each session, by its id as a driver gives it; None for what is not there any more."""
        texts = self._kept.of(keys)
        if None in texts:
            read = await self._read([key for key, text in zip(keys, texts, strict=True) if text is None])
            texts = [text or read.get(key) for key, text in zip(keys, texts, strict=True)]
        return texts

    async def _read(self, keys: Sequence[Key]) -> dict[Key, str]:
        unchanged = set(keys)
        self._reading.append(unchanged)
        try:
            ids = {key: as_id(key) for key in keys}
            look = partial(summaries, slot=self._directory.slot, sessions=ids.values())
            found = await self._database.read(look)
            generation = self._naming.names.generation
            there = [key for key in keys if ids[key] in found]
            filled = await self._naming.fill_all([found[ids[key]] for key in there])
        finally:
            self._reading = [each for each in self._reading if each is not unchanged]
        texts = dict(zip(there, filled, strict=True))
        self._kept.keep({key: text for key, text in texts.items() if key in unchanged}, generation)
        return texts
