"""Queries that are written once and then cost no more than their execution."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase


class Prepared:
    """A select with named parameters. Ids come back as the driver gives them: `as_id` reads them."""

    def __init__(self, query: SelectBase) -> None:
        self._query = query
        self._compiled: dict[str, tuple[str, list[str], Mapping[str, Any]]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """The rows, as sequences."""
        result = connection.exec_driver_sql(*self._filled(connection, values))
        assert result.cursor is not None
        rows: Sequence[Any] = result.cursor.fetchall()
        result.close()
        return rows

    def run_alone(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """The same, for a read that begins with this query: what it sees may be older than what follows.

        PostgreSQL is asked without a transaction around it, whose beginning and end would cost twice
        as much as the query.
        """
        if connection.dialect.name == "postgresql":
            from asyncpg import InterfaceError, PostgresError
            from sqlalchemy.util import await_only

            driver: Any = connection.connection.driver_connection
            assert not driver.is_in_transaction()
            statement, parameters = self._filled(connection, values)
            try:
                rows: Sequence[Any] = await_only(driver.fetch(statement, *parameters))
                return rows
            except (InterfaceError, PostgresError, OSError):
                pass  # asked again below, where the pool hears of a connection that is dead
        return self.run(connection, values)

    def _filled(self, connection: Connection, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        dialect = connection.dialect
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
    return UUID(bytes=value) if isinstance(value, bytes) else value
