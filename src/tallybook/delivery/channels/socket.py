"""One Phoenix client's conversation, above WebSocket frames."""

from collections.abc import Mapping

from tallybook.access.actor import Actor
from tallybook.delivery.channels.contract import Topics
from tallybook.delivery.channels.conversation import Answer, Conversation, Membership
from tallybook.delivery.channels.frames import BadPayload, Dialect, Message, decode_binary
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.limits import Limits
from tallybook.delivery.channels.outbox import Outbox
from tallybook.kernel.refusals import Refusal


class ChannelSocket(Conversation):
    """The Phoenix Channels protocol of one open connection."""

    __slots__ = ("_dialect",)

    def __init__(
        self,
        routes: Mapping[str, Topics],
        hub: Hub,
        limits: Limits,
        *,
        actor: Actor,
        wire: Dialect,
        outbox: Outbox,
    ) -> None:
        super().__init__(routes, hub, limits, actor=actor, wire=wire, outbox=outbox)
        self._dialect = wire

    def text(self, data: bytes) -> None:
        """A text message came in; `Malformed` when it is none of the protocol's."""
        try:
            message = self._dialect.decode(data)
        except BadPayload as bad:
            self._refuse_payload(bad.addressed, "the payload is not a JSON object that can be read")
        else:
            self.take(message)

    def binary(self, data: bytes) -> None:
        """A binary push came in: refused. `Malformed` when it is something else."""
        self._refuse_payload(decode_binary(data), "payloads must be JSON objects, not binary")

    def _refuse_payload(self, message: Message, why: str) -> None:
        answer = Answer(self, message.topic, message.join_ref, message.ref)
        answer.error(Refusal("malformed", why))

    def let_go(self, member: Membership) -> None:
        """Who leaves is told of that, too: the client tells memberships apart by their `join_ref`."""
        self.end(member, "phx_close", b"{}")
