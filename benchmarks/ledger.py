"""How close the ledger comes to its databases: appending against a bare replay of the same statements."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from sqlalchemy import Connection, Engine, event

from tallybook.database.engine import open_database
from tallybook.database.schema import metadata
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.events import event as stored
from tallybook.kernel.ids import new_id
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tests.servers.postgres import Postgres

CALLERS = {1: 400, 100: 20_000, 500: 30_000}  # waiting at once: commands in all
ROUNDS = 3  # of which the best counts: other work on the machine only ever slows down
LONG = 50_000  # events in the stream that is loaded


@stored("bench_scored.v1")
class Scored(Event, frozen=True):
    """A payload of 100 bytes."""

    value: int
    filler: str


class Sum:
    """The cheapest fold there is, so that what is measured is the ledger."""

    kind: Literal["session"] = "session"
    name = "bench_sum"
    version = 1

    def initial(self) -> int:
        return 0

    def evolve(self, state: int, recorded: Recorded) -> int:
        return self.fold(state, [recorded])

    def fold(self, state: int, events: Sequence[Recorded]) -> int:
        return sum((recorded.event.value for recorded in events), state)  # type: ignore[attr-defined]  # the only events there are have one

    def dump(self, state: int) -> bytes:
        return msgspec.json.encode(state)

    def load(self, data: bytes) -> int:
        return msgspec.json.decode(data, type=int)


SUM = Sum()


def scored(_state: int, index: int) -> Sequence[Event]:
    return [Scored(value=index, filler="x" * (78 - len(str(index))))]


Statement = tuple[str, Any, bool]  # with its parameters; whether they are many rows
Bare = Callable[[str, list[list[Statement]]], Awaitable[float]]


class Recording:
    """The statements of every transaction that wrote, with their parameters, in the order of the commits."""

    def __init__(self) -> None:
        self.transactions: list[list[Statement]] = []
        self._open: dict[int, list[Statement]] = {}
        self._listeners: dict[str, Callable[..., None]] = {
            "begin": self._begin,
            "before_cursor_execute": self._note,
            "commit": self._commit,
        }

    def __enter__(self) -> Self:
        for name, listener in self._listeners.items():
            event.listen(Engine, name, listener)
        return self

    def __exit__(self, *_: object) -> None:
        for name, listener in self._listeners.items():
            event.remove(Engine, name, listener)

    def _begin(self, connection: Connection) -> None:
        self._open[id(connection)] = []

    def _note(self, connection: Connection, _cursor: Any, *rest: Any) -> None:
        statement, parameters, _context, many = rest
        if not statement.startswith("BEGIN"):
            self._open.setdefault(id(connection), []).append((statement, parameters, many))

    def _commit(self, connection: Connection) -> None:
        statements = self._open.pop(id(connection))
        if any("INSERT" in statement for statement, _, _ in statements):
            self.transactions.append(statements)


async def ledger_run(url: str, callers: int, commands: int) -> float:
    """Events a second with so many callers waiting, each for its own stream."""
    database = open_database(url)
    ledger = Ledger(database, [], SystemClock())
    await ledger.start()

    async def call(caller: int) -> None:
        stream = new_id()
        for number in range(commands // callers):
            await ledger.append(append(stream, actor=stream, command_id=f"{caller}-{number}"))

    started = time.perf_counter()
    await asyncio.gather(*(call(caller) for caller in range(callers)))
    seconds = time.perf_counter() - started
    await ledger.close()
    await database.close()
    return commands / seconds


def append(stream: UUID, **fields: Any) -> Append[int]:
    return Append(
        stream=stream,
        kind="session",
        fold=SUM,
        decide=scored,
        fingerprint=bytes(16),
        **fields,
    )


async def bare_postgresql(url: str, transactions: list[list[Statement]]) -> float:
    """Seconds for the same statements by the driver alone."""
    connection = await asyncpg.connect(url)
    started = time.perf_counter()
    for statements in transactions:
        async with connection.transaction():
            for statement, parameters, _ in statements:
                await connection.fetch(statement, *parameters)
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds


async def bare_sqlite(url: str, transactions: list[list[Statement]]) -> float:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=256)
    connection.execute("PRAGMA synchronous=FULL")
    started = time.perf_counter()
    for statements in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in statements:
            if many:
                connection.executemany(statement, parameters)
            else:
                connection.execute(statement, parameters).fetchall()
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


async def throughput(name: str, fresh: Callable[[], str], bare: Bare) -> None:
    print(f"{name:12} {'callers':>8} {'batch':>6} {'ledger/s':>9} {'bare/s':>9} {'ratio':>6}")
    for callers, commands in CALLERS.items():
        best, best_bare = 0.0, 0.0
        for _ in range(ROUNDS):
            best = max(best, await ledger_run(await tables(fresh()), callers, commands))
            with Recording() as recording:
                await ledger_run(await tables(fresh()), callers, commands)
            written = [t for t in recording.transactions if any('INTO "events"' in s for s, _, _ in t)]
            best_bare = max(best_bare, commands / await bare(await tables(fresh()), written))
        size = commands / len(written)
        print(f"{'':12} {callers:8} {size:6.0f} {best:9.0f} {best_bare:9.0f} {best / best_bare:6.2f}")


async def tables(url: str) -> str:
    """The same database with the ledger's tables in it, empty."""
    database = open_database(url)
    await database.write(metadata.drop_all)
    await database.write(metadata.create_all)
    await database.close()
    return url


