"""A Socket.IO client that does as it is told, right or wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from tests.channels.raw import TEXT, Raw, frame, upgrade


def join(topic: str = "room:ABC", number: int = 1, **params: object) -> str:
    """The packet that asks to be let in."""
    return f"42{number}" + msgspec.json.encode(["subscribe", {"topic": topic, **params}]).decode()


class Engine(Raw):
    """Over a WebSocket."""

    async def packet(self) -> str:
        opcode, data = await self.frame()
        assert opcode == TEXT, (opcode, data)
        return data.decode()

    async def hear(self, beginning: str) -> str:
        """The next packet that begins so, passing over others."""
        while not (packet := await self.packet()).startswith(beginning):
            pass
        return packet

    def say(self, packet: str | bytes) -> None:
        self.write(frame(packet))


@asynccontextmanager
async def connecting(port: int, sid: str | None = None, **more: Any) -> AsyncIterator[Engine]:
    """A WebSocket that was accepted; nobody has said who it is."""
    path = "/socket.io/?EIO=4&transport=websocket&" + (f"sid={quote(sid)}&" if sid else "")
    request = upgrade(path=path).replace(b"&?", b"&", 1)
    async with await Engine.connect(port, request, **more) as raw:
        yield raw


@asynccontextmanager
async def connected(port: int, **more: Any) -> AsyncIterator[Engine]:
    """A WebSocket whose client was let in."""
    async with connecting(port, **more) as raw:
        raw.say('40{"token":"ana"}')
        await raw.hear("40")
        yield raw


class Poller:
    """By long-polling."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.sid = ""

    async def fetch(self) -> list[str]:
        response = await self.client.get("", params=self._query())
        assert response.status_code == 200, response.text
        return response.text.split("\x1e")

    async def bring(self, *packets: str | bytes) -> httpx.Response:
        body = b"\x1e".join(each.encode() if isinstance(each, str) else each for each in packets)
        return await self.client.post("", params=self._query(), content=body)

    async def hear(self, beginning: str) -> str:
        while True:
            for packet in await self.fetch():
                if packet.startswith(beginning):
                    return packet

    def _query(self) -> dict[str, str]:
        return {"EIO": "4", "transport": "polling"} | ({"sid": self.sid} if self.sid else {})


@asynccontextmanager
async def polling(port: int) -> AsyncIterator[Poller]:
    """A poller who was let in."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/socket.io/", timeout=30) as client:
        poller = Poller(client)
        [greeting] = await poller.fetch()
        poller.sid = msgspec.json.decode(greeting[1:])["sid"]
        await poller.bring('40{"token":"ana"}')
        await poller.hear("40")
        yield poller


async def until(true: Any) -> None:
    while not true():
        await asyncio.sleep(0)
