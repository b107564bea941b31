"""The statements that differ between databases: bulk writes and look-ups by many keys.

PostgreSQL takes each column as one array (`unnest`), the others take a list of rows; both cost one
statement however many rows there are.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    CursorResult,
    Integer,
    LargeBinary,
    String,
    Table,
)

from tallybook.database.schema import Id

Values = Sequence[Any]


def _array_type(column: Column[Any]) -> str:
    match column.type:
        case Id():
            return "uuid[]"
        case BigInteger():
            return "bigint[]"
        case Integer():
            return "integer[]"
        case Boolean():
            return "boolean[]"
        case LargeBinary():
            return "bytea[]"
        case String():
            return "text[]"
        case other:
            raise TypeError(f"no bulk form for {other!r}")


class _Statement:
    """Parameters of one table's columns, turned into what each driver takes."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.table = table
        self.columns = [table.c[name] for name in columns]
        self.names = ", ".join(f'"{name}"' for name in columns)
        self.ids = [i for i, column in enumerate(self.columns) if isinstance(column.type, Id)]

    @cached_property
    def unnest(self) -> str:
        arrays = ", ".join(f"${i}::{_array_type(c)}" for i, c in enumerate(self.columns, 1))
        return f"unnest({arrays})"

    @cached_property
    def marks(self) -> str:
        return ", ".join("?" * len(self.columns))

    @staticmethod
    def arrays(rows: Sequence[Values]) -> tuple[list[Any], ...]:
        return tuple(map(list, zip(*rows, strict=True)))

    def plain(self, rows: Iterable[Values]) -> list[tuple[Any, ...]]:
        """The rows with ids as bytes."""
        if not self.ids:
            return [tuple(row) for row in rows]
        converted = []
        for row in rows:
            values = list(row)
            for i in self.ids:
                if values[i] is not None:
                    values[i] = values[i].bytes
            converted.append(tuple(values))
        return converted


class Insert(_Statement):
    """Insert rows; with `update` (column names) overwrite those columns where the key exists,
    with `update=()` leave such rows alone, with None let them fail."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        *,
        update: Sequence[str] | None = None,
        condition: str = "",
    ) -> None:
        super().__init__(table, columns)
        key = ", ".join(f'"{column.name}"' for column in table.primary_key)
        conflict = ""
        if update is not None:
            changes = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
            action = f"DO UPDATE SET {changes}" if update else "DO NOTHING"
            where = f" WHERE {condition}" if condition else ""
            conflict = f" ON CONFLICT ({key}) {action}{where}"
        into = f'INSERT INTO "{table.name}" ({self.names})'
        self._postgresql = f"{into} SELECT * FROM {self.unnest}{conflict}"  # noqa: S608 # names are our own
        self._sqlite = f"{into} VALUES ({self.marks}){conflict}"

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(self._postgresql, self.arrays(rows))
        else:
            connection.exec_driver_sql(self._sqlite, self.plain(rows))


class Lookup(_Statement):
    """Select rows by many keys; `select` is the column list, `matching` the key columns.

    A key column may be compared by another operator than `=`: `("stream", "idx >")`.
    """

    CHUNK = 400  # keys in one statement on SQLite, which counts parameters

    def __init__(
        self, table: Table, select: Sequence[str], matching: Sequence[str], *, order: str = ""
    ) -> None:
        super().__init__(table, [name.split()[0] for name in matching])
        self._selected = [table.c[name] for name in select]
        self._id_results = [i for i, column in enumerate(self._selected) if isinstance(column.type, Id)]
        chosen = ", ".join(f't."{name}"' for name in select)
        keys = [(name.split()[0], [*name.split(), "="][1]) for name in matching]
        on = " AND ".join(f't."{name}" {operator} k.c{i}' for i, (name, operator) in enumerate(keys))
        aliases = ", ".join(f"c{i}" for i in range(len(keys)))
        ordered = f" ORDER BY {order}" if order else ""
        joined = f'"{table.name}" t ON {on}'
        self._postgresql = f"SELECT {chosen} FROM {self.unnest} AS k({aliases}) JOIN {joined}{ordered}"  # noqa: S608  # names are our own
        self._sqlite = f"WITH k({aliases}) AS (VALUES {{rows}}) SELECT {chosen} FROM k JOIN {joined}{ordered}"  # noqa: S608  # names are our own

    def run(self, connection: Connection, keys: Sequence[Values]) -> Sequence[Any]:
        """Rows as sequences, ids as UUIDs. Order holds within one chunk of keys."""
        if not keys:
            return []
        if connection.dialect.name == "postgresql":
            return _rows(connection.exec_driver_sql(self._postgresql, self.arrays(keys)))
        found: list[Any] = []
        plain = self.plain(keys)
        for start in range(0, len(plain), self.CHUNK):
            chunk = plain[start : start + self.CHUNK]
            statement = self._sqlite.format(rows=", ".join([f"({self.marks})"] * len(chunk)))
            parameters = tuple(value for row in chunk for value in row)
            found.extend(self._typed(_rows(connection.exec_driver_sql(statement, parameters))))
        return found

    def _typed(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Rows of SQLite with ids in place of their bytes."""
        if not self._id_results:
            return rows
        typed = []
        for row in rows:
            values = list(row)
            for i in self._id_results:
                values[i] = _uuid(values[i])
            typed.append(values)
        return typed


def _rows(result: CursorResult[Any]) -> Sequence[Any]:
    """Rows as the driver gives them: wrapping each costs more than reading it."""
    assert result.cursor is not None
    rows = result.cursor.fetchall()
    result.close()
    return rows


@lru_cache(maxsize=16_384)  # the same few streams and players come again and again
def _uuid(value: bytes | None) -> UUID | None:
    return None if value is None else UUID(bytes=value)
