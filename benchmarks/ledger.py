"""How close the ledger comes to its databases: appending against a bare replay of the same statements."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import UUID

import msgspec
import uvloop

from benchmarks.statements import recording, replay
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
    concerns = ""
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


async def throughput(name: str, fresh: Callable[[], str]) -> None:
    print(f"{name:12} {'callers':>8} {'batch':>6} {'ledger/s':>9} {'bare/s':>9} {'ratio':>6}")
    for callers, commands in CALLERS.items():
        best, best_bare = 0.0, 0.0
        for _ in range(ROUNDS):
            best = max(best, await ledger_run(await tables(fresh()), callers, commands))
            with recording() as recorded:
                await ledger_run(await tables(fresh()), callers, commands)
            best_bare = max(best_bare, await replay(recorded, await tables(fresh())))
        size = commands / len(recorded.batches)
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
    await throughput("PostgreSQL", postgresql)
    await throughput("SQLite", sqlite)
    await sizes(server, url)
    await loading("PostgreSQL", postgresql())
    await loading("SQLite", sqlite())


def main() -> None:
    with Postgres() as server, TemporaryDirectory() as folder:
        uvloop.run(run(server, folder))
