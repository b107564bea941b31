"""Those who wait for a commit hear of it in order, some at a time, and the loop goes on between them."""

import asyncio
from typing import Any

import pytest

from tallybook.bus.memory import Exchange, MemoryBus
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger import answers, batch, writer
from tallybook.ledger.answers import FEW, REQUEST, Answers
from tallybook.ledger.append import Appended
from tallybook.ledger.writer import Unmeasured
from tests.ledger.kit import UNLUCKY, Pile, codes, node, sticks, take

EVENT = Recorded(new_id(), 0, 1, "test", b"", None, None, None, 0, b"")


class Sizes(Unmeasured):
    """How many commands every batch had."""

    def __init__(self) -> None:
        self.all: list[int] = []

    def batch(self, *, commands: int, events: int, seconds: float) -> None:
        self.all.append(commands)


class Heard:
    """What is heard, in order, and how much of it in each turn of the event loop."""

    def __init__(self) -> None:
        self.all: list[object] = []
        self.answers = Answers(lambda events: self.all.append(("published", len(events))))

    def future(self, name: str) -> asyncio.Future[object]:
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: self.all.append(name))
        return future

    async def turns(self) -> list[int]:
        """The turns in which something was heard, until everybody has."""
        sent = asyncio.create_task(self.answers.all_sent())
        turns: list[int] = []
        while not sent.done():
            before = len(self.all)
            await asyncio.sleep(0)
            turns.append(len(self.all) - before)
        return [turn for turn in turns if turn]


async def test_calls_come_first_then_the_batch_is_published_then_futures_are_given_their_outcomes() -> None:
    heard = Heard()
    given, refused, gone = (heard.future(name) for name in ("given", "refused", "gone"))
    heard.answers.give(given, 7)
    heard.answers.give(refused, Refusal("stale", ""))
    heard.answers.give(gone, 7)
    heard.answers.call(heard.all.append, "called")
    heard.answers.call(lambda _: 1 // 0, "fails")  # which is no matter of the others
    heard.answers.send([EVENT])
    heard.answers.give(last := heard.future("last"), 8)
    heard.answers.send()
    gone.cancel()
    await heard.turns()
    await last
    assert [what for what in heard.all if what != "gone"] == [
        "called",
        ("published", 1),
        "given",
        "refused",
        "last",
    ]
    assert (given.result(), last.result()) == (7, 8)
    assert isinstance(refused.exception(), Refusal)


async def test_while_a_batch_is_decided_few_hear_in_a_turn_and_more_when_it_is_stored() -> None:
    heard = Heard()
    futures = [heard.future(str(number)) for number in range(10 * FEW)]
    for future in futures:
        heard.answers.give(future, None)
    heard.answers.spare()
    heard.answers.send()
    for _ in range(4):
        await asyncio.sleep(0)
    sparing = len(heard.all)
    assert 0 < sparing <= 3 * FEW // REQUEST
    heard.answers.hurry()
    turns = await heard.turns()
    assert FEW // REQUEST < max(turns) < len(futures) // 2
    await futures[-1]
    assert heard.all == [str(number) for number in range(len(futures))]


async def test_what_takes_longer_waits_until_the_next_batch_is_stored() -> None:
    heard = Heard()
    for number in range(2 * FEW):
        heard.answers.call(heard.all.append, number)
    heard.answers.give(behind := heard.future("behind"), None)
    heard.answers.spare()
    heard.answers.send([EVENT])
    for _ in range(10):
        await asyncio.sleep(0)
    assert not heard.all
    heard.answers.hurry()
    assert heard.all == [*range(2 * FEW), ("published", 1)]
    await behind


async def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "HELD", 0.0)
    heard = Heard()
    for number in range(2 * FEW):
        heard.answers.call(heard.all.append, number)
    heard.answers.spare()
    heard.answers.send()
    await heard.answers.all_sent()
    assert len(heard.all) == 2 * FEW


