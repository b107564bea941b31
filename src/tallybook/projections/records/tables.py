"""The tables of leaderboards, and the statements that read and write many of their rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.engine import Database
from tallybook.database.prepared import as_id
from tallybook.database.schema import Id, Moment, Position, metadata
from tallybook.projections.making import by_key
from tallybook.projections.records.entries import ENTRY, Entry
from tallybook.projections.slots import SLOTS, Slots

Place = tuple[UUID, int, UUID]  # board, beginning of the period, member


def _values() -> list[Column[Any]]:
    return [
        Column("value", BigInteger, nullable=False),
        Column("second", BigInteger, nullable=False),
        Column("since", Position, nullable=False),
        Column("at", Moment, nullable=False),
        Column("count", Integer, nullable=False),
        Column("total", BigInteger, nullable=False),
        Column("last", Position, nullable=False),
        Column("team", String(40)),
        Column("previous", BigInteger),
    ]


def _entries(slot: str) -> Table:
    return Table(
        f"entries_{slot}",
        metadata,
        Column("board_id", Id, primary_key=True),
        Column("period", Moment, primary_key=True, autoincrement=False),
        Column("member_id", Id, primary_key=True),  # a person, or a team
        *_values(),
        Index(f"ix_entries_{slot}_member_id", "member_id"),
        sqlite_with_rowid=False,
    )


def _parts(slot: str) -> Table:
    """What each player brought along, of persons who are several players."""
    return Table(
        f"entry_parts_{slot}",
        metadata,
        Column("board_id", Id, primary_key=True),
        Column("period", Moment, primary_key=True, autoincrement=False),
        Column("member_id", Id, primary_key=True),  # a player
        *_values(),
        Index(f"ix_entry_parts_{slot}_member_id", "member_id"),
        sqlite_with_rowid=False,
    )


def _persons(slot: str) -> Table:
    """Every player of persons who are several, the person itself among them."""
    return Table(
        f"entry_persons_{slot}",
        metadata,
        Column("player_id", Id, primary_key=True),
        Column("person_id", Id, nullable=False),
        Column("since", Position, nullable=False),  # of the event that made it so
        Index(f"ix_entry_persons_{slot}_person_id", "person_id"),
        sqlite_with_rowid=False,
    )


def _given(slot: str) -> Table:
    """What finished sessions gave, each as long as it held."""
    return Table(
        f"entry_sessions_{slot}",
        metadata,
        Column("board_id", Id, primary_key=True),
        Column("session_id", Id, primary_key=True),
        Column("seat", Integer, primary_key=True, autoincrement=False),
        Column("from_position", Position, primary_key=True, autoincrement=False),
        Column("to_position", Position, nullable=False),  # exclusive: of the correction or the void
        Column("since", Position, nullable=False),  # of the event that finished the session
        Column("period", Moment, nullable=False),
        Column("member_id", Id, nullable=False),
        Column("at", Moment, nullable=False),
        Column("value", String(80), nullable=False),  # as the result says it
        Column("team", String(40)),
        Index(f"ix_entry_sessions_{slot}_member", "board_id", "period", "member_id"),
        Index(f"ix_entry_sessions_{slot}_session_id", "session_id"),
        sqlite_with_rowid=False,
    )


def _careers(slot: str) -> Table:
    """Who has a career in which game."""
    name = f"careers_{slot}"
    return Table(
        name,
        metadata,
        Column("game_id", Id, primary_key=True),
        Column("player_id", Id, primary_key=True),
        Column("stream", Id, nullable=False),
        Index(f"ix_{name}_player_id", "player_id"),
        sqlite_with_rowid=False,
    )


def _built(slot: str) -> Table:
    """By which definition the entries of a board were made, or are being made."""
    return Table(
        f"boards_built_{slot}",
        metadata,
        Column("board_id", Id, primary_key=True),
        Column("definition", String(32), nullable=False),  # a digest
        Column("filled", Position),  # everything up to there is in, and what comes later waits; None: all is
        sqlite_with_rowid=False,
    )


class Entries:
    """Rows of entries by their place."""

    def __init__(self, make: Callable[[str], Table]) -> None:
        self.tables = Slots(make)
        place = ("board_id", "period", "member_id")
        columns = (*place, *ENTRY)
        self._find = {slot: Lookup(self.tables[slot], columns, place) for slot in SLOTS}
        self._of = {slot: Lookup(self.tables[slot], columns, ["member_id"]) for slot in SLOTS}
        self._save = {slot: Insert(self.tables[slot], columns, update=ENTRY) for slot in SLOTS}
        self.fill = {slot: Insert(self.tables[slot], columns) for slot in SLOTS}

    def read(self, connection: Connection, slot: str, places: Iterable[Place]) -> dict[Place, Entry]:
        return _by_place(self._find[slot].run(connection, sorted(set(places))))

    async def glance(self, database: Database, slot: str, places: Iterable[Place]) -> dict[Place, Entry]:
        """The same, outside a transaction."""
        rows = await database.glance(self._find[slot], sorted(set(places)))
        return _by_place((as_id(row[0]), row[1], as_id(row[2]), *row[3:]) for row in rows)

    def of_members(self, connection: Connection, slot: str, members: Iterable[UUID]) -> dict[Place, Entry]:
        return _by_place(self._of[slot].run(connection, [(member,) for member in sorted(set(members))]))

    def write(self, connection: Connection, slot: str, entries: Mapping[Place, Entry]) -> None:
        self._save[slot].run(connection, list(self.rows(entries)))

    def rows(self, entries: Mapping[Place, Entry]) -> Iterator[tuple[Any, ...]]:
        """As they are written, in the order of their key."""
        return ((*place, *msgspec.structs.astuple(entries[place])) for place in by_key(entries))

    def remove(self, connection: Connection, slot: str, places: Sequence[Place]) -> None:
        table = self.tables[slot]
        for board_id, period, member_id in places:
            here = (table.c.board_id == board_id) & (table.c.period == period)
            connection.execute(table.delete().where(here & (table.c.member_id == member_id)))


def _by_place(rows: Iterable[Sequence[Any]]) -> dict[Place, Entry]:
    return {(row[0], row[1], row[2]): Entry(*row[3:]) for row in rows}


entries = Entries(_entries)
parts = Entries(_parts)
persons = Slots(_persons)
given = Slots(_given)
careers = Slots(_careers)
built = Slots(_built)
TABLES = (entries.tables, parts.tables, persons, given, careers, built)
