"""All the sockets of one server process: how they come in, what they share, and how they are sent away."""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from tallybook.access.actor import Actor
from tallybook.accounts.events import RoleTaken
from tallybook.accounts.revocations import ended_by
from tallybook.delivery.channels.contract import Authenticate, Topics
from tallybook.delivery.channels.conversation import Conversation
from tallybook.delivery.channels.frames import Dialect, Wire
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.limits import Limits
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.socket import ChannelSocket
from tallybook.delivery.channels.transport import GOING_AWAY, SERVICE_RESTART
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.events import Recorded

_STEP_SECONDS = 0.05
_AT_ONCE = 20  # so few are not worth spreading


class Connected(Protocol):
    """One client's connection, whatever its transport: the endpoint keeps it within its limits."""

    @property
    def actor(self) -> Actor | None:
        """Who is connected, once let in."""

    def sweep(self, now: float) -> None:
        """Look at the clock: end what takes too long."""

    def close(self, code: int, reason: str = "") -> None:
        """Close it, leaving every topic; does nothing when it is not open."""

    def abort(self) -> None:
        """Hang up without a word."""


class Endpoint:
    """What all live clients connect to: `routes` has the topics' handlers by prefix (`room`, `game`)."""

    news = ("sign_ins_ended.", "player_erased.", "role_taken.")  # types of events that `follow` is for

    def __init__(
        self,
        hub: Hub,
        authenticate: Authenticate,
        routes: Mapping[str, Topics],
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.authenticate = authenticate
        self.limits = limits or Limits()
        self.clock = clock or SystemClock()
        self.hub = hub
        self.received = 0  # messages, ever
        self.closed: Counter[int] = Counter()  # open sockets closed by us, ever, by code
        self.draining = False  # set to turn new sockets away with 503
        self._routes = routes
        self._connections: set[Connected] = set()
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()

    @property
    def sockets(self) -> int:
        """How many sockets there are, those being opened or closed included."""
        return len(self._connections)

    def add(self, connection: Connected) -> None:
        self._connections.add(connection)
        self._empty.clear()
        if self._sweep_timer is None:
            self._sweep_later()

    def discard(self, connection: Connected) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def conversation(self, actor: Actor, wire: Wire, outbox: Outbox) -> Conversation:
        """What is said with a client that was let in."""
        return Conversation(self._routes, self.hub, self.limits, actor=actor, wire=wire, outbox=outbox)

    def socket(self, actor: Actor, wire: Dialect, outbox: Outbox) -> ChannelSocket:
        """The same with a Phoenix client."""
        return ChannelSocket(self._routes, self.hub, self.limits, actor=actor, wire=wire, outbox=outbox)

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower: whose sign-in has ended, who was erased, and who has lost a role
        is sent away; the last may come back without it."""
        ended = {each for recorded in events for each in ended_by(recorded.stream, recorded.event)}
        fewer = {(each.stream, each.event.role) for each in events if isinstance(each.event, RoleTaken)}
        for connection in list(self._connections):
            actor = connection.actor
            if actor is None:
                continue
            if not ended.isdisjoint((actor.sign_in, actor.player_id)):
                connection.close(GOING_AWAY, "signed out")
            elif any((actor.player_id, role) in fewer for role in actor.roles):
                connection.close(GOING_AWAY, "a role was taken")

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep_timer = loop.call_later(self.limits.sweep_seconds, self._sweep)

    def _sweep(self) -> None:
        # One look at all of them costs less than a timer for each.
        self._sweep_timer = None
        now = self.clock.monotonic()
        for connection in list(self._connections):
            connection.sweep(now)
        if self._connections:
            self._sweep_later()

    async def close_all(
        self, *, code: int = SERVICE_RESTART, spread_seconds: float = 2.0, wait_seconds: float = 2.0
    ) -> None:
        """Close every socket, evenly over `spread_seconds`, so that not all clients come back at once.

        Returns when all are gone; those that have not answered after `wait_seconds` are cut off.
        """
        connections = list(self._connections)
        step = max(_AT_ONCE, math.ceil(len(connections) * _STEP_SECONDS / max(spread_seconds, _STEP_SECONDS)))
        for start in range(0, len(connections), step):
            if start:
                await asyncio.sleep(_STEP_SECONDS)
            for connection in connections[start : start + step]:
                connection.close(code, "restart" if code == SERVICE_RESTART else "")
        if not self._connections:
            return
        try:
            async with asyncio.timeout(wait_seconds):
                await self._empty.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await self._empty.wait()
