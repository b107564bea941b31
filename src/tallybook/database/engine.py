"""Opening a database and running transactions on it.

A transaction is a plain synchronous function over a SQLAlchemy connection. PostgreSQL runs it on the
event loop (SQLAlchemy switches away at every wait); SQLite runs it on a thread, so that a whole
transaction costs one hop. Either way it is the same code.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from tallybook.database.trouble import DatabaseUnavailable, in_trouble

if TYPE_CHECKING:  # it brings the ORM with it, for which an embedded server does not want to wait
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
Transaction = Callable[[Connection], T]

SQLITE_READERS = 4
BUSY_SECONDS = 5.0


class UnsafeDatabase(Exception):
    """A database set up so that an acknowledged write could be lost."""


class Database(Protocol):
    """An open database. Both calls raise `DatabaseUnavailable` when it is away, full or held up.

    `write` is for the ledger's one writer (and for private rows outside the ledger); on SQLite calls
    queue up behind each other. `read` runs beside it, sees everything that was committed before the
    call, all of it at one moment, and cannot write.
    """

    url: URL

    async def read(self, transaction: Transaction[T]) -> T: ...

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


class SqliteDatabase:
    """SQLite in WAL mode with synchronous FULL: one writing thread, a few reading ones."""

    def __init__(self, url: URL) -> None:
        self.url = url
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._writer_engine = self._engine("BEGIN IMMEDIATE", 1)
        self._reader_engine = self._engine("BEGIN", SQLITE_READERS)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(SQLITE_READERS, thread_name_prefix="sqlite-reader")

    def _engine(self, begin: str, size: int) -> Engine:
        engine = create_engine(
            self.url.set(drivername="sqlite+pysqlite"),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
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
        self._writer_engine.dispose()
        self._reader_engine.dispose()


class PostgresDatabase:
    """PostgreSQL through asyncpg. Time-outs keep a stopped process from holding everyone else up."""

    def __init__(self, url: URL, *, patient: bool = False) -> None:
        self.url = url
        settings = {
            "application_name": "tallybook",
            "lock_timeout": "10s",
            "statement_timeout": "30s",
            "idle_in_transaction_session_timeout": "5s",
            "timezone": "UTC",
        }
        # A server that vanishes without a word ends no statement: then it is we who stop waiting.
        answer_within: float | None = 35
        if patient:  # maintenance works in long statements
            settings |= {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
            answer_within = None
        reading = {"default_transaction_isolation": "repeatable read", "default_transaction_read_only": "on"}

        from sqlalchemy.ext.asyncio import create_async_engine

        def connections(size: int, settings: dict[str, str]) -> "AsyncEngine":
            return create_async_engine(
                url.set(drivername="postgresql+asyncpg"),
                pool_size=size,
                max_overflow=0,
                pool_timeout=5,
                connect_args={"server_settings": settings, "timeout": 5, "command_timeout": answer_within},
            )

        # Readers have connections of their own, so that they cannot keep the writer waiting for one.
        self._writer = connections(4, settings)
        self._reader = connections(10, settings | reading)

    async def read(self, transaction: Transaction[T]) -> T:
        try:
            return await self._run(self._reader, transaction)
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, DBAPIError) or not error.__cause__.connection_invalidated:
                raise
        # The connection had died in the pool (the server was restarted); now it is a new one.
        return await self._run(self._reader, transaction)

    async def write(self, transaction: Transaction[T]) -> T:
        return await self._run(self._writer, transaction)

    @staticmethod
    async def _run(engine: "AsyncEngine", transaction: Transaction[T]) -> T:
        with _trouble_refused():
            async with engine.begin() as connection:
                return await connection.run_sync(transaction)

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()


def open_database(url: str, *, patient: bool = False) -> Database:
    """The database at a settings URL. `patient` lifts the time-outs, for maintenance."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        return SqliteDatabase(parsed)
    if parsed.drivername == "postgresql":
        return PostgresDatabase(parsed, patient=patient)
    raise ValueError(f"{parsed.drivername} is not supported by this release; use sqlite or postgresql")


def migration_engine(url: str) -> "Engine | AsyncEngine":
    """An engine for schema changes, without pool or time-outs."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        return create_engine(parsed.set(drivername="sqlite+pysqlite"), poolclass=NullPool)
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine(parsed.set(drivername="postgresql+asyncpg"), poolclass=NullPool)


def check_durability(connection: Connection) -> None:
    """Refuse a database that would acknowledge a commit before it is safe."""

    def setting(statement: str) -> Any:
        return connection.execute(text(statement)).scalar_one()

    if connection.dialect.name == "sqlite":
        if setting("PRAGMA synchronous") not in {2, 3}:
            raise UnsafeDatabase("SQLite runs with synchronous below FULL")
        if setting("PRAGMA journal_mode") != "wal":
            raise UnsafeDatabase("SQLite could not switch to WAL; is the file on a network share?")
    else:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            if (value := setting(f"SHOW {name}")) in {"off", "local"}:
                raise UnsafeDatabase(f"PostgreSQL runs with {name} {value}; turn it on")
