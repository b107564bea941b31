"""Delivering webhooks: each has a queue of its own, and who does not answer is asked again later."""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from tallybook.catalogue.tables import webhooks
from tallybook.catalogue.webhooks import Secrets, Webhooks
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.randomness import spread
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.tasks import end
from tallybook.reactions.deliveries import (
    Delivery,
    Due,
    Status,
    Tried,
    again,
    due,
    fails,
    note,
    of_webhook,
    queues,
    sweep,
    works,
)
from tallybook.reactions.posting import Line, Unreachable

log = logging.getLogger(__name__)

SECOND = 1_000_000  # microseconds
LINGER = 30.0  # seconds for which a queue that is empty keeps its connection
LOOK_EVERY = 5.0  # seconds, for what another node has put into the queues
AT_ONCE = 20  # deliveries of one webhook between two looks at its queue
FIRST_WAIT, LONGEST_WAIT = 5.0, 6 * 3600.0  # seconds until a delivery is tried again
MOST_ATTEMPTS = 15  # within about a day; then it is dead
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds between attempts at a webhook where everything fails
RECOVERS_FROM = 3  # failures in a row: then what was put off is tried at once
GIVEN_UP_AFTER = 5 * 24 * 3600 * SECOND  # of failing without a break
KEPT_DELIVERED, KEPT_DEAD = 7 * 24 * 3600 * SECOND, 30 * 24 * 3600 * SECOND
SWEEP_EVERY = 3600.0  # seconds


class Target(msgspec.Struct, frozen=True):
    """Where a webhook's deliveries go."""

    game_id: UUID
    url: str


class Delivering:
    """A routine: posts what waits in the queues, until the lease is lost."""

    name = "webhook-deliveries"

    def __init__(self, database: Database, clock: Clock, hooks: Webhooks, *, private: bool = False) -> None:
        self._database = database
        self._clock = clock
        self._hooks = hooks
        self._private = private
        self._wake = asyncio.Event()
        self._queues: dict[UUID, _Queue] = {}

    def wake(self) -> None:
        """Something may wait, or wait no longer."""
        self._wake.set()
        for queue in self._queues.values():
            queue.wake.set()

    async def deliveries(
        self, webhook_id: UUID, status: Status | None, *, before: int | None, limit: int
    ) -> list[tuple[int, Delivery]]:
        """A webhook's deliveries with the positions of their events, newest first."""
        return await self._database.read(
            partial(of_webhook, webhook_id=webhook_id, status=status, before=before, limit=limit)
        )

    async def again(self, webhook_id: UUID, delivery_id: UUID) -> Delivery:
        """Try a delivery now, as if for the first time."""
        tried = await self._database.write(
            partial(again, webhook_id=webhook_id, delivery=delivery_id, now=self._clock.now())
        )
        self.wake()
        return tried

    async def run(self) -> None:
        swept = -SWEEP_EVERY
        try:
            while True:
                self._wake.clear()
                if self._clock.monotonic() >= swept + SWEEP_EVERY:
                    swept = self._clock.monotonic()
                    await self._sweep()
                for webhook_id in await self._database.read(queues):
                    queue = self._queues.get(webhook_id)
                    if queue is None or queue.task.done():
                        self._queues[webhook_id] = _Queue(
                            webhook_id, self._database, self._clock, self._hooks, private=self._private
                        )
                    else:  # another node may have put something into it
                        queue.wake.set()
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                for webhook_id in [id_ for id_, queue in self._queues.items() if queue.task.done()]:
                    self._queues.pop(webhook_id)
        finally:
            tasks = [queue.task for queue in self._queues.values()]
            self._queues.clear()
            await end(*tasks)

    async def _sweep(self) -> None:
        now = self._clock.now()
        await self._database.write(
            partial(sweep, delivered_before=now - KEPT_DELIVERED, dead_before=now - KEPT_DEAD)
        )


