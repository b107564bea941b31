"""In-transaction projections: which slot is read, and applying every batch to the slots that are kept.

Every projection has its tables twice, as slots `a` and `b`. One is live. A rebuild fills the other
and switches; for a while both are kept up to date, so that a reader who has not heard of the switch
still reads the truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tallybook.database.bulk import Insert
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import Projection, Remembering
from tallybook.ledger.read import last_position
from tallybook.ledger.tables import projections

_enter = Insert(projections, ["name", "version", "live"], update=[])

INCOMPLETE = 0  # the version of a projection that lacks the events before it was declared


class ProjectionMismatch(Refusal):
    """The database's projections were made by another release: this one may not write."""

    def __init__(self, detail: str) -> None:
        super().__init__("unavailable", detail, retry_after=1)


@dataclass(frozen=True, slots=True)
class Slots:
    """A projection as the database has it."""

    name: str
    version: int
    live: str  # the slot that is read
    also: str | None  # a slot kept up to date while readers move over
    building: int | None  # the position up to which a rebuild has filled the other slot

    @property
    def other(self) -> str:
        return "b" if self.live == "a" else "a"


class Projector:
    """The projections of this release in their declared order, and those that follow behind the ledger."""

    def __init__(self, declared: Sequence[Projection], following: Sequence[Projection] = ()) -> None:
        self.declared = tuple(declared)
        self.following = tuple(following)
        self.found: Mapping[str, Slots] = {}  # as `locate` saw them last
        self._written_to: Mapping[str, Slots] = {}

    def prepare(self, connection: Connection) -> None:
        """Enter projections this database has not seen; where there are events they want a rebuild."""
        fresh = last_position(connection) == 0
        rows = [(p.name, p.version if fresh else INCOMPLETE, "a") for p in self.declared]
        # What follows begins at event 0 whenever it comes.
        rows += [(p.name, p.version, "a") for p in self.following]
        _enter.run(connection, sorted(rows))  # in the order of a rebuild under way, which holds these rows

    def check(self, connection: Connection) -> list[str]:
        """The names whose stored version is not this release's; they want a rebuild. Tells each its slot."""
        self.locate(connection)
        found = slots(connection)
        return [p.name for p in self.declared if p.name not in found or found[p.name].version != p.version]

    def locate(self, connection: Connection) -> None:
        """Tell every projection which of its slots is to be read."""
        found = self.found = slots(connection)
        for projection in (*self.declared, *self.following):
            if projection.name in found:
                projection.slot = found[projection.name].live

    def forget(self, written: Sequence[Recorded] | None = None) -> None:
        """Others have written these events since the last batch; None: it is not known what has happened."""
        for projection in self.declared:
            if isinstance(projection, Remembering):
                projection.forget_tables(written)

    def apply(self, connection: Connection, events: Sequence[Recorded], found: Mapping[str, Slots]) -> None:
        """Fold a batch in; `found` is what `slots` says in this transaction."""
        if found != self._written_to:
            self.forget()
            self._written_to = found
        for projection in self.declared:
            kept = found[projection.name]
            if kept.version != projection.version:
                raise ProjectionMismatch("the database was rebuilt for another release of the server")
            projection.apply(connection, kept.live, events)
            if kept.also is not None:
                projection.apply(connection, kept.also, events)


def slots(connection: Connection) -> dict[str, Slots]:
    """Every projection the database has, by name."""
    rows = connection.exec_driver_sql("SELECT name, version, live, also, building FROM projections")
    return {row[0]: Slots(*row) for row in rows}
