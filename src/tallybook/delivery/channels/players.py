"""The topics `player:{id}`: what concerns one person alone, told to that person alone."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw

from tallybook.bus.bus import Bus
from tallybook.delivery.channels.contract import Joined, Member
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.listening import Listener, same_for_all
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import not_found

TOPIC, AGAIN = "player", "player-again"
KEPT, KEPT_FOR = 1_000, 600.0  # of what was told here the newest, for so many seconds
MOST_HEARD = 10_000  # messages of others that are known when they come again


class _Told(msgspec.Struct, array_like=True):
    """The same on the way to another node."""

    player_ids: list[UUID]
    event: str
    payload: bytes


_told = msgspec.msgpack.Decoder(_Told)


class PlayerTopics:
    """All people who are connected to this node. `tell` reaches those on other nodes by the bus.

    The bus may lose what it is given, and nothing but it brings these events to other nodes. So once it is
    there again they are told once more, and what is known already is passed over.
    """

    presence = False

    def __init__(self, hub: Hub, bus: Bus | None = None) -> None:
        self._hub = hub
        self._bus = bus
        self._topics: dict[UUID, Counter[str]] = defaultdict(Counter)  # where a player's events are awaited
        self._came: Callable[[UUID], Callable[[], None]] | None = None
        self._told: deque[tuple[float, bytes]] = deque(maxlen=KEPT)  # when, and the message
        self._heard: dict[bytes, None] = {}
        self._was_connected = bus is not None and bus.connected
        if bus is not None:
            bus.subscribe(TOPIC, self._hear)
            bus.subscribe(AGAIN, lambda _node, _message: self._tell_again(bus))
            bus.when_connected(partial(self._connected, bus))

    def watch(self, came: Callable[[UUID], Callable[[], None]]) -> None:
        """Call `came` for each who comes, and what it returned when they are gone."""
        self._came = came

    def canonical(self, name: str) -> str:
        return name.lower()

    async def join(self, name: str, params: Raw, member: Member) -> Joined:
        topic, ids = f"{TOPIC}:{name}", member.actor.ids
        if parse_id(name, "player") not in ids:
            raise not_found("player")
        for player_id in ids:  # of one person, whichever of its players it follows
            self._topics[player_id][topic] += 1
        gone = None if self._came is None else self._came(member.actor.player_id)

        def left() -> None:
            if gone is not None:
                gone()
            for player_id in ids:
                awaited = self._topics[player_id]
                awaited[topic] -= 1
                if not awaited[topic]:
                    del awaited[topic]
                if not awaited:
                    del self._topics[player_id]

        return Joined(Listener(left))

    def tell(self, player_ids: Collection[UUID], event: str, payload: Any) -> None:
        """Tell these players, on every node where they are connected."""
        encoded = msgspec.json.encode(payload)
        self._tell(player_ids, event, encoded)
        if self._bus is not None and self._bus.spans:
            message = msgspec.msgpack.encode(_Told([*player_ids], event, encoded))
            self._told.append((asyncio.get_running_loop().time(), message))
            self._bus.publish(TOPIC, message)

    def tell_here(self, player_id: UUID, event: str, payload: Any) -> None:
        """Tell a player, where it is connected to this node."""
        self._tell([player_id], event, msgspec.json.encode(payload))

    def _tell(self, player_ids: Collection[UUID], event: str, payload: bytes) -> None:
        for topic in {topic for player_id in player_ids for topic in self._topics.get(player_id, ())}:
            self._hub.broadcast(topic, event, same_for_all(payload))

    def _hear(self, _node: str, message: bytes) -> None:
        if message in self._heard:
            return
        if len(self._heard) >= MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        self._heard[message] = None
        told = _told.decode(message)
        self._tell(told.player_ids, told.event, told.payload)

    def _connected(self, bus: Bus) -> None:
        """Other nodes may have missed what was told here, and this one what was told there."""
        self._tell_again(bus)
        if self._was_connected:
            bus.publish(AGAIN, b"")
        self._was_connected = True

    def _tell_again(self, bus: Bus) -> None:
        since = asyncio.get_running_loop().time() - KEPT_FOR
        for at, message in self._told:
            if at >= since:
                bus.publish(TOPIC, message)
