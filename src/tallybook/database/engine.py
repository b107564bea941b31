"""Opening a database and running transactions on it.

A transaction is a plain synchronous function over a SQLAlchemy connection. A server's runs on the
event loop (SQLAlchemy switches away at every wait); SQLite's runs on a thread, so that a whole
transaction costs one hop. Either way it is the same code.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.util import greenlet_spawn

from tallybook.database import mariadb, postgresql
from tallybook.database.connections import Connections
from tallybook.database.driver import Rows
from tallybook.database.gathering import send
from tallybook.database.glances import Glanced, ServerGlances, SqliteGlances
from tallybook.database.prepared import Query
from tallybook.database.trouble import DatabaseUnavailable, in_trouble

if TYPE_CHECKING:  # it brings the ORM with it, for which an embedded server does not want to wait
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
V = TypeVar("V")
Transaction = Callable[[Connection], T]

SQLITE_READERS = 4
BUSY_SECONDS = 5.0


class UnsafeDatabase(Exception):
    """A database set up so that an acknowledged write could be lost."""


class Database(Protocol):
    """An open database. Every call raises `DatabaseUnavailable` when it is away, full or held up.

    `write` is for the ledger's one writer (and for private rows outside the ledger); on SQLite calls
    queue up behind each other. `read` runs beside it, sees everything that was committed before the
    call, all of it at one moment, and cannot write. `glance` is a read that is one query, best one of
    few rows: it answers them on the shortest way there is.
    """

    url: URL

    async def read(self, transaction: Transaction[T]) -> T: ...

    async def glance(self, query: Query[V], values: V) -> Rows: ...

    async def write(self, transaction: Transaction[T]) -> T: ...

    async def close(self) -> None: ...


@contextmanager
def _trouble_refused() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if in_trouble(error):
            raise DatabaseUnavailable from error
        raise


def _make_folder(url: URL) -> None:
    if url.database:
        with _trouble_refused():
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def shown(url: URL) -> str:
    """A URL as it may be shown: without the password, or options that may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


class SqliteDatabase:
    """SQLite in WAL mode with synchronous FULL: one writing thread, a few reading ones."""

    def __init__(self, url: URL) -> None:
        self.url = url
        _make_folder(url)
        self._writer_engine = self._engine("BEGIN IMMEDIATE", 1)
        self._reader_engine = self._engine("BEGIN", SQLITE_READERS + 1)  # one is for glances
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(SQLITE_READERS, thread_name_prefix="sqlite-reader")
        self._glances = SqliteGlances(self._reader_engine)

    def _engine(self, begin: str, size: int) -> Engine:
        engine = create_engine(
            self.url.set(drivername="sqlite+pysqlite"),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS, "cached_statements": 256},
        )

        @event.listens_for(engine, "connect")
        def set_up(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None  # transactions begin and end where we say so
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-65536")
            connection.execute(f"PRAGMA query_only={begin == 'BEGIN'}")

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    async def read(self, transaction: Transaction[T]) -> T:
        return await self._run(self._readers, self._reader_engine, transaction)

    async def glance(self, query: Query[V], values: V) -> Rows:
        rows = self._glances.rows(query, values)
        return await self.read(lambda connection: query.run(connection, values)) if rows is None else rows

    async def write(self, transaction: Transaction[T]) -> T:
        return await self._run(self._writer, self._writer_engine, transaction)

    @staticmethod
    async def _run(executor: ThreadPoolExecutor, engine: Engine, transaction: Transaction[T]) -> T:
        def run() -> T:
            with _trouble_refused(), engine.begin() as connection:
                return transaction(connection)

        return await asyncio.get_running_loop().run_in_executor(executor, run)

    async def close(self) -> None:
        for executor in (self._writer, self._readers):
            executor.shutdown(wait=True)
        self._glances.close()
        self._writer_engine.dispose()
        self._reader_engine.dispose()


class ServerDatabase:
    """A database server behind an asynchronous driver.

    Readers have connections of their own, so that they cannot keep the writer waiting for one.
    """

    def __init__(
        self,
        url: URL,
        *,
        writer: Connections,
        reader: Connections,
        glances: ServerGlances,
        answer_within: float | None,
    ) -> None:
        self.url = url
        # A server that vanishes without a word ends no statement: then it is we who stop waiting.
        self._answer_within = answer_within
        self._writer = writer
        self._reader = reader
        self._glances = glances

    async def read(self, transaction: Transaction[T]) -> T:
        try:
            return await self._run(self._reader, transaction)
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, DBAPIError) or not error.__cause__.connection_invalidated:
                raise
        # The connection had died in the pool (the server was restarted); now it is a new one.
        return await self._run(self._reader, transaction)

    async def glance(self, query: Query[V], values: V) -> Rows:
        with _trouble_refused():
            rows = await self._glances.rows(query, values)
        return await self.read(lambda connection: query.run(connection, values)) if rows is None else rows

    async def write(self, transaction: Transaction[T]) -> T:
        return await self._run(self._writer, transaction)

    async def _run(self, connections: Connections, transaction: Transaction[T]) -> T:
        def run() -> T:
            with connections.engine.sync_engine.begin() as connection:
                return transaction(connection)

        with _trouble_refused():
            async with connections, asyncio.timeout(self._answer_within):
                return await greenlet_spawn(run)  # one for all of it: an AsyncEngine takes one for each step

    async def close(self) -> None:
        await self._glances.close()
        await self._writer.close()
        await self._reader.close()


