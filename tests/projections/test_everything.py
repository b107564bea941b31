"""All records together: as after a rebuild, and as if every correction had been entered so at once."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, delete, select

from tallybook.catalogue.events import BoardDefined
from tallybook.catalogue.tables import boards
from tallybook.database.engine import open_database
from tallybook.database.schema import metadata
from tallybook.kernel.events import Recorded, encode
from tallybook.ledger.projecting import Projector
from tallybook.ledger.rebuild import passes, rebuild
from tallybook.ledger.tables import events, following
from tallybook.ledger.tables import projections as known
from tallybook.projections.merges import OPEN
from tallybook.sessions.events import ResultCorrected, SessionFinished
from tallybook.upkeep import following_projections, projections
from tests.projections.evenings import Evening, batches, whatever_happens
from tests.projections.test_records import careers, define

# What says by which event or batch a row came about, and not what it is.
_POSITIONS = {"position", "idx", "from_position"}
_OF_BATCHES = {"stamps", "boards_built"}
_OF_CORRECTIONS = {*_OF_BATCHES, "entry_sessions"}


def straight(log: Sequence[Recorded]) -> list[Recorded]:
    """The same ledger without corrections: each session finished with the result that holds in the end."""
    last = {each.stream: each.event.result for each in log if isinstance(each.event, ResultCorrected)}
    told = []
    for recorded in log:
        if isinstance(recorded.event, ResultCorrected):
            continue
        if isinstance(recorded.event, SessionFinished) and recorded.stream in last:
            payload, _ = encode(SessionFinished(last[recorded.stream]))
            recorded = msgspec.structs.replace(recorded, payload=payload, _event=None)
        told.append(recorded)
    return told


def content(connection: Connection, slot: str, *, corrections: bool) -> dict[str, list[Any]]:
    """By table, all rows of a slot; with `corrections` without what these leave behind."""
    found = {}
    for table in metadata.sorted_tables:
        name = table.name.removesuffix(f"_{slot}")
        if name == table.name or name.startswith("test_"):
            continue
        if name in (_OF_CORRECTIONS if corrections else _OF_BATCHES):
            continue
        dropped = _POSITIONS if corrections else {"position"} if name == "ratings" else set()
        query = select(*(column for column in table.c if column.name not in dropped))
        if name == "unlock_counts":
            query = query.where(table.c.persons != 0)  # no row says the same as 0
        if name == "results" and corrections:
            query = query.where(table.c.to_position == OPEN)
        found[name] = sorted(map(tuple, connection.execute(query)), key=repr)
    return found


def play(connection: Connection, log: Sequence[Recorded], sizes: Sequence[int]) -> None:
    """Into an empty database, batch by batch, as the ledger and its followers apply them."""
    everything = (*projections(), *following_projections())
    for table in (events, boards, known, following):
        connection.execute(delete(table))
    Projector(projections(), following_projections()).prepare(connection)
    for projection in everything:
        projection.clear(connection, "a")
    Evening(log=list(log)).store(connection)
    for batch in batches(log, sizes):
        for recorded in batch:
            if isinstance(recorded.event, BoardDefined):
                define(connection, recorded.event)
        for projection in everything:
            projection.apply(connection, "a", batch)
    places = [{"name": p.name, "position": len(log), "expires_at": 0} for p in following_projections()]
    connection.execute(following.insert().values(places))


async def check(url: str, evening: Evening, sizes: list[int]) -> None:
    database = open_database(url)
    try:
        if not any(isinstance(recorded.event, ResultCorrected) for recorded in evening.log):
            told = None
        else:
            told = straight(evening.log)
            await database.write(lambda connection: play(connection, told, sizes))
            anew = await database.read(lambda connection: content(connection, "a", corrections=True))
        await database.write(lambda connection: play(connection, evening.log, sizes))
        if told is not None:
            corrected = await database.read(lambda connection: content(connection, "a", corrections=True))
            assert corrected == anew
        live = await database.read(lambda connection: content(connection, "a", corrections=False))
        declared, behind = projections(), following_projections()
        for names in passes((*declared, *behind), [each.name for each in (*declared, *behind)]):
            assert await rebuild(database, declared, names, grace=0, following=behind) == len(evening.log)
        assert await database.read(lambda connection: content(connection, "b", corrections=False)) == live
    finally:
        await database.close()


@pytest.mark.timeout(300)
def test_all_records_are_those_of_a_rebuild_and_of_results_entered_right_at_once(url: str) -> None:
    whatever_happens(check, url, careers(), examples=(30, 10))
