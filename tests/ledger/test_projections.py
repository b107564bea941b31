"""In-transaction projections: with their events or not at all, and rebuilt while they serve."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import Connection, func, select

from tallybook.database.engine import Database, Transaction
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger import rebuild as rebuilding
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.projecting import ProjectionMismatch, slots
from tallybook.ledger.rebuild import rebuild
from tallybook.ledger.states import SNAPSHOT_EVERY
from tallybook.ledger.tables import projections, snapshots
from tests.ledger.kit import Pile, node, take, verified


async def test_a_rebuild_equals_the_live_projection_while_writes_go_on_and_every_node_moves_over(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", 20)
    piles = Pile(), Pile()
    heard: list[int] = []
    stop = asyncio.Event()

    async def play(ledger: Ledger) -> None:
        table = new_id()
        while not stop.is_set():
            await ledger.append(take(table, 1, 2))
            await asyncio.sleep(
                0.002
            )  # SQLite's lock is not a queue: whoever never pauses starves the others

    async with node(url, piles[0]) as a, node(url, piles[1]) as b:
        for _ in range(10):
            await a.append(take(new_id(), *range(10)))
        players = [asyncio.create_task(play(ledger)) for ledger in (a, b)]
        # In a third process, with projections of its own.
        third = asyncio.create_task(rebuild(a.database, [Pile()], ["test_pile"], heard.append, grace=1.5))
        while {pile.slot for pile in piles} != {"b"}:
            await asyncio.sleep(0.01)
        # Both slots are kept up to date, for those who have not heard.
        both = await a.database.read(lambda c: [piles[0].rows(c, slot) for slot in "ab"])
        assert both[0] == both[1]
        done = await third
        stop.set()
        await asyncio.gather(*players)

        assert heard[0] == 20
        assert heard[-1] == done >= 100
        assert heard == sorted(heard)
        rows = await a.database.read(piles[0].rows)
        stored = [await a.events(stream) for stream in {row[1] for row in rows}]
        written = sorted((e.position, e.stream, e.event.sticks) for s in stored for e in s)  # type: ignore[attr-defined]
        assert rows == written
        assert await a.database.read(partial(piles[0].rows, slot="a")) == []
        assert (await verified(a)).sound


async def test_a_projection_that_comes_to_an_old_ledger_wants_a_rebuild(url: str) -> None:
    async with node(url) as ledger:
        await ledger.append(take(new_id(), 1, 2, 3))
    with pytest.raises(ProjectionMismatch, match=r"test_pile.*rebuild"):
        async with node(url, Pile()):
            pass
    async with node(url) as ledger:
        assert await rebuild(ledger.database, [Pile()], ["test_pile"], grace=0) == 3
    pile = Pile()
    async with node(url, pile) as ledger:
        assert len(await ledger.database.read(pile.rows)) == 3


async def test_a_new_version_takes_over_by_a_rebuild_and_the_old_release_may_not_write_any_more(
    url: str,
) -> None:
    table, old, new = new_id(), Pile(), Pile(version=2)
    async with node(url, old) as before:
        await before.append(take(table, 1))
        with pytest.raises(ProjectionMismatch):
            async with node(url, new):
                pass
        assert await rebuild(before.database, [new], ["test_pile"], grace=0) == 1
        with pytest.raises(Refusal) as refused:
            await before.append(take(table, 2))
        assert refused.value.code == "unavailable"
        async with node(url, new) as after:
            await after.append(take(table, 3))
            assert [row[2] for row in await after.database.read(new.rows)] == [1, 3]


async def test_an_interrupted_rebuild_changes_nothing_and_is_begun_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", 5)
    pile = Pile()

    def interrupt(done: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    async with node(url, pile) as ledger:
        await ledger.append(take(new_id(), *range(12)))
        with pytest.raises(KeyboardInterrupt):
            await rebuild(ledger.database, [Pile()], ["test_pile"], interrupt, grace=0)
        await ledger.append(take(new_id(), 99))
        assert len(await ledger.database.read(pile.rows)) == 13
        assert await rebuild(ledger.database, [Pile()], ["test_pile"], grace=0) == 13
        live = await ledger.database.read(lambda c: c.execute(select(projections.c.live)).scalar_one())
        assert live == "b"
        assert len(await ledger.database.read(partial(pile.rows, slot="b"))) == 13


async def test_nodes_may_start_at_the_same_time(url: str) -> None:
    async def start() -> None:
        async with node(url, Pile()) as ledger:
            await ledger.append(take(new_id(), 1))

    await asyncio.gather(start(), start(), start())


async def test_a_rebuild_whose_slot_another_has_emptied_gives_up_and_does_not_switch_to_it(url: str) -> None:
    class Broken(Pile):
        def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
            raise RuntimeError("no further")

    class Overtaken:
        """A database on which another rebuild begins, and breaks off, once this one has folded everything."""

        def __init__(self, database: Database) -> None:
            self.url, self.read = database.url, database.read
            self._database = database
            self._left = 4  # prepared, let go, begun, folded

        async def write(self, transaction: Transaction[Any]) -> Any:
            result = await self._database.write(transaction)
            self._left -= 1
            if self._left == 0:
                with pytest.raises(RuntimeError, match="no further"):
                    await rebuild(self._database, [Broken()], ["test_pile"], grace=0)
            return result

    async with node(url, pile := Pile()) as ledger:
        await ledger.append(take(new_id(), 1, 2, 3))
        overtaken = cast("Database", Overtaken(ledger.database))
        with pytest.raises(ProjectionMismatch, match="another rebuild of test_pile"):
            await rebuild(overtaken, [Pile()], ["test_pile"], grace=0)
        live = (await ledger.database.read(slots))["test_pile"].live
        assert len(await ledger.database.read(partial(pile.rows, slot=live))) == 3


async def test_a_rebuild_forgets_what_was_cached_of_states(url: str) -> None:
    async with node(url, Pile()) as ledger:
        table = new_id()
        for _ in range(SNAPSHOT_EVERY // 10 + 2):
            await ledger.append(take(table, *range(10)))
        count = select(func.count()).select_from(snapshots)
        assert await ledger.database.read(lambda c: c.execute(count).scalar_one()) == 1
        await rebuild(ledger.database, [Pile()], ["test_pile"], grace=0)
        assert await ledger.database.read(lambda c: c.execute(count).scalar_one()) == 0
