"""One client's conversation: which topics it joined, and where each of its messages goes, on any wire."""

import asyncio
import logging
from collections.abc import Mapping

import msgspec

from tallybook.access.actor import Actor
from tallybook.delivery.channels.contract import Channel, Joined, Topics, Viewer
from tallybook.delivery.channels.frames import Message, Ref, Wire
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.limits import Limits
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.topic import Subscription
from tallybook.kernel.refusals import CODES, Refusal

log = logging.getLogger(__name__)

_CRASHED = b'{"reason":"channel_crash"}'
_UNMATCHED = b'{"reason":"unmatched topic"}'
_SENT_OUT = Refusal("forbidden", "you were sent out while you came in")


class Membership(Subscription):
    """A topic joined, or being joined, by a socket; the `Member` of the contract."""

    __slots__ = ("channel", "reply", "socket", "task", "waiting")

    def __init__(self, socket: "Conversation", topic: str, join_ref: Ref, reply: "Answer") -> None:
        super().__init__(socket.outbox, socket.wire, topic, join_ref)
        self.socket = socket
        self.reply = reply  # to the join
        self.channel: Channel | None = None  # None until the join is answered
        self.task: asyncio.Task[None] | None = None
        self.waiting: list[Message] | None = []  # what the client sent before it knew the answer

    @property
    def actor(self) -> Actor:
        return self.socket.actor

    def push(self, event: str, payload: bytes) -> None:
        self.socket.hub.push(self, self.encode(event, payload))

    def view_as(self, viewer: Viewer) -> None:
        self.socket.hub.view_as(self, viewer)

    def track(self, key: str, meta: bytes) -> None:
        self.socket.hub.track(self, key, meta)

    def close(self) -> None:
        self.socket.end(self, "phx_close", b"{}", _SENT_OUT)


class Answer:
    """The way back for one message; the `Reply` of the contract."""

    __slots__ = ("_join_ref", "_ref", "_socket", "_topic")

    def __init__(self, socket: "Conversation", topic: str, join_ref: Ref, ref: Ref) -> None:
        self._socket = socket
        self._topic = topic
        self._join_ref = join_ref
        self._ref = ref

    def ok(self, response: bytes = b"{}") -> None:
        self._send(b'{"status":"ok","response":%b}' % response)

    def error(self, error: Exception) -> None:
        if isinstance(error, Refusal):
            code, reason = error.code, error.detail
        else:
            log.error("a message was not carried out", exc_info=error)
            code, reason = "internal", CODES["internal"].title
        self.refuse(msgspec.json.encode({"reason": reason, "code": code}))

    def refuse(self, response: bytes) -> None:
        self._send(b'{"status":"error","response":%b}' % response)

    def _send(self, payload: bytes) -> None:
        self._socket.send(self._join_ref, self._ref, self._topic, "phx_reply", payload)


