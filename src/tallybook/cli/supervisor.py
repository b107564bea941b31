"""Several processes on one port: starts workers, replaces those that die, and ends them all in good order."""

import asyncio
import logging
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

log = logging.getLogger(__name__)

END_SECONDS = 9.8  # the promise is ten; a worker needs nine and a half at most
SOON = 10.0  # seconds; a worker that ends sooner is not replaced at once
LONGEST_PAUSE = 30.0
READY = b"ready\n"  # what a worker says on its standard output


class Failed(Exception):
    """A worker could not start, for the reason it has told on its standard error."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class Supervisor:
    """Keeps `number` workers running, each started by `command`, until SIGTERM or SIGINT.

    A worker says `READY` when it serves, and ends by itself when its standard input does: so none is left
    behind when the supervisor is killed. `ready` is called once, when all of them serve.
    """

    def __init__(self, command: Sequence[str], number: int, ready: Callable[[], None]) -> None:
        self._command = command
        self._number = number
        self._ready = ready
        self._starting = number
        self._ending = asyncio.Event()
        self._workers: set[Process] = set()

    async def run(self) -> bool:
        """Whether all workers ended well when they were asked to. Raises `Failed` when one never served."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, number)
        slots = [asyncio.create_task(self._keep()) for _ in range(self._number)]
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait([*slots, ending], return_when=asyncio.FIRST_COMPLETED)
        self._end(signal.SIGTERM)
        await asyncio.wait(slots, timeout=END_SECONDS)
        for worker in self._workers:
            log.error("worker %d did not end in time and is killed", worker.pid)
            worker.kill()
        return all([await slot for slot in slots])

    def _end(self, number: int) -> None:
        again = self._ending.is_set() and number == signal.SIGINT
        self._ending.set()
        for worker in self._workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGKILL if again else signal.SIGTERM)

    async def _keep(self) -> bool:
        """One worker after another; whether the last one ended well."""
        time = asyncio.get_running_loop().time
        pause = 0.0
        first = True
        while True:
            started = time()
            served, code = await self._work(first=first)
            if self._ending.is_set():
                return code == 0 or not served  # else it was told before it could listen
            if first and not served:
                raise Failed(code)
            first = False
            soon = time() - started < SOON
            pause = min(max(1.0, 2 * pause), LONGEST_PAUSE) if soon and not served else 0.0
            log.error("a worker ended with code %d; the next one starts in %.0f s", code, pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._ending.wait()
            if self._ending.is_set():
                return True

    async def _work(self, *, first: bool) -> tuple[bool, int]:
        """Run a worker to its end: whether it ever served, and its exit code."""
        # Not of our session, so that Ctrl-C comes from here alone.
        worker = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
        self._workers.add(worker)
        try:
            if self._ending.is_set():
                worker.terminate()
            assert worker.stdout is not None
            served = await worker.stdout.readline() == READY
            if served:
                log.info("worker %d serves", worker.pid)
                if first:
                    self._starting -= 1
                    if not self._starting:
                        self._ready()
            return served, await worker.wait()
        finally:
            self._workers.discard(worker)