class Server(Glanced, Protocol):
    """What the module named after a server says of it."""

    ANSWER_WITHIN: float | None  # seconds for a transaction
    ALONE_WITH_SCHEMA: str  # waits for whoever changes the schema, and keeps others waiting

    def driver(self, url: URL) -> URL:
        """The URL with the driver to use."""

    def session(self, *, read_only: bool, patient: bool) -> dict[str, Any]:
        """What the driver is told when it connects."""

    def weakness(self, connection: Connection) -> str | None:
        """Why the database may lose what it has acknowledged, or behave otherwise than the others."""


_SERVERS: dict[str, Server] = {"postgresql": postgresql, "mysql": mariadb, "mariadb": mariadb}


def open_database(url: str, *, patient: bool = False) -> Database:
    """The database at a settings URL. `patient` lifts the time-outs, for maintenance."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        return SqliteDatabase(parsed)
    server = _SERVERS.get(parsed.drivername)
    if server is None:
        raise ValueError(
            f"{parsed.drivername} is not supported by this release; use sqlite, postgresql or mysql"
        )
    from sqlalchemy.ext.asyncio import create_async_engine

    def connections(size: int, *, read_only: bool) -> Connections:
        engine = create_async_engine(
            server.driver(parsed),
            pool_size=size,
            pool_use_lifo=True,  # whoever asked last has the plans and pages at hand
            max_overflow=0,
            pool_reset_on_return=None,  # every transaction comes to its end
            hide_parameters=True,  # errors are logged, and values are nobody's business
            connect_args=server.session(read_only=read_only, patient=patient),
        )
        for name in ("before_execute", "savepoint"):
            event.listen(engine.sync_engine, name, lambda connection, *_: send(connection))
        return Connections(engine, size)

    answer_within = None if patient else server.ANSWER_WITHIN
    return ServerDatabase(
        parsed,
        writer=connections(4, read_only=False),
        reader=connections(6, read_only=True),
        glances=ServerGlances(connections(4, read_only=True), server, answer_within),
        answer_within=answer_within,
    )


def migration_engine(url: str) -> "Engine | AsyncEngine":
    """An engine for schema changes, without pool or time-outs."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        _make_folder(parsed)
        return create_engine(parsed.set(drivername="sqlite+pysqlite"), poolclass=NullPool)
    from sqlalchemy.ext.asyncio import create_async_engine

    if parsed.drivername == "postgresql":
        return create_async_engine(postgresql.driver(parsed), poolclass=NullPool)
    session = mariadb.session(read_only=False, patient=True)
    return create_async_engine(mariadb.driver(parsed), poolclass=NullPool, connect_args=session)


def alone_with_schema(connection: Connection) -> None:
    """Wait until nobody else changes this database's schema, and let nobody until the transaction ends.

    On MariaDB, where each change of a table commits, until the connection does.
    """
    server = _SERVERS.get(connection.dialect.name)
    if server is not None:
        connection.exec_driver_sql(server.ALONE_WITH_SCHEMA)


def prepare_schema(connection: Connection) -> None:
    """Before tables are made: see that they will compare text as everywhere else."""
    if connection.dialect.name == "mariadb":
        mariadb.compare_bytewise(connection)


def check_durability(connection: Connection) -> None:
    """Refuse a database that would acknowledge a commit before it is safe."""
    name = connection.dialect.name
    weakness = _sqlite_weakness if name == "sqlite" else _SERVERS[name].weakness
    if (found := weakness(connection)) is not None:
        raise UnsafeDatabase(found)


def _sqlite_weakness(connection: Connection) -> str | None:
    if connection.exec_driver_sql("PRAGMA synchronous").scalar_one() not in {2, 3}:
        return "SQLite runs with synchronous below FULL"
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() != "wal":
        return "SQLite could not switch to WAL; is the file on a network share?"
    return None
