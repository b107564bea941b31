"""A Phoenix client on the server's own sockets, without a network between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Raw

from tallybook.bootstrap.node import Node
from tallybook.delivery.channels.frames import V2, Message, Ref
from tallybook.delivery.channels.outbox import Outbox


class Lines:
    """The protocol without WebSocket frames: each message a line."""

    def decode(self, text: bytes) -> Message:
        return V2.decode(text)

    def encode(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        return msgspec.json.encode((join_ref, ref, topic, event, Raw(payload))) + b"\n"


LINES = Lines()


class Socket:
    """One socket; `said` and `heard` are its messages in order."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.said: list[Any] = []
        self.heard: list[Any] = []
        self._news = asyncio.Event()

    async def connect(self, server: Node) -> None:
        """Let in, or a `Refusal`."""
        actor = await server.endpoint.authenticate(self.token)
        self._socket = server.endpoint.socket(actor, LINES, Outbox(self._hear))

    def _hear(self, data: bytes) -> None:
        self.heard += map(msgspec.json.decode, data.splitlines())
        self._news.set()

    async def ask(self, topic: str, event: str, payload: Any) -> dict[str, Any]:
        """The payload of the reply."""
        ref = str(len(self.said))
        join_ref = ref if event == "phx_join" else None
        self.said.append([join_ref, ref, topic, event, payload])
        self._socket.text(msgspec.json.encode(self.said[-1]))
        message = await self.until(lambda heard: heard[1] == ref and heard[3] == "phx_reply")
        payload = message[4]
        assert isinstance(payload, dict)
        return payload

    async def until(self, found: Any) -> Any:
        """The first message of which `found` is true, waiting for it."""
        while not (messages := [message for message in self.heard if found(message)]):
            self._news.clear()
            await self._news.wait()
        return messages[0]

    def close(self) -> None:
        self._socket.closed()


@asynccontextmanager
async def socket(server: Node, token: str) -> AsyncIterator[Socket]:
    opened = Socket(token)
    await opened.connect(server)
    try:
        yield opened
    finally:
        opened.close()
