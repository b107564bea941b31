"""How fast the demo fills a server, against a bare bulk insert of the same rows into the same tables."""

import sqlite3
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from tallybook import operating
from tallybook.demo.fill import Story
from tallybook.migrations import upgrade
from tallybook.settings import Settings

STORY = Story(seed=1, until=1_770_000_000_000_000, years=2)
ROUNDS = 3


async def fill(file: Path) -> tuple[int, float]:
    """Events, and seconds from the start of the node to its end, the hashing of passwords included."""
    url = f"sqlite:///{file}"
    await upgrade(url)
    started = time.perf_counter()
    events = await operating.fill_demo(
        Settings(database_url=url, secret_keys=("x" * 32,)), STORY, lambda _done, _total: None
    )
    return events, time.perf_counter() - started


async def bare(source: Path, target: Path) -> float:
    """Seconds for the rows alone, in one transaction that reaches the disk."""
    await upgrade(f"sqlite:///{target}")
    rows = sqlite3.connect(source)
    tables = [name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    content = {name: rows.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    rows.close()
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for name, values in content.items():
        if values:
            connection.execute(f'DELETE FROM "{name}"')
            connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(values[0]))})', values)
    connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


async def run(folder: Path) -> None:
    best, best_bare = float("inf"), float("inf")
    for number in range(ROUNDS):
        events, seconds = await fill(folder / f"{number}.db")
        best = min(best, seconds)
        best_bare = min(best_bare, await bare(folder / f"{number}.db", folder / f"bare-{number}.db"))
    print(f"{events} events in {best:.1f} s: {events / best:.0f} /s; bare rows {events / best_bare:.0f} /s")
    print(f"ratio {best_bare / best:.3f}")


def main() -> None:
    with TemporaryDirectory(prefix="tallybook-bench-") as folder:
        uvloop.run(run(Path(folder)))
