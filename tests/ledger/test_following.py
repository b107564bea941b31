"""Behind the ledger: everything once and in order, whatever fails or is slow."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import Connection, select

from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.ledger import behind
from tallybook.ledger.leases import place_of
from tallybook.ledger.read import events_after
from tallybook.ledger.tables import following
from tests.ledger.kit import UNLUCKY, GreedShown, Taken, node, take
from tests.ledger.test_follow import until
from tests.ledger.working import Echo, Heap, numbers, working


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


async def test_nothing_runs_where_there_is_nothing_to_run(url: str) -> None:
    async with working(url) as (ledger, runner):
        await ledger.append(take(new_id(), 1))
        assert runner._task is None
        assert await ledger.database.read(lambda c: c.execute(select(following)).all()) == []