async def halves(url: str, bus: MemoryBus) -> bool:
    """Whether a writer takes up no more than half of what many people send again and again."""
    people, rounds, sizes = 4 * writer.UNDIVIDED, 6, Sizes()

    async with node(url, metrics=sizes, bus=bus) as ledger:

        async def plays() -> None:
            table = new_id()
            for number in range(rounds):
                await ledger.append(take(table, number))

        await asyncio.gather(*(plays() for _ in range(people)))
    assert sum(sizes.all) == people * rounds
    assert len(sizes.all) < people
    return max(sizes.all[1:]) <= people // 2  # what has gathered before the writer begins is taken up whole


async def test_while_one_half_is_stored_the_other_is_answered_and_comes_back(url: str) -> None:
    assert await halves(url, MemoryBus())


async def test_so_it_is_where_other_nodes_have_not_written_for_a_while_and_else_all_go_together(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await halves(url, MemoryBus(Exchange()))
    monkeypatch.setattr(batch, "UNDISTURBED", 1_000)
    assert not await halves(url, MemoryBus(Exchange()))


async def test_several_commands_are_written_in_order_and_each_for_itself(url: str) -> None:
    table, other = new_id(), new_id()
    async with node(url) as ledger:
        batch = [
            take(table, 1, command_id="x"),
            take(table, 1, command_id="x"),
            take(table, 2, command_id="x"),
            take(other, 3, expected_index=5),
            take(other, 3),
            take(table, 4),
        ]
        outcomes = await ledger.append_all(batch)
        assert codes(outcomes) == ["0-0", "0-0", "idempotency_conflict", "stale", "0-0", "1-1"]
        assert [o.stream for o in outcomes if isinstance(o, Appended)] == [table, table, other, table]
        assert (await ledger.state(table, sticks)).state.taken == (1, 4)
        assert await ledger.append_all([]) == []


async def test_a_batch_that_has_to_be_divided_keeps_its_order(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_AT_ONCE", 6)
    table = new_id()
    async with node(url, Pile()) as ledger:
        numbers = [1, 2, UNLUCKY, 3, 4, UNLUCKY, 5, 6, 7, 8]
        told = codes(await ledger.append_all([take(table, number) for number in numbers]))
        lucky = [code for code in told if code != "ZeroDivisionError"]
        assert lucky == [f"{at}-{at}" for at in range(8)]
        assert [at for at, code in enumerate(told) if code not in lucky] == [2, 5]
        assert (await ledger.state(table, sticks)).state.taken == tuple(range(1, 9))


async def test_of_several_commands_those_that_find_no_room_are_refused_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    async with node(url) as ledger:
        outcomes = await ledger.append_all([take(new_id(), 1) for _ in range(4)])
        assert [isinstance(outcome, Appended) for outcome in outcomes] == [True, True, False, False]
        assert {o.code for o in outcomes if isinstance(o, Refusal)} == {"overloaded"}


async def test_draining_finishes_what_is_under_way_and_takes_nothing_new(url: str) -> None:
    tables = [new_id() for _ in range(50)]
    answered: list[Any] = []
    async with node(url) as ledger:
        for table in tables:
            ledger.submit(take(table, 1), answered.append)
        await ledger.drain()
        assert codes(answered) == ["0-0"] * 50
        with pytest.raises(Refusal) as refused:
            await ledger.append(take(new_id(), 1))
        assert refused.value.code == "unavailable"
        assert codes(await ledger.append_all([take(new_id(), 1)])) == ["unavailable"]


async def test_draining_tells_everybody_what_became_of_their_command(url: str) -> None:
    async with node(url) as ledger:
        callers = [asyncio.create_task(ledger.append(take(new_id(), 1, fold=None))) for _ in range(400)]
        while ledger.waiting < len(callers):
            await asyncio.sleep(0)
        await ledger.drain()
        await asyncio.sleep(0)  # for who was told last
        assert all(caller.done() for caller in callers)
