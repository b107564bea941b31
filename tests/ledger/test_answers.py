"""Those who wait for a commit hear of it in order, some at a time, and the loop goes on between them."""

import asyncio

import pytest

from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger import writer
from tallybook.ledger.answers import FEWEST, Answers
from tallybook.ledger.append import Appended
from tests.ledger.kit import codes, node, sticks, take


async def test_everybody_is_woken_in_order_and_others_get_their_turn_meanwhile() -> None:
    loop, answers = asyncio.get_running_loop(), Answers()
    futures: list[asyncio.Future[object]] = [loop.create_future() for _ in range(10 * FEWEST)]
    heard: list[object] = []
    for number, future in enumerate(futures):
        future.add_done_callback(lambda done: heard.append(None if done.cancelled() else done.exception()))
        answers.give(future, Refusal("stale", str(number)) if number % 2 else number)
    futures[3].cancel()

    turns = 0
    while len(heard) < len(futures):
        before = len(heard)
        await asyncio.sleep(0)
        turns += len(heard) > before
    assert turns > 5
    assert [future.result() for future in futures[::2]] == list(range(0, len(futures), 2))
    refused = [future.exception() for future in futures[1::2] if not future.cancelled()]
    assert [str(error.detail) for error in refused if isinstance(error, Refusal)] == [
        str(number) for number in range(1, len(futures), 2) if number != 3
    ]


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


async def test_of_several_commands_those_that_find_no_room_are_refused_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    async with node(url) as ledger:
        outcomes = await ledger.append_all([take(new_id(), 1) for _ in range(4)])
        assert [isinstance(outcome, Appended) for outcome in outcomes] == [True, True, False, False]
        assert {o.code for o in outcomes if isinstance(o, Refusal)} == {"overloaded"}
