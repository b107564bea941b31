"""Who stands where on a leaderboard: from the ranking index while it is ready, else from SQL."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from tallybook.catalogue.boards import Board, Definition
from tallybook.database.engine import Database
from tallybook.database.prepared import as_id
from tallybook.database.together import Together
from tallybook.kernel.events import Recorded
from tallybook.projections.records import filling, reading
from tallybook.projections.records.entries import Entry
from tallybook.projections.records.index import Index, name_of, packed
from tallybook.projections.records.lists import Line, Section
from tallybook.projections.records.records import Records, Step, Steps
from tallybook.ranking.keys import parts
from tallybook.ranking.port import NotReady, Ranked, Ranking

T = TypeVar("T")
_Wanted = tuple[bytes, bytes, bytes]  # a list, a key in it, and the member that has it

MOST_AT_ONCE = 500  # ranks, so that an index that is shared is not kept from others
MOST_STEPS = 20_000  # kept for those who made them and ask how they came out


class Ranks:
    """Subscribe `committed` to what the ledger commits here, and the `index` to its follower."""

    def __init__(self, database: Database, records: Records, ranking: Ranking) -> None:
        self._database = database
        self._records = records
        self._ranking = ranking
        self.index = Index(database, records, ranking)
        self._steps: Steps = {}
        self._asked: dict[tuple[object, ...], asyncio.Task[Any]] = {}  # of SQL, and it has not begun
        self._ranked = Together[_Wanted, int](self._ranks_of)
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._whole: set[bytes] = set()  # boards that have all their past, by the name of a list

    def committed(self, events: Sequence[Recorded]) -> None:
        """This node has committed a batch."""
        self.index.committed(events)
        self._steps |= self._records.steps
        while len(self._steps) > MOST_STEPS:
            del self._steps[next(iter(self._steps))]

    def steps(self, stream: UUID, index: int) -> Sequence[Step]:
        """What an event changed, if it was committed here just now; it is told once."""
        return self._steps.pop((stream, index), ())

    async def filled(self, board: Board) -> float | None:
        """How much of the past a board that is new or defined anew has taken in, from 0 to 1; None: all."""
        name = name_of(board, 0)
        if name in self._whole:
            return None
        read = partial(filling.filled, slot=self._records.slot, board=board)
        found = await self._database.read(read)
        if found is None:
            if len(self._whole) >= MOST_STEPS:
                self._whole.clear()
            self._whole.add(name)
        return found

    async def settled(self) -> None:
        """Return when the index has what was committed here before the call, or is out of reach."""
        await self.index.settled()

    async def top(self, board: Board, period: int, *, limit: int, after: Line | None = None) -> Section:
        """The beginning of the list, or what stands behind a line that somebody has seen."""
        name = name_of(board, period)

        async def indexed() -> Section:
            behind = None if after is None else packed(board.definition, after) + after.member_id.bytes
            page = await self._ranking.top(name, limit, after=behind)
            return _section(board.definition, page.lines, page.start, page.total)

        def read(connection: Connection) -> Section:
            return reading.top(connection, self._records.slot, board, period, limit=limit, after=after)

        return await self._either(board, period, ("top", limit, after), indexed, read)

    async def around(self, board: Board, period: int, member: UUID, *, limit: int) -> Section | None:
        """Lines with the member in their middle; None when it is not in the list."""
        name = name_of(board, period)

        async def indexed() -> Section | None:
            page = await self._ranking.around(name, member.bytes, limit)
            return None if page is None else _section(board.definition, page.lines, page.start, page.total)

        def read(connection: Connection) -> Section | None:
            return reading.around(connection, self._records.slot, board, period, member, limit=limit)

        return await self._either(board, period, ("around", limit, member), indexed, read)

    async def standing(self, board: Board, period: int, member: UUID, entry: Entry) -> tuple[int, int, int]:
        """The rank that a member has with an entry, how many are strictly worse, and how many there are."""
        name = name_of(board, period)
        key = packed(board.definition, entry)

        async def indexed() -> tuple[int, int, int]:
            ranks, below, total = await asyncio.gather(
                self._ranking.ranks_of(name, [(key, member.bytes)]),
                self._ranking.below(name, key, member.bytes),
                self._ranking.size(name),
            )
            return ranks[0], below, total

        def read(connection: Connection) -> tuple[int, int, int]:
            slot = self._records.slot
            ahead = reading.count_ahead(connection, slot, board, period, entry, besides=member)
            behind = reading.count_behind(connection, slot, board, period, entry, besides=member)
            return ahead + 1, behind, reading.count(connection, slot, board, period)

        return await self._either(board, period, ("standing", member, key), indexed, read)

    async def rank(
        self, board: Board, period: int, member: UUID, entry: Entry, *, written: bool = False
    ) -> int:
        """The rank that a member has, had or would have with an entry, among the others as they are now, or
        were when it was `written`: just now, and here."""
        if written or not self._ranking.shared:
            at_hand = self.rank_at_hand(board, period, member, entry)
            if at_hand is not None:
                return at_hand
        key = packed(board.definition, entry)
        wanted = name_of(board, period), key, member.bytes

        async def indexed() -> int:
            rank = (await self._ranked.of((wanted,))).get(wanted)
            if rank is None:
                raise NotReady
            return rank

        def read(connection: Connection) -> int:
            slot = self._records.slot
            return 1 + reading.count_ahead(connection, slot, board, period, entry, besides=member)

        return await self._either(board, period, ("rank", member, key), indexed, read)

    async def _ranks_of(self, wanted: Collection[_Wanted]) -> Mapping[_Wanted, int]:
        """The ranks in all lists that can be answered from."""
        by_list: dict[bytes, list[tuple[bytes, bytes]]] = {}
        for name, key, member in wanted:
            by_list.setdefault(name, []).append((key, member))
        ranks: dict[_Wanted, int] = {}

        async def ask(name: bytes, members: Sequence[tuple[bytes, bytes]]) -> None:
            with suppress(NotReady):
                found = await self._ranking.ranks_of(name, members)
                ranks.update(((name, *each), rank) for each, rank in zip(members, found, strict=True))

        await asyncio.gather(
            *(
                ask(name, members[at : at + MOST_AT_ONCE])
                for name, members in by_list.items()
                for at in range(0, len(members), MOST_AT_ONCE)
            )
        )
        return ranks

    def rank_at_hand(self, board: Board, period: int, member: UUID, entry: Entry) -> int | None:
        """The same for an entry that was written just now, if it can be said at once, and among the others as
        they were with it; None where it has to be asked for."""
        if name_of(board, 0) not in self._whole or not (self._ranking.shared or self.index.at_rest):
            return None
        name, key = name_of(board, period), packed(board.definition, entry)
        rank = self._ranking.rank_at_hand(name, key, member.bytes)
        if rank is not None:
            self.index.answered(name)
        return rank

    async def ranks(self, board: Board, period: int, members: Collection[UUID]) -> dict[UUID, int]:
        """The ranks of those of these members that are in the list."""
        name = name_of(board, period)

        async def indexed() -> dict[UUID, int]:
            found = await self._ranking.ranks(name, [member.bytes for member in members])
            return {as_id(member): standing.rank for member, standing in found.items()}

        def read(connection: Connection) -> dict[UUID, int]:
            slot = self._records.slot
            found = reading.entries_of(connection, slot, board, period, members)
            return {
                member: 1 + reading.count_ahead(connection, slot, board, period, entry)
                for member, entry in found.items()
                if entry.count >= board.definition.minimum
            }

        return await self._either(board, period, ("ranks", *members), indexed, read)

    async def stamp(self, board: Board, period: int) -> int | None:
        """A number that changes with the list; None while the index cannot say."""
        if await self.filled(board) is not None:
            return None
        await self.index.settled()
        try:
            return await self._ranking.changed(name_of(board, period))
        except NotReady:
            return None

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await self.index.close()

    async def _either(
        self,
        board: Board,
        period: int,
        question: tuple[object, ...],
        indexed: Callable[[], Awaitable[T]],
        read: Callable[[Connection], T],
    ) -> T:
        name = name_of(board, period)
        if await self.filled(board) is not None:  # then a list of it would have to be loaded again and again
            return await self._database.read(read)
        await self.index.settled()
        try:
            answer = await indexed()
        except NotReady:
            self.index.load(name, board, period)
        else:
            self.index.answered(name)
            return answer
        asked = (name, *question)
        if asked not in self._asked:
            self._asked[asked] = asyncio.create_task(self._in_turn(name, asked, indexed, read))
        shared: asyncio.Task[T] = self._asked[asked]
        return await asyncio.shield(shared)

    async def _in_turn(
        self,
        name: bytes,
        asked: tuple[object, ...],
        indexed: Callable[[], Awaitable[T]],
        read: Callable[[Connection], T],
    ) -> T:
        """Answer from SQL, one question about a list after the other: a long list is gone through whole.

        Whoever asks the same before its turn shares the answer, and those whose turn comes when the list has
        been loaded need no SQL.
        """
        async with self._turns.setdefault(name, asyncio.Lock()):
            del self._asked[asked]
            await self.index.settled()
            try:
                return await indexed()
            except NotReady:
                self.index.from_tables += 1
                return await self._database.read(read)


def _section(definition: Definition, lines: Iterable[Ranked], start: int, total: int) -> Section:
    highest, second_highest = definition.order == "highest", definition.second == "highest"
    made = []
    for member, key, rank in lines:
        value, second, since = parts(key, highest=highest, second_highest=second_highest)
        made.append(Line(as_id(member), rank, value, second, since))
    return Section(made, start, total)
