"""What follows a commit: callers are answered and events published, while the next batch is under way."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from tallybook.kernel.events import Recorded
from tallybook.ledger.append import AnyAppend, Outcome

log = logging.getLogger(__name__)

AT_ONCE = 32  # commands in one turn of the event loop

Answer = tuple[AnyAppend, Outcome, Sequence[Recorded]]  # a command, and the events it wrote


class Announcer:
    """Takes committed commands and tells of them in order, a few at a time.

    A caller is answered, and its events are published, in the same turn: it resumes when both are done.
    """

    def __init__(self, publish: Callable[[Sequence[Recorded]], None]) -> None:
        self._publish = publish
        self._waiting: deque[Answer] = deque()
        self._done = asyncio.Event()
        self._done.set()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def finish(self) -> None:
        """Wait until everything that was handed over has been told."""
        await self._done.wait()

    def announce(self, answers: Sequence[Answer]) -> None:
        """Tell of these after all that came before; the first of them at once."""
        self._waiting.extend(answers)
        if self._done.is_set():
            self._done.clear()
            self._turn()

    def _turn(self) -> None:
        turn = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        events: list[Recorded] = []
        for append, outcome, wrote in turn:
            events += wrote
            try:
                append.done(outcome)
            except Exception:
                log.exception("a caller could not take its answer")
        if events:
            try:
                self._publish(events)
            except Exception:  # a fault of ours, after the commit: what is committed is told of later
                log.exception("committed events were not published")
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)
        else:
            self._done.set()
