"""Rankings in Redis, shared by every process; one round trip a question, however many ask at once.

Why an answer can be trusted. Redis may forget (emptied, restarted with nothing or with an older state, keys
evicted) or miss a write (a process cut off, or dead between commit and `apply`). Neither is detected as such:
every call carries the newest ledger position this process has heard of, and the script answers only from a
list that is loaded, whose parts have the sizes they had, and from whose loading one unbroken stretch of the
ledger leads to the newest position that anybody has brought, and no less far than was heard. An older state
is older in its stretches too, since both are one keyspace changed by whole script calls; so it fails the
comparison. That leaves a process that has not heard how far the ledger is: so it must have looked after its
connection was opened (a restarted server has lost its connections) and within `TRUST`.

`prefix` names the ledger. One that was restored from a backup, and so goes on otherwise from some position,
must have another.
One server, or a primary with replicas that nobody reads from; Redis Cluster is of no use here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from math import inf
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.ids import new_id
from tallybook.ranking.lines import page
from tallybook.ranking.port import KEY, MEMBER, TIED, TRUST, Change, NotReady, Page, Source, Standing
from tallybook.ranking.redis_wire import Argument, OutOfReach, Wire

MOST_MEMBERS = 20_000_000  # of all lists; a member takes about 300 bytes of Redis
MOST_UNSENT = 100_000  # changes kept for when Redis is back; without them lists are loaded again
MOST_BROUGHT = 20_000  # ranks kept for who has just been given them
CHUNK = 1_000  # rows, so that others' questions come between; the script's stack takes no more than 3,999
PAUSES = (0.002, 0.008, 0.03)  # seconds that another process has to bring what it has just committed

ABSENT, BEHIND, DONE = -1, -2, 1

_NUMBER = Struct(">q")
_NUMBERS = Struct(">qq")
_STANDING = Struct(f">qq{KEY}s")
_CHANGE = Struct(f">q{MEMBER}s{KEY}s")  # a negative version: the member has left


class _Batch(NamedTuple):
    changes: Sequence[Change]
    after: int
    upto: int


class RedisRanking:
    """Lists nobody asked for longest go when there are more than `most` members as one is loaded."""

    shared = True

    def __init__(
        self, url: str, *, prefix: str, clock: Clock | None = None, most: int = MOST_MEMBERS
    ) -> None:
        self._clock = clock or SystemClock()
        script = Path(__file__).with_suffix(".lua").read_bytes()
        self._wire = Wire(url, script, prefix, self._clock)
        self._most = most
        self._heard = 0
        self._looked_at = -inf
        self._unsent: list[_Batch] = []
        # By list and member: the key that was brought last, and the rank that it had then.
        self._brought: dict[tuple[bytes, bytes], tuple[bytes | None, int]] = {}
        self._behind = False  # the last answer was that something is missing, and stayed so

    async def apply(self, changes: Sequence[Change], *, after: int, upto: int) -> bool:
        self._heard = max(self._heard, upto)
        await self._resend()
        return await self._send(_Batch(changes, after, upto))

    def heard(self, position: int, *, looked_at: float | None = None) -> None:
        self._heard = max(self._heard, position)
        if looked_at is not None:
            self._looked_at = max(self._looked_at, looked_at)
            self._wire.knock()

    async def ready(self, name: bytes) -> int | None:
        try:
            position, _ = _NUMBERS.unpack(await self._read("count", name))
        except NotReady:
            return None
        return int(position)

    async def changed(self, name: bytes) -> int:
        _, position = _NUMBERS.unpack(await self._read("changed", name))
        return int(position)

    async def size(self, name: bytes) -> int:
        return await self._count(name)

    async def rank(self, name: bytes, member: bytes) -> Standing | None:
        return (await self.ranks(name, (member,))).get(member)

    async def ranks(self, name: bytes, members: Sequence[bytes]) -> Mapping[bytes, Standing]:
        answer = await self._read("rank", name, *members)
        _, total = _NUMBERS.unpack_from(answer)
        found = zip(members, _STANDING.iter_unpack(answer[_NUMBERS.size :]), strict=True)
        return {
            member: Standing(key, better + 1, place, total)
            for member, (place, better, key) in found
            if place >= 0
        }

    async def ranks_of(self, name: bytes, wanted: Sequence[tuple[bytes, bytes]]) -> Sequence[int]:
        answer = await self._read("ranks", name, *chain.from_iterable(wanted))
        return [better + 1 for (better,) in _NUMBER.iter_unpack(answer[_NUMBERS.size :])]

    def rank_at_hand(self, name: bytes, key: bytes, member: bytes) -> int | None:
        brought, rank = self._brought.pop((name, member), (None, 0))
        return rank if brought == key else None

    async def below(self, name: bytes, key: bytes, member: bytes) -> int:
        # From the next higher start of an entry on, if there is any.
        behind = (int.from_bytes(key[:TIED]) + 1).to_bytes(TIED + 1)
        return 0 if behind[0] else await self._count(name, b"[" + behind[1:], member)

    async def top(self, name: bytes, limit: int, *, offset: int = 0, after: bytes | None = None) -> Page:
        where: tuple[Argument, ...] = ("from", offset) if after is None else ("after", after)
        return _page(await self._read("page", name, limit, *where))

    async def around(self, name: bytes, member: bytes, limit: int) -> Page | None:
        answer = await self._read("page", name, limit, "around", member)
        return _page(answer) if len(answer) >= 2 * _NUMBERS.size else None

    async def load(self, name: bytes, source: Callable[[], Awaitable[Source]]) -> bool:
        token = new_id().bytes
        try:
            begun = await self._ask("begin", name, token, self._heard)
            if begun != BEHIND:
                return begun == DONE  # it is ready; or somebody is at it
            rows = await source()
            newest = rows.upto
            async for chunk in rows.each():
                newest = max(newest, *(version for *_, version in chunk))
                for at in range(0, len(chunk), CHUNK):
                    entries = b"".join([key + member for member, key, _ in chunk[at : at + CHUNK]])
                    if await self._ask("fill", name, token, entries) != DONE:
                        return False
            done = await self._ask("finish", name, token, rows.upto, newest, self._most) == DONE
        except OutOfReach:
            return False
        except Exception:
            await self.drop(name)
            raise
        self.heard(rows.upto)
        return done

    async def drop(self, name: bytes) -> bool:
        try:
            return await self._ask("drop", name) == DONE
        except OutOfReach:
            return False

    async def close(self) -> None:
        await self._wire.close()

    async def _send(self, batch: _Batch) -> bool:
        by_list: dict[bytes, list[Change]] = {}
        for change in batch.changes:
            by_list.setdefault(change.list, []).append(change)
        lists = [
            each for name, changes in by_list.items() for each in (name, b"".join(map(_packed, changes)))
        ]
        try:
            ranks = await self._wire.call("apply", batch.after, batch.upto, *lists)
        except OutOfReach:
            for name, member, *_ in batch.changes:
                self._brought.pop((name, member), None)
            self._unsent.append(batch)
            if sum(1 + len(each.changes) for each in self._unsent) > MOST_UNSENT:
                self._unsent.clear()
            return False
        for change, (rank,) in zip(chain(*by_list.values()), _NUMBER.iter_unpack(ranks), strict=True):
            self._bring(change, rank)
        return True

    def _bring(self, change: Change, rank: int) -> None:
        """A change has led to a rank; 0: that is not known."""
        place = change.list, change.member
        self._brought.pop(place, None)
        if rank:
            self._brought[place] = change.key, rank
        if len(self._brought) > MOST_BROUGHT:
            del self._brought[next(iter(self._brought))]

    async def _resend(self) -> None:
        """Bring what Redis has missed, or may have: a repetition changes nothing."""
        if self._unsent and self._wire.opened_at < inf:
            batches, self._unsent = self._unsent, []
            await asyncio.gather(*map(self._send, batches))

    async def _ask(self, what: str, name: bytes, *arguments: Argument) -> int:
        return int.from_bytes(await self._wire.call(what, name, *arguments), signed=True)

    async def _read(self, what: str, name: bytes, *arguments: Argument) -> bytes:
        """What the script reads from a list that can be answered from."""
        heard = self._heard  # what comes while it waits is not asked for
        await self._resend()
        for pause in (*PAUSES, None):
            if self._wire.opened_at > self._looked_at:
                self._wire.knock()
                raise NotReady
            try:
                answer = await self._wire.call(what, name, heard, *arguments)
            except OutOfReach as error:
                raise NotReady from error
            if self._clock.monotonic() - self._looked_at > TRUST:
                raise NotReady
            position = int.from_bytes(answer[:8], signed=True)
            if position >= 0:
                self._behind = False
                self._heard = max(self._heard, position)
                return answer
            if position == ABSENT or self._behind or pause is None:
                break
            await asyncio.sleep(pause)
        self._behind = position == BEHIND
        raise NotReady

    async def _count(self, name: bytes, *which: Argument) -> int:
        _, number = _NUMBERS.unpack(await self._read("count", name, *which))
        return int(number)


def _packed(change: Change) -> bytes:
    if change.key is None:
        return _CHANGE.pack(-change.version, change.member, b"")
    return _CHANGE.pack(change.version, change.member, change.key)


def _page(answer: bytes) -> Page:
    _, total = _NUMBERS.unpack_from(answer)
    start, better = _NUMBERS.unpack_from(answer, _NUMBERS.size)
    size = KEY + MEMBER
    entries = [answer[at : at + size] for at in range(2 * _NUMBERS.size, len(answer), size)]
    return page(entries, start=start, better=better, total=total)
