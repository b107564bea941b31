"""Events that are carried out and taken back, so that what they would bring about can be looked at."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from tallybook.database.bulk import Insert, Lookup
from tallybook.kernel.events import Event, Recorded, encode, registry
from tallybook.ledger.append import EMPTY, Projection
from tallybook.ledger.lock import lock, tail
from tallybook.ledger.projecting import Projector
from tallybook.ledger.states import EVENT_COLUMNS
from tallybook.ledger.tables import events, streams

_heads = Lookup(streams, ["stream", "idx"], ["stream"])
_insert = Insert(events, EVENT_COLUMNS)


class Draft(NamedTuple):
    """An event that is not in the ledger, and when the client would say it happened."""

    stream: UUID
    event: Event
    at: int | None = None


class Rehearsal:
    """The end of the ledger within a transaction of which nothing is to stay: the events have no hashes.

    `projections` are made for this alone: those that others use may not hear of it.
    """

    def __init__(self, connection: Connection, projections: Sequence[Projection]) -> None:
        lock(connection)  # as a writer would: projections are not made for two at a time
        self._connection = connection
        self._position, self._now, self._slots = tail(connection)
        self._heads: dict[UUID, int] = {}
        self._projector = Projector(projections)

    def happens(self, drafts: Iterable[Draft]) -> None:
        """Write down one batch, and have the projections take it in."""
        if not (drafts := list(drafts)):
            return
        unknown = {draft.stream for draft in drafts} - self._heads.keys()
        self._heads |= dict.fromkeys(unknown, EMPTY)
        self._heads |= dict(_heads.run(self._connection, [(stream,) for stream in sorted(unknown)]))
        recorded, rows = [], []
        for stream, event, at in drafts:
            self._heads[stream] += 1
            self._position += 1
            payload, _ = encode(event)
            name = registry.name_of(event)
            row = (
                stream, self._heads[stream], self._position, name, payload, None, at, None, self._now, b"",
            )  # fmt: skip
            rows.append(row)
            recorded.append(Recorded(*row))
        _insert.run(self._connection, rows)
        self._projector.apply(self._connection, recorded, self._slots)