class Conversation:
    """What one open connection says and hears, in the terms of Channels whatever its wire."""

    __slots__ = (
        "_limits",
        "_members",
        "_open",
        "_routes",
        "actor",
        "hub",
        "joined",
        "outbox",
        "wire",
    )

    def __init__(
        self,
        routes: Mapping[str, Topics],
        hub: Hub,
        limits: Limits,
        *,
        actor: Actor,
        wire: Wire,
        outbox: Outbox,
    ) -> None:
        self._routes = routes
        self._limits = limits
        self._members: dict[str, Membership] = {}  # by the client's spelling
        self._open = True
        self.hub = hub
        self.actor = actor
        self.wire = wire
        self.outbox = outbox
        self.joined = False  # whether it was ever let in anywhere

    def send(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> None:
        """Send one message, in order with everything else; does nothing when the socket is closed."""
        if self._open:
            self.hub.outboxes.send(self.outbox, self.wire.encode(join_ref, ref, topic, event, payload))

    def closed(self) -> None:
        """The connection is gone or going: leave every topic. Nothing is sent from now on."""
        self._open = False
        members = list(self._members.values())
        for member in members:  # all of them before any is told, lest one's leaving be broadcast to another
            self.hub.unsubscribe(member)
        for member in members:
            self._drop(member)

    def take(self, message: Message) -> None:
        """A message came in."""
        event = message.event
        if event == "phx_join":
            self._join(message)
            return
        member = self._members.get(message.topic)
        if member is None:
            self._unmatched(message)
        elif message.join_ref is not None and message.join_ref != member.join_ref:
            return  # meant for an earlier join of the topic
        elif member.waiting is not None:
            self._wait(member, member.waiting, message)
        elif event == "phx_leave":
            self._reply(member, message).ok()
            self.let_go(member)
        else:
            self._push(member, message)

    def _reply(self, member: Membership, message: Message) -> Answer:
        return Answer(self, message.topic, member.join_ref, message.ref)

    def _push(self, member: Membership, message: Message) -> None:
        assert member.channel is not None
        reply = self._reply(member, message)
        try:
            member.channel.push(message.event, message.payload, reply)
        except Refusal as refusal:
            reply.error(refusal)
        except Exception:
            log.exception("a channel of %s crashed on %r", message.topic.partition(":")[0], message.event)
            self.end(member, "phx_error", _CRASHED)

    def _unmatched(self, message: Message) -> None:
        if message.topic == "phoenix" and message.event == "heartbeat":
            Answer(self, "phoenix", None, message.ref).ok()
        elif message.event == "phx_leave":
            Answer(self, message.topic, message.join_ref, message.ref).ok()
        else:
            Answer(self, message.topic, None, message.ref).refuse(_UNMATCHED)

    def _wait(self, member: Membership, waiting: list[Message], message: Message) -> None:
        if sum(len(other.waiting or ()) for other in self._members.values()) < self._limits.waiting_messages:
            waiting.append(message)
        else:
            self._reply(member, message).error(Refusal("overloaded", "the topic is still being joined"))

    def _join(self, message: Message) -> None:
        spelling = message.topic
        old = self._members.get(spelling)
        if old is not None:
            self.let_go(old)
        reply = Answer(self, spelling, message.join_ref, message.ref)
        prefix, _, name = spelling.partition(":")
        topics = self._routes.get(prefix)
        if topics is None or not name:
            Answer(self, spelling, None, message.ref).refuse(_UNMATCHED)
        elif len(self._members) >= self._limits.topics:
            reply.error(Refusal("rate_limited", f"a socket joins at most {self._limits.topics} topics"))
        else:
            name = topics.canonical(name)
            member = self._members[spelling] = Membership(self, spelling, message.join_ref, reply)
            self.hub.subscribe(f"{prefix}:{name}", member)
            member.task = asyncio.get_running_loop().create_task(self._joining(topics, name, member, message))

    async def _joining(self, topics: Topics, name: str, member: Membership, message: Message) -> None:
        try:
            async with asyncio.timeout(self._limits.join_seconds):
                joined = await topics.join(name, message.payload, member)
        except TimeoutError:
            self._drop(member, Refusal("unavailable", "the join took too long"))
        except Exception as error:  # a refusal, or a fault that `error` logs
            self._drop(member, error)
        else:
            self._let_in(topics, member, joined)

    def _let_in(self, topics: Topics, member: Membership, joined: Joined) -> None:
        self.joined = True
        if self._members.get(member.name) is not member:  # the games' side closed it in the meantime
            self._left(joined.channel, member)
            return
        member.channel = joined.channel
        member.task = None
        member.reply.ok(joined.reply)
        self.hub.start(member, joined.viewer, joined.since, presence=topics.presence)
        self._catch_up(member)

    def _catch_up(self, member: Membership) -> None:
        waiting, member.waiting = member.waiting, None
        for message in waiting or ():
            self.take(message)

    def let_go(self, member: Membership) -> None:
        """The client itself leaves, or joins anew."""
        self._drop(member)

    def end(self, member: Membership, event: str, payload: bytes, why: Exception | None = None) -> None:
        """End a membership and tell the client by `phx_close` or `phx_error`; only once."""
        if self._members.get(member.name) is member:
            self._drop(member, why)
            self.send(member.join_ref, member.join_ref, member.name, event, payload)

    def _drop(self, member: Membership, why: Exception | None = None) -> None:
        """Forget a membership. A join without an answer gets one, which says why, and so does what waited."""
        if self._members.get(member.name) is not member:
            return
        del self._members[member.name]
        self.hub.unsubscribe(member)
        if member.channel is not None:
            self._left(member.channel, member)
            return
        if member.task is not None and member.task is not asyncio.current_task():
            member.task.cancel()
        if why is None:  # the client itself left, or joined anew
            member.reply.refuse(_UNMATCHED)
        else:
            member.reply.error(why)
        self._catch_up(member)

    def _left(self, channel: Channel, member: Membership) -> None:
        try:
            channel.left()
        except Exception:
            log.exception("a channel of %s crashed on leaving", member.name.partition(":")[0])
