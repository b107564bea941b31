"""Reading events back, by stream or by position."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from tallybook.database.bulk import uuid_of
from tallybook.database.prepared import Prepared, as_id
from tallybook.kernel.events import Recorded
from tallybook.ledger.append import EMPTY
from tallybook.ledger.states import EVENT_COLUMNS
from tallybook.ledger.tables import events, texts

LARGEST = 2**31 - 1  # index of an event, and number of them

_columns = [events.c[name] for name in EVENT_COLUMNS]
_of_stream = Prepared(
    select(*_columns[1:])  # all but the stream
    .where(events.c.stream == bindparam("of"))
    .where(events.c.idx > bindparam("after"), events.c.idx <= bindparam("upto"))
    .order_by(events.c.idx)
    .limit(bindparam("most"))
)
later = Prepared(  # the events after a position, of whatever streams
    select(*_columns)
    .where(events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("most"))
)


def last_position(connection: Connection) -> int:
    """The position of the newest event; 0 when there is none."""
    position: int = connection.execute(select(func.coalesce(func.max(events.c.position), 0))).scalar_one()
    return position


def position_at(connection: Connection, moment: int) -> int:
    """The position of the last event committed by then, by halving: commit times never go back."""
    committed = select(events.c.committed_at).where(events.c.position == bindparam("position"))
    low, high = 0, last_position(connection)
    while low < high:
        middle = (low + high + 1) // 2
        if connection.execute(committed, {"position": middle}).scalar_one() <= moment:
            low = middle
        else:
            high = middle - 1
    return low


def events_after(connection: Connection, position: int, limit: int) -> list[Recorded]:
    """Events of the whole ledger in commit order."""
    return recorded(later.run(connection, {"after": position, "most": limit}))


def recorded(rows: Sequence[Any]) -> list[Recorded]:
    """The rows of `later` as events."""
    return [
        Recorded(as_id(stream), index, place, name, payload, actor and as_id(actor), at, zone, moment, seal)
        for stream, index, place, name, payload, actor, at, zone, moment, seal in rows
    ]


def stream_events(
    connection: Connection,
    stream: UUID,
    *,
    after: int = EMPTY,
    upto: int | None = None,
    limit: int | None = None,
) -> list[Recorded]:
    """Events of one stream with indexes in (after, upto], in order."""
    rows = _of_stream.run(
        connection,
        {
            "of": stream,
            "after": after,
            "upto": LARGEST if upto is None else upto,
            "most": LARGEST if limit is None else limit,
        },
    )
    if connection.dialect.name == "postgresql":
        return [Recorded(stream, *row) for row in rows]
    return [
        Recorded(stream, index, position, name, payload, uuid_of(actor), at, zone, committed_at, seal)
        for index, position, name, payload, actor, at, zone, committed_at, seal in rows
    ]


def stream_texts(connection: Connection, stream: UUID) -> dict[str, str]:
    """The free text of a stream's events by digest; erased text is absent."""
    query = select(texts.c.digest, texts.c.text).where(texts.c.stream == stream)
    return {row.digest: row.text for row in connection.execute(query)}
