"""What a node does for one name behind the ledger: fold a projection, react, or keep a routine going."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Protocol, runtime_checkable
from uuid import UUID

from sqlalchemy import Connection

from tallybook.database.engine import Database, Transaction
from tallybook.database.trouble import DatabaseUnavailable, said_of
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded, name_without_version
from tallybook.kernel.randomness import spread
from tallybook.kernel.tasks import end
from tallybook.ledger.append import Projection
from tallybook.ledger.leases import LeaseLost, PlaceMoved, move, place_of
from tallybook.ledger.projecting import slots
from tallybook.ledger.read import events_after
from tallybook.ledger.rebuild import rebuild

log = logging.getLogger(__name__)

CHUNK = 2_000  # events read back at once, and taken in while nobody writes
SOME = 500  # events taken in at once while there are writers, who wait for it
KEPT = 64_000  # newest events, of about a kilobyte, that are not read back by whoever still needs them
READ_BACK = 16  # chunks that are kept for others who are as far behind
# While there are writers, a transaction's duration times this is left to them. Who reads back does not rest
# for as long: it is quickly done, and achievements and webhooks may wait for it.
REST, REST_OF_READERS, LONGEST_REST = 9, 3, 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0  # seconds between attempts at what fails


class FollowingProjection(Projection, Protocol):
    """A projection that is applied behind the ledger: exactly once, in order, from event 0.

    `concerns` names the event types it folds, without their versions (`score_submitted`). `apply` gets
    only those; in a rebuild it gets every event.
    """

    @property
    def concerns(self) -> Collection[str]: ...


class Reaction(Protocol):
    """What is done about events: at least once, in order, so that its effects have to be idempotent.

    It begins with what happens after it was first there, or with event 0 when it says `from_start`.
    `react` says whether anything came of the events: where nothing did, they may come again after a
    restart, and nothing is written for them. When it raises, they come again (perhaps with later ones)
    after a pause.
    """

    name: str
    from_start: bool

    @property
    def concerns(self) -> Collection[str]:
        """Event types without their versions; it hears of no others."""

    async def react(self, events: Sequence[Recorded]) -> bool: ...


@runtime_checkable
class Remembering(Protocol):
    """A reaction that goes by what it remembers."""

    def forget(self) -> None:
        """This node takes the work up: meanwhile another may have done some."""


class Routine(Protocol):
    """What goes on all the time on one node: cancelled when that one stops or loses the lease.

    When `run` returns it is begun again with the next renewal of the lease; when it raises, after a pause.
    """

    name: str

    async def run(self) -> None: ...


class Tail:
    """The newest events, for those who follow closely, and what others have lately read back.

    Chunks that are read back begin and end in the same places for everybody.
    """

    def __init__(self) -> None:
        self.position = 0
        self._events: list[Recorded] = []
        self._chunks: dict[int, Sequence[Recorded]] = {}  # by number

    def take(self, events: Sequence[Recorded]) -> None:
        self._events.extend(events)
        self.position = events[-1].position
        if len(self._events) > KEPT + KEPT // 4:
            del self._events[:-KEPT]

    def forget(self, position: int) -> None:
        """Nobody needs what came up to there again."""
        del self._events[: max(0, position - self._before)]
        for number in [number for number in self._chunks if (number + 1) * CHUNK <= position]:
            del self._chunks[number]

    def after(self, position: int) -> Sequence[Recorded] | None:
        """What comes next, at most a chunk, or None when that has to be read back."""
        first = position - self._before
        if first >= 0:
            return self._events[first : first + CHUNK]
        number, first = divmod(position, CHUNK)
        chunk = self._chunks.get(number)
        return None if chunk is None else chunk[first:]

    def keep(self, number: int, chunk: Sequence[Recorded]) -> None:
        """A chunk was read back."""
        if len(chunk) == CHUNK:
            self._chunks[number] = chunk
        if len(self._chunks) > READ_BACK:
            del self._chunks[next(iter(self._chunks))]

    @property
    def _before(self) -> int:
        """The position before the first event that is here."""
        return self.position - len(self._events)


class Node:
    """What all the work of one node shares."""

    def __init__(self, database: Database, clock: Clock, node_id: UUID) -> None:
        self.database = database
        self.clock = clock
        self.id = node_id
        self.tail = Tail()
        self._writing, self._reading = asyncio.Lock(), asyncio.Lock()
        self._awaited = 0
        self._hurry = asyncio.Event()
        self._writers = False  # whether there were any during the last transaction

    async def after(self, position: int) -> Sequence[Recorded]:
        """Events after a position, some or a chunk; none where there are none."""
        found = await self._after(position)
        return found[:SOME] if self._writers else found

    async def _after(self, position: int) -> Sequence[Recorded]:
        found = self.tail.after(position)
        if found is not None:
            return found
        number, first = divmod(position, CHUNK)
        async with self._reading:
            found = self.tail.after(position)  # perhaps others have needed it just now
            if found is not None:
                return found
            look = partial(events_after, position=number * CHUNK, limit=CHUNK)
            async with self._resting(REST_OF_READERS):
                chunk = await self.database.read(look)
            self.tail.keep(number, chunk)
        return chunk[first:]

    async def write(self, transaction: Transaction[None]) -> None:
        async with self._writing, self._resting(REST):
            await self.database.write(transaction)

    @asynccontextmanager
    async def _resting(self, times: int) -> AsyncIterator[None]:
        """A transaction, and a pause after it: connections and disk are there for the writers."""
        began, newest = self.clock.monotonic(), self.tail.position
        yield
        self._writers = self.tail.position > newest
        if self._writers:
            rest = min(LONGEST_REST, times * (self.clock.monotonic() - began))
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._hurry.wait()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Meanwhile nothing rests: somebody waits for what follows."""
        self._awaited += 1
        self._hurry.set()
        try:
            yield
        finally:
            self._awaited -= 1
            if not self._awaited:
                self._hurry.clear()


