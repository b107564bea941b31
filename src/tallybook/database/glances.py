"""Single queries on the shortest way: past transactions and pools, and on SQLite past the threads.

Around a query of a tenth of a millisecond those cost several times as much as the query itself.
"""

import asyncio
import sqlite3
from contextlib import AsyncExitStack
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from tallybook.database.connections import Connections
from tallybook.database.driver import Rows
from tallybook.database.prepared import Filled, Query

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

V = TypeVar("V")

STEPS = 1_000  # instructions of SQLite's between two looks at how long a query already runs
LONGEST = 0.004  # seconds


class SqliteGlances:
    """A connection that is asked on the event loop itself, where changing threads would cost the most."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: PoolProxiedConnection | None = None
        self._connection: sqlite3.Connection | None = None
        self._until = 0.0

    def rows(self, query: Query[V], values: V) -> Rows | None:
        """None for what takes long, has to wait or cannot succeed: that is for a thread."""
        try:
            connection = self._connection or self._open()
            self._until = perf_counter() + LONGEST
            return connection.execute(*query.filled(self._engine.dialect, values)).fetchall()
        except (sqlite3.Error, DBAPIError):
            return None

    def _open(self) -> sqlite3.Connection:
        self._held = self._engine.raw_connection()
        connection = self._held.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.execute("PRAGMA busy_timeout=0")
        connection.set_progress_handler(self._look, STEPS)
        self._connection = connection
        return connection

    def _look(self) -> bool:
        """Whether to give up."""
        return perf_counter() > self._until

    def close(self) -> None:
        if self._held is not None:
            self._held.close()


class Glanced(Protocol):
    """What the module named after a server says of glances at it."""

    BEFORE_GLANCES: str  # a statement, once on each connection

    async def fetch(self, driver: Any, filled: Filled) -> Rows:
        """The rows of a query, asked of the driver itself."""


class ServerGlances:
    """Connections that never have a transaction, each with one query at a time."""

    def __init__(self, connections: Connections, server: Glanced, within: float | None) -> None:
        self._connections = connections
        self._server = server
        self._within = within  # seconds that an answer may take
        self._idle: list[tuple[AsyncConnection, Any]] = []
        self._waiting: dict[Filled, asyncio.Task[Rows | None]] = {}  # whose turn has yet to come

    async def rows(self, query: Query[V], values: V) -> Rows | None:
        """None for what failed, whyever: asked again in a transaction, it fails as everything does.

        While all are busy, whoever asks the same before its turn comes shares the answer.
        """
        filled = query.filled(self._connections.engine.dialect, values)
        if not self._connections.busy:
            async with self._connections:
                return await self._rows(filled)
        if filled not in self._waiting:
            self._waiting[filled] = asyncio.create_task(self._in_turn(filled))
            # Whoever waited for it may have gone away: then nobody is left to hear of an error.
            self._waiting[filled].add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._waiting[filled])

    async def _in_turn(self, filled: Filled) -> Rows | None:
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._connections)
            finally:
                del self._waiting[filled]
            return await self._rows(filled)

    async def _rows(self, filled: Filled) -> Rows | None:
        try:
            held, driver = self._idle.pop() if self._idle else await self._open()
            try:
                async with asyncio.timeout(self._within):
                    rows = await self._server.fetch(driver, filled)
            except BaseException:
                await self._drop(held)
                raise
        except Exception:
            return None
        self._idle.append((held, driver))
        return rows

    async def _open(self) -> tuple["AsyncConnection", Any]:
        held = await self._connections.engine.connect()
        try:
            driver = (await held.get_raw_connection()).driver_connection
            await self._server.fetch(driver, (self._server.BEFORE_GLANCES, ()))
        except BaseException:
            await self._drop(held)
            raise
        return held, driver

    @staticmethod
    async def _drop(held: "AsyncConnection") -> None:
        await held.invalidate()
        await held.close()

    async def close(self) -> None:
        await self._connections.finished()
        for held, _ in self._idle:
            await self._drop(held)  # which asks nothing of a server that may be gone
        await self._connections.engine.dispose()
