"""Making a projection anew from event 0, in any process, while servers go on reading and writing it."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, select, update

from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.refusals import not_found
from tallybook.ledger.append import Projection
from tallybook.ledger.batch import lock
from tallybook.ledger.follow import LOOK_EVERY
from tallybook.ledger.projecting import ProjectionMismatch, Projector, slots
from tallybook.ledger.read import events_after
from tallybook.ledger.tables import projections, snapshots

CHUNK = 2_000  # events in one transaction
GRACE = 6 * LOOK_EVERY  # seconds for every process to notice the switch

Progress = Callable[[int], None]


async def rebuild(
    database: Database,
    declared: Sequence[Projection],
    name: str,
    progress: Progress = lambda _: None,
    *,
    grace: float = GRACE,
    clock: Clock | None = None,
) -> int:
    """Rebuild the projection `name` out of the `declared` ones; how many events it was made of.

    Fills the slot that is not live, catches up under the ledger's lock, switches, and after `grace`
    seconds stops keeping the old slot. `progress` hears how many events are in. When it is interrupted
    nothing is lost: the live slot serves on, and the next rebuild starts from the beginning.
    """
    time = clock or SystemClock()
    projection = next((p for p in declared if p.name == name), None)
    if projection is None:
        raise not_found("projection")
    await database.write(Projector(declared).prepare)
    await database.write(partial(_begin, projection=projection))
    done, found = 0, CHUNK
    while found == CHUNK:
        started = time.monotonic()
        found = await database.write(partial(_advance, projection=projection))
        done += found
        progress(done)
        if database.url.drivername == "sqlite":  # its lock is not a queue: leave others a chance
            await asyncio.sleep(time.monotonic() - started)
    done += await database.write(partial(_switch, projection=projection))
    progress(done)
    await asyncio.sleep(grace)
    await database.write(partial(_retire, projection=projection))
    return done


def _begin(connection: Connection, projection: Projection) -> None:
    """Empty the slot that is not live, to be filled from event 0; what was cached of states goes too."""
    connection.execute(delete(snapshots))
    projection.clear(connection, slots(connection)[projection.name].other)
    _set(connection, projection, also=None, building=0)


def _advance(connection: Connection, projection: Projection) -> int:
    """Fold the next chunk into the slot being built; how many events that were."""
    # Locked, so that two rebuilds at once take turns.
    query = select(projections.c.building).where(projections.c.name == projection.name).with_for_update()
    building = connection.execute(query).scalar_one()
    if building is None:
        raise ProjectionMismatch(f"another rebuild of {projection.name} has just ended")
    events = events_after(connection, building, CHUNK)
    if events:
        projection.apply(connection, slots(connection)[projection.name].other, events)
        _set(connection, projection, building=events[-1].position)
    return len(events)


def _switch(connection: Connection, projection: Projection) -> int:
    """Under the ledger's lock: fold in what is left and make the new slot the live one."""
    lock(connection)
    done = 0
    while found := _advance(connection, projection):
        done += found
    before = slots(connection)[projection.name]
    keep = before.live if before.version == projection.version else None
    _set(connection, projection, version=projection.version, live=before.other, also=keep, building=None)
    return done


def _retire(connection: Connection, projection: Projection) -> None:
    """Once every reader has moved over: stop keeping the old slot."""
    lock(connection)
    now = slots(connection)[projection.name]
    if now.building is None:  # nobody fills it again already
        _set(connection, projection, also=None)
        projection.clear(connection, now.other)


def _set(connection: Connection, projection: Projection, **values: Any) -> None:
    connection.execute(update(projections).where(projections.c.name == projection.name).values(**values))
