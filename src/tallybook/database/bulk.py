"""The statements that differ between databases: bulk writes and look-ups by many keys.

PostgreSQL takes each column as one array (`unnest`), the others take a list of rows; each costs one
statement however many rows there are (on MariaDB, one for each megabyte).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    String,
    Table,
)

from tallybook.database.driver import ask
from tallybook.database.gathering import insert, send
from tallybook.database.prepared import Filled
from tallybook.database.schema import Id

Values = Sequence[Any]

_EXCLUDED = re.compile(r'\bexcluded\.("?\w+"?)')


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
    def arrays(rows: Sequence[Values]) -> tuple[tuple[Any, ...], ...]:
        return tuple(zip(*rows, strict=True))

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
        self._postgresql = f"{into} SELECT * FROM {self.unnest}"  # noqa: S608 # names are our own
        self._conflict = conflict
        self._sqlite = f"{into} VALUES ({self.marks}){conflict}"
        self._mariadb = f"{into} VALUES ({', '.join(['%s'] * len(columns))})"
        if update is not None:
            first = next(iter(table.primary_key)).name
            changes = ", ".join(_assignments(update, condition)) or f'"{first}" = "{first}"'
            self._mariadb += f" ON DUPLICATE KEY UPDATE {changes}"

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            insert(connection, self.table.name, self._postgresql, self._conflict, self.arrays(rows))
        elif connection.dialect.name == "mariadb":
            ask(connection, self._mariadb, self.plain(rows))
        else:
            ask(connection, self._sqlite, self.plain(rows))


def _assignments(names: Sequence[str], condition: str) -> Iterator[str]:
    """What MariaDB does where the key exists. It assigns from left to right, and later expressions see the
    new values: the condition is worked out once, before the first of them."""
    if not condition:
        yield from (f'"{name}" = VALUES("{name}")' for name in names)
        return
    holds = "@holds := (" + _EXCLUDED.sub(r"VALUES(\1)", condition) + ")"
    for name in names:
        yield f'"{name}" = IF({holds}, VALUES("{name}"), "{name}")'
        holds = "@holds"


class Lookup(_Statement):
    """Select rows by many keys; `select` is the column list, `matching` the key columns.

    A key column may be compared by another operator than `=`: `("stream", "idx >")`. `condition` is SQL about
    the row `t` that is the same for all keys.
    """

    CHUNK = 400  # keys in one statement where parameters are counted, or read one by one

    def __init__(
        self,
        table: Table,
        select: Sequence[str],
        matching: Sequence[str],
        *,
        condition: str = "",
        order: str = "",
    ) -> None:
        super().__init__(table, [name.split()[0] for name in matching])
        self._selected = [table.c[name] for name in select]
        self._id_results = [i for i, column in enumerate(self._selected) if isinstance(column.type, Id)]
        chosen = ", ".join(f't."{name}"' for name in select)
        keys = [(name.split()[0], [*name.split(), "="][1]) for name in matching]
        fixed = [condition] if condition else []
        on = " AND ".join([f't."{name}" {op} k.c{i}' for i, (name, op) in enumerate(keys)] + fixed)
        aliases = ", ".join(f"c{i}" for i in range(len(keys)))
        ordered = f" ORDER BY {order}" if order else ""
        joined = f'"{table.name}" t ON {on}'
        # Behind OFFSET 0 every key is looked up by itself, however small the table was when it was planned.
        each = f'SELECT {chosen} FROM "{table.name}" t WHERE {on} OFFSET 0'  # noqa: S608  # as below
        given = f"{self.unnest} AS k({aliases})"
        self._postgresql = f"SELECT t.* FROM {given}, LATERAL ({each}) t{ordered}"  # noqa: S608  # names are our own
        self._sqlite = f"WITH k({aliases}) AS (VALUES {{rows}}) SELECT {chosen} FROM k JOIN {joined}{ordered}"  # noqa: S608  # names are our own
        # MariaDB finds ranges of an index only where it sees the keys, not in a join with them.
        self._mariadb = f'SELECT {chosen} FROM "{table.name}" t WHERE {{rows}}{ordered}'  # noqa: S608  # names are our own
        row = " AND ".join([f't."{name}" {op} %s' for name, op in keys] + fixed)
        self._mariadb_row = f"({row})"

    def run(self, connection: Connection, keys: Sequence[Values]) -> Sequence[Any]:
        """Rows as sequences, ids as UUIDs. Order holds within one chunk of keys."""
        if not keys:
            return []
        if connection.dialect.name == "postgresql":
            send(connection, self.table.name)
            return ask(connection, self._postgresql, self.arrays(keys))
        found: list[Any] = []
        for start in range(0, len(keys), self.CHUNK):
            chunk = keys[start : start + self.CHUNK]
            found.extend(self._typed(ask(connection, *self.filled(connection.dialect, chunk))))
        return found

    def filled(self, dialect: Dialect, keys: Sequence[Values]) -> Filled:
        """As one statement; whoever asks it reads ids by `as_id`."""
        if dialect.name == "postgresql":
            return self._postgresql, self.arrays(keys)
        if dialect.name == "mariadb":
            statement = self._mariadb.format(rows=" OR ".join([self._mariadb_row] * len(keys)))
        else:
            statement = self._sqlite.format(rows=", ".join([f"({self.marks})"] * len(keys)))
        return statement, tuple(chain.from_iterable(self.plain(keys)))

    def _typed(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Rows with ids in place of their bytes."""
        if not self._id_results:
            return rows
        typed = []
        for row in rows:
            values = list(row)
            for i in self._id_results:
                values[i] = uuid_of(values[i])
            typed.append(values)
        return typed


@lru_cache(maxsize=16_384)  # the same few streams and players come again and again
def uuid_of(value: bytes | None) -> UUID | None:
    """An id as databases without a type for it keep it."""
    return None if value is None else UUID(bytes=value)