async def sizes(server: Postgres, url: str) -> None:
    """Bytes an event, after many commands of one event each on five hundred streams."""
    await ledger_run(await tables(url), 500, 50_000)
    name = url.rpartition("/")[2]
    print(f"PostgreSQL, bytes an event (payload {len(msgspec.json.encode(scored(0, 0)[0]))})")
    for table in ("events", "streams", "commands"):
        query = f"SELECT pg_table_size('{table}') / 50000.0, pg_indexes_size('{table}') / 50000.0"
        rows, indexes = map(float, server.sql(query, database=name).split("|"))
        print(f"{table:>12} {rows + indexes:6.0f} = {rows:.0f} + {indexes:.0f} of indexes")


async def loading(name: str, url: str) -> None:
    """Events a second from the database into a state, without a snapshot and in one piece."""
    database = open_database(await tables(url))
    ledger = Ledger(database, [], SystemClock())
    await ledger.start()
    stream, piece = new_id(), 1_000
    for _ in range(LONG // piece):
        many = append(stream)
        many.decide = lambda state, index: [*scored(state, index)] * piece
        many.fold = None
        await ledger.append(many)
    best = 0.0
    for _ in range(ROUNDS):
        fresh = Ledger(database, [], SystemClock())
        started = time.perf_counter()
        await fresh.state(stream, SUM)
        best = max(best, LONG / (time.perf_counter() - started))
    events = await ledger.events(stream)
    started = time.perf_counter()
    SUM.fold(0, events)
    folding = LONG / (time.perf_counter() - started)
    print(f"{name:12} {best:8.0f} events/s loaded and folded; {folding:.0f} events/s decoded and folded")
    await ledger.close()
    await database.close()


async def run(server: Postgres, folder: str) -> None:
    def postgresql() -> str:
        return url

    def sqlite() -> str:
        for leftover in Path(folder).iterdir():
            leftover.unlink()
        return f"sqlite:///{folder}/tallybook.db"

    url = server.create_database()
    await throughput("PostgreSQL", postgresql, bare_postgresql)
    await throughput("SQLite", sqlite, bare_sqlite)
    await sizes(server, url)
    await loading("PostgreSQL", postgresql())
    await loading("SQLite", sqlite())


def main() -> None:
    with Postgres() as server, TemporaryDirectory() as folder:
        uvloop.run(run(server, folder))
