"""Loading and folding: scoresheet events a second, a long session from its snapshot, bytes a stored event."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from uuid import UUID

import uvloop

from benchmarks.databases import Databases, PostgresDatabases, both
from tallybook.bootstrap.serving import settle_collector
from tallybook.database.engine import open_database
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Event
from tallybook.kernel.ids import new_id
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tallybook.migrations import upgrade
from tallybook.play.desk import FOLD
from tallybook.rules.protocol import Config, Seat, Stat
from tallybook.rules.scoresheet.events import ValueRecorded
from tallybook.sessions.events import SessionCreated, SessionStarted
from tallybook.sessions.session import Session
from tallybook.upkeep import projections

LONG = 50_000  # events in the session that is folded from its first event on
SNAPSHOT = 5_000  # events in the one that is loaded from its snapshot
COMMANDS = 20_000  # of one event each, for the bytes a stored event takes
ROUNDS = 5
SEATS = 4
STAT = "A stat named so that payloads have"  # a hundred bytes


def opening(session_id: UUID) -> list[Event]:
    created = SessionCreated(
        room_id=new_id(),
        key="ABCDEF",
        public=True,
        max_players=None,
        game_id=new_id(),
        rules="scoresheet",
        rules_version=1,
        config=Config(stats=(Stat("Points", "integer", scoring=True), Stat(STAT, "integer")), win="highest"),
        seats=tuple(Seat(number, new_id()) for number in range(SEATS)),
        host_id=session_id,
        scorekeepers=(session_id,),
        previous=None,
    )
    return [created, SessionStarted()]


def record(index: int) -> Event:
    return ValueRecorded(index % SEATS, "Points", index, 1 + index // SEATS % 50, delta=1)


async def _append(
    ledger: Ledger, stream: UUID, events: Sequence[Event], command_id: str | None = None
) -> None:
    await ledger.append(
        Append(
            stream=stream,
            kind="session",
            fold=FOLD,
            decide=lambda _state, _index: events,
            actor=stream,
            command_id=command_id,
            fingerprint=bytes(16),
        )
    )


async def _write(ledger: Ledger, events: int) -> UUID:
    """A session of that many events, in commands of five hundred."""
    stream = new_id()
    await _append(ledger, stream, opening(stream))
    for start in range(2, events, 500):
        await _append(ledger, stream, [record(index) for index in range(start, min(start + 500, events))])
    return stream


async def _cold(url: str, warm: UUID, stream: UUID) -> tuple[float, Session]:
    """Seconds to the state of a session that nobody has asked this process for, and the state."""
    database = open_database(url)
    ledger = Ledger(database, projections(), SystemClock())
    await ledger.start()
    try:
        await ledger.state(warm, FOLD)  # another one: the connection is open, the statements are prepared
        started = perf_counter()
        at = await ledger.state(stream, FOLD)
        seconds = perf_counter() - started
        assert at.state is not None
        return seconds, at.state
    finally:
        await ledger.close()
        await database.close()


async def _fold(url: str, warm: UUID, stream: UUID) -> float:
    """Seconds to read a session's events and fold them, without a snapshot."""
    database = open_database(url)
    ledger = Ledger(database, projections(), SystemClock())
    await ledger.events(warm)
    started = perf_counter()
    events = await ledger.events(stream)
    state = FOLD.fold(FOLD.initial(), events)
    seconds = perf_counter() - started
    assert state is not None
    assert len(events) == LONG
    await database.close()
    return seconds


async def measure(databases: Databases) -> None:
    url = databases.empty()
    await upgrade(url)
    database = open_database(url)
    ledger = Ledger(database, projections(), SystemClock())
    await ledger.start()
    long = await _write(ledger, LONG)
    short = await _write(ledger, SNAPSHOT)
    other = await _write(ledger, 4)  # one more batch, which saves the snapshot that is due
    await ledger.close()
    await database.close()
    folded = min([await _fold(url, other, long) for _ in range(ROUNDS)])
    loaded = min([(await _cold(url, other, short))[0] for _ in range(ROUNDS)])
    print(
        f"  {databases.name:<11}{LONG / folded:>9,.0f} events/s read and folded"
        f"   {SNAPSHOT:,} events from the snapshot in {loaded * 1e3:.1f} ms",
        flush=True,
    )


async def _sizes(databases: PostgresDatabases) -> None:
    url = databases.empty()
    await upgrade(url)
    database = open_database(url)
    ledger = Ledger(database, projections(), SystemClock())
    await ledger.start()
    streams = [new_id() for _ in range(500)]
    await asyncio.gather(*(_append(ledger, stream, opening(stream)) for stream in streams))

    async def play(stream: UUID) -> None:
        for index in range(COMMANDS // len(streams)):
            event = ValueRecorded(index % SEATS, STAT, 1_000_000_000_000_000 + index, 2, delta=1)
            await _append(ledger, stream, [event], f"command-{index}")

    await asyncio.gather(*(play(stream) for stream in streams))
    await ledger.close()
    await database.close()
    name = url.rpartition("/")[2]
    databases.server.sql("VACUUM ANALYZE", database=name)
    for table, per in (
        ("events", "event"),
        ("commands", "command"),
        ("streams", "stream"),
        ("session_values_a", "cell"),
    ):
        rows, heap, all_of_it = databases.server.sql(
            f"SELECT count(*), pg_table_size('{table}'), pg_total_relation_size('{table}') FROM {table}",
            database=name,
        ).split("|")
        print(
            f"    {table:<18}{int(all_of_it) / int(rows):>7.0f} bytes a {per} with its indexes ({heap} heap)"
        )
    played = "SELECT avg(length(payload)) FROM events WHERE type LIKE 'scoresheet.%'"
    payload = databases.server.sql(played, database=name)
    print(f"    the payloads have {float(payload):.0f} bytes on average")


async def _run() -> None:
    settle_collector()
    with both() as kinds:
        for databases in kinds:
            await measure(databases)
        await _sizes(kinds[0])


def main() -> None:
    uvloop.run(_run())


if __name__ == "__main__":
    main()
