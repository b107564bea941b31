"""Working behind the ledger: projections that follow it, reactions to it, and routines; each on one node.

None of it runs in a writer's transaction. A node holds a lease for each name it works for and renews
it; when the node is gone, the lease expires and another one goes on from the place that was stored.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import partial

from tallybook.database.trouble import DatabaseUnavailable, said_of
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.tasks import end
from tallybook.ledger.behind import (
    Following,
    FollowingProjection,
    Node,
    Projecting,
    Reacting,
    Reaction,
    Routine,
    Running,
    Work,
)
from tallybook.ledger.leases import claim, place_of, release
from tallybook.ledger.ledger import Ledger

log = logging.getLogger(__name__)

LEASE = 30.0  # seconds; renewed three times in that time
LOOK_AGAIN = 0.02  # seconds, for what another node does

__all__ = ["FollowingProjection", "Reaction", "Routine", "Runner"]


class Runner:
    """Runs what is behind the ledger, as long as this node holds the leases for it."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        projections: Sequence[FollowingProjection] = (),
        reactions: Sequence[Reaction] = (),
        routines: Sequence[Routine] = (),
        lease: float = LEASE,
    ) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._follower = ledger.follower
        self._clock = clock
        self._lease = lease
        self._node = node = Node(ledger.database, clock, new_id())
        works: list[Work] = [Projecting(node, projection) for projection in projections]
        works += [Reacting(node, reaction) for reaction in reactions]
        works += [Running(node, routine) for routine in routines]
        self.works = {work.name: work for work in works}
        if len(self.works) < len(works):
            raise ValueError("two of those who work behind the ledger have the same name")
        self._concerned: dict[str, list[Work]] = {}  # by stored event type
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the follower has been started. Nothing runs when there is nothing to run."""
        if not self.works:
            return
        self._node.tail.position = self._follower.position
        for work in self.works.values():
            work.begin(self._follower.position)
        self._follower.subscribe(self._heard)
        self._task = asyncio.create_task(self._keep(), name="behind-the-ledger")

    async def close(self) -> None:
        """Stop, and leave the work to other nodes."""
        if self._task is None:
            return
        await end(self._task)
        await asyncio.gather(*(work.stop() for work in self.works.values()))
        try:
            await self._database.write(partial(release, names=list(self.works), holder=self._node.id))
        except DatabaseUnavailable:
            log.warning("the leases could not be given back; they expire in %.0f seconds", self._lease)

    async def reached(self, name: str, position: int | None = None, *, within: float = 1.0) -> bool:
        """Wait until `name` has taken in everything up to a position, on whichever node; whether it has.

        Without a position it is everything that was acknowledged before the call: a caller who waits
        before reading sees what was written before, or knows that it may be missing.
        """
        work = self.works[name]
        try:
            async with asyncio.timeout(within):
                if position is None:
                    await self._ledger.caught_up()
                    position = self._follower.position
                if not await self._has(work, position):
                    with self._node.hurried():
                        while not await self._has(work, position):
                            await work.wait(LOOK_AGAIN)
        except TimeoutError:
            return False
        return True

    async def _has(self, work: Work, position: int) -> bool:
        if self._node.tail.position < position:
            self._follower.nudge()
            return False
        wanted = min(
            position, work.newest
        )  # what lies after the last event that concerns it is nothing to it
        if work.active:
            return work.position >= wanted
        return await self._database.read(partial(place_of, name=work.name)) >= wanted

    def _heard(self, events: Sequence[Recorded]) -> None:
        self._node.tail.take(events)
        newest = {event.type: event.position for event in events}
        for type_, position in newest.items():
            works = self._concerned.get(type_)
            if works is None:
                works = self._concerned[type_] = [w for w in self.works.values() if w.concerned(type_)]
            for work in works:
                work.hear(position)

    async def _keep(self) -> None:
        """Claim and renew the leases; start and stop the work they are for."""
        expires = 0.0
        while True:
            asked = self._clock.monotonic()
            starts = {name: work.start for name, work in self.works.items() if not work.outdated}
            held: Iterable[str] = ()
            try:
                held = await self._database.write(
                    partial(claim, starts=starts, holder=self._node.id, seconds=self._lease)
                )
                expires = asked + self._lease
            except Exception as error:  # the database is away: the next round tries again
                log.warning("could not renew the leases: %s", said_of(error))
                if asked + self._lease / 2 < expires:
                    held = [name for name, work in self.works.items() if work.active]
            for name, work in self.works.items():
                if name in held:
                    work.go_on()
                else:
                    await work.stop()
            reached = [w.position for w in self.works.values() if w.active and isinstance(w, Following)]
            self._node.tail.forget(min(reached, default=self._node.tail.position))
            await asyncio.sleep(self._lease / 3)
