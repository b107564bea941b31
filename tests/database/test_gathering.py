"""Inserts that wait for each other: nobody can tell, whatever is done between them."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.engine import Database
from tallybook.database.gathering import gathering
from tallybook.database.prepared import Prepared
from tallybook.ledger.tables import commands, snapshots, texts
from tests.ledger.kit import statements

ONE = UUID(int=1)

_texts = Insert(texts, ["stream", "digest", "text"], update=["text"])
_snapshots = Insert(snapshots, ["stream", "fold", "version", "idx", "state"], update=["idx"])
_commands = Insert(commands, ["scope", "command", "fingerprint", "first", "last"], update=["last"])
_find = Lookup(texts, ["digest", "text"], ["stream", "digest"])
_count = Prepared(select(func.count()).select_from(texts))


class TakenBack(Exception):
    """A transaction that is not to be committed."""


Write = Callable[[Connection, int], None]
WRITES: dict[str, Write] = {
    "text": lambda c, n: _texts.run(c, [(ONE, str(n % 3), f"text {n}")]),
    "two texts": lambda c, n: _texts.run(c, [(ONE, f"{n} a", "a"), (ONE, f"{n} b", "b")]),
    "snapshot": lambda c, n: _snapshots.run(c, [(UUID(int=n % 3), "fold", 1, n, b"state")]),
    "command": lambda c, n: _commands.run(c, [(ONE, bytes([n % 3]), b"print", n, n)]),
}


def _nested(connection: Connection) -> object:
    with connection.begin_nested():
        return connection.execute(select(func.count()).select_from(snapshots)).scalar_one()


READS: dict[str, Callable[[Connection], object]] = {
    "look-up": lambda c: sorted(map(tuple, _find.run(c, [(ONE, "0"), (ONE, "1")]))),
    "prepared": lambda c: [tuple(row) for row in _count.run(c, {})],
    "select": lambda c: sorted(map(tuple, c.execute(select(commands.c.command, commands.c.last)))),
    "savepoint": _nested,
}


@pytest.mark.parametrize("steps", [["text", "snapshot", "command", "look-up", "text", "text", "select"]])
async def test_what_waits_is_there_for_whoever_reads_it(database: Database, steps: list[str]) -> None:
    await _alike(database, steps)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([*WRITES, *READS]), max_size=14))
async def test_gathered_or_not_the_same_is_read_and_left(database: Database, steps: list[str]) -> None:
    await _alike(database, steps)


async def _alike(database: Database, steps: list[str]) -> None:
    """Two transactions that are taken back, one of which gathers."""
    seen: list[list[object]] = []

    def run(connection: Connection, *, gathered: bool) -> None:
        read: list[object] = []
        seen.append(read)

        def go() -> None:
            for n, step in enumerate(steps):
                if step in WRITES:
                    WRITES[step](connection, n)
                else:
                    read.append(READS[step](connection))

        if gathered:
            with gathering(connection):
                go()
        else:
            go()
        read.extend(look(connection) for look in READS.values())
        raise TakenBack

    for gathered in (True, False):
        with pytest.raises(TakenBack):
            await database.write(partial(run, gathered=gathered))
    assert seen[0] == seen[1]


async def test_many_tables_cost_postgresql_one_statement(database: Database) -> None:
    def run(connection: Connection) -> int:
        with statements() as asked, gathering(connection):
            for write in ("text", "snapshot", "command"):
                WRITES[write](connection, 1)
        return len(asked)

    number = await database.write(run)
    assert number == (1 if database.url.drivername == "postgresql" else 3)


async def test_what_cannot_be_written_fails_the_block_and_leaves_nothing_behind(database: Database) -> None:
    plain = Insert(texts, ["stream", "digest", "text"])

    def twice(connection: Connection) -> None:
        with gathering(connection):
            plain.run(connection, [(ONE, "a", "first")])
            plain.run(connection, [(ONE, "a", "second")])

    def broken(connection: Connection) -> None:
        with gathering(connection):
            plain.run(connection, [(ONE, "b", "never sent")])
            raise TakenBack

    with pytest.raises(DBAPIError):
        await database.write(twice)
    with pytest.raises(TakenBack):
        await database.write(broken)
    for _ in range(8):  # on whichever connection comes next
        assert await database.write(lambda c: _count.run(c, {})[0][0]) == 0
