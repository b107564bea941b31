"""Making projections anew from event 0, in any process, while servers go on reading and writing them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, select, update

from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import not_found
from tallybook.ledger.append import MadeAtOnce, Projection, Reading
from tallybook.ledger.follow import LOOK_EVERY
from tallybook.ledger.leases import lock_place, place_of
from tallybook.ledger.lock import lock
from tallybook.ledger.projecting import ProjectionMismatch, Projector, slots
from tallybook.ledger.read import events_after
from tallybook.ledger.tables import projections, snapshots

CHUNK = 5_000  # events in one transaction
GRACE = 6 * LOOK_EVERY  # seconds for every process to notice the switch

T = TypeVar("T")

Progress = Callable[[int], None]


def passes(projections: Sequence[Projection], names: Sequence[str]) -> list[list[str]]:
    """Which of these projections are made anew together: one that reads another comes after that one."""
    wanted = [projection for projection in projections if projection.name in names]
    first = [p.name for p in wanted if not (isinstance(p, Reading) and set(p.reads) & set(names))]
    later = [p.name for p in wanted if p.name not in first]
    return [together for together in (first, later) if together]


@dataclass
class _Making:
    """A projection on its way from event 0."""

    projection: Projection
    behind: bool  # it follows: it has come as far as its place says, and the lock is that of its place
    other: str = ""  # the slot being built
    reached: int = 0
    waits: bool = False  # it has come as far as it can

    @property
    def name(self) -> str:
        return self.projection.name


async def rebuild(
    database: Database,
    declared: Sequence[Projection],
    names: Sequence[str],
    progress: Progress = lambda _: None,
    *,
    grace: float = GRACE,
    clock: Clock | None = None,
    following: Sequence[Projection] = (),
) -> int:
    """Rebuild some of the `declared` or `following` projections; how many events they were made of.

    Every event is read once and folded into each of them, in the slot that is not live. Then each catches
    up under the ledger's lock (or that of its place) and switches, and after `grace` seconds the old slots
    are kept no longer. `progress` hears how many events are in. When it is interrupted nothing is lost: the
    live slots serve on, and the next rebuild starts from the beginning.
    """
    time = clock or SystemClock()
    known = {projection.name: projection for projection in (*declared, *following)}
    if not known.keys() >= set(names):
        raise not_found("projection")
    makings = [_Making(known[name], behind=known[name] in following) for name in known if name in names]
    await database.write(Projector(declared, following).prepare)
    await database.write(partial(_let_go, makings=makings))
    await database.write(partial(_begin, makings=makings))

    rests_until = 0.0

    async def go_on(step: Callable[[Connection], T]) -> T:
        nonlocal rests_until
        started = time.monotonic()
        if started < rests_until:
            await asyncio.sleep(rests_until - started)
            started = time.monotonic()
        result = await database.write(step)
        if database.url.drivername == "sqlite":  # its lock is not a queue: leave others a chance
            rests_until = (4 * time.monotonic() - started) / 3
        return result

    async def fold(some: Sequence[_Making]) -> None:
        """Fold in whatever there is, up to the last few events."""
        more = True
        while more and some:
            after = some[0].reached
            # Read outside the transaction that writes: what is in the ledger stays as it is.
            found = await database.read(partial(_read, after=after))
            if found:
                await go_on(partial(_take, makings=some, events=found))
                progress(max(making.reached for making in makings))
            more = len(found) == CHUNK
            some = [making for making in some if not making.waits]

    try:
        await fold(makings)
        for making in makings:
            if isinstance(making.projection, MadeAtOnce):
                while not await go_on(partial(_finish, making=making, projection=making.projection)):
                    pass
            making.waits = False
            await fold([making])
            await database.write(partial(_switch, making=making))
            progress(max(each.reached for each in makings))
    finally:
        for making in makings:
            if isinstance(making.projection, MadeAtOnce):
                making.projection.forget(making.other)
    await asyncio.sleep(grace)
    for making in makings:
        await database.write(partial(_retire, making=making))
    return max((making.reached for making in makings), default=0)


def _let_go(connection: Connection, makings: Sequence[_Making]) -> None:
    """See that nobody writes to the slots that are not live."""
    for making in makings:
        _lock(connection, making)
    _hold(connection, makings)
    for making in makings:
        _set(connection, making, also=None)


def _begin(connection: Connection, makings: Sequence[_Making]) -> None:
    """Empty the slots that are not live, to be filled from event 0; what was cached of states goes too."""
    _hold(connection, makings)
    connection.execute(delete(snapshots))
    found = slots(connection)
    for making in makings:
        if found[making.name].also is not None:
            raise _not_alone(making)  # it has switched since, and writers may be in its old slot
        making.other = found[making.name].other
        _set(connection, making, also=None, building=0)
        making.projection.clear(connection, making.other)
        if isinstance(making.projection, MadeAtOnce):
            making.projection.begin(making.other)


def _read(connection: Connection, after: int) -> list[Recorded]:
    found = events_after(connection, after, CHUNK)
    for recorded in found:
        _ = recorded.event  # decoded here, where nobody waits for it
    return found


def _lock(connection: Connection, making: _Making) -> None:
    """Wait until nobody applies events to the projection; held to the end of the transaction."""
    if making.behind:
        lock_place(connection, making.name)
    else:
        lock(connection)


def _hold(connection: Connection, makings: Sequence[_Making]) -> dict[str, int | None]:
    """How far each has been built; nobody else says so before the end of the transaction.

    All rows at once and in one order, lest two rebuilds wait for each other.
    """
    query = select(projections.c.name, projections.c.building)
    these = projections.c.name.in_([making.name for making in makings])
    rows = connection.execute(query.where(these).order_by(projections.c.name).with_for_update())
    return {row.name: row.building for row in rows}


def _hold_own(connection: Connection, makings: Sequence[_Making]) -> None:
    """The same, and give up when it is no longer this rebuild that fills the slots."""
    building = _hold(connection, makings)
    for making in makings:
        if building[making.name] != making.reached:
            raise _not_alone(making)


def _not_alone(making: _Making) -> ProjectionMismatch:
    return ProjectionMismatch(f"another rebuild of {making.name} has begun or ended")


def _take(connection: Connection, makings: Sequence[_Making], events: Sequence[Recorded]) -> None:
    """Fold events, the next ones to all of them, into the slots being built."""
    _hold_own(connection, makings)  # of two rebuilds at once the one that began earlier notices
    for making in makings:
        own = events
        if making.behind:
            place = place_of(connection, making.name)
            making.waits = events[-1].position > place
            if making.waits:
                own = [event for event in events if event.position <= place]
        if own:
            making.projection.apply(connection, making.other, own)
            making.reached = own[-1].position
            _set(connection, making, building=making.reached)


def _finish(connection: Connection, making: _Making, projection: MadeAtOnce) -> bool:
    """Write more of what is made at once; whether that was all."""
    _hold_own(connection, [making])
    return projection.finish(connection, making.other)


def _switch(connection: Connection, making: _Making) -> None:
    """Under the lock: fold in what is left and make the new slot the live one."""
    _lock(connection, making)
    _hold_own(connection, [making])  # also where nothing is left: another may just have emptied the slot
    making.waits = False  # what was not there yet may be now, and nothing more comes
    while not making.waits and (events := _read(connection, making.reached)):
        _take(connection, [making], events)
    before = slots(connection)[making.name]
    version = making.projection.version
    keep = before.live if before.version == version else None
    _set(connection, making, version=version, live=before.other, also=keep, building=None)


def _retire(connection: Connection, making: _Making) -> None:
    """Once every reader has moved over: stop keeping the old slot."""
    _lock(connection, making)
    _hold(connection, [making])
    now = slots(connection)[making.name]
    if now.building is None:  # nobody fills it again already
        _set(connection, making, also=None)
        making.projection.clear(connection, now.other)


def _set(connection: Connection, making: _Making, **values: Any) -> None:
    connection.execute(update(projections).where(projections.c.name == making.name).values(**values))
