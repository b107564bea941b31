"""What the ledger asks of its database, recorded batch by batch and asked again by a bare driver."""

import asyncio
import pickle
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import asyncpg
import uvloop
from sqlalchemy import Connection, Engine, event

_APPENDS = 'INSERT INTO "events"'
_AT_ONCE = "undisturbed"
_COUNT = "SELECT count(*) FROM events"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its parameters; `many` when they are a list of rows."""

    text: str
    parameters: Any
    many: bool


@dataclass(slots=True)
class Recording:
    """The transactions that appended events, in the order of their commits."""

    batches: list[list[Statement]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # events in each

    @property
    def events(self) -> int:
        return sum(self.sizes)


@contextmanager
def recording() -> Iterator[Recording]:
    """Record every database of this process until the block ends."""
    recorded = Recording()

    def before(
        connection: Connection, _cursor: object, text: str, parameters: Any, _context: object, many: bool
    ) -> None:
        if not text.startswith("BEGIN"):  # the replay begins its transactions itself
            connection.info.setdefault("statements", []).append(Statement(text, parameters, many))

    def commit(connection: Connection) -> None:
        batch: list[Statement] = connection.info.pop("statements", [])
        for statement in batch:
            if _APPENDS in statement.text:
                recorded.batches.append(batch)
                rows = (
                    statement.parameters
                    if statement.many
                    else statement.parameters[_AT_ONCE in statement.text]
                )
                recorded.sizes.append(len(rows))

    def rollback(connection: Connection) -> None:
        connection.info.pop("statements", None)

    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": before,
        "commit": commit,
        "rollback": rollback,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield recorded
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


async def replay(recorded: Recording, url: str) -> float:
    """Events a second of a bare loop over the recorded batches, on a database that lacks them.

    In a process of its own, which has the drivers as they come.
    """
    command = (sys.executable, "-m", "benchmarks.statements", url)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    said, _ = await process.communicate(pickle.dumps(recorded))
    return float(said)


async def _replay(recorded: Recording, url: str) -> float:
    if url.startswith("sqlite:///"):
        return _replay_sqlite(recorded, url.removeprefix("sqlite:///"))
    connection = await asyncpg.connect(url)
    try:
        texts = {statement.text for batch in recorded.batches for statement in batch}
        prepared = {text: await connection.prepare(text) for text in texts}
        locks: int = await connection.fetchval("SELECT nextval('ledger_lock_numbers')")
        batches = []
        for number, batch in enumerate(recorded.batches, start=locks + 1):
            # What is one statement, and no transaction besides, wants the lock to have had its own number.
            at_once = any(_AT_ONCE in statement.text for statement in batch)
            batches.append((at_once, [_numbered(statement, number) for statement in batch]))
        before = await connection.fetchval(_COUNT)
        started = perf_counter()
        for at_once, batch in batches:
            async with nullcontext() if at_once else connection.transaction():
                for statement in batch:
                    await prepared[statement.text].fetch(*statement.parameters)
        seconds = perf_counter() - started
        assert await connection.fetchval(_COUNT) - before == recorded.events, "some of it wrote nothing"
        return recorded.events / seconds
    finally:
        await connection.close()


def _numbered(statement: Statement, number: int) -> Statement:
    if _AT_ONCE not in statement.text:
        return statement
    return replace(statement, parameters=(number, *statement.parameters[1:]))


def _replay_sqlite(recorded: Recording, path: str) -> float:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        started = perf_counter()
        for batch in recorded.batches:
            connection.execute("BEGIN IMMEDIATE")
            for statement in batch:
                if statement.many:
                    connection.executemany(statement.text, statement.parameters)
                else:
                    connection.execute(statement.text, statement.parameters).fetchall()
            connection.execute("COMMIT")
        return recorded.events / (perf_counter() - started)
    finally:
        connection.close()


if __name__ == "__main__":
    print(uvloop.run(_replay(pickle.load(sys.stdin.buffer), sys.argv[1])))
