"""Inserts that wait for each other: on PostgreSQL, many tables are written by one statement.

Each statement of its own is a turn of both sides, which costs more than most rows do. Under a condition that
the one statement looks at itself it can be a transaction of its own, and not even `BEGIN` has to be said.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from tallybook.database.driver import Rows, ask

_WAITING = "waiting inserts"
_PARAMETER = re.compile(r"\$\d+")


class Rule(NamedTuple):
    """A condition in SQL."""

    named: str  # queries for a `WITH`
    parameters: int  # how many they have
    holds: str  # an expression with what they have named
    answer: str  # a query for rows that tell whether it held


class Condition(Protocol):
    """What inserts are carried out under, all of them or none."""

    rule: Rule
    parameters: Sequence[Any]
    answer: Rows

    def begin(self, connection: Connection) -> None:
        """Begin a transaction to the end of which it holds, or raise."""


class _Insert(NamedTuple):
    into: str  # ends with what the rows are selected from
    conflict: str

    def under(self, condition: str) -> str:
        return f"{self.into} WHERE {condition}{self.conflict}" if condition else self.into + self.conflict


@dataclass(slots=True)
class _Waiting:
    condition: Condition | None
    inserts: dict[str, tuple[_Insert, Sequence[Any]]] = field(default_factory=dict)  # by table

    def send(self, connection: Connection) -> Rows:
        inserts = tuple(insert for insert, _ in self.inserts.values())
        parameters = tuple(chain.from_iterable(given for _, given in self.inserts.values()))
        self.inserts.clear()
        if self.condition is None:
            return ask(connection, _together(inserts), parameters) if inserts else ()
        statement = _together(inserts, self.condition.rule)
        return ask(connection, statement, (*self.condition.parameters, *parameters))


@contextmanager
def gathering(connection: Connection, condition: Condition | None = None) -> Iterator[None]:
    """Within the block inserts may wait until somebody reads their table, or for the end of the block.

    If none is read before, all are carried out under the condition at the end, which has its answer then.
    """
    waiting, info = _Waiting(condition), connection.info
    if connection.dialect.name == "postgresql":
        info[_WAITING] = waiting
    try:
        yield
        answer = waiting.send(connection)
        if waiting.condition is not None:
            waiting.condition.answer = answer
    finally:
        info.pop(_WAITING, None)


def insert(connection: Connection, table: str, into: str, conflict: str, parameters: Sequence[Any]) -> None:
    """Insert into a table now, or before anybody can tell the difference."""
    waiting: _Waiting | None = connection.info.get(_WAITING)
    if waiting is None:
        ask(connection, into + conflict, parameters)
        return
    if table in waiting.inserts:
        send(connection)
    waiting.inserts[table] = _Insert(into, conflict), parameters


def send(connection: Connection, table: str | None = None) -> None:
    """Carry out what waits; with a `table`, only if that is among it."""
    waiting: _Waiting | None = connection.info.get(_WAITING)
    if waiting is None or not waiting.inserts or (table is not None and table not in waiting.inserts):
        return
    if waiting.condition is not None:
        condition, waiting.condition = waiting.condition, None
        condition.begin(connection)
    waiting.send(connection)


@lru_cache(maxsize=1_024)
def _together(inserts: tuple[_Insert, ...], rule: Rule | None = None) -> str:
    """Inserts into different tables as one. Each has its parameters once and in order, and so has this."""
    numbers = count(1 if rule is None else rule.parameters + 1)
    statements = [
        _PARAMETER.sub(lambda _: f"${next(numbers)}", insert.under(rule.holds if rule else ""))
        for insert in inserts
    ]
    last = statements.pop() if rule is None else rule.answer
    named = [] if rule is None else [rule.named]
    named += [f"t{i} AS ({each})" for i, each in enumerate(statements)]
    return f"WITH {', '.join(named)} {last}" if named else last
