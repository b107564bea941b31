"""The outbox of webhooks: what is to be delivered, when to try next, and what became of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    exists,
    select,
    update,
)

from tallybook.careers.streams import derived_id
from tallybook.catalogue.tables import webhooks
from tallybook.database.bulk import Insert
from tallybook.database.schema import Id, Moment, Position, metadata
from tallybook.kernel.clock import iso, iso_or_none
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import not_found

Status = Literal["waiting", "delivered", "dead"]

LOOKED_THROUGH = 500  # of the oldest that wait, when it is asked which may go

deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook_id", Id, nullable=False),
    Column("position", Position, nullable=False),  # of the event
    Column("stream", Id, nullable=False),
    Column("type", String(80), nullable=False),
    Column("body", LargeBinary, nullable=False),  # what is posted
    Column("status", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),  # when it was delivered, or given up
    Column("answer", Integer),  # the last one's HTTP status
    Column("problem", String(40)),  # why there was no good answer, in a word
    Index("ix_webhook_deliveries_queue", "webhook_id", "status", "position"),
    Index("ix_webhook_deliveries_due", "status", "webhook_id", "next_at"),
)
_c = deliveries.c
_enter = Insert(
    deliveries,
    ["id", "webhook_id", "position", "stream", "type", "body", "status", "attempts", "next_at", "created_at"],
    update=[],
)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook. `problem` says in a word why the last attempt failed."""

    id: UUID
    type: str
    status: Status
    attempts: int
    created_at: str
    next_at: str | None
    ended_at: str | None
    answer: int | None
    problem: str | None


class Due(msgspec.Struct, frozen=True):
    """A delivery that may be tried now."""

    id: UUID
    body: bytes
    attempts: int


class Tried(msgspec.Struct, frozen=True):
    """What came of an attempt. With `next_at` it is made again, otherwise it was the last."""

    id: UUID
    attempts: int
    at: int
    answer: int | None
    problem: str | None
    next_at: int | None = None


def delivery_id(webhook_id: UUID, position: int) -> UUID:
    return derived_id(b"delivery", webhook_id.bytes, position.to_bytes(8))


def enter(connection: Connection, wanted: Sequence[tuple[UUID, Recorded, bytes]]) -> None:
    """Put events into the queues of webhooks, once each."""
    rows = []
    for webhook_id, recorded, body in wanted:
        at = recorded.committed_at
        place = (webhook_id, recorded.position, recorded.stream, recorded.type)
        rows.append((delivery_id(webhook_id, recorded.position), *place, body, "waiting", 0, at, at))
    _enter.run(connection, rows)


def queues(connection: Connection) -> Sequence[UUID]:
    """Active webhooks for which something waits."""
    waiting = exists().where(_c.status == "waiting", _c.webhook_id == webhooks.c.id)
    query = select(webhooks.c.id).where(webhooks.c.active, waiting)
    return connection.execute(query).scalars().all()


def due(connection: Connection, webhook_id: UUID, now: int, limit: int) -> tuple[list[Due], int | None]:
    """What may go now, and when another one may; None when nothing waits.

    An event waits for those before it in its stream, and for nothing else. The stream that has waited
    longest comes first: one that is refused again and again holds up no other.
    """
    mine = (_c.webhook_id == webhook_id, _c.status == "waiting")
    oldest = select(_c.id, _c.stream, _c.position, _c.next_at).where(*mine)
    oldest = oldest.order_by(_c.position).limit(LOOKED_THROUGH)
    held: dict[UUID, int] = {}  # streams whose first has to wait, and until when
    turns: dict[UUID, int] = {}  # the others, and since when their first may go
    ready: list[tuple[int, int, UUID]] = []
    found = LOOKED_THROUGH
    while not ready and found == LOOKED_THROUGH:
        rows = connection.execute(oldest.where(_c.stream.not_in(list(held)))).all()
        found = len(rows)
        for row in rows:
            if row.next_at > now:
                held.setdefault(row.stream, row.next_at)
            elif row.stream not in held:
                ready.append((turns.setdefault(row.stream, row.next_at), row.position, row.id))
    order = [delivery for _, _, delivery in sorted(ready)[:limit]]
    wanted = select(_c.id, _c.body, _c.attempts).where(_c.id.in_(order))
    bodies = connection.execute(wanted).all() if order else []
    by_id = {row.id: Due(row.id, bytes(row.body), row.attempts) for row in bodies}
    return [by_id[delivery] for delivery in order], min(held.values(), default=None)


