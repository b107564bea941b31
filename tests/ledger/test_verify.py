"""Verification: silent on a sound ledger, and never silent on one that was touched."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, case, delete, update

from tallybook.kernel.ids import new_id
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.tables import events, streams, texts
from tallybook.ledger.verify import Finding, verify
from tests.ledger.kit import node, take, verified

Tampering = Callable[[Connection], object]


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    """Two sessions of three events each, and a career of one; position 2 carries everything there is."""
    a, b, career = new_id(), new_id(), new_id()
    async with node(url) as ledger:
        await ledger.append(take(a, 1))
        await ledger.append(take(a, 2, actor=new_id(), at=1_000, zone="Asia/Tokyo", remark="oh"))
        await ledger.append(take(b, 3, 4))
        await ledger.append(take(a, 5))
        await ledger.append(take(career, 6, kind="career"))
        await ledger.append(take(b, 7))
        report = await verified(ledger)
        assert (report.sound, report.events, report.streams) == (True, 7, 3)
        yield ledger


def altered(column: str, value: Any, *, at: int = 2) -> Tampering:
    return lambda c: c.execute(update(events).where(events.c.position == at).values({column: value}))


def swapped(connection: Connection) -> None:
    """Exchange the payloads and types of two events of one stream."""
    first, second = connection.execute(
        events.select().where(events.c.position.in_([3, 4])).order_by(events.c.position)
    )
    for position, other in ((3, second), (4, first)):
        connection.execute(
            update(events)
            .where(events.c.position == position)
            .values(payload=other.payload, type=other.type, hash=other.hash)
        )


def renumbered(connection: Connection) -> None:
    """Exchange the places of two events."""
    for old, new in ((3, 1_000), (4, 3), (1_000, 4)):
        connection.execute(update(events).where(events.c.position == old).values(position=new))


TAMPERINGS: dict[str, Tampering] = {
    "a digit of the payload": altered("payload", b'{"sticks":3}'),
    "the payload, by hand": lambda c: c.exec_driver_sql(
        "UPDATE events SET payload = '[]' WHERE position = 2"
    ),
    "the type": altered("type", "test_taken.v1"),
    "the stream": altered("stream", new_id()),
    "the index": altered("idx", 7),
    "an index below zero": altered("idx", -7),
    "the position": altered("position", 8),
    "a position below zero": altered("position", -8),
    "the actor": altered("actor", new_id()),
    "no actor": altered("actor", None),
    "the client's time": altered("at", 1_001),
    "no client's time": altered("at", None),
    "the zone": altered("zone", "Asia/Tokyp"),
    "an empty zone": lambda c: c.execute(update(events).where(events.c.position == 1).values(zone="")),
    "the commit time": altered("committed_at", 5),
    "a commit time below zero": altered("committed_at", -5),
    "the hash": altered("hash", bytes(32)),
    "a swap of two events": swapped,
    "a swap of two places": renumbered,
    "an event cut out": lambda c: c.execute(delete(events).where(events.c.position == 3)),
    "the end of a stream cut off": lambda c: c.execute(delete(events).where(events.c.position == 5)),
    "the end of the ledger cut off": lambda c: c.execute(delete(events).where(events.c.position == 7)),
    "everything cut off": lambda c: c.execute(delete(events)),
    "a head's index": lambda c: c.execute(update(streams).values(idx=streams.c.idx + 1)),
    "a head put back": lambda c: c.execute(update(streams).values(idx=streams.c.idx - 1)),
    "a head's hash": lambda c: c.execute(update(streams).values(hash=bytes(32))),
    "a stream's kind": lambda c: c.execute(
        update(streams).values(kind=case((streams.c.kind == "career", "session"), else_=streams.c.kind))
    ),
    "a head cut out": lambda c: c.execute(delete(streams)),
    "a text": lambda c: c.execute(update(texts).values(text="ah")),
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_is_found(ledger: Ledger, tampering: Tampering) -> None:
    await ledger.database.write(tampering)
    assert not (await verified(ledger)).sound


async def test_one_altered_event_is_one_finding_that_says_where(ledger: Ledger) -> None:
    await ledger.database.write(altered("payload", b'{"sticks":9}'))
    (finding,) = (await verified(ledger)).findings
    assert (finding.position, finding.index, finding.what) == (2, 1, "is not what its hash sealed")


OTHERS = ("'abc'", "''", "1.5", "7", "9223372036854775807", "x'ff'", "CAST(x'ff' AS TEXT)", "zeroblob(17)")
FIRST = "(SELECT stream FROM events WHERE position = 1)"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # others let in nothing of another type
@pytest.mark.parametrize(
    ("table", "where", "columns"),
    [
        ("events", "position = 2", "stream idx type payload actor at zone committed_at hash"),
        ("streams", f"stream = {FIRST}", "stream kind idx hash"),
        ("texts", "TRUE", "digest text"),
    ],
)
async def test_whatever_is_put_into_a_cell_is_found_and_hides_no_other_finding(
    ledger: Ledger, table: str, where: str, columns: str
) -> None:
    def found(connection: Connection, change: str) -> dict[int, Finding]:
        with connection.begin_nested() as altering:
            connection.exec_driver_sql(change)
            report = verify(connection)
            altering.rollback()
        return {finding.position: finding for finding in report.findings}

    def each(connection: Connection) -> None:
        altered("type", "test_taken.v1", at=6)(connection)
        assert list(found(connection, "SELECT 1")) == [6]
        for column in columns.split():
            for value in OTHERS:
                change = f"UPDATE {table} SET {column} = {value} WHERE {where}"
                findings = found(connection, change)
                assert len(findings) > 1, change
                assert findings[6].what == "is not what its hash sealed"
                if table == "events":
                    assert findings[2].index == 1 or column == "idx", change
                if column in {"type", "payload", "actor", "at", "zone"}:
                    assert list(findings) == [2, 6], change

    await ledger.database.write(each)


async def test_a_ledger_in_use_is_verified_as_it_is_at_one_moment(ledger: Ledger) -> None:
    stop = asyncio.Event()

    async def play() -> None:
        table = new_id()
        while not stop.is_set():
            await ledger.append(take(table, 1))

    player = asyncio.create_task(play())
    for _ in range(10):
        assert (await verified(ledger)).sound
    stop.set()
    await player
