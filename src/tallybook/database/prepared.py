"""Queries that are written once and then cost no more than their execution."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase

from tallybook.database.driver import Rows, ask
from tallybook.database.gathering import send

Filled = tuple[str, tuple[Any, ...]]
"""A statement and its parameters, as a driver takes them."""

V_contra = TypeVar("V_contra", contravariant=True)


class Query(Protocol[V_contra]):
    """What can be asked with values. Ids come back as the driver gives them: `as_id` reads them."""

    def run(self, connection: Connection, values: V_contra) -> Rows: ...

    def filled(self, dialect: Dialect, values: V_contra) -> Filled: ...


class Prepared:
    """A select with named parameters."""

    def __init__(self, query: SelectBase) -> None:
        self._query = query
        self._compiled: dict[str, tuple[str, list[str], Mapping[str, Any]]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """The rows, as sequences."""
        send(connection)
        return ask(connection, *self.filled(connection.dialect, values))

    def filled(self, dialect: Dialect, values: Mapping[str, Any]) -> Filled:
        if dialect.name not in self._compiled:
            compiled = self._query.compile(dialect=dialect)
            assert isinstance(compiled, SQLCompiler)
            order = list(compiled.positiontup or ())
            self._compiled[dialect.name] = (str(compiled), order, compiled.params)
        statement, order, constants = self._compiled[dialect.name]
        filled = tuple(values[name] if name in values else constants[name] for name in order)
        if dialect.name != "postgresql":
            filled = tuple(value.bytes if isinstance(value, UUID) else value for value in filled)
        return statement, filled


def as_id(value: UUID | bytes) -> UUID:
    return _uuid(value) if isinstance(value, bytes) else value


@lru_cache(maxsize=65_536)  # the same come again and again
def _uuid(value: bytes) -> UUID:
    return UUID(bytes=value)
