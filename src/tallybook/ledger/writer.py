"""The one task of a node that writes: it takes everything waiting and commits it together."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from tallybook.database.engine import Database
from tallybook.database.trouble import DatabaseUnavailable
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.tasks import end
from tallybook.ledger.answers import Answers
from tallybook.ledger.append import EMPTY, AnyAppend, Done, Outcome
from tallybook.ledger.batch import Batch, Written, was_committed
from tallybook.ledger.lock import Disturbed
from tallybook.ledger.projecting import ProjectionMismatch
from tallybook.ledger.states import Snapshot, States

log = logging.getLogger(__name__)

MOST_WAITING = 10_000
MOST_AT_ONCE = 1_000
MOST_COLD = 100  # streams in one batch that may have to be loaded, all under the lock
UNDIVIDED = 50  # commands that are taken up together even if that leaves none for the next batch
# Of the event loop, in which more may come where every batch is dearer, as other nodes hear of it; they are
# short while it has nothing else to do. Who writes alone need not wait.
TURNS, SEVERAL = 20, 2
PATIENCE = 5.0  # seconds a batch is tried again for while the database cannot be reached

_Asked = tuple[AnyAppend, Done]


class Metrics(Protocol):
    """Who wants to know how the writer is doing."""

    def batch(self, *, commands: int, events: int, seconds: float) -> None: ...

    def refused(self) -> None: ...


class Unmeasured:
    """Nobody."""

    def batch(self, *, commands: int, events: int, seconds: float) -> None:
        pass

    def refused(self) -> None:
        pass


class Writer:
    """Group commit. Callers are answered after the commit, in order, and the batch is published.

    A writer that is `alone` with its ledger, or has been for a while, takes up no more than half of the
    commands that seem to be under way: while one half is stored, the other is answered and comes back. (With
    others, each waits for the lock while they write.) `committed` hears of a batch before anything else is
    decided, or `looked`, when nothing was written, how far the ledger was and at which monotonic time at the
    earliest.
    """

    def __init__(
        self,
        database: Database,
        batch: Batch,
        states: States,
        answers: Answers,
        committed: Callable[[Sequence[Recorded]], None],
        looked: Callable[[int, float], None],
        clock: Clock,
        metrics: Metrics | None = None,
        *,
        alone: bool = True,
    ) -> None:
        self._database = database
        self._batch = batch
        self._states = states
        self._answers = answers
        self._committed = committed
        self._looked = looked
        self._clock = clock
        self._metrics: Metrics = metrics or Unmeasured()
        self._only = alone
        self._waiting: deque[_Asked] = deque()
        self._taken = 0  # how many were taken up last; none after a pause
        self._due: dict[UUID, Snapshot] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._since: float | None = None  # when the batch under way began
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many commands are not taken up yet."""
        return len(self._waiting)

    @property
    def draining(self) -> bool:
        """Whether new commands are refused because this is the end."""
        return self._closing

    @property
    def running(self) -> bool:
        """Whether there is somebody to write."""
        return self._task is not None and not self._task.done()

    @property
    def busy_seconds(self) -> float:
        """For how long the batch under way has been tried; 0 when there is none."""
        return 0.0 if self._since is None else self._clock.monotonic() - self._since

    @property
    def _alone(self) -> bool:
        return self._only or self._batch.undisturbed

    def submit(self, append: AnyAppend, done: Done) -> None:
        """Queue a command, or refuse it before it takes any room. Outcomes come in the order of commands."""
        if self._closing:
            raise Refusal("unavailable", "the server is shutting down: try again shortly", retry_after=1)
        if len(self._waiting) >= MOST_WAITING:
            self._metrics.refused()
            raise Refusal("overloaded", "too many commands are waiting: try again shortly", retry_after=1)
        self._waiting.append((append, done))
        self._idle.clear()
        self._wake.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ledger-writer")

    async def drain(self) -> None:
        """Take nothing new, finish what is under way, and tell who waits for it."""
        self._closing = True
        await self._idle.wait()
        await self._answers.all_sent()

    async def close(self) -> None:
        await self.drain()
        if self._task is not None:
            await end(self._task)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._others()
                try:
                    await self._write(self._take())
                except Exception:  # a fault of ours, after the commit: the writer must not end
                    log.exception("a committed batch was not followed up")
                self._since = None
            self._taken = 0
            self._idle.set()

    async def _others(self) -> None:
        """Those just answered may have more to say: let them come along."""
        for _ in range(1 if self._alone or self._taken < SEVERAL else TURNS):
            await asyncio.sleep(0)

    def _take(self) -> list[_Asked]:
        most = MOST_AT_ONCE
        if self._alone and self._taken:
            most = min(most, max(UNDIVIDED, (self._taken + len(self._waiting)) // 2))
        taken: list[_Asked] = []
        cold: set[UUID] = set()
        while self._waiting and len(taken) < most and len(cold) < MOST_COLD:
            append, _ = asked = self._waiting.popleft()
            taken.append(asked)
            if append.fold is not None and append.stream not in self._states:
                cold.add(append.stream)
        self._taken = len(taken)
        return taken

    async def _write(self, taken: list[_Asked]) -> None:
        """Commit a batch; when it cannot be committed as a whole, find the command that is to blame."""
        started = self._since = self._clock.monotonic()
        try:
            written = await self._commit([append for append, _ in taken], started)
        except (DatabaseUnavailable, ProjectionMismatch) as why:
            log.error("the database took none of %d commands: %r", len(taken), why.__cause__ or why)
            # Whoever came meanwhile would wait as long for the same answer.
            taken.extend(self._waiting)
            self._waiting.clear()
            self._answer(taken, [Refusal(why.code, why.detail, retry_after=1) for _ in taken])
        except Exception as error:
            if len(taken) == 1:
                log.error("a command failed for good", exc_info=error)
                self._answer(taken, [error])
                return
            middle = len(taken) // 2
            self._waiting.extendleft(reversed(taken[middle:]))  # their turn comes next: the order is kept
            await self._write(taken[:middle])
        else:
            self._batch.committed(written)
            for stream, (fold, at) in written.states.items():
                self._states.put(stream, fold, at, saved=written.loaded.get(stream, EMPTY))
            if not written.recorded:
                self._looked(written.position, started)
            self._answer(taken, written.outcomes, written.recorded)
            self._metrics.batch(
                commands=len(taken),
                events=len(written.recorded),
                seconds=self._clock.monotonic() - started,
            )
            for stream in written.states:
                if (snapshot := self._states.snapshot(stream)) is not None:
                    self._due[stream] = snapshot

    async def _commit(self, appends: list[AnyAppend], started: float) -> Written:
        """Run the transaction, again while the connection breaks; a lost answer to COMMIT is looked up."""
        due, self._due = list(self._due.values()), {}
        attempt: Written | None = None
        soon = asyncio.get_running_loop().call_soon_threadsafe

        def decided(written: Written) -> None:
            nonlocal attempt
            attempt = written
            soon(self._answers.hurry)

        def transaction(connection: Connection) -> Written:
            nonlocal attempt
            if attempt is not None and attempt.recorded and was_committed(connection, attempt):
                return attempt
            attempt = None
            return self._batch.run(connection, appends, due, decided)

        pause = 0.05
        while True:
            try:
                return await self._database.write(transaction)
            except Disturbed:  # nothing was written, and now the lock is waited for
                attempt = None
                continue
            except DatabaseUnavailable as why:
                if self._clock.monotonic() - started > PATIENCE:
                    raise
                log.warning("trying a batch of %d commands again: %r", len(appends), why.__cause__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _answer(
        self, taken: Sequence[_Asked], outcomes: Sequence[Outcome], recorded: Sequence[Recorded] = ()
    ) -> None:
        for (_, done), outcome in zip(taken, outcomes, strict=True):
            done(outcome)
        if recorded:
            self._committed(recorded)
        if self._alone and self._waiting:
            self._answers.spare()
        else:
            self._answers.hurry()
        self._answers.send(recorded)
