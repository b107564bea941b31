"""What nodes use to tell each other that something happened."""

from collections.abc import Callable
from typing import Protocol

Hear = Callable[[str, bytes], None]
"""Takes a message and the name of the node that sent it; must not block or raise."""


class Bus(Protocol):
    """Tells every other node of the installation; a node does not hear itself.

    At most once: a message may be lost, and whoever listens has to come right without it. What one node
    says on one topic arrives in order. Nothing here blocks, raises or waits for the network, so that a bus
    that is away costs speed and nothing else.
    """

    node: str  # this node's name, unlike that of any other process there ever was

    @property
    def spans(self) -> bool:
        """Whether there can be other nodes at all."""

    @property
    def connected(self) -> bool:
        """Whether others can be heard now."""

    def publish(self, topic: str, message: bytes) -> None: ...

    def subscribe(self, topic: str, hear: Hear) -> None: ...

    def when_connected(self, then: Callable[[], None]) -> None:
        """Call `then` whenever others can be heard (again): anything may have been missed before."""

    async def start(self) -> None: ...

    async def close(self) -> None:
        """Send what is waiting, if that is possible at once, and end."""
