"""In-transaction projections: applying batches, and rebuilding into a second set of tables.

Every projection has its tables twice, as slots `a` and `b`. One is live. A rebuild fills the other
from event 0 while the live one serves, catches up under the ledger's lock, and switches; for a while
both are kept up to date, so that a reader who has not heard of the switch still reads the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tallybook.kernel.events import Recorded
from tallybook.ledger.append import Projection
from tallybook.ledger.read import events_after
from tallybook.ledger.tables import projections, snapshots

CHUNK = 5_000  # events in one transaction of a rebuild


class ProjectionMismatch(Exception):
    """The database's projections were made by another release."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    version: int
    live: str
    also: str | None
    building: int | None


def _other(slot: str) -> str:
    return "b" if slot == "a" else "a"


class Projector:
    """The projections of this release in their declared order."""

    def __init__(self, declared: Sequence[Projection]) -> None:
        self.declared = tuple(declared)

    def prepare(self, connection: Connection) -> None:
        """Enter projections this database has not seen; they start empty, so old events need a rebuild."""
        rows = self._rows(connection)
        for projection in self.declared:
            if projection.name not in rows:
                connection.execute(
                    insert(projections).values(name=projection.name, version=projection.version, live="a")
                )

    def check(self, connection: Connection) -> list[str]:
        """The names whose stored version is not this release's; they want a rebuild. Tells each its slot."""
        rows = self._rows(connection)
        stale = [p.name for p in self.declared if p.name not in rows or rows[p.name].version != p.version]
        self.locate(connection)
        return stale

    def locate(self, connection: Connection) -> None:
        """Tell every projection which of its slots is to be read."""
        rows = self._rows(connection)
        for projection in self.declared:
            if projection.name in rows:
                projection.slot = rows[projection.name].live

    def apply(self, connection: Connection, events: Sequence[Recorded]) -> None:
        rows = self._rows(connection)
        for projection in self.declared:
            row = rows[projection.name]
            if row.version != projection.version:
                raise ProjectionMismatch(f"projection {row.name} is of version {row.version}")
            projection.apply(connection, row.live, events)
            if row.also is not None:
                projection.apply(connection, row.also, events)

    @staticmethod
    def _rows(connection: Connection) -> dict[str, _Row]:
        return {row.name: _Row(*row) for row in connection.execute(select(projections))}

    def _one(self, name: str) -> Projection:
        for projection in self.declared:
            if projection.name == name:
                return projection
        raise KeyError(name)

    # A rebuild, in steps of one transaction each.

    def begin(self, connection: Connection, name: str) -> None:
        """Empty the slot that is not live and start at event 0, with every snapshot forgotten."""
        row = self._rows(connection)[name]
        connection.execute(delete(snapshots))
        self._one(name).clear(connection, _other(row.live))
        self._set(connection, name, also=None, building=0)

    def advance(self, connection: Connection, name: str) -> int:
        """Fold the next chunk into the slot being built; how many events that were."""
        row = self._rows(connection)[name]
        if row.building is None:
            raise ProjectionMismatch(f"no rebuild of {name} is under way")
        events = events_after(connection, row.building, CHUNK)
        if events:
            self._one(name).apply(connection, _other(row.live), events)
            self._set(connection, name, building=events[-1].position)
        return len(events)

    def switch(self, connection: Connection, name: str) -> None:
        """Under the ledger's lock: fold in what is left and make the new slot the live one."""
        while self.advance(connection, name):
            pass
        row = self._rows(connection)[name]
        version = self._one(name).version
        keep = row.live if row.version == version else None
        self._set(connection, name, version=version, live=_other(row.live), also=keep, building=None)

    def retire(self, connection: Connection, name: str) -> None:
        """After every reader has moved over: stop keeping the old slot."""
        row = self._rows(connection)[name]
        if row.also is not None:
            self._set(connection, name, also=None)
            self._one(name).clear(connection, row.also)

    @staticmethod
    def _set(connection: Connection, name: str, **values: Any) -> None:
        connection.execute(update(projections).where(projections.c.name == name).values(**values))


Progress = Callable[[int], None]
