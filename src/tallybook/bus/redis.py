"""The bus of several processes: publish and subscribe of Redis or Valkey, on one channel."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from tallybook.bus.bus import Hear
from tallybook.kernel.ids import new_id
from tallybook.kernel.tasks import end

log = logging.getLogger(__name__)

MOST_WAITING = 10_000  # messages; more are lost, as they are while Redis is away
PING_EVERY = 2.0  # seconds; what a node says comes back to itself, so silence means a dead connection
SILENCE = 6.0
ANSWER_WITHIN = 2.0
LONGEST_PAUSE = 5.0  # seconds between two attempts to connect
LAST_WORDS = 1.0

_Letter = tuple[str, list[tuple[str, bytes]]]  # who says it; topics and messages
_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(_Letter).decode


class RedisBus:
    """Everything that is said at about the same time goes out as one message.

    Nothing is stored in Redis, so it may be emptied, restarted or replaced at any time. `ledger`
    keeps apart what shares one Redis: nodes hear only those that work with the same.
    """

    def __init__(self, url: str, ledger: str) -> None:
        self.node = new_id().hex
        self.spans = True
        self.connected = False
        self._channel = f"tallybook:{ledger}:bus"
        self._redis = Redis.from_url(
            url, socket_connect_timeout=ANSWER_WITHIN, socket_timeout=ANSWER_WITHIN, retry=None
        )
        self._hearing: defaultdict[str, list[Hear]] = defaultdict(list)
        self._then: list[Callable[[], None]] = []
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def publish(self, topic: str, message: bytes) -> None:
        if self.connected:
            self._waiting.append((topic, message))
            self._wake.set()

    def subscribe(self, topic: str, hear: Hear) -> None:
        self._hearing[topic].append(hear)

    def when_connected(self, then: Callable[[], None]) -> None:
        self._then.append(then)

    async def start(self) -> None:
        """Begin to connect; return when that has been tried once."""
        self._tasks = [
            asyncio.create_task(self._listen(), name="bus-listener"),
            asyncio.create_task(self._speak(), name="bus-speaker"),
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN):
                await self._heard.wait()

    async def close(self) -> None:
        self._closing = True  # the client sometimes takes a cancellation for an answer that never came
        self._wake.set()
        listener, speaker = self._tasks
        listener.cancel()
        await asyncio.wait([speaker], timeout=LAST_WORDS)
        await end(listener, speaker)
        await self._redis.aclose()

    async def _speak(self) -> None:
        while not self._closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_EVERY):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._send()
            except (RedisError, OSError) as error:
                log.debug("the bus lost a message: %s", error)  # the listener tells that Redis is away
                await asyncio.sleep(0.1)

    async def _send(self) -> None:
        letter: _Letter = (self.node, list(self._waiting))
        self._waiting.clear()
        await self._redis.publish(self._channel, _encode(letter))

    async def _listen(self) -> None:
        pause = 0.1
        while not self._closing:
            try:
                # Those of before may be dead, and what is said first would be lost on them.
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(self._channel)
                    await self._hear_all(channel)
            except (RedisError, OSError, TimeoutError) as error:
                level = logging.WARNING if self.connected or pause == 0.1 else logging.DEBUG
                log.log(level, "the bus cannot reach Redis, other nodes are heard of later: %s", error)
            if self.connected:
                self.connected, pause = False, 0.1
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _hear_all(self, channel: PubSub) -> None:
        while True:
            message = await channel.get_message(timeout=SILENCE)
            if message is None:
                raise TimeoutError(f"not a word for {SILENCE:.0f} seconds")
            if message["type"] == "subscribe":
                self._connect()
            elif message["type"] == "message":
                self._deliver(message["data"])

    def _connect(self) -> None:
        log.info("the bus is connected to Redis")
        self.connected = True
        self._heard.set()
        for then in self._then:
            then()

    def _deliver(self, data: bytes) -> None:
        try:
            sender, said = _decode(data)
        except msgspec.MsgspecError:
            log.warning("something that is not a node speaks on the bus")
            return
        if sender != self.node:
            for topic, message in said:
                for hear in self._hearing.get(topic, ()):
                    try:
                        hear(sender, message)
                    except Exception:  # perhaps of another release: the ledger tells the same a little later
                        log.exception("could not take a message on %s", topic)
