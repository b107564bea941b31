"""Work behind the ledger is done on one node of all, and another goes on when that one is no more."""

import asyncio
from functools import partial
from uuid import UUID

from sqlalchemy import update

from tallybook.kernel.ids import new_id
from tallybook.ledger.leases import claim
from tallybook.ledger.tables import events, following
from tests.ledger.kit import node, take
from tests.ledger.test_follow import until
from tests.ledger.working import SHORT, Echo, Heap, numbers, stop_dead, working


async def test_of_two_nodes_one_does_the_work_and_the_other_goes_on_when_it_is_killed(url: str) -> None:
    table, heaps = new_id(), (Heap(), Heap())
    async with (
        working(url, lease=SHORT, projections=heaps[:1]) as (a, first),
        working(url, lease=SHORT, projections=heaps[1:]) as (b, second),
    ):
        await a.append(take(table, 1))
        await b.append(take(table, 2))
        for runner in (first, second):
            assert await runner.reached("test_heap", 2, within=10)
            assert await numbers(a, heaps[0]) == [1, 2]
        at_work = [runner for runner in (first, second) if runner.works["test_heap"].active]
        assert len(at_work) == 1
        await stop_dead(at_work[0])
        await a.append(take(table, 3))
        other = second if at_work == [first] else first
        await until(lambda: other.works["test_heap"].active)
        assert await other.reached("test_heap", 3, within=10)
        assert await numbers(a, heaps[0]) == [1, 2, 3]
        assert sum(heap.applied for heap in heaps) == 3


async def test_who_has_lost_the_lease_unawares_writes_nothing(url: str) -> None:
    heap, table = Heap(), new_id()
    async with working(url, projections=[heap]) as (ledger, runner):
        await ledger.append(take(table, 1))
        assert await runner.reached("test_heap", within=10)
        await ledger.database.write(lambda c: c.execute(update(following).values(holder=new_id())))
        await ledger.append(take(table, 2))
        await until(lambda: not runner.works["test_heap"].active)
        assert await numbers(ledger, heap) == [1]


async def test_what_a_reaction_remembers_is_forgotten_once_another_node_may_have_reacted(url: str) -> None:
    class Counting(Echo):
        def forget(self) -> None:
            self.heard.clear()

    async with working(url, reactions=[echo := Counting()]) as (ledger, runner):
        work = runner.works["test_echo"]
        await ledger.append(take(new_id(), 1, 2))
        assert await runner.reached("test_echo", within=10)
        work.go_on()  # the lease was renewed
        assert echo.heard == [1, 2]
        await work.stop()  # it was lost
        work.go_on()
        await ledger.append(take(new_id(), 3))
        assert await runner.reached("test_echo", within=10)
        assert echo.heard[-1:] == [3]
        assert 1 not in echo.heard


async def test_a_routine_runs_on_one_node_and_again_when_it_fails(url: str) -> None:
    class Chore:
        name = "test_chore"
        running = 0
        begun = 0

        async def run(self) -> None:
            Chore.begun += 1
            if Chore.begun == 1:
                raise ZeroDivisionError
            Chore.running += 1
            try:
                await asyncio.Event().wait()
            finally:
                Chore.running -= 1

    async with (
        working(url, lease=SHORT, routines=[Chore()]) as (_, first),
        working(url, lease=SHORT, routines=[Chore()]) as (_, second),
    ):
        await until(lambda: Chore.running == 1)
        at_work = first if first.works["test_chore"].active else second
        await at_work.close()
        await until(lambda: Chore.begun == 3)
        assert Chore.running == 1
    assert Chore.running == 0


async def test_a_dead_nodes_lease_expires_although_the_databases_clock_was_set_back(url: str) -> None:
    async with node(url) as ledger:
        await ledger.append(take(new_id(), 1))
        # The clock was an hour ahead when that was committed, and has been put right.
        ahead = update(events).values(committed_at=events.c.committed_at + 3_600_000_000)
        await ledger.database.write(lambda c: c.execute(ahead))

        async def held(holder: UUID) -> set[str]:
            return await ledger.database.write(
                partial(claim, starts={"test_chore": 0}, holder=holder, seconds=SHORT)
            )

        first, second = new_id(), new_id()
        assert await held(first) == {"test_chore"}
        assert await held(second) == set()
        async with asyncio.timeout(10):
            while await held(second) != {"test_chore"}:
                await asyncio.sleep(0.005)
