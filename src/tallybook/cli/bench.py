"""What this machine can do: bare commits, and commands through the ledger."""

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tallybook.database.engine import SqliteDatabase, open_database
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Event, event
from tallybook.kernel.ids import new_id
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tallybook.migrations import upgrade
from tallybook.settings import Settings


@event("bench.measured.v1")
class Measured(Event, frozen=True):
    """An event of a measurement; it is only ever written to a throwaway file."""

    padding: str


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    per_second: float


async def measure(settings: Settings, seconds: float) -> Sequence[Figure]:
    """Measure on throwaway SQLite files beside the data, `seconds` for each figure."""
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=settings.data_folder))
    try:
        figures = [Figure("bare SQLite commits of one row", _bare(folder / "bare.db", seconds))]
        for callers in (1, 100, 500):
            rate = await _ledger(folder / f"ledger-{callers}.db", callers, seconds)
            figures.append(Figure(f"commands through the ledger, {callers} waiting", rate))
        return figures
    finally:
        shutil.rmtree(folder)


def _bare(path: Path, seconds: float) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, padding TEXT)")
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        connection.execute("INSERT INTO row (padding) VALUES (?)", ("x" * 80,))
        count += 1
    connection.close()
    return count / (time.perf_counter() - started)


async def _ledger(path: Path, callers: int, seconds: float) -> float:
    url = f"sqlite:///{path}"
    await upgrade(url)
    database = open_database(url)
    assert isinstance(database, SqliteDatabase)
    ledger = Ledger(database, (), SystemClock())
    await ledger.start()
    started, count = time.perf_counter(), 0

    async def caller() -> None:
        nonlocal count
        stream, fact = new_id(), Measured("x" * 80)
        while time.perf_counter() - started < seconds:
            await ledger.append(
                Append(stream=stream, kind="session", fold=None, decide=lambda _s, _i: [fact])
            )
            count += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed = time.perf_counter() - started
    await ledger.close()
    await database.close()
    return count / elapsed