class Work(ABC):
    """One name: whether this node works for it, and how that goes."""

    start = 0  # the position from which it follows, when it is new to the database
    newest = 0  # of an event that concerns it, or may do so
    outdated = False  # a newer release has made it its own

    def __init__(self, node: Node, name: str) -> None:
        self.name = name
        self.position = 0  # everything up to here is taken in
        self.failures = 0
        self._node = node
        self._in_a_row = 0
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether this node does it."""
        return self._task is not None and not self._task.done()

    @property
    def lag(self) -> int:
        """How many events there are up to the last that concerns it and is not taken in."""
        return max(0, self.newest - self.position)

    def begin(self, position: int) -> None:  # noqa: B027  # a routine has nothing to begin with
        """The node has started, with the ledger at a position."""

    def concerned(self, type_: str) -> bool:
        """Whether events that are stored under a name do."""
        return False

    def hear(self, position: int) -> None:
        """Here is an event that concerns it."""
        self.newest = max(self.newest, position)
        self._wake.set()

    async def wait(self, seconds: float) -> None:
        """Until it has moved on, or for so long."""
        self._moved.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        except TimeoutError:
            pass

    def go_on(self) -> None:
        """The lease holds: work, if that is not going on."""
        if not self.active:
            self._in_a_row = 0
            self._task = asyncio.create_task(self._work(), name=f"behind-the-ledger-{self.name}")

    async def stop(self) -> None:
        if self._task is not None:
            await end(self._task)

    @abstractmethod
    async def serve(self) -> None:
        """Work for as long as it goes well."""

    async def _work(self) -> None:
        while True:
            try:
                return await self.serve()
            except PlaceMoved:  # read where it stands, and go on from there
                continue
            except LeaseLost:
                return log.warning("another node has taken %s over", self.name)
            except DatabaseUnavailable as error:
                log.warning("%s waits for the database: %s", self.name, said_of(error))
            except Exception:
                log.exception("%s cannot go on after event %d; it tries again", self.name, self.position)
            self.failures += 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._in_a_row, 16))
            self._in_a_row += 1
            await asyncio.sleep(spread(pause))


class Running(Work):
    """Keeps a routine going."""

    def __init__(self, node: Node, routine: Routine) -> None:
        super().__init__(node, routine.name)
        self._routine = routine

    async def serve(self) -> None:
        await self._routine.run()


class Following(Work):
    """Takes in the events that concern it, in order, and stores how far it has come."""

    def __init__(self, node: Node, name: str, concerns: Collection[str]) -> None:
        super().__init__(node, name)
        self._concerns = frozenset(concerns)
        self._stored = 0
        self._flush = False  # the stored position is to be brought up to date

    def begin(self, position: int) -> None:
        self.newest = position

    def concerned(self, type_: str) -> bool:
        return name_without_version(type_) in self._concerns

    def go_on(self) -> None:
        if self.active:
            self._flush = True
            self._wake.set()
        super().go_on()

    @abstractmethod
    async def take(self, events: Sequence[Recorded], upto: int) -> bool:
        """Take these in and store `upto` as the position, unless that may wait; whether it was stored."""

    async def serve(self) -> None:
        self.position = self._stored = await self._node.database.read(partial(place_of, name=self.name))
        while True:
            self._wake.clear()
            found = await self._node.after(self.position)
            upto = found[-1].position if found else self.position
            types = {type_ for type_ in {event.type for event in found} if self.concerned(type_)}
            events = [event for event in found if event.type in types]
            if events or (self._flush and upto > self._stored):
                if await self.take(events, upto):
                    self._stored, self._flush = upto, False
                self._in_a_row = 0
            self.position = upto
            self._moved.set()
            if not found or upto >= self._node.tail.position:
                await self._wake.wait()


class Projecting(Following):
    """Applies a projection; the place moves in the same transaction, so that each event counts once."""

    def __init__(self, node: Node, projection: FollowingProjection) -> None:
        super().__init__(node, projection.name, projection.concerns)
        self._projection = projection

    async def serve(self) -> None:
        wanted = self._projection.version
        stored = await self._node.database.read(self._version)
        if stored > wanted:
            log.warning("%s belongs to a newer release now", self.name)
            self.outdated = True
            return
        if stored < wanted:
            log.info("%s is made anew, as this release does it", self.name)
            done = await rebuild(
                self._node.database, (), [self.name], clock=self._node.clock, following=[self._projection]
            )
            log.info("%s was made anew from %d events", self.name, done)
        await super().serve()

    def _version(self, connection: Connection) -> int:
        return slots(connection)[self.name].version

    async def take(self, events: Sequence[Recorded], upto: int) -> bool:
        await self._node.write(partial(self._apply, events=events, upto=upto))
        return True

    def _apply(self, connection: Connection, events: Sequence[Recorded], upto: int) -> None:
        move(connection, self.name, self._node.id, before=self._stored, to=upto)
        kept = slots(connection)[self.name]
        if kept.version != self._projection.version:
            raise PlaceMoved(self.name)
        if not events:
            return
        self._projection.apply(connection, kept.live, events)
        if kept.also is not None:
            self._projection.apply(connection, kept.also, events)


class Reacting(Following):
    """Lets a reaction act; the place moves afterwards."""

    def __init__(self, node: Node, reaction: Reaction) -> None:
        super().__init__(node, reaction.name, reaction.concerns)
        self._reaction = reaction

    def begin(self, position: int) -> None:
        super().begin(position)
        self.start = 0 if self._reaction.from_start else position

    def go_on(self) -> None:
        if not self.active and isinstance(self._reaction, Remembering):
            self._reaction.forget()
        super().go_on()

    async def take(self, events: Sequence[Recorded], upto: int) -> bool:
        if events and not await self._reaction.react(events) and not self._flush:
            return False
        await self._node.write(
            partial(move, name=self.name, holder=self._node.id, before=self._stored, to=upto)
        )
        return True
