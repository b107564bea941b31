"""Following the ledger: every event once, in order, whoever wrote it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from tallybook.database.engine import Database
from tallybook.database.trouble import said_of
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.tasks import end
from tallybook.ledger.read import events_after, last_position, later, recorded

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds; what a lost hint costs at most
CHUNK = 1_000

Sink = Callable[[Sequence[Recorded]], None]

_ALL = ("",)  # begins everything


class Subscription(NamedTuple):
    """A sink, and how the stored types begin of the events that it is for."""

    sink: Sink
    types: tuple[str, ...] = _ALL


def hand_on(subscriptions: Sequence[Subscription], events: Sequence[Recorded]) -> None:
    """Give events to each that they are for; what one of them cannot take is no matter of the others."""
    types = {event.type for event in events}
    for sink, wanted in subscriptions:
        given = events
        if wanted != _ALL:
            if not any(type_.startswith(wanted) for type_ in types):
                continue
            given = [event for event in events if event.type.startswith(wanted)]
        try:
            sink(given)
        except Exception:
            log.exception("a follower could not take events up to %d", events[-1].position)


def _closing() -> Refusal:
    return Refusal("unavailable", "the server is shutting down: try again shortly", retry_after=1)


def _fail(asked: asyncio.Future[None], error: Exception) -> None:
    asked.set_exception(error)
    asked.exception()  # they may all have gone away


class Follower:
    """Hands committed events to sinks, gapless and in commit order.

    Batches committed on this node (or carried by the bus) arrive through `hint` and cost no query when
    they follow on what was seen; anything missing is read from the ledger. A sink must not block or
    raise. `beside` is called within a look at the database, about twice a second.
    """

    def __init__(
        self,
        database: Database,
        beside: Callable[[Connection], None] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._beside = beside
        self._subscriptions: list[Subscription] = []
        self._watching: list[Callable[[int, float], None]] = []
        self.position = 0
        self.newest = 0  # the last position that a look at the ledger has found
        self._complete_at = self._clock.monotonic()  # when a look last found that nothing was missing
        self._wake = asyncio.Event()
        self._asked: asyncio.Future[None] | None = None  # of those who wait for the next look
        self._looking: asyncio.Future[None] | None = None  # of those who wait for the one under way
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether there is somebody to look."""
        return self._task is not None and not self._task.done()

    @property
    def lag(self) -> int:
        """How many events are known to be there and not handed on yet."""
        return max(0, self.newest - self.position)

    @property
    def lag_seconds(self) -> float:
        """How long ago a look at the ledger found everything handed on."""
        return self._clock.monotonic() - self._complete_at

    def subscribe(self, sink: Sink, *types: str) -> None:
        """Hand on events whose stored types begin with one of `types`; without any, all events."""
        self._subscriptions.append(Subscription(sink, types or _ALL))

    def watch(self, tell: Callable[[int, float], None]) -> None:
        """Tell after each look at the ledger how far it was, and the monotonic time before the look."""
        self._watching.append(tell)

    async def start(self) -> None:
        """Begin after the newest event there is now."""
        self.position = await self._database.read(last_position)
        self._complete_at = self._clock.monotonic()
        self._task = asyncio.create_task(self._run(), name="ledger-follower")

    async def close(self) -> None:
        """Look no more; whoever waits for a look is refused."""
        self._closed = True
        if self._task is not None:
            await end(self._task)
        for asked in (self._looking, self._asked):
            if asked is not None and not asked.done():
                _fail(asked, _closing())

    def hint(self, events: Sequence[Recorded]) -> None:
        """These were committed; they may come late, twice, or leave a gap."""
        if not events or events[-1].position <= self.position:
            return
        if events[0].position > self.position + 1:
            self.newest = events[-1].position
            self._wake.set()
        else:
            self._deliver(events)

    def looked(self, position: int, at: float) -> None:
        """The ledger was found to be as far as this, no earlier than at that monotonic time."""
        for tell in self._watching:
            tell(position, at)

    def nudge(self) -> None:
        """Something was committed somewhere."""
        self._wake.set()

    async def caught_up(self) -> None:
        """Return when all that was committed anywhere before the call has been handed on.

        Whoever asks while a look is under way shares the next one. Raises `DatabaseUnavailable`, and refuses
        with `unavailable` once there are no more looks.
        """
        if self._closed:
            raise _closing()
        if self._asked is None:
            self._asked = asyncio.get_running_loop().create_future()
            self._wake.set()
        await asyncio.shield(self._asked)

    def _deliver(self, events: Sequence[Recorded]) -> None:
        news = [event for event in events if event.position > self.position]
        if not news:
            return
        self.position = news[-1].position
        hand_on(self._subscriptions, news)

    async def _run(self) -> None:
        time, beside_at, level = asyncio.get_running_loop().time, 0.0, logging.WARNING
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            asked = self._looking = self._asked
            self._asked = None
            looked_at = self._clock.monotonic()
            try:
                if time() < beside_at:
                    found = await self._glance()
                else:
                    found = await self._database.read(self._look)
                    beside_at = time() + LOOK_EVERY
                self._deliver(found)
                while len(found) == CHUNK:
                    self._deliver(found := await self._database.read(self._look))
                self._complete_at = self._clock.monotonic()
                self.looked(self.position, looked_at)
                level = logging.WARNING
                if asked is not None:
                    asked.set_result(None)
            except Exception as error:  # the database is away: the next look tries again
                log.log(level, "could not look for new events: %s", said_of(error))
                level = logging.DEBUG  # once for each outage
                if asked is not None:
                    _fail(asked, error)

    async def _glance(self) -> list[Recorded]:
        """The same for those who ask: they are many, and want the events alone."""
        return recorded(await self._database.glance(later, {"after": self.position, "most": CHUNK}))

    def _look(self, connection: Connection) -> list[Recorded]:
        self._beside(connection)
        found = events_after(connection, self.position, CHUNK)
        if len(found) == CHUNK:
            self.newest = last_position(connection)
        return found