def note(connection: Connection, webhook_id: UUID, tried: Iterable[Tried], *, recovered: bool) -> None:
    """Keep what came of attempts; to where the webhook has `recovered`, what waits may go at once."""
    for each in tried:
        values: dict[str, Any] = {"attempts": each.attempts, "answer": each.answer, "problem": each.problem}
        if each.next_at is not None:
            values |= {"next_at": each.next_at}
        else:
            status = "delivered" if each.problem is None else "dead"
            values |= {"status": status, "ended_at": each.at}
        connection.execute(update(deliveries).where(_c.id == each.id).values(values))
    if recovered:
        waits = (_c.webhook_id == webhook_id, _c.status == "waiting")
        connection.execute(update(deliveries).where(*waits).values(next_at=0))


def works(connection: Connection, webhook_id: UUID) -> None:
    """Note that the webhook answers."""
    this = (webhooks.c.id == webhook_id, webhooks.c.failing_since.is_not(None))
    connection.execute(update(webhooks).where(*this).values(failing_since=None))


def fails(connection: Connection, webhook_id: UUID, now: int) -> int:
    """Note that the webhook does not answer well; since when that is so."""
    this = (webhooks.c.id == webhook_id, webhooks.c.failing_since.is_(None))
    connection.execute(update(webhooks).where(*this).values(failing_since=now))
    since: int | None = connection.execute(
        select(webhooks.c.failing_since).where(webhooks.c.id == webhook_id)
    ).scalar()
    return now if since is None else since


def sweep(connection: Connection, *, delivered_before: int, dead_before: int) -> None:
    """Forget what was delivered or given up long ago, and whatever belongs to no webhook any more."""
    for status, before in (("delivered", delivered_before), ("dead", dead_before)):
        connection.execute(delete(deliveries).where(_c.status == status, _c.ended_at < before))
    known = select(webhooks.c.id)
    connection.execute(delete(deliveries).where(_c.webhook_id.not_in(known)))


def of_webhook(
    connection: Connection, webhook_id: UUID, status: Status | None, before: int | None, limit: int
) -> list[tuple[int, Delivery]]:
    """Deliveries with the positions of their events, newest first."""
    query = select(deliveries).where(_c.webhook_id == webhook_id)
    if status is not None:
        query = query.where(_c.status == status)
    if before is not None:
        query = query.where(_c.position < before)
    rows = connection.execute(query.order_by(_c.position.desc()).limit(limit))
    return [(row.position, _shown(row)) for row in rows]


def again(connection: Connection, webhook_id: UUID, delivery: UUID, now: int) -> Delivery:
    """Try one that was given up, or waits, at once and as if for the first time."""
    this = (_c.id == delivery, _c.webhook_id == webhook_id)
    undone = update(deliveries).where(*this, _c.status != "delivered")
    connection.execute(undone.values(status="waiting", attempts=0, next_at=now, ended_at=None))
    row = connection.execute(select(deliveries).where(*this)).one_or_none()
    if row is None:
        raise not_found("delivery")
    return _shown(row)


def _shown(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        type=row.type,
        status=row.status,
        attempts=row.attempts,
        created_at=iso(row.created_at),
        next_at=iso(row.next_at) if row.status == "waiting" and row.next_at else None,
        ended_at=iso_or_none(row.ended_at),
        answer=row.answer,
        problem=row.problem,
    )
