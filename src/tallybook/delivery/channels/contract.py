"""What the games' side brings to the sockets, and what it may ask of them."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from msgspec import Raw

from tallybook.access.actor import Actor

Viewer = Hashable
"""A class of people who are shown the same: broadcasts are rendered and framed once for each."""

Render = Callable[[Viewer], bytes | None]
"""The payload (the text of a JSON object) for a class of viewers, or None where they see nothing.

`{viewer: payload}.get` is one. It is called at most once for each class, and only for classes present.
"""

Authenticate = Callable[[str], Awaitable[Actor]]
"""Who a token stands for, or a `Refusal`."""

EVERYONE: Viewer = None
"""The class of viewers of topics that show everybody the same."""


class Reply(Protocol):
    """The answer to one push: given once, at any later time, on the event loop.

    Never raises, also when the socket is long gone.
    """

    def ok(self, response: bytes = b"{}") -> None:
        """Carried out; `response` is the text of a JSON object."""

    def error(self, error: Exception) -> None:
        """Not carried out: a `Refusal` says why, anything else is logged and told as `internal`."""


class Channel(Protocol):
    """One member's side of one topic: made by a join, ended by `left`."""

    def push(self, event: str, payload: Raw, reply: Reply) -> None:
        """Take a message. Called straight from the socket, so it must not block.

        A `Refusal` raised here is the reply. Anything else ends this channel with `phx_error`.
        """

    def left(self) -> None:
        """The member is gone, whatever the reason; called once, and nothing is pushed afterwards."""


class Member(Protocol):
    """One socket's membership of one topic, as the games' side holds it.

    Every call does nothing once the membership is over.
    """

    @property
    def actor(self) -> Actor: ...

    def push(self, event: str, payload: bytes) -> None:
        """Send to this member alone. What is pushed while the join is under way follows its reply."""

    def view_as(self, viewer: Viewer) -> None:
        """Show the member what another class of viewers sees, from the next broadcast on.

        While the join is under way this overrules what `Joined` says.
        """

    def track(self, key: str, meta: bytes) -> None:
        """List the member under `key`, or renew what is told of it; `meta` is the text of a JSON object."""

    def close(self) -> None:
        """End the membership with `phx_close`; the client does not come back by itself."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A join that was accepted.

    What is broadcast while a join is under way is held back for the joining member and sent after the
    reply, except what has a position up to `since`: that is in the reply already.
    """

    channel: Channel
    reply: bytes = b"{}"  # the text of a JSON object
    viewer: Viewer = EVERYONE
    since: int = -1


class Topics(Protocol):
    """What stands behind all topics of one prefix: `room` for `room:ABCDEF`."""

    presence: bool  # whether a join is followed by `presence_state`

    def canonical(self, name: str) -> str:
        """The one spelling of what follows the colon; broadcasts go by it, clients keep their own."""

    async def join(self, name: str, params: Raw, member: Member) -> Joined:
        """Let a player in, or raise a `Refusal`. `name` is canonical.

        Cancelled when the client leaves, joins anew or disconnects before the answer.
        """
