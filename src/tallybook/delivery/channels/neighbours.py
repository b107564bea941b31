"""Who is present on other nodes: each tells what changes on it, and all of it to who missed something."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from tallybook.bus.bus import Bus

TOPIC = "presence"
TELL_EVERY = 0.05  # seconds; what came and went is told in one go
ALIVE_EVERY = 5.0
DEAD_AFTER = 15.0  # without a word, while the bus is connected

PhxRef = str


class Present(NamedTuple):
    """Somebody in a topic; `meta` is the text of a JSON object."""

    ref: PhxRef
    topic: str
    key: str
    meta: bytes


class _Said(msgspec.Struct, frozen=True, tag=True, array_like=True):
    pass


class _Alive(_Said, frozen=True, tag="alive"):
    told: int  # how many changes the sender has told, ever


class _Change(_Said, frozen=True, tag="change"):
    told: int  # this one included
    came: list[Present]
    left: list[PhxRef]


class _All(_Said, frozen=True, tag="all"):
    told: int
    people: list[Present]


class _Ask(_Said, frozen=True, tag="ask"):
    node: str  # who is to tell everything; nobody's name means everybody


class _Gone(_Said, frozen=True, tag="gone"):
    pass


_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(_Alive | _Change | _All | _Ask | _Gone).decode


class _Node:
    """What is known of another node."""

    def __init__(self, heard_at: float) -> None:
        self.told = 0
        self.people: dict[PhxRef, Present] = {}
        self.heard_at = heard_at


class Neighbours:
    """The people on other nodes, as far as they were told of.

    Changes are numbered, so that a gap shows at the latest with the next sign of life. A node that is
    silent for `DEAD_AFTER` takes its people with it; while the bus is away everybody stays who was there.
    `changed` hears of everybody who came to other nodes, then of everybody who left.
    """

    def __init__(self, bus: Bus, changed: Callable[[Iterable[Present], Iterable[Present]], None]) -> None:
        self._bus = bus
        self._changed = changed
        self._here: dict[PhxRef, Present] = {}
        self._told = 0
        self._came: dict[PhxRef, Present] = {}  # here, not told yet
        self._left: set[PhxRef] = set()
        self._tell_timer: asyncio.TimerHandle | None = None
        self._alive_timer: asyncio.TimerHandle | None = None
        self._beat_at = 0.0  # when the last sign of life was given
        self._nodes: dict[str, _Node] = {}
        self._topics: dict[str, dict[PhxRef, Present]] = {}
        bus.subscribe(TOPIC, self._hear)
        bus.when_connected(self._connected)

    def start(self) -> None:
        """Begin to give signs of life."""
        self._beat()

    def close(self) -> None:
        """Take leave of the others, before the bus is closed."""
        for timer in (self._alive_timer, self._tell_timer):
            if timer is not None:
                timer.cancel()
        self._say(_Gone())

    def of(self, topic: str) -> Mapping[PhxRef, Present]:
        """Who is in a topic elsewhere."""
        return self._topics.get(topic, {})

    # Here

    def came(self, present: Present) -> None:
        self._here[present.ref] = self._came[present.ref] = present
        self._tell_soon()

    def left(self, ref: PhxRef) -> None:
        del self._here[ref]
        if self._came.pop(ref, None) is None:
            self._left.add(ref)
            self._tell_soon()

    def _tell_soon(self) -> None:
        if self._tell_timer is None:
            self._tell_timer = asyncio.get_running_loop().call_later(TELL_EVERY, self._tell)

    def _tell(self) -> None:
        self._tell_timer = None
        if self._came or self._left:
            self._told += 1
            self._say(_Change(self._told, list(self._came.values()), list(self._left)))
            self._came.clear()
            self._left.clear()

    def _tell_all(self) -> None:
        self._tell()
        self._say(_All(self._told, list(self._here.values())))

    def _say(self, said: _Said) -> None:
        self._bus.publish(TOPIC, _encode(said))

    # Elsewhere

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now > self._beat_at + DEAD_AFTER / 2:  # it was this node that stood still; others are heard soon
            self._hear_all_until(now)
        self._beat_at = now
        self._alive_timer = loop.call_later(ALIVE_EVERY, self._beat)
        self._say(_Alive(self._told))
        dead = [name for name, node in self._nodes.items() if node.heard_at + DEAD_AFTER < now]
        for name in dead if self._bus.connected else ():
            self._forget(name)

    def _connected(self) -> None:
        self._hear_all_until(asyncio.get_running_loop().time())
        self._say(_Alive(self._told))
        self._say(_Ask(""))

    def _hear_all_until(self, now: float) -> None:
        """What others said may not have been heard for reasons of our own: nobody counts as silent so far."""
        for node in self._nodes.values():
            node.heard_at = now

    def _hear(self, sender: str, message: bytes) -> None:
        said = _decode(message)
        if isinstance(said, _Gone):
            self._forget(sender)
            return
        now = asyncio.get_running_loop().time()
        node = self._nodes.setdefault(sender, _Node(now))
        node.heard_at = now
        match said:
            case _Ask(node=asked):
                if asked in {"", self._bus.node}:
                    self._tell_all()
            case _Alive(told=told):
                if told != node.told:
                    self._say(_Ask(sender))
            case _Change(told=told, came=came, left=left):
                if told == node.told + 1:
                    node.told = told
                    self._apply(node, came, left)
                elif told > node.told:
                    self._say(_Ask(sender))
            case _All(told=told, people=people):
                node.told = told
                now_there = {present.ref for present in people}
                came = [present for present in people if present.ref not in node.people]
                self._apply(node, came, [ref for ref in node.people if ref not in now_there])

    def _forget(self, name: str) -> None:
        node = self._nodes.pop(name, None)
        if node is not None:
            self._apply(node, [], list(node.people))

    def _apply(self, node: _Node, came: Iterable[Present], left: Iterable[PhxRef]) -> None:
        for present in came:
            node.people[present.ref] = present
            self._topics.setdefault(present.topic, {})[present.ref] = present
        gone = [node.people.pop(ref) for ref in left if ref in node.people]
        for present in gone:
            topic = self._topics[present.topic]
            del topic[present.ref]
            if not topic:
                del self._topics[present.topic]
        self._changed(came, gone)
