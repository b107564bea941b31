"""Being a member of a topic where nothing is said but by the server."""

from collections.abc import Callable

from msgspec import Raw

from tallybook.delivery.channels.contract import Render, Reply
from tallybook.kernel.refusals import invalid


class Listener:
    """A member's side of such a topic: `left` is called when it leaves."""

    def __init__(self, left: Callable[[], None]) -> None:
        self.left = left

    def push(self, event: str, payload: Raw, reply: Reply) -> None:
        raise invalid("event", "nothing can be sent on this topic")


def same_for_all(payload: bytes) -> Render:
    """Rendered already, for whoever it is."""
    return lambda _: payload
