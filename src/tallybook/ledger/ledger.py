"""The ledger as the rest of Tallybook sees it."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

from tallybook.bus.bus import Bus
from tallybook.bus.memory import MemoryBus
from tallybook.database.engine import Database, check_durability
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.answers import Answers
from tallybook.ledger.append import EMPTY, AnyAppend, Appended, Done, Fold, Outcome, Projection
from tallybook.ledger.batch import Batch
from tallybook.ledger.follow import Follower, Sink, Subscription, hand_on
from tallybook.ledger.hints import Hints
from tallybook.ledger.projecting import ProjectionMismatch, Projector
from tallybook.ledger.read import stream_events, stream_texts
from tallybook.ledger.states import Loader, States, Versioned
from tallybook.ledger.writer import Metrics, Writer

S = TypeVar("S")


class Ledger:
    """Append, read, follow. Start it on the event loop it is used from, and close it at the end."""

    def __init__(
        self,
        database: Database,
        projections: Sequence[Projection],
        clock: Clock,
        metrics: Metrics | None = None,
        writer: Callable[..., Writer] = Writer,
        bus: Bus | None = None,
        following: Sequence[Projection] = (),
    ) -> None:
        self.database = database
        self.projector = Projector(projections, following)
        self.follower = Follower(database, self.projector.locate, clock)
        self._states = States()
        self._loader = Loader(database, self._states)
        self._bus = bus or MemoryBus()
        alone = not self._bus.spans
        batch = Batch(self._states, self.projector, clock, alone=alone)
        self._hints = Hints(self._bus, self.follower)
        self._answers = Answers(self._hints.committed)
        self._own: list[Subscription] = []  # of those who want this node's batches, each as it was committed
        self._writer = writer(
            database,
            batch,
            self._states,
            self._answers,
            partial(hand_on, self._own),
            self.follower.looked,
            clock,
            metrics,
            alone=alone,
        )

    async def start(self) -> None:
        await self.database.read(check_durability)
        await self.database.write(self.projector.prepare)
        if stale := await self.database.read(self.projector.check):
            raise ProjectionMismatch(f"made by another release: {', '.join(stale)}; run `tallybook rebuild`")
        await self.follower.start()
        self._writer.start()

    async def drain(self) -> None:
        """Refuse new commands and finish those under way."""
        await self._writer.drain()

    async def close(self) -> None:
        await self._writer.close()
        await self.follower.close()

    async def caught_up(self) -> None:
        """Return when the follower has handed on all that was acknowledged before, by whichever node.

        What is kept in memory by those who follow may be read then. A node that is alone need not wait:
        it hears of its own commits before whoever asked for them goes on.
        """
        if self._bus.spans:
            await self.follower.caught_up()

    @property
    def waiting(self) -> int:
        """How many commands the writer has not taken up yet."""
        return self._writer.waiting

    @property
    def draining(self) -> bool:
        """Whether new commands are refused because this is the end."""
        return self._writer.draining

    @property
    def writer_running(self) -> bool:
        return self._writer.running

    @property
    def writer_busy_seconds(self) -> float:
        """For how long the batch under way has been tried; 0 when there is none."""
        return self._writer.busy_seconds

    def subscribe_own(self, sink: Sink) -> None:
        """Hand on each batch of this node's before its callers go on, maybe before older events of others."""
        self._own.append(Subscription(sink))

    def submit(self, append: AnyAppend, done: Done) -> None:
        """Queue a command. `done` is called after the commit or the refusal, before the events are published.

        Raises `Refusal` when there is no room.
        """
        self._writer.submit(append, partial(self._answers.call, done))

    async def append(self, append: AnyAppend) -> Appended:
        """Queue a command and wait for its commit. A caller that goes away does not undo it."""
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._writer.submit(append, partial(self._answers.give, future))
        return await future

    async def append_all(self, appends: Sequence[AnyAppend]) -> list[Outcome]:
        """Queue several commands, in order, and wait for all of them; what is refused is an outcome, too."""
        outcomes: list[Outcome] = []  # the writer keeps the order
        refused: list[Outcome] = []
        future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if len(outcomes) + len(refused) == len(appends):
                self._answers.give(future, outcomes + refused, len(appends))

        for append in appends:
            try:
                self._writer.submit(append, done)
            except Refusal as refusal:
                refused.append(refusal)  # and so is everything behind it
        return refused if len(refused) == len(appends) else await future

    async def state(self, stream: UUID, fold: Fold[S]) -> Versioned[S]:
        """The state at the head of a stream; every write acknowledged before the call is in it."""
        return await self._loader.get(stream, fold)

    def committed(self, stream: UUID) -> Versioned[object] | None:
        """A committed state that happens to be in memory; it may be behind when other nodes write."""
        return self._states.get(stream)

    async def events(
        self, stream: UUID, *, after: int = EMPTY, upto: int | None = None, limit: int | None = None
    ) -> list[Recorded]:
        """Events of one stream with indexes in (after, upto], in order."""
        return await self.database.read(
            lambda connection: stream_events(connection, stream, after=after, upto=upto, limit=limit)
        )

    async def first_of(self, written: Appended) -> Event:
        """The first event of a command, or of the one that was made before under the same id."""
        [first] = await self.events(written.stream, after=written.first - 1, limit=1)
        return first.event

    async def texts(self, stream: UUID) -> dict[str, str]:
        """The free text beside a stream's events, by digest; erased text is absent."""
        return await self.database.read(lambda connection: stream_texts(connection, stream))
