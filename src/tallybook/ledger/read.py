"""Reading events back, by stream or by position."""

from uuid import UUID

from sqlalchemy import Connection, func, select

from tallybook.kernel.events import Recorded
from tallybook.ledger.append import EMPTY
from tallybook.ledger.states import EVENT_COLUMNS, newer_events
from tallybook.ledger.tables import events, texts

_columns = [events.c[name] for name in EVENT_COLUMNS]


def last_position(connection: Connection) -> int:
    """The position of the newest event; 0 when there is none."""
    position: int = connection.execute(select(func.coalesce(func.max(events.c.position), 0))).scalar_one()
    return position


def events_after(connection: Connection, position: int, limit: int) -> list[Recorded]:
    """Events of the whole ledger in commit order."""
    query = select(*_columns).where(events.c.position > position).order_by(events.c.position).limit(limit)
    return [Recorded(*row) for row in connection.execute(query)]


def stream_events(
    connection: Connection,
    stream: UUID,
    *,
    after: int = EMPTY,
    upto: int | None = None,
    limit: int | None = None,
) -> list[Recorded]:
    """Events of one stream with indexes in (after, upto], in order."""
    if upto is None and limit is None:
        return [Recorded(*row) for row in newer_events.run(connection, [(stream, after)])]
    query = select(*_columns).where(events.c.stream == stream, events.c.idx > after).order_by(events.c.idx)
    if upto is not None:
        query = query.where(events.c.idx <= upto)
    if limit is not None:
        query = query.limit(limit)
    return [Recorded(*row) for row in connection.execute(query)]


def stream_texts(connection: Connection, stream: UUID) -> dict[str, str]:
    """The free text of a stream's events by digest; erased text is absent."""
    query = select(texts.c.digest, texts.c.text).where(texts.c.stream == stream)
    return {row.digest: row.text for row in connection.execute(query)}
