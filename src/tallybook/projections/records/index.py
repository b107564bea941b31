"""Keeps the ranking index up to date: every node brings what it commits, and fills what others left open.

What others have committed they bring themselves, if the index is shared. Only when a list can no longer be
answered is that read from SQL, since one of them may have died in between; a list that this does not help is
loaded again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.careers.events import CareerEvent
from tallybook.catalogue.boards import Board, Definition, boards_by_id
from tallybook.database.engine import Database
from tallybook.kernel.events import Recorded
from tallybook.kernel.tasks import end
from tallybook.ledger.read import events_after, last_position
from tallybook.projections.records import reading
from tallybook.projections.records.contributions import RESULTS, team_id
from tallybook.projections.records.entries import Entry
from tallybook.projections.records.kept import InTables
from tallybook.projections.records.lists import Line
from tallybook.projections.records.people import MOVES, Entered
from tallybook.projections.records.records import RELEVANT, Records
from tallybook.projections.records.sessions import given_to
from tallybook.ranking.keys import key
from tallybook.ranking.port import Change, Ranking, Row, Source

log = logging.getLogger(__name__)

MOST_FOREIGN = 50  # stretches that others have committed; what was left open before them is not filled
MOST_ANSWERED = 10_000  # lists that are remembered to have been answered
RECENT = 3_600.0  # seconds; a list that nobody has asked for since, of a past period say, is not counted
_CHUNK = 1_000

Keys = dict[tuple[bytes, bytes], bytes | None]  # what members have in lists now, by list and member


class _Own(msgspec.Struct):
    """A stretch of the ledger that was committed here, and what it changed."""

    after: int
    upto: int
    keys: Keys


class _Foreign(NamedTuple):
    """A stretch that somebody else has committed."""

    after: int
    upto: int
    events: list[Recorded]


class Index:
    """Subscribe `committed` to the ledger's own commits, `follow` and `looked` to its follower."""

    def __init__(self, database: Database, records: Records, ranking: Ranking) -> None:
        self._database = database
        self._records = records
        self._ranking = ranking
        self._own: list[_Own] = []  # not brought yet
        self._ahead: deque[tuple[int, int]] = deque()  # our stretches that the follower has yet to reach
        self._foreign: deque[_Foreign] = deque(maxlen=MOST_FOREIGN)
        self._followed = 0
        self._bringing = asyncio.Lock()
        # Of a shared index, the bringing under way, and one that has not begun.
        self._now: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._loading: dict[bytes, asyncio.Task[None]] = {}
        # Lists of which the last question was answered, and when it was: the latest is last.
        self._answered: dict[bytes, float] = {}
        self.from_index = self.from_tables = self.failures = 0

    async def start(self) -> None:
        self._followed = await self._database.read(last_position)

    # Following

    def committed(self, events: Sequence[Recorded]) -> None:
        """This node has committed a batch, and its projection has not taken up another yet."""
        after, upto = events[0].position - 1, events[-1].position
        self._ranking.heard(upto)
        keys = _keys(self._records.entered, self._records.boards)
        if self._own and self._own[-1].upto == after:
            self._own[-1].upto = upto
            self._own[-1].keys |= keys
        else:
            self._own.append(_Own(after, upto, keys))
        if upto > self._followed:
            self._ahead.append((after, upto))
        if self._ranking.shared and self._next is None:
            self._next = asyncio.create_task(self._bring_together())

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        at, upto = events[0].position - 1, events[-1].position
        self._followed = upto
        self._ranking.heard(upto)
        while self._ahead and self._ahead[0][1] <= upto:
            after, reached = self._ahead.popleft()
            self._keep(at, after, events)
            at = max(at, reached)
        self._keep(at, min(upto, self._ahead[0][0]) if self._ahead else upto, events)

    def looked(self, position: int, at: float) -> None:
        """The ledger itself was asked how far it is."""
        self._ranking.heard(position, looked_at=at)

    def _keep(self, after: int, upto: int, events: Sequence[Recorded]) -> None:
        if after < upto:
            there = [recorded for recorded in events if after < recorded.position <= upto]
            self._foreign.append(_Foreign(after, upto, there))

    # Bringing

    @property
    def lag(self) -> int:
        """How many events were committed here and not brought yet."""
        return sum(each.upto - each.after for each in self._own)

    @property
    def at_rest(self) -> bool:
        """Whether it has everything that was committed here."""
        alone = not self._ranking.shared
        return not self._own and not (alone and self._foreign) and not self._bringing.locked()

    async def settled(self) -> None:
        """Return when the index has everything that was committed here before the call, or cannot be told."""
        if self.at_rest:
            return
        if not self._ranking.shared:
            async with self._bringing:
                await self._bring_own()
                await self._mend()
            return
        if (bringing := self._next or self._now) is not None:
            await asyncio.shield(bringing)

    async def _bring_together(self) -> None:
        """For all who wait for the same."""
        async with self._bringing:
            self._now, self._next = self._next, None
            try:
                await self._bring_own()
            finally:
                self._now = None

    async def _bring_own(self) -> None:
        own, self._own = self._own, []
        for stretch in own:
            changes = _changes(stretch.keys, stretch.upto)
            if not await self._ranking.apply(changes, after=stretch.after, upto=stretch.upto):
                self.failures += 1

    async def _mend(self) -> None:
        """Bring what others have committed, as SQL says it; whoever brings the same later changes nothing.

        What is read may be newer than the events it is read for: so it is brought as of the position at which
        it was read, with everything up to there.
        """
        if not self._foreign:
            return
        foreign, followed = list(self._foreign), self._followed
        events = [recorded for stretch in foreign for recorded in stretch.events]
        keys, upto = await self._database.read(
            partial(_read_again, slot=self._records.slot, events=events, after=followed)
        )
        await self._ranking.apply(_changes(keys, upto), after=followed, upto=upto)
        for stretch in foreign:
            await self._ranking.apply((), after=stretch.after, upto=stretch.upto)
            if self._foreign and self._foreign[0] is stretch:
                self._foreign.popleft()

    # Loading

    def answered(self, name: bytes) -> None:
        """A question about a list was answered."""
        self.from_index += 1
        self._answered.pop(name, None)
        self._answered[name] = asyncio.get_running_loop().time()
        if len(self._answered) > MOST_ANSWERED:
            del self._answered[next(iter(self._answered))]

    def load(self, name: bytes, board: Board, period: int) -> None:
        """A list cannot be answered: fill the index with it, unless that is under way."""
        if name not in self._loading:
            self._loading[name] = asyncio.create_task(self._load(name, board, period))

    async def _load(self, name: bytes, board: Board, period: int) -> None:
        try:
            if self._answered.pop(name, None) is not None:
                async with self._bringing:
                    await self._mend()
            await self._ranking.load(name, partial(self._source, board, period))
        except Exception:
            log.exception("could not load the list of a leaderboard")
        finally:
            del self._loading[name]

    async def _source(self, board: Board, period: int) -> Source:
        return Source(await self._database.read(last_position), self._chunks(board, period))

    async def _chunks(self, board: Board, period: int) -> AsyncIterator[Sequence[Row]]:
        def read(connection: Connection) -> tuple[int, list[tuple[UUID, Entry]]]:
            found = reading.chunk(connection, self._records.slot, board, period, after=after)
            return last_position(connection), found

        after: UUID | None = None
        while True:
            position, chunk = await self._database.read(read)
            if not chunk:
                return
            yield [(member.bytes, packed(board.definition, entry), position) for member, entry in chunk]
            after = chunk[-1][0]

    @property
    def lists(self) -> dict[tuple[str, ...], float]:
        """How many lists are in which state."""
        since = asyncio.get_running_loop().time() - RECENT
        ready = sum(answered > since for answered in self._answered.values())
        return {("ready",): ready, ("loading",): len(self._loading)}

    async def loaded(self) -> None:
        """Return when no list is being loaded any more."""
        await asyncio.gather(*self._loading.values())

    async def close(self) -> None:
        """Bring what is left, and let go."""
        await end(*self._loading.values())
        if self._ranking.shared:
            await self.settled()
        await self._ranking.close()


