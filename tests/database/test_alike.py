"""What every database does alike, although each has a way of its own to do otherwise."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import bindparam, column, func, insert, literal, select
from sqlalchemy.exc import DBAPIError

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.engine import Database, UnsafeDatabase, check_durability, open_database
from tallybook.database.prepared import Prepared, as_id
from tallybook.database.trouble import DatabaseUnavailable
from tallybook.kernel.ids import new_id
from tallybook.ledger.tables import snapshots, texts
from tallybook.projections.values import SessionValues
from tests.servers.mariadb import MariaDB

ONE = UUID(int=1)
VALUES = SessionValues.tables["a"]


async def test_texts_that_differ_in_any_byte_are_different_keys(database: Database) -> None:
    spellings = ["a", "A", "a ", "ä", "a\u0308", "a'\\%s", ""]
    add = Insert(texts, ["stream", "digest", "text"])
    await database.write(lambda c: add.run(c, [(ONE, text, text) for text in spellings]))
    by_key = Lookup(texts, ["digest", "text"], ["stream", "digest"])
    for text in spellings:
        found = await database.read(lambda c, text=text: by_key.run(c, [(ONE, text)]))  # type: ignore[misc]  # bound for the loop
        assert [tuple(row) for row in found] == [(text, text)]


async def test_the_condition_of_an_upsert_is_about_the_row_as_it_was(database: Database) -> None:
    key = ["session_id", "seat", "stat", "round"]
    put = Insert(
        VALUES, [*key, "idx", "value"], update=["idx", "value"], condition=f"excluded.idx > {VALUES.name}.idx"
    )

    async def after(*rows: tuple[int, str]) -> tuple[int, str]:
        await database.write(lambda c: put.run(c, [(ONE, 0, "Points", 1, *row) for row in rows]))
        row = await database.read(lambda c: c.execute(select(VALUES.c.idx, VALUES.c.value)).one())
        return row.idx, row.value

    assert await after((5, "five")) == (5, "five")
    assert await after((4, "four")) == (5, "five")
    assert await after((6, "six")) == (6, "six")
    leave = Insert(VALUES, [*key, "idx", "value"], update=[])
    await database.write(lambda c: leave.run(c, [(ONE, 0, "Points", 1, 9, "nine")]))
    assert await after((6, "another six")) == (6, "six")


async def test_rows_of_megabytes_come_back_as_they_were(database: Database) -> None:
    states = {new_id(): bytes(range(256)) * 4_096 * n for n in range(1, 4)}
    columns = ["stream", "fold", "version", "idx", "state"]
    rows = [(stream, "fold", 1, 0, state) for stream, state in states.items()]
    await database.write(lambda c: Insert(snapshots, columns, update=columns[1:]).run(c, rows))
    found = await database.read(lambda c: c.execute(select(snapshots.c.stream, snapshots.c.state)).all())
    assert {row.stream: row.state for row in found} == states


async def test_who_only_reads_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        await database.read(lambda c: c.execute(insert(texts).values(stream=ONE, digest="d", text="t")))
    assert re.search(r"(?i)read.?only", str(refused.value.__cause__))


@contextmanager
def told(server: MariaDB, name: str, value: int, usual: int) -> Iterator[None]:
    server.sql(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        server.sql(f"SET GLOBAL {name} = {usual}")


@pytest.mark.parametrize(
    ("name", "value", "usual"),
    [("innodb_flush_log_at_trx_commit", 2, 1), ("max_allowed_packet", 2**20, 2**24)],
)
async def test_a_server_that_may_lose_what_it_acknowledged_is_named_and_not_used(
    mariadb_url: str, mariadb_server: MariaDB, name: str, value: int, usual: int
) -> None:
    database = open_database(mariadb_url)
    with told(mariadb_server, name, value, usual), pytest.raises(UnsafeDatabase, match=f"{name} {value}"):
        await database.read(check_durability)
    await database.close()


async def test_a_database_that_compares_by_the_alphabet_is_named_and_not_used(mariadb_url: str) -> None:
    database = open_database(mariadb_url)
    with pytest.raises(UnsafeDatabase, match="utf8mb4_general_ci"):
        await database.read(check_durability)
    await database.close()


async def test_a_glance_sees_what_was_committed_before_it_however_long_it_takes(database: Database) -> None:
    table, others = texts, [texts.alias(f"other_{n}") for n in range(2)]
    add = Insert(texts, ["stream", "digest", "text"])
    wanted = table.c.stream == bindparam("stream", type_=table.c.stream.type)
    short = Prepared(select(table.c.digest, table.c.stream).where(wanted).order_by(table.c.digest))
    long = Prepared(select(func.count()).select_from(table, *others).where(wanted))
    for count in range(1, 61):
        await database.write(lambda c, count=count: add.run(c, [(ONE, f"{count:03}", "text")]))  # type: ignore[misc]  # bound for the loop
        rows = await database.glance(short, {"stream": ONE})
        assert (len(rows), rows[-1][0], as_id(rows[-1][1])) == (count, f"{count:03}", ONE)
    (counted,) = await database.glance(long, {"stream": ONE})
    assert counted[0] == 60**3
    together = await asyncio.gather(*(database.glance(short, {"stream": ONE}) for _ in range(30)))
    assert {len(rows) for rows in together} == {60}


async def test_whoever_shares_a_glance_sees_what_was_committed_before_the_own_call(
    database: Database,
) -> None:
    add = Insert(texts, ["stream", "digest", "text"])
    count = Prepared(select(func.count()).select_from(texts))
    committed = 0

    async def write() -> None:
        nonlocal committed
        for number in range(30):
            await database.write(lambda c, number=number: add.run(c, [(ONE, str(number), "text")]))  # type: ignore[misc]  # bound for the loop
            committed += 1

    async def ask() -> None:
        while committed < 30:
            before = committed
            (row,) = await database.glance(count, {})
            assert row[0] >= before
            await asyncio.sleep(0)

    await asyncio.gather(write(), *(ask() for _ in range(30)))


async def test_glances_get_over_connections_that_died(
    mariadb_url: str, mariadb_server: MariaDB, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(mariadb_url)
    name = mariadb_url.rpartition("/")[2]
    nothing = Prepared(select(literal(0)))
    for kill in (True, False, True):  # what was killed is only noticed by the next who asks
        (row,) = await database.glance(nothing, {})
        assert row[0] == 0
        listed = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
        for connection in mariadb_server.sql(listed).split() if kill else ():
            mariadb_server.sql(f"KILL {connection}")
    await database.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_glance_that_cannot_succeed_fails_like_a_read(database: Database) -> None:
    missing = Prepared(select(column("nothing")).select_from(texts))
    with pytest.raises(DBAPIError):
        await database.glance(missing, {})


OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def test_no_connection_is_left_behind_by_who_gives_up_or_is_still_at_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, moment = open_database(postgres_url), select(func.pg_sleep(0.01))
    opening = asyncio.Event()
    execute = asyncpg.Connection.execute

    async def told_of(*said: Any) -> Any:
        opening.set()
        return await execute(*said)

    monkeypatch.setattr(asyncpg.Connection, "execute", told_of)
    given_up = asyncio.create_task(database.glance(Prepared(moment), {}))
    await opening.wait()
    given_up.cancel()
    glancing = asyncio.create_task(database.glance(Prepared(moment), {}))
    reading = asyncio.create_task(database.read(lambda c: c.execute(moment).all()))
    await asyncio.sleep(0)
    await database.close()
    assert (given_up.cancelled(), glancing.done(), reading.done()) == (True, True, True)
    watching = open_database(postgres_url)
    async with asyncio.timeout(10):  # the server itself takes a moment to notice
        while await watching.read(lambda c: c.exec_driver_sql(OTHERS).scalar_one()):
            pass
    await watching.close()
