"""What follows a commit, a little at a time: those who waited for it hear of it, and the batch is published.

To decide a batch is our work, and to store it the database's. Were everybody told at once after a commit, the
database would wait for us, and with the next batch we for it. So while that is being decided, only few hear
of the last one, and what takes longer waits until it has gone to the database.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tallybook.kernel.events import Recorded

log = logging.getLogger(__name__)

FEW = 16  # units of work in one turn of the event loop; a unit is what one call takes
PART = 6  # or the sixth part of all that is left, while the database is at work
REQUEST = 4  # units that follow when a future is given its outcome, besides one for each outcome in it
EVENTS = 8  # published for a unit
HELD = 0.05  # seconds that anybody waits at most for the database to be at work

_Call = tuple[Callable[[Any], object], object]


class Answers:
    """Outcomes on their way to who waits for them, in order.

    Of one batch, those who are called hear first. With them it is published, and then futures are given
    theirs: whoever awaits one finds everything that follows the ledger up to date.
    """

    def __init__(self, publish: Callable[[Sequence[Recorded]], None]) -> None:
        self._publish = publish
        self._calls: list[_Call] = []  # of the batch that is answered now
        self._futures: list[tuple[int, Callable[[], None]]] = []
        self._steps: deque[tuple[int, Callable[[], None]]] = deque()  # units, and what is done
        self._units = 0
        self._sparing = False
        self._overdue: asyncio.TimerHandle | None = None  # there while a step is held back
        self._empty = asyncio.Event()
        self._empty.set()

    def call(self, done: Callable[[Any], object], outcome: object) -> None:
        """An outcome for who wants to be called; what goes wrong there is logged."""
        self._calls.append((done, outcome))

    def give(self, future: asyncio.Future[Any], outcome: object, outcomes: int = 1) -> None:
        """An outcome for a future, or several; an error is raised there."""
        self._futures.append((REQUEST + outcomes, partial(_resolve, future, outcome)))

    def send(self, events: Sequence[Recorded] = ()) -> None:
        """These were all of a batch, which has written these events."""
        steps, self._futures = self._futures, []
        if self._calls or events:
            units = len(self._calls) + len(events) // EVENTS
            steps.insert(0, (units, partial(self._tell, self._calls, events)))
            self._calls = []
        if not steps:
            return
        self._steps += steps
        self._units += sum(units for units, _ in steps)
        if self._empty.is_set():
            self._empty.clear()
            asyncio.get_running_loop().call_soon(self._go_on)

    def spare(self) -> None:
        """From now on a batch is decided."""
        self._sparing = True

    def hurry(self) -> None:
        """From now on the database is at work, or nobody."""
        self._sparing = False
        if self._overdue is not None:
            self._overdue.cancel()
            self._go_on()

    async def all_sent(self) -> None:
        """Return when everybody has heard."""
        await self._empty.wait()

    def _go_on(self) -> None:
        self._overdue = None
        units = FEW if self._sparing else max(FEW, self._units // PART)
        while self._steps and units > 0:
            if self._sparing and self._steps[0][0] > FEW:
                self._overdue = asyncio.get_running_loop().call_later(HELD, self.hurry)
                return
            taken, step = self._steps.popleft()
            units -= taken
            self._units -= taken
            try:
                step()
            except Exception:
                log.exception("a committed batch was not followed up")
        if self._steps:
            asyncio.get_running_loop().call_soon(self._go_on)
        else:
            self._empty.set()

    def _tell(self, calls: Sequence[_Call], events: Sequence[Recorded]) -> None:
        for done, outcome in calls:
            try:
                done(outcome)
            except Exception:
                log.exception("a caller could not take its answer")
        if events:
            self._publish(events)


def _resolve(future: asyncio.Future[Any], outcome: object) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
