"""Appending: what was acknowledged is there, once, in order, and nobody spoils it for the others."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, insert, update
from sqlalchemy.engine import URL

from tallybook.database.driver import Rows
from tallybook.database.engine import Database
from tallybook.database.prepared import Query
from tallybook.database.trouble import DatabaseUnavailable
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import FreeText
from tallybook.ledger import answers, writer
from tallybook.ledger.answers import FEW
from tallybook.ledger.append import Appended
from tallybook.ledger.read import events_after
from tallybook.ledger.tables import events, texts
from tests.ledger.kit import (
    TOO_MUCH,
    UNLUCKY,
    GreedShown,
    Pile,
    State,
    Taken,
    codes,
    count,
    names,
    node,
    outcomes,
    statements,
    sticks,
    take,
    verified,
)

T = TypeVar("T")
V = TypeVar("V")


async def test_acknowledged_events_read_back_with_their_exact_bytes_gapless_and_sealed(url: str) -> None:
    a, b, actor = new_id(), new_id(), new_id()
    async with node(url) as ledger:
        assert codes(await outcomes(ledger, take(a, 1, 2), take(b, 3), take(a, 4))) == ["0-1", "0-0", "2-2"]
        await ledger.append(take(b, 5, actor=actor, at=-1, zone="Europe/Kyiv"))

        assert [(e.index, e.payload) for e in await ledger.events(a)] == [
            (0, b'{"sticks":1}'),
            (1, b'{"sticks":2}'),
            (2, b'{"sticks":4}'),
        ]
        last = (await ledger.events(b, after=0))[0]
        assert (last.index, last.actor, last.at, last.zone) == (1, actor, -1, "Europe/Kyiv")
        everything = await ledger.database.read(lambda c: events_after(c, 0, 100))
        assert [(e.position, e.stream) for e in everything] == [(1, a), (2, a), (3, b), (4, a), (5, b)]
        assert (await verified(ledger)).sound


async def test_a_repeated_command_gets_the_first_result_and_writes_nothing(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        first = await ledger.append(take(table, 1, 2, command_id="x"))
        again = await ledger.append(take(table, 1, 2, command_id="x"))
        # The expected index is part of the first attempt: it has moved since, through that very attempt.
        late = await ledger.append(take(table, 1, 2, command_id="x", expected_index=-1))

        assert again == late == replace(first, repeated=True)
        assert len(await ledger.events(table)) == 2


async def test_a_command_id_with_other_content_is_a_conflict_also_within_one_batch(url: str) -> None:
    table, other = new_id(), new_id()
    async with node(url) as ledger:
        batch = [
            take(table, 1, command_id="x"),
            take(table, 1, command_id="x"),
            take(table, 2, command_id="x"),
        ]
        elsewhere = take(other, 2, command_id="x")

        assert codes(await outcomes(ledger, *batch, elsewhere)) == [
            "0-0",
            "0-0",
            "idempotency_conflict",
            "0-0",
        ]
        assert codes(await outcomes(ledger, take(table, 3, command_id="x"))) == ["idempotency_conflict"]
        assert (await ledger.state(table, sticks)).state.taken == (1,)


async def test_within_a_scope_a_repeated_command_finds_the_stream_that_the_first_one_made(url: str) -> None:
    caller, first, second, third = new_id(), new_id(), new_id(), new_id()
    async with node(url) as ledger:
        made = [take(s, 1, command_id="new game", scope=caller) for s in (first, second)]
        together = await outcomes(ledger, *made)
        later = await ledger.append(take(third, 1, command_id="new game", scope=caller))

        assert together == [Appended(first, 0, 0), Appended(first, 0, 0, repeated=True)]
        assert later == Appended(first, 0, 0, repeated=True)
        assert not await ledger.events(second) + await ledger.events(third)
        assert codes(await outcomes(ledger, take(third, 2, command_id="new game", scope=caller))) == [
            "idempotency_conflict"
        ]


async def test_a_stale_expected_index_is_refused_and_later_commands_see_what_earlier_ones_left(
    url: str,
) -> None:
    table = new_id()
    seen: list[tuple[int, ...]] = []

    def look(state: State, index: int) -> list[Event]:
        seen.append(state.taken)
        return [Taken(index)]

    async with node(url) as ledger:
        batch = [
            take(table, 7, expected_index=-1),
            take(table, 8, expected_index=-1),
            take(table, decide=look),
        ]
        assert codes(await outcomes(ledger, *batch, take(table, decide=look, expected_index=1))) == [
            "0-0",
            "stale",
            "1-1",
            "2-2",
        ]
        assert seen == [(7,), (7, 1)]


async def test_a_command_that_decides_nothing_is_remembered(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        assert await ledger.append(take(table, command_id="x")) == Appended(table, 0, -1)
        await ledger.append(take(table, 5))
        assert await ledger.append(take(table, command_id="x")) == Appended(table, 0, -1, repeated=True)


async def test_streams_keep_their_kind(url: str) -> None:
    table = new_id()

    def refuse(_state: State, _index: int) -> list[Event]:
        raise Refusal("forbidden", "no")

    async with node(url) as ledger:
        # Even when a refused command of another kind opened the stream in the same batch.
        first = [take(table, decide=refuse, kind="career"), take(table, 1)]
        assert codes(await outcomes(ledger, *first)) == ["forbidden", "0-0"]
        assert codes(await outcomes(ledger, take(table, 1, kind="registry"))) == ["not_found"]
        assert (await verified(ledger)).sound


async def test_a_poisoned_command_fails_alone(url: str) -> None:
    good, bad = [new_id() for _ in range(5)], new_id()

    def crash(_state: State, _index: int) -> list[Event]:
        raise LookupError("no such seat")

    def name(connection: Connection) -> None:
        connection.execute(insert(names).values(name=1))

    postgresql = url.startswith("postgresql")
    async with node(url, Pile()) as ledger:
        answers = await outcomes(
            ledger,
            take(good[0], 1),
            take(bad, decide=crash),
            take(good[1], 2, beside=name),
            take(bad, 3, beside=name),
            take(good[2], 4),
            take(bad, UNLUCKY),
            take(good[3], 5),
            take(bad, 6, at=2**63),
            take(good[4], 7, remark="fine"),
            take(bad, 8, remark="\0" if postgresql else "also fine"),
        )

        short = {a.stream: "written" for a in answers if isinstance(a, Appended)}
        wrong = sorted(code for code in codes(answers) if "-" not in code)
        assert all(short.get(stream) == "written" for stream in good)
        expected = ["IntegrityError", "LookupError", "ZeroDivisionError", "error"]
        assert wrong == sorted(expected + ["DBAPIError"] * postgresql)
        assert [len(await ledger.events(stream)) for stream in good] == [1] * 5
        assert len(await ledger.events(bad)) == (0 if postgresql else 1)
        assert await ledger.database.read(lambda c: count(c, names)) == 1
        assert len(await ledger.database.read(Pile().rows)) == (5 if postgresql else 6)
        assert (await verified(ledger)).sound


async def test_what_is_written_beside_stands_or_falls_with_its_command(url: str) -> None:
    def named(refusal: Refusal | None = None) -> dict[str, Any]:
        def beside(connection: Connection) -> None:
            connection.execute(insert(names).values(name=1))
            if refusal is not None:
                raise refusal

        return {"beside": beside}

    async with node(url) as ledger:
        refused = take(new_id(), 1, **named(Refusal("name_taken", "it is")))
        assert codes(await outcomes(ledger, refused)) == ["name_taken"]
        assert await ledger.database.read(lambda c: count(c, names)) == 0
        # A command may have nothing to tell the ledger, and yet something to write beside it.
        assert codes(await outcomes(ledger, take(new_id(), **named()))) == ["0--1"]
        assert await ledger.database.read(lambda c: count(c, names)) == 1


async def test_a_refusal_may_log_events_once_and_is_the_same_refusal_when_repeated(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        greedy = [take(table, TOO_MUCH + 1, command_id="x") for _ in range(3)]
        assert codes(await outcomes(ledger, *greedy[:2], take(table, 1))) == [
            "move_rejected",
            "move_rejected",
            "1-1",
        ]
        with pytest.raises(Refusal, match="that is too much") as again:
            await ledger.append(greedy[2])
        assert again.value.code == "move_rejected"
        conflict = take(table, TOO_MUCH + 2, command_id="x")
        assert codes(await outcomes(ledger, conflict)) == ["idempotency_conflict"]
        assert [type(e.event) for e in await ledger.events(table)] == [GreedShown, Taken]


async def test_free_text_is_kept_beside_the_event_and_never_within_states_or_what_is_published(
    url: str,
) -> None:
    table, heard = new_id(), list[Recorded]()
    async with node(url) as ledger:
        ledger.follower.subscribe(heard.extend)
        await ledger.append(take(table, 1, remark="Ana cheats"))
        digest = FreeText.of("Ana cheats").digest

        assert await ledger.texts(table) == {digest: "Ana cheats"}
        stored = (await ledger.events(table))[0]
        assert b"Ana" not in stored.payload
        assert heard[0].event == stored.event == Taken(1, FreeText(digest))
        assert (await ledger.state(table, sticks)).state.remarks == 0
        await ledger.database.write(lambda c: c.execute(texts.delete()) and None)
        assert await ledger.texts(table) == {}
        assert (await verified(ledger)).sound


async def test_a_cancelled_callers_command_still_commits(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        caller = asyncio.create_task(ledger.append(take(table, 1, command_id="x")))
        while not ledger.waiting:
            await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert (await ledger.append(take(table, 1, command_id="x"))).repeated


async def test_a_full_queue_refuses_before_it_takes_anything(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    tables = [new_id() for _ in range(4)]
    async with node(url) as ledger:
        for table in tables[:2]:
            ledger.submit(take(table, 1), lambda _: None)
        last = asyncio.create_task(ledger.append(take(tables[2], 1)))
        while ledger.waiting < 3:
            await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await ledger.append(take(tables[3], 1))
        assert (refused.value.code, refused.value.retry_after) == ("overloaded", 1)
        await last
        assert [len(await ledger.events(table)) for table in tables] == [1, 1, 1, 0]


async def test_more_commands_than_one_batch_takes_are_all_answered_in_order(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_AT_ONCE", 7)
    monkeypatch.setattr(writer, "MOST_COLD", 2)
    a, b, c = new_id(), new_id(), new_id()
    async with node(url) as ledger:
        answers = await outcomes(ledger, *(take(stream, 1) for _ in range(10) for stream in (a, b, c)))
        assert codes(answers) == [f"{i}-{i}" for i in range(10) for _ in range(3)]


class Witness:
    """A database that notes commits, and loses the answer to the first one when told to."""

    def __init__(self, database: Database, notes: list[str], *, loses: bool = False) -> None:
        self.database = database
        self.url: URL = database.url
        self._notes = notes
        self._loses = loses

    async def read(self, transaction: Callable[[Connection], T]) -> T:
        return await self.database.read(transaction)

    async def glance(self, query: Query[V], values: V) -> Rows:
        return await self.database.glance(query, values)

    async def write(self, transaction: Callable[[Connection], T]) -> T:
        result = await self.database.write(transaction)
        self._notes.append("committed")
        if self._loses and len(self._notes) == 2:  # the first was the preparation of the start
            raise DatabaseUnavailable
        return result

    async def close(self) -> None:
        await self.database.close()


async def test_events_are_published_after_the_commit_and_after_the_callers_were_answered(url: str) -> None:
    notes: list[str] = []
    async with node(url, around=lambda database: Witness(database, notes)) as ledger:
        ledger.follower.subscribe(lambda events: notes.append(f"published {len(events)}"))
        ledger.submit(take(new_id(), 1, 2), lambda _: notes.append("answered"))
        await ledger.append(take(new_id(), 3))
        notes.append("went on")
        assert notes[1:] == ["committed", "answered", "published 3", "went on"]


async def test_callers_are_answered_and_events_published_while_the_next_batch_is_stored(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "HELD", 60.0)
    notes: list[str] = []
    async with node(url, around=lambda database: Witness(database, notes)) as ledger:
        ledger.follower.subscribe(lambda events: notes.append(f"published {len(events)}"))
        loop = asyncio.get_running_loop()

        def next_decides(state: State, _index: int) -> list[Taken]:
            notes.append("decided the next")
            return [Taken(1)]

        following = take(new_id(), decide=next_decides)

        def decides(state: State, _index: int) -> list[Taken]:
            loop.call_soon_threadsafe(ledger.submit, following, lambda _: notes.append("answered the next"))
            return [Taken(1)]

        for _ in range(2 * FEW):
            ledger.submit(take(new_id(), 1), lambda _: notes.append("answered"))
        await ledger.append(take(new_id(), decide=decides))
        await ledger.drain()
        assert notes[1:] == [
            "committed",
            "decided the next",
            *["answered"] * (2 * FEW),
            f"published {2 * FEW + 1}",
            "committed",
            "answered the next",
            "published 1",
        ]


async def test_a_commit_whose_answer_was_lost_is_neither_repeated_nor_reported_as_a_failure(
    url: str,
) -> None:
    notes: list[str] = []
    async with node(url, around=lambda database: Witness(database, notes, loses=True)) as ledger:
        table = new_id()
        # No command id: only the hash in the ledger tells that it is there.
        assert await ledger.append(take(table, 1)) == Appended(table, 0, 0)
        assert len(await ledger.events(table)) == 1


async def test_commit_time_never_goes_back_when_the_databases_clock_does(url: str) -> None:
    table, tomorrow = new_id(), 4_000_000_000_000_000
    async with node(url) as ledger:
        await ledger.append(take(table, 1))
        await ledger.database.write(
            lambda c: c.execute(update(events).values(committed_at=tomorrow)) and None
        )
    async with node(url) as ledger:
        await ledger.append(take(table, 2))
        assert (await ledger.events(table))[1].committed_at == tomorrow


async def test_a_hundred_commands_cost_as_many_statements_as_two(url: str) -> None:
    async with node(url, Pile()) as ledger:
        costs = []
        for size in (2, 2, 100):
            batch = [take(new_id(), 1, command_id="x", remark=f"{i}") for i in range(size)]
            with statements() as asked:
                await outcomes(ledger, *batch)
            costs.append(len(asked))
        assert costs[1] == costs[2] <= costs[0] <= 12
