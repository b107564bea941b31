"""What every cell of every session holds now: any stat, per seat or table, per round."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, select

from tallybook.database.bulk import Insert
from tallybook.database.schema import Id, metadata
from tallybook.kernel.events import Recorded
from tallybook.projections.slots import SLOTS, Slots
from tallybook.rules.protocol import Value
from tallybook.rules.scoresheet.events import ValueCleared, ValueRecorded, WriteRedone, WriteUndone

TABLE_SEAT = -1  # where a stat of the table is kept
PREFIX = "scoresheet."

_SAYS_VALUE = (ValueRecorded, WriteUndone, WriteRedone)


def _table(slot: str) -> Table:
    return Table(
        f"session_values_{slot}",
        metadata,
        Column("session_id", Id, primary_key=True),
        Column("seat", Integer, primary_key=True, autoincrement=False),
        Column("stat", String(100), primary_key=True),
        Column("round", Integer, primary_key=True, autoincrement=False),
        Column("value", String(500)),  # JSON; NULL once cleared
        Column("idx", Integer, nullable=False),  # of the event that made it so
        sqlite_with_rowid=False,
    )


class SessionValues:
    """Cells as SQL rows."""

    name = "session_values"
    version = 1
    tables = Slots(_table)

    def __init__(self) -> None:
        self.slot = SLOTS[0]
        columns = ["session_id", "seat", "stat", "round", "value", "idx"]
        self._upsert = {
            slot: Insert(
                self.tables[slot],
                columns,
                update=["value", "idx"],
                condition=f"excluded.idx > {self.tables[slot].name}.idx",
            )
            for slot in SLOTS
        }

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Keep the newest value of each cell; older news of a cell changes nothing."""
        cells: dict[tuple[UUID, int, str, int], tuple[str | None, int]] = {}
        for recorded in events:
            if not recorded.type.startswith(PREFIX):
                continue
            event = recorded.event
            value: Value | None = None
            if isinstance(event, _SAYS_VALUE):
                value = event.value
            elif not isinstance(event, ValueCleared):
                continue
            if event.stat is None:  # a round was undone or redone, no cell
                continue
            seat = TABLE_SEAT if event.seat is None else event.seat
            text = None if value is None else msgspec.json.encode(value).decode()
            cells[recorded.stream, seat, event.stat, event.round or 1] = (text, recorded.index)
        rows = [(*key, *cell) for key, cell in sorted(cells.items())]
        self._upsert[slot].run(connection, rows)

    def clear(self, connection: Connection, slot: str) -> None:
        self.tables.clear(connection, slot)

    def of(self, connection: Connection, session_id: UUID) -> dict[tuple[int, str, int], Value]:
        """The filled cells of a session by (seat, stat, round); seat -1 is the table."""
        table = self.tables[self.slot]
        query = select(table.c.seat, table.c.stat, table.c.round, table.c.value).where(
            table.c.session_id == session_id, table.c.value.is_not(None)
        )
        return {
            (seat, stat, round_): msgspec.json.decode(value, type=Value)
            for seat, stat, round_, value in connection.execute(query)
        }
