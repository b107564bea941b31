"""Inserts that wait for each other: on PostgreSQL, many tables are written by one statement.

Each statement of its own is a turn of both sides, which costs more than most rows do.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, count
from typing import Any

from sqlalchemy import Connection

from tallybook.database.driver import ask

_WAITING = "waiting inserts"
_PARAMETER = re.compile(r"\$\d+")

Waiting = dict[str, tuple[str, Sequence[Any]]]  # by table: a statement and its parameters


@contextmanager
def gathering(connection: Connection) -> Iterator[None]:
    """Within the block inserts may wait until somebody reads their table, or for the end of the block."""
    info = connection.info
    if connection.dialect.name == "postgresql":
        info[_WAITING] = Waiting()
    try:
        yield
        send(connection)
    finally:
        info.pop(_WAITING, None)


def insert(connection: Connection, table: str, statement: str, parameters: Sequence[Any]) -> None:
    """Insert into a table now, or before anybody can tell the difference."""
    waiting: Waiting | None = connection.info.get(_WAITING)
    if waiting is None:
        ask(connection, statement, parameters)
        return
    if table in waiting:
        send(connection)
    waiting[table] = statement, parameters


def send(connection: Connection, table: str | None = None) -> None:
    """Carry out what waits; with a `table`, only if that is among it."""
    waiting: Waiting | None = connection.info.get(_WAITING)
    if not waiting or (table is not None and table not in waiting):
        return
    statements, parameters = zip(*waiting.values(), strict=True)
    waiting.clear()
    ask(connection, _together(statements), tuple(chain.from_iterable(parameters)))


@lru_cache(maxsize=1_024)
def _together(statements: tuple[str, ...]) -> str:
    """Statements on different tables as one. Each has its parameters once and in order, and so has this."""
    numbers = count(1)
    *others, last = (_PARAMETER.sub(lambda _: f"${next(numbers)}", statement) for statement in statements)
    named = ", ".join(f"t{i} AS ({each})" for i, each in enumerate(others))
    return f"WITH {named} {last}" if named else last
