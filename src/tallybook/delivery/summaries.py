"""Sessions as lists show them, with today's names: kept until they change, so that a page reads what has."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from tallybook.database.engine import Database
from tallybook.delivery.naming import Named, Naming
from tallybook.kernel.events import Recorded
from tallybook.projections.history import Listed, summaries
from tallybook.projections.sessions import SessionDirectory

Key = UUID | bytes


class Summaries:
    """Keeps JSON texts. Subscribe `follow` to the ledger, so that what was changed is read again."""

    def __init__(self, database: Database, directory: SessionDirectory, naming: Naming) -> None:
        self._database = database
        self._directory = directory
        self._naming = naming
        self._kept = Named[Key](naming.names)
        self._reading: list[dict[Key, UUID]] = []  # what is being read, and has not changed since

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for stream in {recorded.stream for recorded in events}:
            for key in (stream, stream.bytes):
                self._kept.drop(key)
                for reading in self._reading:
                    reading.pop(key, None)

    async def of(self, listed: Sequence[Listed]) -> list[str | None]:
        """The text of each; None for what is not there any more."""
        texts = self._kept.of([each.key for each in listed])
        if None in texts:
            read = await self._read([each for each, text in zip(listed, texts, strict=True) if text is None])
            texts = [text or read.get(each.key) for each, text in zip(listed, texts, strict=True)]
        return texts

    async def _read(self, listed: Sequence[Listed]) -> dict[Key, str]:
        unchanged = {each.key: each.session_id for each in listed}
        self._reading.append(unchanged)
        try:
            ids = dict(unchanged)
            look = partial(summaries, slot=self._directory.slot, sessions=ids.values())
            found = await self._database.read(look)
            generation = self._naming.names.generation
            there = [key for key, session_id in ids.items() if session_id in found]
            filled = await self._naming.fill_all([found[ids[key]] for key in there])
        finally:
            self._reading = [each for each in self._reading if each is not unchanged]
        texts = dict(zip(there, filled, strict=True))
        self._kept.keep({key: text for key, text in texts.items() if key in unchanged}, generation)
        return texts
