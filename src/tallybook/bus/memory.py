"""The bus of a node that is alone, and of several nodes in one process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from tallybook.bus.bus import Hear
from tallybook.kernel.ids import new_id


class Exchange:
    """Where buses of one event loop meet."""

    def __init__(self) -> None:
        self.buses: list[MemoryBus] = []


class MemoryBus:
    """Alone it tells nobody and costs nothing; on an exchange it reaches the others on it."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self.node = new_id().hex
        self.connected = True
        self._exchange = exchange
        self._hearing: defaultdict[str, list[Hear]] = defaultdict(list)
        self._then: list[Callable[[], None]] = []

    @property
    def spans(self) -> bool:
        return self._exchange is not None

    def publish(self, topic: str, message: bytes) -> None:
        for other in self._exchange.buses if self._exchange is not None and self.connected else ():
            if other is not self and other.connected:
                asyncio.get_running_loop().call_soon(other.deliver, self.node, topic, message)

    def deliver(self, sender: str, topic: str, message: bytes) -> None:
        for hear in self._hearing[topic]:
            hear(sender, message)

    def subscribe(self, topic: str, hear: Hear) -> None:
        self._hearing[topic].append(hear)

    def when_connected(self, then: Callable[[], None]) -> None:
        self._then.append(then)

    def disconnect(self) -> None:
        """Lose everything that is said, until `connect`."""
        self.connected = False

    def connect(self) -> None:
        self.connected = True
        for then in self._then:
            then()

    async def start(self) -> None:
        if self._exchange is not None:
            self._exchange.buses.append(self)
        self.connect()

    async def close(self) -> None:
        if self._exchange is not None and self in self._exchange.buses:
            self._exchange.buses.remove(self)
