"""Batches written at once, without the lock being held for them: on databases that count its uses."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.util import await_only

from tallybook.bus.memory import Exchange, MemoryBus
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger import batch
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.lock import lock
from tallybook.ledger.rebuild import rebuild
from tallybook.ledger.tables import events
from tests.ledger.kit import UNLUCKY, Pile, codes, names, node, outcomes, statements, take, verified


@pytest.fixture
def url(postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(batch, "UNDISTURBED", 0)
    return postgresql()


async def costs(ledger: Ledger, table: UUID, batches: int) -> list[int]:
    """How many statements each of some batches takes."""
    found = []
    for _ in range(batches):
        with statements() as asked:
            await ledger.append(take(table, 1))
        found.append(len(asked))
    return found


async def test_a_batch_is_one_statement_once_nobody_else_has_written_for_a_while(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "UNDISTURBED", 3)
    table = new_id()
    async with node(url, Pile()) as ledger:
        # Lock, tail, head of the stream, inserts; then without the head; then the inserts alone.
        assert await costs(ledger, table, 7) == [4, 3, 3, 3, 1, 1, 1]
        with statements() as asked:  # whoever may wait for rows has the lock before
            await ledger.append(
                take(table, 7, beside=lambda c: c.execute(insert(names).values(name=1)) and None)
            )
        assert "pg_advisory_xact_lock" in asked[0]
        assert (await verified(ledger)).sound


async def test_where_there_may_be_other_nodes_that_takes_longer_to_believe(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "UNDISTURBED", 2)
    monkeypatch.setattr(batch, "AMONG_OTHERS", 2)
    table, exchange = new_id(), Exchange()
    async with (
        node(url, Pile(), bus=MemoryBus(exchange)) as a,
        node(url, Pile(), bus=MemoryBus(exchange)) as b,
    ):
        assert await costs(a, table, 7) == [4, 3, 3, 3, 3, 1, 1]
        assert 1 not in await costs(b, table, 5)
        # It tries in vain once, and then has the lock for as long as at first.
        assert 1 not in await costs(a, table, 5)
        assert await costs(a, table, 1) == [1]
        assert (await verified(a)).sound


async def test_what_was_decided_on_less_than_there_was_is_decided_again_and_so_is_a_refusal(url: str) -> None:
    table = new_id()
    async with node(url, Pile()) as a, node(url, Pile()) as b:
        await a.append(take(table, 1))
        await b.append(take(table, 2))
        # To what `a` remembers these are at odds with the stream, and nothing would be stored.
        answers = await outcomes(a, take(table, 3, expected_index=2), take(table, 4, expected_index=0))
        assert codes(answers) == ["stale", "stale"]
        assert codes(await outcomes(a, take(table, 3, expected_index=1))) == ["2-2"]
        await b.append(take(table, 4))
        assert codes(await outcomes(a, take(table, 5, expected_index=3))) == ["4-4"]
        assert [e.event.sticks for e in await a.events(table)] == [1, 2, 3, 4, 5]  # type: ignore[attr-defined]
        assert (await verified(a)).sound


async def test_a_batch_waits_for_who_holds_the_lock_and_finds_what_they_have_written(url: str) -> None:
    table = new_id()
    holds, go_on = asyncio.Event(), asyncio.Event()

    def hold(connection: Connection) -> None:
        lock(connection)
        holds.set()
        await_only(go_on.wait())

    async with node(url, Pile()) as ledger:
        await ledger.append(take(table, 1))
        holding = asyncio.create_task(ledger.database.write(hold))
        await holds.wait()
        appending = asyncio.create_task(ledger.append(take(table, 2)))
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not await ledger.database.read(lambda c: c.exec_driver_sql(waits).scalar_one()):
            await asyncio.sleep(0.005)
        assert len(await ledger.events(table)) == 1
        go_on.set()
        await holding
        with statements() as asked:
            assert (await appending).last == 1
        assert len(asked) >= 2  # it was not to be relied upon that nobody had written
        assert (await verified(ledger)).sound


class Counting(Pile):
    """Reads, while events are taken in, how many there are in the ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[int] = []

    def apply(self, connection: Connection, slot: str, events_: Sequence[Recorded]) -> None:
        self.counted.append(connection.execute(select(func.count()).select_from(events)).scalar_one())
        super().apply(connection, slot, events_)


async def test_a_projection_that_reads_what_is_being_written_reads_it_under_the_lock(url: str) -> None:
    table, counting = new_id(), Counting()
    async with node(url, counting) as a, node(url, Counting()) as b:
        await a.append(take(table, 1))
        await a.append(take(table, 2, 3))
        assert counting.counted == [1, 3]
        await b.append(take(table, 4))
        await a.append(take(table, 5))
        assert counting.counted == [1, 3, 5]  # it had not come to counting when `a` noticed `b`
        assert codes(await outcomes(a, take(table, UNLUCKY))) == ["ZeroDivisionError"]
        assert len(await a.database.read(counting.rows)) == len(await a.events(table)) == 5
        assert (await verified(a)).sound


async def test_a_rebuild_is_noticed_at_the_next_batch(url: str) -> None:
    table, kept = new_id(), Pile()
    async with node(url, kept) as ledger:
        await ledger.append(take(table, 1))
        making = asyncio.create_task(rebuild(ledger.database, [Pile()], ["test_pile"], grace=0.5))
        while not making.done():
            await ledger.append(take(table, 1))
        last = (await ledger.append(take(table, 1))).last
        rows = await ledger.database.read(lambda c: [len(kept.rows(c, slot)) for slot in "ab"])
        assert rows == [0, last + 1]


async def test_no_batch_relies_on_slots_of_which_a_rebuild_has_let_go(url: str) -> None:
    class Stuck(Pile):
        def clear(self, connection: Connection, slot: str) -> None:
            raise LookupError

    table = new_id()
    async with node(url, Pile()) as ledger:
        for number in range(3):
            await ledger.append(take(table, number))
        with pytest.raises(LookupError):
            await rebuild(ledger.database, [Stuck()], ["test_pile"], grace=0)
        with statements() as asked:
            await ledger.append(take(table, 4))
        assert len(asked) > 1


async def test_a_failure_in_a_batch_that_was_alone_is_one_of_its_command(url: str) -> None:
    table = new_id()
    async with node(url, Pile()) as ledger:
        await ledger.append(take(table, 1))
        answers = await outcomes(ledger, take(table, 2), take(table, UNLUCKY), take(table, 3))
        assert codes(answers) == ["1-1", "ZeroDivisionError", "2-2"]
        with pytest.raises(Refusal):
            await ledger.append(take(table, 4, expected_index=0))
        assert (await verified(ledger)).sound


async def test_commits_have_the_databases_time_however_the_nodes_clock_runs(url: str) -> None:
    class Far(SystemClock):
        def now(self) -> int:
            return super().now() + 86_400_000_000

        def monotonic(self) -> float:
            return super().monotonic() + 1_000_000

    table = new_id()
    async with node(url, clock=Far()) as ledger:
        clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        for number in range(5):
            before = await ledger.database.read(lambda c: c.exec_driver_sql(clock).scalar_one())
            await ledger.append(take(table, number))
            after = await ledger.database.read(lambda c: c.exec_driver_sql(clock).scalar_one())
            (*_, last) = await ledger.events(table)
            assert before - 1_000_000 < last.committed_at <= after
        times = [e.committed_at for e in await ledger.events(table)]
        assert times == sorted(set(times))
