"""Bringing what was committed to an index that is shared: in order, and at once for all who wait."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from tallybook.kernel.events import Recorded
from tallybook.projections.records.index import RECENT, Index
from tallybook.ranking.port import Change


class Slow:
    """A shared ranking that takes in a stretch when it is told to."""

    shared = True

    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []
        self.may = asyncio.Semaphore(0)

    def heard(self, position: int, *, looked_at: float | None = None) -> None:
        pass

    async def apply(self, changes: Sequence[Change], *, after: int, upto: int) -> bool:
        self.begun.append((after, upto))
        await self.may.acquire()
        return True


def event(position: int) -> Recorded:
    return Recorded(UUID(int=1), position, position, "test.v1", b"{}", None, None, None, 0, b"")


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_all_who_wait_share_a_round_that_has_what_was_committed_before_they_asked() -> None:
    nothing: Any = SimpleNamespace(entered={}, boards={})  # that a batch has brought about
    ranking: Any = Slow()
    index = Index(nothing, nothing, ranking)
    index.committed([event(1)])
    await turns()
    first = asyncio.create_task(index.settled())
    await turns()
    index.committed([event(2)])
    later = [asyncio.create_task(index.settled()) for _ in range(20)]
    later[0].cancel()  # which is no matter of the others
    await turns()
    assert ranking.begun == [(0, 1)]

    ranking.may.release()
    await turns()
    assert ranking.begun == [(0, 1), (1, 2)]
    assert first.done()
    assert not any(task.done() for task in later[1:])

    ranking.may.release()
    await asyncio.gather(*later[1:])
    assert index.at_rest
    assert ranking.begun == [(0, 1), (1, 2)]


async def test_lists_that_were_answered_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    index = Index(nothing, nothing, nothing)
    monkeypatch.setattr("tallybook.projections.records.index.MOST_ANSWERED", 3)
    for number in (0, 1, 2, 0, 3, 4):
        index.answered(bytes([number]))
    assert list(index._answered) == [b"\0", b"\3", b"\4"]
    assert index.lists[("ready",)] == 3
    index._answered[b"\0"] -= RECENT
    assert index.lists[("ready",)] == 2
    assert index.from_index == 6
