"""How fast all records are made anew from the ledger, each and together, against a bare read."""

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from uuid import UUID

import uvloop
from sqlalchemy import Connection

from benchmarks.databases import Databases, both
from tallybook.bootstrap.serving import settle_collector
from tallybook.careers.events import AchievementUnlocked, Reported, ScoreSubmitted, StatsReported
from tallybook.careers.streams import career_id
from tallybook.catalogue.boards import board_id
from tallybook.database.bulk import Insert
from tallybook.database.engine import open_database
from tallybook.kernel.events import Event, encode, registry
from tallybook.ledger.read import events_after
from tallybook.ledger.rebuild import rebuild
from tallybook.ledger.states import EVENT_COLUMNS
from tallybook.ledger.tables import events
from tallybook.ledger.tables import following as places
from tallybook.migrations import upgrade
from tallybook.upkeep import following_projections, projections

EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
PLAYERS = 20_000
GAMES = 20
CHUNK = 20_000
ACHIEVEMENT = UUID(int=7)

RECORDS = ("records", "unlocks", "careers", "career_days", "ratings", "analytics")
KINDS = os.environ.get("BENCH_DATABASES", "PostgreSQL,SQLite").split(",")

_insert = Insert(events, EVENT_COLUMNS)
_places = Insert(places, ["name", "position", "holder", "expires_at"])


def _said(number: int) -> tuple[UUID, Event]:
    """The event at a place, of a mixture of kinds, players and games that repeats itself only slowly."""
    game, player = UUID(int=1_000 + number * 7 % GAMES), UUID(int=10_000 + number * 7919 % PLAYERS)
    stream = career_id(game, player)
    if number % 10 == 0:
        return stream, StatsReported(game, player, (Reported("kills", delta=number % 5),), playtime=60_000)
    if number % 50 == 1:
        return stream, AchievementUnlocked(game, player, ACHIEVEMENT, 10)
    key = "score" if number % 2 else "best"
    return stream, ScoreSubmitted(game, player, board_id(game, key), number * 31 % 100_000)


def _fill(connection: Connection, start: int) -> None:
    indexes: dict[UUID, int] = {}
    rows = []
    for number in range(start, min(start + CHUNK, EVENTS)):
        stream, event = _said(number)
        payload, _ = encode(event)
        index = indexes[stream] = indexes.get(stream, start - 1) + 1  # rising, which is all that counts here
        name = registry.name_of(event)
        rows.append((stream, index, number + 1, name, payload, None, None, None, number + 1, b"x" * 32))
    _insert.run(connection, rows)


def _read(connection: Connection) -> Iterator[int]:
    position = 0
    while found := events_after(connection, position, CHUNK):
        position = found[-1].position
        for recorded in found:
            registry.decode(recorded.type, recorded.payload)
        yield len(found)


async def measure(databases: Databases) -> None:
    url = databases.empty()
    await upgrade(url)
    database = open_database(url, patient=True)
    try:
        for start in range(0, EVENTS, CHUNK):
            await database.write(partial(_fill, start=start))
        settle_collector()
        started = time.perf_counter()
        read = await database.read(lambda connection: sum(_read(connection)))
        bare = time.perf_counter() - started
        assert read == EVENTS
        print(f"{databases.name:10} {'read and decoded':20} {read / bare:8.0f} events/s")
        following = following_projections()
        places = [(projection.name, EVENTS, None, 0) for projection in following]
        await database.write(partial(_places.run, rows=places))

        def progress(done: int) -> None:
            print(f"\r{done} of {EVENTS} ", end="", file=sys.stderr)

        for names in (*([name] for name in RECORDS), RECORDS):
            started, used = time.perf_counter(), time.process_time()
            done = await rebuild(database, projections(), names, progress, grace=0, following=following)
            seconds, used = time.perf_counter() - started, time.process_time() - used
            assert done == EVENTS
            what = names[0] if len(names) == 1 else "all in one pass"
            print(
                f"\r{databases.name:10} {what:20} {done / seconds:8.0f} events/s,"
                f" {used * 1_000_000 / done:6.1f} CPU µs an event; ratio {bare / seconds:.3f}"
            )
    finally:
        await database.close()


def main() -> None:
    with both() as kinds:
        for databases in kinds:
            if databases.name not in KINDS:
                continue
            uvloop.run(measure(databases))


if __name__ == "__main__":
    main()
