"""The official Socket.IO client in Node, driven from a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.channels.phoenix import Lead, lead

VERSIONS = ("3.1.3", "newest")


class Client(Lead):
    """One client."""

    async def ask(self, event: str, payload: object) -> dict[str, Any]:
        """What an event is acknowledged with."""
        self.tell("emit", event=event, payload=payload)
        said = await self.until("answer", event=event, payload=payload)
        return {"status": said["status"], "response": said["response"]}

    async def subscribe(self, topic: str = "room:ABC", **params: object) -> dict[str, Any]:
        return await self.ask("subscribe", {"topic": topic, **params})

    async def push(self, event: str, topic: str = "room:ABC", **payload: object) -> dict[str, Any]:
        return await self.ask("push", {"topic": topic, "event": event, "payload": payload})


@asynccontextmanager
async def socket_io(version: str, port: int, **options: object) -> AsyncIterator[Client]:
    """A client that is connecting; by default as the player `ana`."""
    options = {"auth": {"token": "ana"}} | options
    async with lead("socket-io.mjs", version, f"http://127.0.0.1:{port}", options) as process:
        yield Client(process)
