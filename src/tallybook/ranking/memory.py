"""Rankings in the memory of one process: the embedded default.

A list is a `SortedList` of entries, key + member as one `bytes`, which compares with memcmp. Blocks of our
own with a Fenwick tree over their sizes save a quarter of the CPU at a million members and nothing at ten
thousand: too little to keep code for. What grows between the two sizes is, in both, misses of the processor's
caches.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from sortedcontainers import SortedList

from tallybook.ranking.coverage import Coverage
from tallybook.ranking.lines import page, window
from tallybook.ranking.port import KEY, MEMBER, TIED, Change, NotReady, Page, Source, Standing

MOST_MEMBERS = 5_000_000  # of all lists; a member takes about 250 bytes
EMPTY = 10  # members' worth of memory that a list takes without any
AFTER_TIES = b"\xff" * (KEY - TIED + MEMBER)  # behind the last entry that starts so


class _List:
    """One list as of a position of the ledger, and the changes that wait to be taken in."""

    def __init__(self) -> None:
        self.entries: SortedList[bytes] = SortedList()
        self.by_member: dict[bytes, bytes] = {}  # to the entry
        self.loaded: int | None = None  # everything up to this position was in the rows
        self.changed = 0  # the position of the last change in it
        self.waiting: dict[bytes, Change] = {}  # until the list is loaded, or a gap before them filled

    def put(self, member: bytes, key: bytes | None) -> None:
        """Give a member this key, or none."""
        entry = key and key + member
        old = self.by_member.get(member)
        if old == entry:
            return
        if old is not None:
            self.entries.remove(old)
        if entry is None:
            del self.by_member[member]
        else:
            self.by_member[member] = entry
            self.entries.add(entry)

    def wait(self, change: Change) -> None:
        """Keep a change for later, unless a later one is here."""
        known = self.waiting.get(change.member)
        if known is None or known.version <= change.version:
            self.waiting[change.member] = change

    def better(self, key: bytes) -> int:
        """How many are strictly better than a key."""
        return int(self.entries.bisect_left(key[:TIED]))

    def rank_of(self, key: bytes, member: bytes) -> int:
        own = self.by_member.get(member)
        return self.better(key) + (own is None or own[:TIED] >= key[:TIED])

    def standing(self, member: bytes) -> Standing | None:
        entry = self.by_member.get(member)
        if entry is None:
            return None
        place = self.entries.bisect_left(entry)
        return Standing(entry[:KEY], self.better(entry) + 1, place, len(self.entries))

    def page(self, start: int, limit: int) -> Page:
        entries = self.entries[start : start + limit]
        better = self.better(entries[0]) if entries else 0
        return page(entries, start=start, better=better, total=len(self.entries))


class MemoryRanking:
    """Lists nobody asked for longest go when there are more than `most` members; the one in use stays."""

    shared = False

    def __init__(self, *, most: int = MOST_MEMBERS) -> None:
        self._lists: OrderedDict[bytes, _List] = OrderedDict()  # the one asked for last is last
        self._members = 0
        self._most = most
        self._coverage = Coverage()
        self._heard = 0

    async def apply(self, changes: Sequence[Change], *, after: int, upto: int) -> bool:
        for change in changes:
            found = self._lists.get(change.list)
            if found is None:
                continue
            # The list is as of here; None while it is being loaded.
            settled = None if found.loaded is None else self._coverage.from_here(found.loaded)
            if settled is None:
                found.wait(change)
            elif change.version <= settled:
                continue
            elif after <= settled == self._coverage.end:
                self._settle(found)
                self._put(found, change)
            else:
                found.wait(change)
        self._coverage.add(after, upto)
        self.heard(upto)
        if changes:
            self._shrink()
        return True

    def heard(self, position: int, *, looked_at: float | None = None) -> None:
        self._heard = max(self._heard, position)

    async def ready(self, name: bytes) -> int | None:
        return self._coverage.end if self._is_ready(name) else None

    async def changed(self, name: bytes) -> int:
        return self._read(name).changed

    async def size(self, name: bytes) -> int:
        return len(self._read(name).entries)

    async def rank(self, name: bytes, member: bytes) -> Standing | None:
        return self._read(name).standing(member)

    async def ranks(self, name: bytes, members: Sequence[bytes]) -> Mapping[bytes, Standing]:
        found = self._read(name)
        standings = ((member, found.standing(member)) for member in members)
        return {member: standing for member, standing in standings if standing is not None}

    async def ranks_of(self, name: bytes, wanted: Sequence[tuple[bytes, bytes]]) -> Sequence[int]:
        found = self._read(name)
        return [found.rank_of(key, member) for key, member in wanted]

    def rank_at_hand(self, name: bytes, key: bytes, member: bytes) -> int | None:
        try:
            found = self._read(name)
        except NotReady:
            return None
        return found.rank_of(key, member)

    async def below(self, name: bytes, key: bytes, member: bytes) -> int:
        found = self._read(name)
        own = found.by_member.get(member)
        upto = int(found.entries.bisect_right(key[:TIED] + AFTER_TIES))
        return len(found.entries) - upto - (own is not None and own[:TIED] > key[:TIED])

    async def top(self, name: bytes, limit: int, *, offset: int = 0, after: bytes | None = None) -> Page:
        found = self._read(name)
        return found.page(offset if after is None else found.entries.bisect_right(after), limit)

    async def around(self, name: bytes, member: bytes, limit: int) -> Page | None:
        found = self._read(name)
        entry = found.by_member.get(member)
        if entry is None:
            return None
        place = found.entries.bisect_left(entry)
        return found.page(window(place, limit, len(found.entries)), limit)

    async def load(self, name: bytes, source: Callable[[], Awaitable[Source]]) -> bool:
        if self._is_ready(name):
            return True
        if (old := self._lists.get(name)) is not None and old.loaded is None:
            return False  # somebody is at it
        self._forget(name)
        found = self._lists[name] = _List()
        try:
            rows = await source()
            async for chunk in rows.each():
                found.by_member.update([(member, key + member) for member, key, _ in chunk])
                found.changed = max(found.changed, *(version for *_, version in chunk))
                await asyncio.sleep(0)  # a million rows are not a reason to keep others waiting
            found.entries = await asyncio.to_thread(SortedList, found.by_member.values())
        except BaseException:
            if self._lists.get(name) is found:
                del self._lists[name]
            raise
        if self._lists.get(name) is not found:
            return False  # dropped meanwhile
        found.loaded = rows.upto
        found.changed = max(found.changed, rows.upto)
        found.waiting = {
            member: change for member, change in found.waiting.items() if change.version > rows.upto
        }
        self._coverage.add(rows.upto, rows.upto)
        self.heard(rows.upto)
        self._members += len(found.entries)
        self._lists.move_to_end(name)
        self._shrink()
        return True

    async def drop(self, name: bytes) -> bool:
        self._forget(name)
        return True

    async def close(self) -> None:
        self._lists.clear()
        self._members = 0

    def _is_ready(self, name: bytes) -> bool:
        found = self._lists.get(name)
        if found is None or found.loaded is None:
            return False
        end = self._coverage.end
        return self._coverage.from_here(found.loaded) == end and end >= self._heard and end >= found.changed

    def _read(self, name: bytes) -> _List:
        if not self._is_ready(name):
            raise NotReady
        found = self._lists[name]
        self._lists.move_to_end(name)
        self._settle(found)
        return found

    def _settle(self, found: _List) -> None:
        """Take in what has waited, now that nothing before it is missing."""
        if found.waiting:
            for change in found.waiting.values():
                self._put(found, change)
            found.waiting.clear()

    def _put(self, found: _List, change: Change) -> None:
        before = len(found.entries)
        found.put(change.member, change.key)
        found.changed = max(found.changed, change.version)
        self._members += len(found.entries) - before

    def _forget(self, name: bytes) -> None:
        found = self._lists.pop(name, None)
        if found is not None:
            self._members -= len(found.entries)

    def _shrink(self) -> None:
        """Let the lists go that nobody asked for longest, as long as there is too much of everything."""
        while self._members + EMPTY * len(self._lists) > self._most and len(self._lists) > 1:
            self._forget(next(iter(self._lists)))
