"""Which sessions are in somebody's own lists: kept until something happens to a session of theirs."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from uuid import UUID

from tallybook.database.engine import Database
from tallybook.kernel.events import Recorded
from tallybook.projections.history import Listed, persons_in
from tallybook.projections.merges import moves_people
from tallybook.projections.rows import sessions_in
from tallybook.projections.sessions import SessionDirectory

MOST = 100_000  # lists and sessions in them, all together
MOST_CHANGED = 1_000  # sessions whose people have yet to be found

Lists = dict[Hashable, Sequence[Listed]]


class OwnLists:
    """Keeps parts of lists, by person and by what was asked for. Subscribe `follow` to the ledger.

    What may be in a list depends on the sessions of its person alone.
    """

    def __init__(self, database: Database, directory: SessionDirectory) -> None:
        self._database = database
        self._directory = directory
        self._kept: dict[UUID, Lists] = {}
        self._size = 0  # of all that is kept
        self._slot = directory.slot  # in which they were read
        self._changed: set[UUID] = set()
        self._turn = asyncio.Lock()  # held by who finds the people of what changed
        self._heard = 0  # how often something happened

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        changed, moved = sessions_in(events), any(map(moves_people, events))
        self._heard += bool(changed or moved)
        if self._kept:
            self._changed |= changed
            if moved or len(self._changed) > MOST_CHANGED:
                self._forget()

    async def of(
        self, person: UUID, question: Hashable, read: Callable[[], Awaitable[Sequence[Listed]]]
    ) -> Sequence[Listed]:
        """A part of a person's lists, read unless it is known."""
        if self._slot != self._directory.slot:
            self._forget()
        if self._changed or self._turn.locked():
            async with self._turn:
                await self._drop_changed()
        known = self._kept.get(person, {}).get(question)
        if known is not None:
            return known
        heard, slot = self._heard, self._directory.slot
        found = await read()
        if (heard, slot) == (self._heard, self._slot):  # else it may be older than what was heard
            self._size += 1 + len(found)
            if self._size > MOST:
                self._forget()
            self._kept.setdefault(person, {})[question] = found
        return found

    async def _drop_changed(self) -> None:
        """Drop the lists of everybody who has to do with what changed."""
        changed, self._changed = self._changed, set()
        if not changed:
            return
        try:
            look = partial(persons_in, slot=self._directory.slot, sessions=changed)
            persons = await self._database.read(look)
        except BaseException:
            self._forget()
            raise
        for person in persons:
            self._size -= sum(1 + len(found) for found in self._kept.pop(person, {}).values())

    def _forget(self) -> None:
        self._kept, self._size, self._changed = {}, 0, set()
        self._slot = self._directory.slot
