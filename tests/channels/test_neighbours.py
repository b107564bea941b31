"""Presence over several nodes: everybody sees everybody, whatever the bus loses."""

import asyncio
import json
from typing import Any

import pytest

from tallybook.bus.memory import Exchange, MemoryBus
from tallybook.delivery.channels import neighbours
from tallybook.delivery.channels.frames import V2
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.topic import Subscription
from tallybook.kernel.randomness import Seed
from tests.bus.waiting import until
from tests.channels.test_presence import State, merge


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "ALIVE_EVERY", 0.05)
    monkeypatch.setattr(neighbours, "DEAD_AFTER", 0.5)


class Machine:
    """A node: its bus and the sockets on it."""

    def __init__(self, exchange: Exchange) -> None:
        self.bus = MemoryBus(exchange)
        self.hub = Hub(self.bus)
        assert self.hub.neighbours is not None
        self.neighbours = self.hub.neighbours

    async def start(self) -> None:
        await self.bus.start()
        self.neighbours.start()

    async def stop(self) -> None:
        self.neighbours.close()
        await self.bus.close()

    def dies(self) -> None:
        """Without a word."""
        self.bus.disconnect()


class Guest:
    """Somebody in a room, who adds up what presence tells, as the official client does."""

    def __init__(self, machine: Machine, name: str, topic: str = "room:A") -> None:
        self.machine = machine
        self.name = name
        self.state: State = {}
        self.subscription = Subscription(Outbox(self._read), V2, topic, "1")
        machine.hub.subscribe(topic, self.subscription)
        machine.hub.start(self.subscription, None, -1, presence=True)
        machine.hub.track(self.subscription, name, b'{"role":"player"}')

    def leave(self) -> None:
        self.machine.hub.unsubscribe(self.subscription)

    def sees(self, *names: str) -> bool:
        return sorted(self.state) == sorted(names)

    def _read(self, data: bytes) -> None:
        while data:
            size, start = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4], "big"), 4)
            event, payload = _told(data[start : start + size])
            if event == "presence_state":
                self.state = payload
            elif event == "presence_diff":
                merge(self.state, payload)
            data = data[start + size :]


def _told(message: bytes) -> tuple[str, Any]:
    _, _, _, event, payload = json.loads(message)
    return event, payload


async def machines(number: int) -> list[Machine]:
    exchange = Exchange()
    made = [Machine(exchange) for _ in range(number)]
    for machine in made:
        await machine.start()
    return made


async def test_people_on_two_nodes_see_each_other_come_and_go() -> None:
    here, there = await machines(2)
    ana, bea = Guest(here, "ana"), Guest(there, "bea")
    await until(lambda: ana.sees("ana", "bea") and bea.sees("ana", "bea"))

    cara = Guest(there, "cara")  # is told everybody at once
    await until(lambda: cara.sees("ana", "bea", "cara") and ana.sees("ana", "bea", "cara"))
    other = Guest(here, "dora", topic="room:B")
    ana.leave()
    await until(lambda: bea.sees("bea", "cara") and other.sees("dora"))

    again = Guest(here, "bea")
    await until(lambda: len(bea.state.get("bea", {}).get("metas", ())) == 2)  # on two devices
    again.leave()
    await until(lambda: len(bea.state["bea"]["metas"]) == 1)
    for machine in (here, there):
        await machine.stop()


async def test_the_people_of_a_node_that_died_are_gone_and_those_of_one_that_stops_at_once() -> None:
    here, dying, stopping = await machines(3)
    ana = Guest(here, "ana")
    Guest(dying, "bea")
    Guest(stopping, "cara")
    await until(lambda: ana.sees("ana", "bea", "cara"))

    await stopping.stop()
    await until(lambda: ana.sees("ana", "bea"))
    dying.dies()
    await until(lambda: ana.sees("ana"))

    dying.bus.connect()  # it had only been cut off
    await until(lambda: ana.sees("ana", "bea"))
    for machine in (here, dying):
        await machine.stop()


async def test_a_node_that_stood_still_takes_nobody_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = await machines(2)
    ana = Guest(here, "ana")
    Guest(there, "bea")
    await until(lambda: ana.sees("ana", "bea"))
    left: list[object] = []
    monkeypatch.setattr(here.neighbours, "_forget", left.append)
    loop = asyncio.get_running_loop()
    time = loop.time
    beaten = here.neighbours._alive_timer
    monkeypatch.setattr(loop, "time", lambda: time() + 60)  # as after a minute without a turn
    await until(lambda: here.neighbours._alive_timer is not beaten)
    assert not left
    for machine in (here, there):
        await machine.stop()


async def test_a_node_that_starts_later_knows_who_is_there() -> None:
    exchange = Exchange()
    here, late = Machine(exchange), Machine(exchange)
    await here.start()
    ana = Guest(here, "ana")
    await until(lambda: ana.sees("ana"))

    await late.start()
    bea = Guest(late, "bea")

    await until(lambda: bea.sees("ana", "bea") and ana.sees("ana", "bea"))
    for machine in (here, late):
        await machine.stop()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_was_lost_everybody_agrees_in_the_end(seed: int) -> None:
    chance = Seed(b"lost messages").random(seed)
    nodes = await machines(3)
    guests: list[Guest] = []
    for step in range(120):
        node = chance.choice(nodes)
        match chance.randrange(8):
            case 0 | 1 | 2:
                guests.append(Guest(node, f"p{step}"))
            case 3 | 4 if guests:
                guests.pop(chance.randrange(len(guests))).leave()
            case 5:
                node.bus.disconnect()
            case 6:
                node.bus.connect()
            case _:
                await asyncio.sleep(chance.random() / 10)  # what is told together, is lost together
    for node in nodes:
        node.bus.connect()
    guests += [Guest(node, f"last {number}") for number, node in enumerate(nodes)]

    await until(lambda: all(guest.sees(*(one.name for one in guests)) for guest in guests))
    for node in nodes:
        await node.stop()