def _read_again(connection: Connection, slot: str, events: list[Recorded], after: int) -> tuple[Keys, int]:
    """What everybody has whom these events or any after a position may concern, and as of which position."""
    events = list(events)
    while found := events_after(connection, after, _CHUNK):
        events += found
        after = found[-1].position
    members: set[UUID] = set()
    relevant = [recorded for recorded in events if type(recorded.event) in RELEVANT]
    for recorded in relevant:
        event = recorded.event
        if isinstance(event, MOVES):
            members.add(recorded.stream)
        elif isinstance(event, CareerEvent):
            members.add(event.player)
            team = getattr(event, "team", None)
            if team is not None:
                members.add(team_id(event.game, team))
    sessions = {recorded.stream for recorded in relevant if isinstance(recorded.event, RESULTS)}
    places = set(given_to(connection, slot, sessions))
    members |= {place[2] for place in places}
    kept = InTables(connection, slot)
    members |= {joined.person for joined in kept.persons.joined(members).values()}
    for entries in (kept.entries, kept.parts):
        places |= entries.of_members(members).keys()
    joined = kept.persons.joined({place[2] for place in places})
    places |= {
        (board_id, period, joined[member].person) for board_id, period, member in places if member in joined
    }
    now = kept.entries.read(places)
    entered: Entered = {place: now.get(place) for place in places}
    return _keys(entered, boards_by_id(connection, {place[0] for place in places})), after


def _keys(entered: Entered, boards: Mapping[UUID, Board]) -> Keys:
    keys: Keys = {}
    for (board_id, period, member), entry in entered.items():
        board = boards[board_id]
        listed = None
        if entry is not None and entry.count >= board.definition.minimum:
            listed = packed(board.definition, entry)
        keys[name_of(board, period), member.bytes] = listed
    return keys


def _changes(keys: Keys, version: int) -> list[Change]:
    return [Change(name, member, what, version) for (name, member), what in keys.items()]


def name_of(board: Board, period: int) -> bytes:
    """The name of a list in the index; a board that is defined anew gets others."""
    return board.id.bytes + period.to_bytes(8) + board.digest


def packed(definition: Definition, entry: Entry | Line) -> bytes:
    """An entry as a key of the index."""
    return key(
        entry.value,
        0 if definition.second == "none" else entry.second,
        entry.since,
        highest=definition.order == "highest",
        second_highest=definition.second == "highest",
    )
