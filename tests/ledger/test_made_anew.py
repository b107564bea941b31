"""Projections that follow are made anew while events come, by whoever wants them otherwise."""

import asyncio
from functools import partial
from typing import Any

import pytest

import tallybook.ledger.rebuild as rebuilding
from tallybook.kernel.ids import new_id
from tallybook.ledger.rebuild import rebuild
from tests.ledger.kit import UNLUCKY, take
from tests.ledger.test_follow import until
from tests.ledger.working import SHORT, Heap, numbers, working


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
