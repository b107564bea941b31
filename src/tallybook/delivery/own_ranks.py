"""Whoever is there hears how the own rank moves: on every board, whoever's score has moved it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.accounts.merges import Persons
from tallybook.careers.events import (
    AchievementRevoked,
    AchievementUnlocked,
    CareerEvent,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.boards import Board, Source, boards_by_id
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.kernel.tasks import end
from tallybook.projections.records import reading
from tallybook.projections.records.contributions import RESULTS
from tallybook.projections.records.index import name_of
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.records import Records
from tallybook.projections.records.sessions import games_of
from tallybook.projections.records.tables import entries

log = logging.getLogger(__name__)

PAUSE = 0.1  # seconds between looks at the boards
REST = 4  # times what a look has taken, which are left to others
MOST_LISTS = 10_000  # whose ranks are remembered

_FEEDS: Mapping[type[CareerEvent], tuple[Source, ...]] = {
    ScoreSubmitted: ("scores", "action"),
    StatsReported: ("stat",),
    AchievementUnlocked: ("points",),
    AchievementRevoked: ("points",),
}


class TellHere(Protocol):
    """Reaches a person's topics on this node."""

    def __call__(self, player_id: UUID, event: str, payload: Any) -> None: ...


class _News(msgspec.Struct):
    """What has happened in a game since its boards were looked at."""

    feeds: set[Source] = msgspec.field(default_factory=set)
    own: dict[UUID, int] = msgspec.field(default_factory=dict)  # by person: the first own event's position


class _Known(msgspec.Struct):
    """The ranks in a list, as they were told or learned; None: not in it."""

    stamp: int | None = None
    ranks: dict[UUID, int | None] = msgspec.field(default_factory=dict)


class OwnRanks:
    """Every node looks for those who are connected to it. Subscribe `follow` to the ledger, after the lists.

    Looks are merged: of many moves within a moment the last one is told. A rank that is seen for the first
    time, and was not moved by an own score, is only learned.
    """

    def __init__(
        self,
        database: Database,
        records: Records,
        ranks: Ranks,
        book: BoardBook,
        persons: Persons,
        clock: Clock,
        tell: TellHere,
    ) -> None:
        self._database = database
        self._records = records
        self._ranks = ranks
        self._book = book
        self._persons = persons
        self._clock = clock
        self._tell = tell
        self._people = Counter[UUID]()  # by how often they are connected
        self._lists: dict[bytes, _Known] = {}
        self._games: dict[UUID, _News] = {}
        self._sessions: set[UUID] = set()  # that had a result, or another one
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking = False

    def came(self, player_id: UUID) -> Callable[[], None]:
        """Somebody is there now; to be called when that is over."""
        person_id = self._persons.person_of(player_id)
        self._people[person_id] += 1
        if self._people[person_id] == 1:
            self._begin(self._learn(person_id))

        def left() -> None:
            self._people[person_id] -= 1
            if not self._people[person_id]:
                del self._people[person_id]
                for known in self._lists.values():
                    known.ranks.pop(person_id, None)
            if not self._people:  # what is yet to be looked at is of no use to who comes later
                for kept in (self._lists, self._games, self._sessions):
                    kept.clear()

        return left

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        if not self._people:
            return
        for recorded in events:
            event = recorded.event
            if isinstance(event, RESULTS):
                self._sessions.add(recorded.stream)
            elif isinstance(event, CareerEvent) and (feeds := _FEEDS.get(type(event))) is not None:
                news = self._games.setdefault(event.game, _News())
                news.feeds.update(feeds)
                person_id = self._persons.person_of(event.player)
                if person_id in self._people:
                    news.own.setdefault(person_id, recorded.position)
        if (self._games or self._sessions) and not self._looking:
            self._looking = True
            self._begin(self._look())

    async def close(self) -> None:
        await end(*self._tasks)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _learn(self, person_id: UUID) -> None:
        """The ranks in lists that are at hand: to load one for this would be too much."""

        def read(connection: Connection) -> list[tuple[Board, int]]:
            places = entries.of_members(connection, self._records.slot, [person_id])
            boards = boards_by_id(connection, {place[0] for place in places})
            return [(boards[board_id], period) for board_id, period, _ in places]

        try:
            for board, period in await self._database.read(read):
                current = board.period(self._clock.now())[0] == period
                if current and await self._ranks.stamp(board, period) is not None:
                    found = await self._ranks.ranks(board, period, [person_id])
                    if person_id in self._people:
                        self._list(board, period).ranks.setdefault(person_id, found.get(person_id))
        except Exception as error:  # the database is away: ranks are learned as they move
            log.warning("could not read the ranks of somebody who came: %s", error)

    async def _look(self) -> None:
        try:
            while (self._games or self._sessions) and self._people:
                began = self._clock.monotonic()
                games, self._games = self._games, {}
                sessions, self._sessions = self._sessions, set()
                try:
                    for game_id in (await self._database.read(partial(games_of, sessions=sessions))).values():
                        games.setdefault(game_id, _News()).feeds.add("session")
                    for game_id, news in games.items():
                        await self._look_at(game_id, news)
                except Exception as error:  # the database is away: the next move tells of this one
                    log.warning("could not read the ranks of those who are there: %s", error)
                await asyncio.sleep(max(PAUSE, REST * (self._clock.monotonic() - began)))
        finally:
            self._looking = False

    async def _look_at(self, game_id: UUID, news: _News) -> None:
        for board in (await self._book.of(game_id)).boards.values():
            if board.archived or board.definition.teams or board.definition.source not in news.feeds:
                continue
            if await self._ranks.filled(board) is not None:
                continue
            period, _ = board.period(self._clock.now())
            stamp = await self._ranks.stamp(board, period)
            known = self._list(board, period)
            if stamp is not None and stamp == known.stamp:
                continue
            people = tuple(self._people)
            found = await self._ranks.ranks(board, period, people)
            for person_id in people:
                rank = found.get(person_id)
                if person_id not in self._people:  # gone meanwhile
                    continue
                if person_id in known.ranks:
                    before = known.ranks[person_id]
                elif person_id in news.own:
                    before = await self._before(board, period, person_id, news.own[person_id])
                else:
                    before = rank
                known.ranks[person_id] = rank
                if rank is not None and rank != before:
                    said = {
                        "game_id": game_id,
                        "board": board.key,
                        "player_id": person_id,
                        "new_rank": rank,
                        "rank_change": 0 if before is None else rank - before,
                    }
                    self._tell(person_id, "leaderboard.updated", said)
            known.stamp = stamp

    async def _before(self, board: Board, period: int, person_id: UUID, position: int) -> int | None:
        """The rank that somebody had before an own event, among the others as they are now."""
        entry = await self._database.read(
            partial(
                reading.entry_before, slot=self._records.slot, board=board, period=period,
                members=self._persons.members_of(person_id), position=position,
            )
        )  # fmt: skip
        if entry is None or entry.count < board.definition.minimum:
            return None
        return await self._ranks.rank(board, period, person_id, entry)

    def _list(self, board: Board, period: int) -> _Known:
        if len(self._lists) > MOST_LISTS:
            self._lists.clear()
        return self._lists.setdefault(name_of(board, period), _Known())
