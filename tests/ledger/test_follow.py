"""Following: every event once and in order on every node, whoever wrote it and whatever hints were lost."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from tallybook.database.engine import Database
from tallybook.database.trouble import DatabaseUnavailable
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.follow import Follower
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import events_after, last_position
from tests.ledger.kit import TOO_MUCH, node, sticks, take


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something holds; the test's own time-out is the limit."""
    while not condition():
        await asyncio.sleep(0.001)


def listen(ledger: Ledger) -> list[int]:
    heard: list[int] = []
    ledger.follower.subscribe(lambda events: heard.extend(e.position for e in events))
    return heard


async def test_two_nodes_hear_everything_once_and_in_the_same_order_while_both_write(url: str) -> None:
    streams = [new_id() for _ in range(6)]
    async with node(url) as a, node(url) as b:
        heard = [listen(a), listen(b)]

        async def write(ledger: Ledger, count: int) -> None:
            for number in range(count):
                await ledger.append(take(streams[number % 6], number))

        await asyncio.gather(*(write(ledger, 15) for ledger in (a, b) for _ in range(4)))

        await until(lambda: min(map(len, heard)) >= 120)
        assert heard[0] == heard[1] == list(range(1, 121))
        stored = await a.database.read(lambda c: events_after(c, 0, 1000))
        assert [e.index for e in stored if e.stream == streams[0]] == list(range(24))


async def test_why_looks_at_the_ledger_fail_is_told_once_for_each_outage_in_the_words_of_the_system(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Leaving:
        """A database that is away now and then."""

        away = False

        async def read(self, what: Callable[..., object]) -> object:
            if self.away:
                raise DatabaseUnavailable from ConnectionRefusedError("nobody listens there")
            return 0 if what is last_position else []

        async def glance(self, *_: object) -> list[object]:
            return cast("list[object]", await self.read(list))

    database = Leaving()
    follower = Follower(cast("Database", database))
    await follower.start()
    for _outage in range(2):
        database.away = True
        for _look in range(3):
            with pytest.raises(DatabaseUnavailable):
                await follower.caught_up()
        database.away = False
        await follower.caught_up()
    await follower.close()
    assert caplog.messages == ["could not look for new events: nobody listens there"] * 2


async def test_hints_may_be_late_doubled_or_lost(url: str) -> None:
    table = new_id()
    async with node(url) as writer, node(url) as ledger:
        heard = listen(ledger)
        await writer.append(take(table, *range(10)))
        events = await writer.events(table)

        ledger.follower.hint(events[:3])
        ledger.follower.hint(events[1:5])
        ledger.follower.hint(events[:3])
        assert heard == [1, 2, 3, 4, 5]
        ledger.follower.hint(events[8:])  # 6 to 8 are missing: they are looked up
        await until(lambda: len(heard) >= 10)
        assert heard == list(range(1, 11))


async def test_a_node_hears_only_what_comes_after_its_start_and_a_broken_sink_harms_nobody(url: str) -> None:
    table = new_id()

    def broken(_events: Sequence[Recorded]) -> None:
        raise ZeroDivisionError

    async with node(url) as first:
        await first.append(take(table, 1))
        async with node(url) as ledger:
            ledger.follower.subscribe(broken)
            heard = listen(ledger)
            await ledger.append(take(table, 2))
            await first.append(take(table, 3))
            ledger.follower.nudge()
            await until(lambda: len(heard) >= 2)
            assert heard == [2, 3]


async def test_a_sink_hears_only_of_the_types_it_is_for(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        heard = listen(ledger)
        greedy: list[list[int]] = []
        ledger.follower.subscribe(
            lambda events: greedy.append([e.position for e in events]), "test_greed_", "test_other_"
        )
        outcomes = await ledger.append_all([take(table, 1), take(table, TOO_MUCH + 1), take(table, 2)])
        assert isinstance(outcomes[1], Refusal)
        await ledger.append(take(table, 3))
        assert (heard, greedy) == ([1, 2, 3, 4], [[2]])


async def test_a_node_reads_what_another_has_just_acknowledged(url: str) -> None:
    table = new_id()
    async with node(url) as a, node(url) as b:
        for number in range(10):
            writer, reader = (a, b) if number % 2 else (b, a)
            await writer.append(take(table, number))
            states = await asyncio.gather(*(reader.state(table, sticks) for _ in range(3)))
            assert {s.index for s in states} == {number}
            assert states[0].state.taken == tuple(range(number + 1))


async def test_a_node_decides_on_what_another_has_written_meanwhile(url: str) -> None:
    table = new_id()
    seen: list[Any] = []

    def look(state: Any, _index: int) -> list[Any]:
        seen.append(state.taken)
        return []

    async with node(url) as a, node(url) as b:
        await a.append(take(table, 1))
        await b.append(take(table, 2))
        await a.append(take(table, decide=look))
        assert seen[-1] == (1, 2)  # whatever it was decided on in vain before


async def test_whoever_waits_for_a_look_when_there_are_no_more_is_refused(url: str) -> None:
    looks, go_on = asyncio.Event(), asyncio.Event()

    class Away:
        """A database that does not answer."""

        def __init__(self, real: Database) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        async def read(self, transaction: Callable[[Connection], Any]) -> Any:
            if transaction is not last_position:
                looks.set()
                await go_on.wait()
            return await self._real.read(transaction)

        async def glance(self, _query: Any, _values: Any) -> Any:
            looks.set()
            await go_on.wait()

    async with node(url) as ledger:
        follower = Follower(cast("Database", Away(ledger.database)))
        await follower.start()
        first = asyncio.create_task(follower.caught_up())
        await looks.wait()
        second = asyncio.create_task(follower.caught_up())
        await until(lambda: follower._asked is not None)
        await follower.close()
        for waits in (first, second, follower.caught_up()):
            async with asyncio.timeout(5):
                with pytest.raises(Refusal, match="shutting down") as refused:
                    await waits
            assert refused.value.code == "unavailable"
