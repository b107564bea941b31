"""One connection to Redis that everybody's script calls share: what is asked meanwhile goes in one write."""

import asyncio
import logging
from asyncio import Future, Task
from hashlib import sha1
from math import inf

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from tallybook.kernel.clock import Clock
from tallybook.kernel.tasks import end

log = logging.getLogger(__name__)

TIMEOUT = 1.0  # seconds for a round trip
RETRY_AFTER = 0.2  # seconds between attempts to connect

Argument = bytes | str | int


class OutOfReach(Exception):
    """Redis did not do it, or did and could not say so."""


class Wire:
    """Calls of one script, answered in their order over a connection that is never silently replaced.

    While it is down a call fails at once, and only makes another attempt to connect begin. redis-py's own
    client would connect again unasked, and pairs answers with calls wrongly when a caller is cancelled.
    """

    def __init__(self, url: str, script: bytes, prefix: str, clock: Clock) -> None:
        self._pool = ConnectionPool.from_url(
            url, protocol=2, socket_timeout=None, retry=Retry(NoBackoff(), 0), decode_responses=False
        )
        self._script = script
        self._head = ("EVALSHA", sha1(script, usedforsecurity=False).hexdigest(), 1)
        self.prefix = prefix
        self._clock = clock
        self._connection: AbstractConnection | None = None
        self._queue: list[tuple[tuple[Argument, ...], Future[bytes]]] = []
        self._task: Task[None] | None = None
        self._retry_at = -inf
        self.opened_at = inf  # when the connection was, by the clock's monotonic

    async def call(self, *arguments: Argument) -> bytes:
        """Run the script; what it returned. Raises `OutOfReach`."""
        if self._connection is None and not self.knock():
            raise OutOfReach
        future: Future[bytes] = asyncio.get_running_loop().create_future()
        self._queue.append((arguments, future))
        if self._task is None:
            self._start()
        return await future

    def knock(self) -> bool:
        """Begin to connect, unless an attempt has just failed; whether there is hope."""
        if self._connection is None and self._task is None:
            if self._clock.monotonic() < self._retry_at:
                return False
            self._start()
        return self._retry_at == -inf

    async def close(self) -> None:
        """Let go of the connection."""
        if self._task is not None:
            await end(self._task)
        await self._hang_up()

    def _start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        calls = []
        try:
            while True:
                async with asyncio.timeout(TIMEOUT):
                    connection = self._connection or await self._connect()
                    calls, self._queue = self._queue, []
                    if not calls:
                        return
                    commands = connection.pack_commands(
                        [(*self._head, self.prefix, *arguments) for arguments, _ in calls]
                    )
                    await connection.send_packed_command(commands, check_health=False)
                    for _, future in calls:
                        answer = await connection.read_response()
                        if not future.done():  # the caller may have gone
                            future.set_result(answer)
        except (OSError, RedisError, TimeoutError) as error:
            level = logging.WARNING if self._retry_at == -inf else logging.DEBUG  # once for each outage
            log.log(level, "no answer from Redis: %s", str(error) or "it took too long")
            self._retry_at = self._clock.monotonic() + RETRY_AFTER
            await self._hang_up()
        finally:
            self._task = None
            for _, future in [*calls, *self._queue]:
                if not future.done():
                    future.set_exception(OutOfReach())
            self._queue = []

    async def _connect(self) -> AbstractConnection:
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # the library's
        try:
            await connection.connect()  # type: ignore[no-untyped-call]  # the library's
            await connection.send_packed_command(connection.pack_command("SCRIPT LOAD", self._script))
            await connection.read_response()
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self.opened_at = self._clock.monotonic()
        self._retry_at = -inf
        self._connection = connection
        return connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        self.opened_at = inf
        if connection is not None:
            await connection.disconnect(nowait=True)
