"""Engine.IO sessions: a client from its handshake to its end, also while it changes its transport."""

import asyncio
import logging
from typing import Protocol

import msgspec

from tallybook.access.actor import Actor
from tallybook.delivery.channels.conversation import Answer, Conversation
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.frames import Malformed
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.transport import GOING_AWAY, TRY_AGAIN_LATER
from tallybook.delivery.socketio.packets import (
    ACK,
    CLOSE,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    MESSAGE,
    NOOP,
    OPEN,
    PING,
    PONG,
    SEPARATOR,
    SOCKET_IO,
    message_of,
    read_event,
    refused,
    token_in,
)
from tallybook.kernel.ids import new_id
from tallybook.kernel.randomness import connection_id
from tallybook.kernel.refusals import CODES, Refusal

log = logging.getLogger(__name__)

PATHS = ("/socket.io/", "/socket.io")


class Carrier(Protocol):
    """The WebSocket that a session goes over."""

    def carry(self, packets: bytes) -> None:
        """Send packets, each of which ends with the separator."""

    def close(self, code: int, reason: str = "") -> None: ...


class Engine:
    """All Socket.IO clients of this process. Their topics and limits are those of the endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.sessions: dict[str, Session] = {}

    def open(self, carrier: Carrier | None = None) -> "Session":
        """A session that greets its client, on a WebSocket or else by polling."""
        session = Session(self, carrier)
        self.sessions[session.sid] = session
        limits = self.endpoint.limits
        greeting = {
            "sid": session.sid,
            "upgrades": ["websocket"] if carrier is None else [],
            "pingInterval": int(limits.ping_seconds * 1000),
            "pingTimeout": int(limits.pong_seconds * 1000),
            "maxPayload": limits.message_bytes,
        }
        session.send(OPEN + msgspec.json.encode(greeting))
        if carrier is None:
            self.endpoint.add(session)
        return session


class Session:
    """One client. While it polls the endpoint looks after it; later its WebSocket does."""

    def __init__(self, engine: Engine, carrier: Carrier | None) -> None:
        self.sid = connection_id()
        self.outbox = Outbox(self._deliver)
        self.upgrading = False  # a WebSocket asks to take over from polling
        self.carrier = carrier
        self._engine = engine
        self._endpoint = engine.endpoint
        self._conversation: Conversation | None = None
        self._connecting: asyncio.Task[None] | None = None
        self.ended = False
        self._since = self._quiet_since = self._endpoint.clock.monotonic()
        self._pinged: float | None = None  # when, unless it was answered
        self._pending: list[bytes] = []  # for the next poll
        self._pending_bytes = 0
        self._poll: asyncio.Future[None] | None = None  # a poll that waits
        self.owed = 0  # packets polled in and not yet paid off by the time passed
        self._paid: asyncio.Future[None] | None = None

    @property
    def actor(self) -> Actor | None:
        return None if self._conversation is None else self._conversation.actor

    @property
    def joined(self) -> bool:
        return self._conversation is not None and self._conversation.joined

    @property
    def waiting(self) -> bool:
        """Whether a poll waits for something to be sent."""
        return self._poll is not None

    # Out

    def send(self, packet: bytes) -> None:
        """Send one packet, in order with everything else."""
        if not self.ended:
            self._endpoint.hub.outboxes.send(self.outbox, packet + SEPARATOR)

    def _deliver(self, packets: bytes) -> None:
        if not packets or self.ended:  # an event that asked for no acknowledgement got none
            return
        if self.carrier is not None:
            self.carrier.carry(packets)
            return
        self._pending.append(packets)
        self._pending_bytes += len(packets)
        if self._pending_bytes > self._endpoint.limits.unsent_bytes:
            # In the midst of a write, perhaps to many: the rest of them comes first.
            asyncio.get_running_loop().call_soon(self.close, TRY_AGAIN_LATER, "too slow")
        self._wake()

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    async def poll(self) -> bytes:
        """What is to be sent, waiting for it if need be. `Malformed` when somebody waits already."""
        if self._poll is not None:
            self.close(GOING_AWAY, "two polls at a time")
            raise Malformed("two polls at a time")
        self._endpoint.hub.outboxes.flush_one(self.outbox)
        if not self._pending and not self.upgrading and not self.ended:
            self._poll = asyncio.get_running_loop().create_future()
            try:
                await self._poll
            finally:
                self._poll = None
        # Newer clients forget what comes together with a close, so that is only told alone.
        packets = self._take() or (CLOSE if self.ended else NOOP)
        return packets.removesuffix(SEPARATOR)

    def _take(self) -> bytes:
        packets = b"".join(self._pending)
        self._pending.clear()
        self._pending_bytes = 0
        return packets

    def begin_upgrade(self) -> None:
        """A WebSocket is about to take over: polls are answered at once from now on."""
        self.upgrading = True
        self._wake()

    def upgrade(self, carrier: Carrier) -> None:
        """It takes over, with all that no poll has fetched."""
        self._endpoint.hub.outboxes.flush_one(self.outbox)
        self.carrier = carrier
        self.upgrading = False
        self._endpoint.discard(self)
        if packets := self._take():
            carrier.carry(packets)

    # In

    def text(self, packet: bytes) -> None:
        """A packet came in; `Malformed` when it is none of the protocol's."""
        match packet[:1]:
            case kind if kind == MESSAGE:
                self._message(packet[1:])
            case kind if kind == PONG:
                self._pinged = None
                self._quiet_since = self._endpoint.clock.monotonic()
            case kind if kind == CLOSE:
                self.closed()
                if self.carrier is not None:
                    self.carrier.close(GOING_AWAY)
            case kind if kind != NOOP:
                raise Malformed("not a packet of Engine.IO")

    def binary(self, data: bytes) -> None:
        raise Malformed("packets are text")

    def _message(self, packet: bytes) -> None:
        kind, rest = packet[:1], packet[1:]
        if rest[:1] == b"/":
            namespace, _, rest = rest.partition(b",")
            if SEPARATOR in namespace:
                raise Malformed("not a namespace")
            if namespace != b"/":
                if kind == CONNECT:
                    unknown = b'%b,{"message":"Invalid namespace"}' % namespace
                    self.send(MESSAGE + CONNECT_ERROR + unknown)
                return
        if kind == CONNECT:
            if self._conversation is not None or self._connecting is not None:
                raise Malformed("connected already")
            self._connecting = asyncio.create_task(self._connect(rest))
        elif kind == EVENT and self._conversation is not None:
            self._event(self._conversation, rest)
        elif kind == DISCONNECT:
            self._disconnect()
        elif kind != ACK:
            raise Malformed("not a packet of Socket.IO")

    async def _connect(self, auth: bytes) -> None:
        try:
            actor = await self._endpoint.authenticate(token_in(auth))
        except Refusal as refusal:
            self.send(MESSAGE + CONNECT_ERROR + refused(refusal))
        except Exception:
            log.exception("a Socket.IO client could not be authenticated")
            self.send(MESSAGE + CONNECT_ERROR + refused(Refusal("internal", CODES["internal"].title)))
        else:
            self._conversation = self._endpoint.conversation(actor, SOCKET_IO, self.outbox)
            self._since = self._endpoint.clock.monotonic()
            self.send(b'%b%b{"sid":"%b"}' % (MESSAGE, CONNECT, new_id().hex.encode()))
        finally:
            self._connecting = None

    @staticmethod
    def _event(conversation: Conversation, packet: bytes) -> None:
        ref, arguments = read_event(packet)
        try:
            message = message_of(ref, arguments)
        except Refusal as refusal:
            Answer(conversation, "", None, ref).error(refusal)
        else:
            conversation.take(message)

    def _disconnect(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        if self._conversation is not None:
            self._conversation.closed()
            self._conversation = None
            self._since = self._endpoint.clock.monotonic()

    # The clock

    async def pay(self, packets: int) -> None:
        """Count packets that were polled in; waits while there were too many of late."""
        self.owed += packets
        while self.owed >= self._endpoint.limits.frames_per_second and not self.ended:
            self._paid = self._paid or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._paid)

    def sweep(self, now: float) -> None:
        """Look at the clock: ping, and end what takes too long."""
        limits = self._endpoint.limits
        self.owed = max(0, self.owed - int(limits.frames_per_second * limits.sweep_seconds))
        self._settle()
        if self._conversation is None:
            if now - self._since > limits.handshake_seconds:
                self.close(GOING_AWAY, "nobody signed in")
        elif not self.joined and now - self._since > limits.first_join_seconds:
            self.close(GOING_AWAY, "no topic was joined")
        if self._pinged is not None:
            if now - self._pinged > limits.pong_seconds:
                self.close(GOING_AWAY, "no answer to a ping")
        elif now - self._quiet_since > limits.ping_seconds:
            self._pinged = now
            self.send(PING)

    def _settle(self) -> None:
        paid, self._paid = self._paid, None
        if paid is not None:
            paid.set_result(None)

    # The end

    def close(self, code: int, reason: str = "") -> None:
        """End it from our side; what was sent before still goes out."""
        if self.ended:
            return
        if self.carrier is not None:
            self.carrier.close(code, reason)
            return
        self._endpoint.closed[code] += 1
        self._endpoint.hub.outboxes.flush_one(self.outbox)
        self.closed()

    def abort(self) -> None:
        self.closed()

    def closed(self) -> None:
        """Leave every topic and forget the client; does nothing when that has happened."""
        if self.ended:
            return
        self.ended = True
        self._disconnect()
        del self._engine.sessions[self.sid]
        self._endpoint.discard(self)
        self._settle()
        self._wake()
