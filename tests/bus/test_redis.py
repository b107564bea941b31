"""The bus over Redis: who hears what, and that a Redis that goes away is only missed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tallybook.bus.redis import RedisBus
from tests.bus.waiting import until
from tests.servers.redis import Redis


class Ear:
    """A node of an installation, and everything that it heard."""

    def __init__(self, redis: Redis, installation: str) -> None:
        self.bus = RedisBus(redis.url, installation)
        self.heard: list[tuple[str, bytes]] = []
        self.connections = 0
        self.bus.subscribe("news", lambda sender, message: self.heard.append((sender, message)))
        self.bus.when_connected(self._connected)

    def _connected(self) -> None:
        self.connections += 1

    def said_by(self, other: "Ear") -> list[bytes]:
        return [message for sender, message in self.heard if sender == other.bus.node]


@pytest.fixture
async def ears(redis_server: Redis) -> AsyncIterator[list[Ear]]:
    """Two nodes of one installation and one of another."""
    async with AsyncExitStack() as stack:
        made = [Ear(redis_server, installation) for installation in ("one", "one", "other")]
        for ear in made:
            await ear.bus.start()
            stack.push_async_callback(ear.bus.close)
            assert ear.bus.connected
        yield made


async def test_the_other_nodes_of_the_installation_hear_everything_in_order(ears: list[Ear]) -> None:
    here, there, elsewhere = ears
    said = [b"%d" % number for number in range(500)]
    for message in said:
        here.bus.publish("news", message)
        here.bus.publish("gossip", message)
        there.bus.publish("news", message)
        elsewhere.bus.publish("news", message)

    await until(lambda: here.said_by(there) == said and there.said_by(here) == said)

    assert len(here.heard) == len(there.heard) == len(said)  # neither themselves nor strangers
    assert not elsewhere.heard


async def test_a_redis_that_comes_back_is_found_again_and_those_who_listen_are_told(
    ears: list[Ear], redis_server: Redis
) -> None:
    here, there, _ = ears
    redis_server.stop(crashing=True)
    await until(lambda: not any(ear.bus.connected for ear in ears))
    here.bus.publish("news", b"lost")

    redis_server.start()
    await until(lambda: all(ear.bus.connected and ear.connections == 2 for ear in ears))
    redis_server.cli("flushall")
    here.bus.publish("news", b"found")

    await until(lambda: there.said_by(here) == [b"found"])


async def test_what_is_said_last_is_still_sent(ears: list[Ear]) -> None:
    here, there, _ = ears
    here.bus.publish("news", b"farewell")

    await here.bus.close()

    await until(lambda: there.said_by(here) == [b"farewell"])


async def test_a_node_starts_without_redis(redis_server: Redis) -> None:
    redis_server.stop()
    ear = Ear(redis_server, "one")
    try:
        async with asyncio.timeout(10):
            await ear.bus.start()
        ear.bus.publish("news", b"nobody hears")
        assert not ear.bus.connected
    finally:
        redis_server.start()
    await until(lambda: ear.bus.connected)
    await ear.bus.close()
