"""Statements asked of the driver itself go wrong as those of everybody else do."""

import asyncio
import sys
from functools import partial
from types import FrameType
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.driver import ask, pause
from tallybook.database.engine import Database, open_database
from tallybook.database.trouble import DatabaseUnavailable, in_trouble
from tallybook.ledger.tables import texts
from tallybook.migrations import upgrade

ONE = UUID(int=1)

_add = Insert(texts, ["stream", "digest", "text"])
_find = Lookup(texts, ["text"], ["stream", "digest"])


class TakenBack(Exception):
    """A transaction that is not to be committed."""


def _found(connection: Connection) -> list[str]:
    return [row[0] for row in _find.run(connection, [(ONE, "a")])]


async def test_a_transaction_is_one_whoever_asks_first(database: Database) -> None:
    def by_driver_first(connection: Connection) -> None:
        _add.run(connection, [(ONE, "a", "text")])
        assert connection.execute(text("SELECT count(*) FROM texts")).scalar_one() == 1
        raise TakenBack

    def by_driver_last(connection: Connection) -> None:
        connection.execute(text("DELETE FROM texts"))
        _add.run(connection, [(ONE, "a", "text")])
        assert _found(connection) == ["text"]
        raise TakenBack

    for transaction in (by_driver_first, by_driver_last):
        with pytest.raises(TakenBack):
            await database.write(transaction)
        assert await database.read(_found) == []


async def test_what_the_database_refuses_is_no_trouble_of_its_own(database: Database) -> None:
    def twice(connection: Connection) -> None:
        _add.run(connection, [(ONE, "a", "text")])
        with pytest.raises(DBAPIError) as refused:
            _add.run(connection, [(ONE, "a", "text")])
        assert not in_trouble(refused.value)
        raise refused.value

    with pytest.raises(DBAPIError):
        await database.write(twice)
    assert await database.read(_found) == []


async def test_a_savepoint_takes_back_what_the_driver_was_asked_within_it(database: Database) -> None:
    def transaction(connection: Connection) -> None:
        savepoint = connection.begin_nested()
        _add.run(connection, [(ONE, "a", "never")])
        savepoint.rollback()
        _add.run(connection, [(ONE, "a", "text")])

    await database.write(transaction)
    assert await database.read(_found) == ["text"]


async def test_a_connection_that_is_cut_is_trouble_and_not_used_again(postgres_url: str) -> None:
    database = open_database(postgres_url)
    try:

        def cut_itself(connection: Connection) -> None:
            ask(connection, "SELECT 1")
            ask(connection, "SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises(DatabaseUnavailable):
            await database.write(cut_itself)
        for _ in range(8):
            await database.write(lambda c: ask(c, "SELECT 1"))
    finally:
        await database.close()


async def test_a_caller_that_goes_away_leaves_no_half_read_answer(postgres_url: str) -> None:
    database = open_database(postgres_url)
    try:

        def sleeps(connection: Connection) -> None:
            ask(connection, "SELECT 1")
            started.set()
            ask(connection, "SELECT pg_sleep(30)")

        for _ in range(3):
            started = asyncio.Event()
            task = asyncio.create_task(database.write(sleeps))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        for number in range(8):
            [[answer]] = await database.write(partial(ask, statement=f"SELECT {number}"))
            assert answer == number
    finally:
        await database.close()


async def test_no_abstract_class_is_asked_about_arrays_or_their_elements(postgres_url: str) -> None:
    """asyncpg would ask abstract classes, which takes longer than all else it does with most of them."""
    asked: list[str] = []

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_name == "__instancecheck__":
            asked.append(frame.f_code.co_qualname)

    def arrays(connection: Connection) -> list[str]:
        rows = [(UUID(int=n), str(n), n) for n in range(100)]
        ask(connection, "SELECT 1")
        sys.setprofile(look)
        try:
            parameters = tuple(zip(*rows, strict=True))
            query = (
                "SELECT count(*), max(n) FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS t(id, text, n)"
            )
            return [f"{count} to {most}" for count, most in ask(connection, query, parameters)]
        finally:
            sys.setprofile(None)

    database = open_database(postgres_url)
    try:
        assert await database.write(arrays) == ["100 to 99"]
        assert not asked
    finally:
        await database.close()


async def test_a_key_is_looked_up_by_itself_in_a_table_that_was_planned_as_empty(postgres_url: str) -> None:
    """Such a plan is kept, so that one which goes through the table would do so when that is long."""

    def plan(connection: Connection) -> str:
        statement, keys = _find.filled(connection.dialect, [(ONE, "a"), (ONE, "b")])
        return "\n".join(row[0] for row in ask(connection, f"EXPLAIN {statement}", keys))

    await upgrade(postgres_url)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("VACUUM ANALYZE texts")
    await connection.close()
    database = open_database(postgres_url)
    try:
        for plans in (await database.write(plan), await database.read(plan)):
            assert "Index Cond: ((stream = k.c0) AND" in plans
    finally:
        await database.close()


async def test_a_transaction_that_computes_lets_others_have_their_turn(database: Database) -> None:
    loop, turns = asyncio.get_running_loop(), list[str]()

    def computes(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))
        if connection.dialect.is_async:  # any other runs on a thread
            loop.call_soon(turns.append, "another")
        else:
            turns.append("another")
        pause(connection)
        turns.append("the transaction")

    await database.read(computes)
    assert turns == ["another", "the transaction"]


async def test_whoever_is_cancelled_again_and_again_leaves_connections_as_they_were(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Task groups cancel until a task has ended: also while it undoes its transaction."""

    def store(connection: Connection, number: int) -> None:
        _add.run(connection, [(UUID(int=number), "a", "text")])
        ask(connection, "SELECT 1")

    async def give_up(number: int) -> bool:
        task = asyncio.create_task(database.write(partial(store, number=number)))
        while not task.done():
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
        return not task.cancelled() and task.exception() is None

    await database.write(partial(ask, statement="SELECT 1"))
    written = [await give_up(number) for number in range(400)]

    for number in range(12):
        [[answer]] = await database.write(partial(ask, statement=f"SELECT {number}"))
        assert answer == number
    found = await database.read(lambda c: c.execute(select(texts.c.stream)).scalars().all())
    assert {number for number, done in enumerate(written) if done} <= {stream.int for stream in found}
    assert not [record for record in caplog.records if record.name.startswith("sqlalchemy")]
