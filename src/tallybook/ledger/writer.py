"""The one task of a node that writes: it takes everything waiting and commits it together."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import AnyAppend, Outcome
from tallybook.ledger.batch import Batch, Written, was_committed
from tallybook.ledger.states import Snapshot, States

log = logging.getLogger(__name__)

MOST_WAITING = 10_000
MOST_AT_ONCE = 1_000
PATIENCE = 5.0  # seconds a batch is tried again for while the database cannot be reached

# SQLSTATE classes under which the statement is at fault, not the server's condition.
_CULPRIT_CLASSES = frozenset({"22", "23", "42", "54"})
_SQLITE_CONDITIONS = ("locked", "full", "disk i/o", "unable to open", "readonly", "busy")


class Metrics(Protocol):
    """Who wants to know how the writer is doing."""

    def batch(self, *, commands: int, events: int, seconds: float) -> None: ...


class Unmeasured:
    """Nobody."""

    def batch(self, *, commands: int, events: int, seconds: float) -> None:
        pass


def is_condition(error: BaseException) -> bool:
    """Whether the database is in trouble, as opposed to having been asked for something impossible."""
    if isinstance(error, OSError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state is not None:
        return state[:2] not in _CULPRIT_CLASSES
    words = str(error.orig).lower()
    return isinstance(error, OperationalError | InterfaceError) and (
        any(word in words for word in _SQLITE_CONDITIONS) or "connection" in words
    )


class Writer:
    """Group commit. Callers are answered after the commit, in order, and then the batch is published."""

    def __init__(
        self,
        database: Database,
        batch: Batch,
        states: States,
        publish: Callable[[Sequence[Recorded]], None],
        clock: Clock,
        metrics: Metrics | None = None,
    ) -> None:
        self._database = database
        self._batch = batch
        self._states = states
        self._publish = publish
        self._clock = clock
        self._metrics: Metrics = metrics or Unmeasured()
        self._waiting: deque[AnyAppend] = deque()
        self._due: dict[Any, Snapshot] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many commands are not taken up yet."""
        return len(self._waiting)

    def submit(self, append: AnyAppend) -> None:
        """Queue a command, or refuse it before it takes any room."""
        if self._closing:
            raise Refusal("unavailable", "the server is shutting down: try again shortly", retry_after=1)
        if len(self._waiting) >= MOST_WAITING:
            raise Refusal("overloaded", "too many commands are waiting: try again shortly", retry_after=1)
        self._waiting.append(append)
        self._idle.clear()
        self._wake.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ledger-writer")

    async def drain(self) -> None:
        """Take nothing new and finish what is under way."""
        self._closing = True
        await self._idle.wait()

    async def close(self) -> None:
        await self.drain()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                appends = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
                try:
                    await self._write(appends)
                except Exception as error:  # a fault of ours: these callers learn of it, the writer goes on
                    log.exception("a batch of %d commands failed", len(appends))
                    self._answer([(append, error) for append in appends])
            self._idle.set()

    async def _write(self, appends: list[AnyAppend]) -> None:
        """Commit a batch; when it cannot be committed as a whole, find the command that is to blame."""
        try:
            written = await self._commit(appends)
        except Exception as error:
            self._states.drop({append.stream for append in appends})
            if is_condition(error):
                log.error("the database could not take a batch of %d commands: %s", len(appends), error)
                refusal = Refusal(
                    "unavailable",
                    "the database could not be reached: try again with the same command id",
                    retry_after=1,
                )
                self._answer([(append, refusal) for append in appends])
            elif len(appends) == 1:
                log.error("a command failed for good", exc_info=error)
                self._answer([(appends[0], error)])
            else:
                middle = len(appends) // 2
                await self._write(appends[:middle])
                await self._write(appends[middle:])
            return
        for stream, saved in written.loaded.items():
            if stream not in written.states:
                continue
            fold, at = written.states[stream]
            self._states.put(stream, fold, at, saved=saved)
        for stream, (fold, at) in written.states.items():
            self._states.put(stream, fold, at)
            snapshot = self._states.snapshot(stream)
            if snapshot is not None:
                self._due[stream] = snapshot
        self._answer(written.outcomes)
        if written.recorded:
            self._publish(written.recorded)

    async def _commit(self, appends: list[AnyAppend]) -> Written:
        """Run the transaction, again while the connection breaks; a lost answer to COMMIT is looked up."""
        due, self._due = list(self._due.values()), {}
        started = self._clock.monotonic()
        attempt: Written | None = None

        def transaction(connection: Any) -> Written:
            nonlocal attempt
            if attempt is not None and attempt.recorded and was_committed(connection, attempt):
                return attempt
            attempt = None
            attempt = self._batch.run(connection, appends, due)
            return attempt

        pause = 0.05
        while True:
            try:
                written = await self._database.write(transaction)
            except Exception as error:
                if not is_condition(error) or self._clock.monotonic() - started > PATIENCE:
                    raise
                log.warning("trying a batch of %d commands again: %s", len(appends), error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 1.0)
            else:
                self._metrics.batch(
                    commands=len(appends),
                    events=len(written.recorded),
                    seconds=self._clock.monotonic() - started,
                )
                return written

    @staticmethod
    def _answer(outcomes: Sequence[tuple[AnyAppend, Outcome]]) -> None:
        for append, outcome in outcomes:
            try:
                append.done(outcome)
            except Exception:
                log.exception("a caller could not take its answer")