class _Queue:
    """One webhook's deliveries, for as long as some wait, and a little longer."""

    def __init__(
        self, webhook_id: UUID, database: Database, clock: Clock, hooks: Webhooks, *, private: bool
    ) -> None:
        self._id = webhook_id
        self._database = database
        self._clock = clock
        self._hooks = hooks
        self._private = private
        self._failures = 0  # in a row
        self._line: tuple[str, Line] | None = None
        self.wake = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=f"webhook-{webhook_id}")

    async def _run(self) -> None:
        try:
            while True:
                next_at = await self._round()
                if self._failures:  # whatever else may be due: spare who does not answer
                    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 16))
                    await asyncio.sleep(spread(pause))
                wait = LINGER if next_at is None else (next_at - self._clock.now()) / SECOND
                if wait > 0 and not await self._woken(min(wait, LINGER)) and next_at is None:
                    return
        except Exception:  # the routine begins it again
            log.exception("the deliveries of webhook %s stopped", self._id)
        finally:
            if self._line is not None:
                await self._line[1].close()

    async def _woken(self, seconds: float) -> bool:
        """Wait for something new, or for so long; whether there is."""
        try:
            async with asyncio.timeout(seconds):
                return await self.wake.wait()
        except TimeoutError:
            return False

    async def _round(self) -> int | None:
        """Deliver what is due; when the next may be, None when nothing waits."""
        self.wake.clear()
        target = await self._database.read(self._target)
        if target is None:
            return None
        look = partial(due, webhook_id=self._id, now=self._clock.now(), limit=AT_ONCE)
        found, next_at = await self._database.read(look)
        if not found:
            return next_at
        try:
            kept = await self._hooks.secrets(target.game_id, self._id)
        except Refusal:  # it was removed just now
            return None
        tried: list[Tried] = []
        failed_before = self._failures
        for delivery in found:
            tried.append(await self._try(target, kept, delivery))
            if tried[-1].problem is not None:
                self._failures += 1
                break
            self._failures = 0
        await self._noted(tried, target, failed_before)
        return 0

    async def _try(self, target: Target, kept: Secrets | None, delivery: Due) -> Tried:
        answer: int | None = None
        problem: str | None = None
        if kept is None:
            problem = "secret_lost"
        else:
            try:
                answer = await self._post(target.url, kept, delivery)
                problem = None if 200 <= answer < 300 else "refused"
            except Unreachable as error:
                problem = error.problem
        now, attempts = self._clock.now(), delivery.attempts + 1
        if problem is None:
            return Tried(delivery.id, attempts, now, answer, None)
        if attempts >= MOST_ATTEMPTS:
            return Tried(delivery.id, attempts, now, answer, problem)
        wait = spread(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)))
        return Tried(delivery.id, attempts, now, answer, problem, now + int(wait * SECOND))

    async def _post(self, url: str, kept: Secrets, delivery: Due) -> int:
        if self._line is None or self._line[0] != url:
            if self._line is not None:
                await self._line[1].close()
            self._line = url, Line(url, private=self._private)
        now = self._clock.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tallybook",
            "Tallybook-Delivery": str(delivery.id),
            "Tallybook-Signature": signature(kept.at(now), now // SECOND, delivery.body),
        }
        return await self._line[1].post(headers, delivery.body)

    async def _noted(self, tried: Sequence[Tried], target: Target, failed_before: int) -> None:
        good = tried[0].problem is None
        now = self._clock.now()

        def write(connection: Connection) -> int:
            recovered = good and failed_before >= RECOVERS_FROM
            note(connection, self._id, tried, recovered=recovered)
            if not good:
                return fails(connection, self._id, now)
            works(connection, self._id)
            return now

        if now - await self._database.write(write) >= GIVEN_UP_AFTER:
            log.warning("webhook %s has failed for days and is active no longer", self._id)
            await self._hooks.change(None, target.game_id, self._id, active=False)

    def _target(self, connection: Connection) -> Target | None:
        query = select(webhooks.c.game_id, webhooks.c.url).where(webhooks.c.id == self._id, webhooks.c.active)
        row = connection.execute(query).one_or_none()
        return None if row is None else Target(row.game_id, row.url)


def signature(secrets: Sequence[str], seconds: int, body: bytes) -> str:
    """The header that proves who sent a body, and when (seconds since 1970 UTC): `t=…,v1=…`.

    Each `v1` is HMAC-SHA256 in hex, keyed by a secret of the webhook, over the time, a point and the body.
    """
    signed = b"%d.%b" % (seconds, body)
    proofs = (hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets)
    return ",".join([f"t={seconds}", *(f"v1={proof}" for proof in proofs)])
