"""Nodes with work behind their ledgers, for tests to watch."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection

from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.ledger.following import LEASE, Runner
from tallybook.ledger.ledger import Ledger
from tests.ledger.kit import UNLUCKY, Pile, node, pile

SHORT = 0.3  # seconds; a lease that a test can outlive


class Heap(Pile):
    """A pile that follows: a row twice applied would be an error, as the table has a primary key."""

    name = "test_heap"
    concerns = frozenset({"test_taken"})

    def __init__(self, version: int = 1) -> None:
        super().__init__(version)
        self.applied = 0
        self.luck = True

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        taken = [(e.position, e.stream, e.event.sticks) for e in events if e.type == "test_taken.v2"]  # type: ignore[attr-defined]
        if self.luck and any(row[2] == UNLUCKY for row in taken):
            raise ZeroDivisionError("an unlucky number")
        for position, stream, number in taken:
            row = {"position": position, "stream": stream, "sticks": number * self.version}
            connection.execute(pile[slot].insert().values(row))
        self.applied += len(taken)


class Echo:
    """A reaction that remembers what it heard."""

    name = "test_echo"
    concerns = frozenset({"test_taken"})

    def __init__(self, *, from_start: bool = False) -> None:
        self.from_start = from_start
        self.heard: list[int] = []
        self.unlucky: set[int] = set()

    async def react(self, events: Sequence[Recorded]) -> bool:
        for event in events:
            if event.position in self.unlucky:
                self.unlucky.remove(event.position)
                raise ZeroDivisionError("an unlucky position")
            self.heard.append(event.position)
        return True


@asynccontextmanager
async def working(url: str, *, lease: float = LEASE, **work: Any) -> AsyncIterator[tuple[Ledger, Runner]]:
    """A node with work behind its ledger."""
    async with node(url, following=work.get("projections", ())) as ledger:
        runner = Runner(ledger, SystemClock(), lease=lease, **work)
        runner.start()
        try:
            yield ledger, runner
        finally:
            await runner.close()


async def numbers(ledger: Ledger, heap: Heap, slot: str | None = None) -> list[int]:
    return [row[2] for row in await ledger.database.read(partial(heap.rows, slot=slot))]


async def stop_dead(runner: Runner) -> None:
    """As when the process is killed: nothing is given back."""
    assert runner._task is not None
    runner._task.cancel()
    await asyncio.gather(*(work.stop() for work in runner.works.values()))
    runner._task = None
