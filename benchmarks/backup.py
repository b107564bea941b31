"""Backups of a million events beside a writer: how long, how large, and what the writer's commits notice."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID

import uvloop

from benchmarks.databases import Databases, PostgresDatabases, SqliteDatabases, both
from benchmarks.folding import opening, record
from tallybook.database.engine import open_database
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Event
from tallybook.kernel.ids import new_id
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tallybook.migrations import upgrade
from tallybook.upkeep import projections

EVENTS = int(os.environ.get("EVENTS", "1000000"))
SESSION = 1_000  # events in each
CALLERS = 16
PAUSE = 0.05  # seconds between one caller's commands: some three hundred a second in all
QUIET = 15.0  # seconds that are measured before the backup


def _append(stream: UUID, events: Callable[[int], Sequence[Event]]) -> Append[None]:
    return Append(
        stream=stream,
        kind="session",
        fold=None,
        decide=lambda _state, index: events(index),
        actor=stream,
    )


def _session(stream: UUID) -> Callable[[int], Sequence[Event]]:
    return lambda _index: [*opening(stream), *(record(index) for index in range(2, SESSION))]


async def _measure(ledger: Ledger, until: asyncio.Future[Any]) -> list[float]:
    """Milliseconds of every commit until the future is done."""
    latencies: list[float] = []

    async def call() -> None:
        stream = new_id()
        await ledger.append(_append(stream, lambda _index: opening(stream)))
        while not until.done():
            started = time.perf_counter()
            await ledger.append(_append(stream, lambda index: [record(index)]))
            latencies.append(1000 * (time.perf_counter() - started))
            await asyncio.sleep(PAUSE)

    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return latencies


def _shown(latencies: Sequence[float]) -> str:
    cuts = quantiles(latencies, n=100)
    return f"p50 {cuts[49]:6.1f} ms  p99 {cuts[98]:6.1f} ms  longest {max(latencies):6.1f} ms"


async def _command(url: str, *arguments: str) -> str:
    """Seconds by the clock, and those that the command had a core."""
    started, used = time.perf_counter(), sum(os.times()[2:4])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tallybook.cli", *arguments),
        env=os.environ | {"TALLYBOOK_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    elapsed = time.perf_counter() - started
    return f"{elapsed:6.1f} s ({sum(os.times()[2:4]) - used:.1f} s of a core)"


async def _reference(databases: Databases, url: str, folder: Path) -> tuple[str, float]:
    """What the database's own tool takes for a copy, with nobody writing."""
    started = time.perf_counter()
    if isinstance(databases, PostgresDatabases):
        name, server = "pg_dump --format=custom", databases.server
        await asyncio.to_thread(
            server.run, [server.binaries / "pg_dump", "--format=custom", "--file=reference", url]
        )
    else:
        name = "SQLite's online backup"
        await asyncio.to_thread(_copy, url, folder / "reference")
    return name, time.perf_counter() - started


def _copy(url: str, file: Path) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as source, sqlite3.connect(file) as target:
        source.backup(target)


async def _run(databases: Databases, folder: Path) -> None:
    url, file = databases.empty(), folder / f"{databases.name}.backup"
    await upgrade(url)
    database = open_database(url)
    ledger = Ledger(database, projections(), SystemClock())
    await ledger.start()
    for _ in range(0, EVENTS, SESSION * 10):
        streams = [new_id() for _ in range(10)]
        await asyncio.gather(*(ledger.append(_append(stream, _session(stream))) for stream in streams))
    before = await _measure(ledger, asyncio.ensure_future(asyncio.sleep(QUIET)))
    backing_up = asyncio.create_task(_command(url, "backup", str(file)))
    during = await _measure(ledger, backing_up)
    await ledger.close()
    await database.close()
    name, seconds = await _reference(databases, url, folder)
    print(f"{databases.name}: {EVENTS} events beside {CALLERS} writers")
    print(f"  backup  {await backing_up}, {file.stat().st_size / 1e6:.0f} MB; {name} {seconds:.1f} s")
    print(f"  before  {_shown(before)}\n  during  {_shown(during)}")
    restored = await _command(databases.empty(), "restore", "--no-verify", str(file))
    print(f"  restore {restored}")


def main() -> None:
    with both() as (postgres, sqlite):
        assert isinstance(sqlite, SqliteDatabases)
        for databases in (sqlite, postgres):
            uvloop.run(_run(databases, sqlite.folder))
