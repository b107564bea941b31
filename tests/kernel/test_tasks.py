"""Ends of tasks."""

import asyncio

import pytest

from tallybook.kernel import tasks


async def test_who_overhears_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN", 0.01)
    overheard = 0

    async def deaf() -> None:
        nonlocal overheard
        while overheard < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                overheard += 1
        await asyncio.Event().wait()

    async def broken() -> None:
        raise ValueError

    going = [asyncio.create_task(each()) for each in (deaf, broken)]
    await asyncio.sleep(0)
    await tasks.end(*going)
    assert (overheard, [task.cancelled() for task in going]) == (2, [True, False])
