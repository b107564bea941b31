"""The topics `player:{id}`: what concerns one person alone, told to that person alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
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

TOPIC = "player"


class _Told(msgspec.Struct, array_like=True):
    """The same on the way to another node."""

    player_ids: list[UUID]
    event: str
    payload: bytes


_told = msgspec.msgpack.Decoder(_Told)


class PlayerTopics:
    """All people who are connected to this node. `tell` reaches those on other nodes by the bus."""

    presence = False

    def __init__(self, hub: Hub, bus: Bus | None = None) -> None:
        self._hub = hub
        self._bus = bus
        self._topics: dict[UUID, Counter[str]] = defaultdict(Counter)  # where a player's events are awaited
        self._came: Callable[[UUID], Callable[[], None]] | None = None
        if bus is not None:
            bus.subscribe(TOPIC, self._hear)

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
            self._bus.publish(TOPIC, msgspec.msgpack.encode(_Told([*player_ids], event, encoded)))

    def tell_here(self, player_id: UUID, event: str, payload: Any) -> None:
        """Tell a player, where it is connected to this node."""
        self._tell([player_id], event, msgspec.json.encode(payload))

    def _tell(self, player_ids: Collection[UUID], event: str, payload: bytes) -> None:
        for topic in {topic for player_id in player_ids for topic in self._topics.get(player_id, ())}:
            self._hub.broadcast(topic, event, same_for_all(payload))

    def _hear(self, _node: str, message: bytes) -> None:
        told = _told.decode(message)
        self._tell(told.player_ids, told.event, told.payload)
