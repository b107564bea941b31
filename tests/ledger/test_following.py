"""Behind the ledger: once and in order on one node of all, whoever stops, fails or starts again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

import tallybook.ledger.rebuild as rebuilding
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.ledger import behind
from tallybook.ledger.following import LEASE, Runner
from tallybook.ledger.leases import claim, place_of
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import events_after
from tallybook.ledger.rebuild import rebuild
from tallybook.ledger.tables import events, following
from tests.ledger.kit import UNLUCKY, GreedShown, Pile, Taken, node, pile, take
from tests.ledger.test_follow import until

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


async def test_a_following_projection_has_the_past_and_then_everything_as_it_happens(url: str) -> None:
    heap, table = Heap(), new_id()
    async with node(url) as ledger:
        await ledger.append(take(table, 1, 2))
        await ledger.append(take(table, decide=lambda _s, _i: [GreedShown()]))
    async with working(url, projections=[heap]) as (ledger, runner):
        assert await runner.reached("test_heap", within=10)
        assert await numbers(ledger, heap) == [1, 2]
        for number in range(20):
            await ledger.append(take(table, number if number != UNLUCKY else 0))
            assert await runner.reached("test_heap", within=10)
            assert len(await numbers(ledger, heap)) == 3 + number
        await ledger.append(take(table, decide=lambda _s, _i: [GreedShown()]))
        # Nothing is written for what does not concern it, and yet it is not behind.
        assert await runner.reached("test_heap", within=10)
        assert runner.works["test_heap"].lag == 0
    async with working(url, projections=[Heap()]) as (ledger, runner):
        assert await runner.reached("test_heap", within=10)
        assert len(await numbers(ledger, heap)) == 22


async def test_whoever_waits_does_so_for_the_last_event_of_whichever_type(url: str) -> None:
    class Both(Echo):
        concerns = frozenset({"test_taken", "test_greed_shown"})

    async with working(url, reactions=[echo := Both()]) as (ledger, runner):
        said = [Taken(1), GreedShown(), Taken(2)]
        await ledger.append(take(new_id(), decide=lambda _s, _i: said))
        assert runner.works["test_echo"].newest == ledger.follower.position == 3
        assert await runner.reached("test_echo", within=10)
        assert echo.heard == [1, 2, 3]


def test_the_newest_events_are_at_hand_until_everybody_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "KEPT", 20)

    def said(first: int, last: int) -> list[Recorded]:
        return [
            Recorded(new_id(), 0, n, "test", b"", None, None, None, 0, b"") for n in range(first, last + 1)
        ]

    def after(position: int) -> list[int] | None:
        found = tail.after(position)
        return None if found is None else [event.position for event in found]

    tail = behind.Tail()
    tail.position = 5
    tail.take(said(6, 8))
    assert (after(4), after(5), after(7), after(8)) == (None, [6, 7, 8], [8], [])
    tail.forget(6)
    assert (after(5), after(6)) == (None, [7, 8])
    tail.forget(3)
    assert after(6) == [7, 8]
    tail.forget(8)
    assert (after(7), after(8)) == (None, [])
    tail.take(said(9, 60))  # more than is kept for anybody
    assert (after(39), after(40)) == (None, list(range(41, 61)))


async def test_the_ledger_is_read_back_once_for_all_who_are_behind(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def reading(connection: Connection, position: int, limit: int) -> list[Recorded]:
        read.append(position)
        return events_after(connection, position, limit)

    monkeypatch.setattr(behind, "CHUNK", 10)
    monkeypatch.setattr(behind, "events_after", reading)
    table = new_id()
    echoes = [Echo(from_start=True) for _ in range(3)]
    for number, echo in enumerate(echoes):
        echo.name = f"test_{number}"
    async with working(url, reactions=echoes[:1]) as (ledger, runner):
        await ledger.append(take(table, *[1] * 15))
        assert await runner.reached("test_0", within=10)
    async with node(url) as ledger:
        await ledger.append(take(table, *[1] * 25))
    read.clear()
    async with working(url, reactions=echoes) as (_, runner):
        for echo in echoes:
            assert await runner.reached(echo.name, within=10)
            assert echo.heard == list(range(1, 41))
    assert sorted(read) == [0, 10, 20, 30]


async def test_who_is_behind_takes_in_less_at_a_time_while_there_are_writers(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "CHUNK", 10)
    monkeypatch.setattr(behind, "SOME", 3)
    table = new_id()
    async with node(url) as ledger:
        await ledger.append(take(table, *[1] * 30))
        following = behind.Node(ledger.database, SystemClock(), new_id())
        following.tail.position = 30
        assert len(await following.after(0)) == 10

        def written(*_: object) -> None:
            position = following.tail.position + 1
            following.tail.take([Recorded(table, 0, position, "test", b"", None, None, None, 0, b"")])

        def reading(connection: Connection, position: int, limit: int) -> list[Recorded]:
            written()
            return events_after(connection, position, limit)

        monkeypatch.setattr(behind, "events_after", reading)
        # Those who find what another one has just read have not been without writers.
        found = await asyncio.gather(*(following.after(position) for position in (10, 13, 18)))
        assert [[event.position for event in some] for some in found] == [
            [11, 12, 13],
            [14, 15, 16],
            [19, 20],
        ]
        await following.write(lambda _: None)
        assert len(await following.after(0)) == 10
        await following.write(written)
        assert len(await following.after(0)) == 3


async def test_nothing_rests_while_somebody_waits_for_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "REST", 1e9)
    monkeypatch.setattr(behind, "LONGEST_REST", 60.0)
    heap, table = Heap(), new_id()
    async with working(url, projections=[heap]) as (ledger, runner):
        for number in range(1, 60):
            await ledger.append(take(table, number % 5))  # it takes in some, and rests with others to come
        assert await runner.reached("test_heap", within=10)
        assert len(await numbers(ledger, heap)) == 59


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


async def test_what_fails_stays_where_it_is_and_is_tried_again(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    heap, echo, table = Heap(), Echo(), new_id()
    async with working(url, projections=[heap], reactions=[echo]) as (ledger, runner):
        echo.unlucky = {2}
        await ledger.append(take(table, 1))
        await ledger.append(take(table, UNLUCKY, 5))
        await until(lambda: runner.works["test_heap"].failures > 1)
        assert await ledger.database.read(partial(place_of, name="test_heap")) <= 1
        assert not await runner.reached("test_heap", 3, within=0.01)
        heap.luck = False
        assert await runner.reached("test_heap", 3, within=10)
        assert await numbers(ledger, heap) == [1, UNLUCKY, 5]
        await until(lambda: 3 in echo.heard)
        assert sorted(set(echo.heard)) == [1, 2, 3]
    assert "an unlucky number" in caplog.text


async def test_a_reaction_begins_with_what_is_new_unless_it_asks_for_the_past(url: str) -> None:
    table, late, early = new_id(), Echo(), Echo(from_start=True)
    early.name = "test_early"
    async with node(url) as ledger:
        await ledger.append(take(table, 1, 2))
    async with working(url, reactions=[late, early]) as (ledger, runner):
        await ledger.append(take(table, 3))
        await until(lambda: late.heard == [3] and early.heard == [1, 2, 3])
        for name in ("test_echo", "test_early"):
            assert await runner.reached(name, 3, within=10)
    again = Echo(from_start=True)
    async with working(url, reactions=[again]) as (ledger, runner):
        await ledger.append(take(table, 4))
        await until(lambda: again.heard == [4])


async def test_a_rebuild_equals_the_live_projection_and_switches_while_events_come(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybook.ledger.rebuild.CHUNK", 10)
    heap, table = Heap(), new_id()
    async with working(url, projections=[heap]) as (ledger, runner):
        for _ in range(5):
            await ledger.append(take(new_id(), *range(10)))
        assert await runner.reached("test_heap", within=10)
        third = asyncio.create_task(
            rebuild(ledger.database, (), ["test_heap"], grace=1.5, following=[Heap()])
        )
        count = 0
        while heap.slot != "b":
            await ledger.append(take(table, count))
            count += count != UNLUCKY - 1
            await asyncio.sleep(0.002)
        assert await runner.reached("test_heap", within=10)
        assert await numbers(ledger, heap, "a") == await numbers(ledger, heap, "b")
        assert await third >= 50
        await ledger.append(take(table, 77))
        assert await runner.reached("test_heap", within=10)
        live = await numbers(ledger, heap)
        assert live[-1] == 77
        assert len(live) == ledger.follower.position
        assert await numbers(ledger, heap, "a") == []


async def test_a_rebuild_has_what_was_taken_in_just_before_its_switch(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heap, anew = Heap(), Heap()
    anew.luck = False
    async with working(url, projections=[heap]) as (ledger, runner):
        await ledger.append(take(new_id(), 1))
        assert await runner.reached("test_heap", within=10)
        await ledger.append(take(new_id(), UNLUCKY, 3))  # not taken in while it fails
        write = ledger.database.write

        async def late(transaction: partial[Any]) -> Any:
            if getattr(transaction, "func", None) is rebuilding._switch:
                heap.luck = False
                assert await runner.reached("test_heap", within=60)
            return await write(transaction)

        monkeypatch.setattr(ledger.database, "write", late)
        await rebuild(ledger.database, (), ["test_heap"], grace=0, following=[anew])
        assert await numbers(ledger, heap, "b") == [1, UNLUCKY, 3]


async def test_a_newer_release_makes_the_projection_anew_by_itself_and_the_older_leaves_it_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybook.ledger.behind.rebuild", partial(rebuild, grace=0))
    table = new_id()
    async with working(url, projections=[Heap()]) as (ledger, runner):
        await ledger.append(take(table, 1, 2, 3))
        assert await runner.reached("test_heap", 3, within=10)
    new = Heap(version=2)
    async with working(url, projections=[new]) as (ledger, runner):
        await ledger.append(take(table, 4))
        assert await runner.reached("test_heap", 4, within=10)
        await until(lambda: new.slot == "b")
        assert await numbers(ledger, new) == [2, 4, 6, 8]
    old = Heap()
    async with working(url, lease=SHORT, projections=[old]) as (ledger, runner):
        await until(lambda: runner.works["test_heap"].outdated)
        await ledger.append(take(table, 5))
        assert not await runner.reached("test_heap", 5, within=0.05)
    async with working(url, lease=SHORT, projections=[new]) as (ledger, runner):
        assert await runner.reached("test_heap", 5, within=10)
        assert await numbers(ledger, new) == [2, 4, 6, 8, 10]


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


async def test_nothing_runs_where_there_is_nothing_to_run(url: str) -> None:
    async with working(url) as (ledger, runner):
        await ledger.append(take(new_id(), 1))
        assert runner._task is None
        assert await ledger.database.read(lambda c: c.execute(select(following)).all()) == []
