"""A server with nothing behind its sockets, for benchmarks of the sockets themselves."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import uvicorn
from msgspec import Raw
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from tallybook.access.actor import Actor
from tallybook.delivery.channels.contract import Joined, Member, Reply
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol

_ACTOR = Actor(UUID(int=0))


async def _authenticate(_: str) -> Actor:
    return _ACTOR


class _Room:
    def push(self, event: str, payload: Raw, reply: Reply) -> None:
        reply.ok()

    def left(self) -> None:
        pass


class _Rooms:
    presence = False

    def canonical(self, name: str) -> str:
        return name

    async def join(self, name: str, params: Raw, member: Member) -> Joined:
        return Joined(_Room())


async def _app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    raise AssertionError("there is no REST here")


async def _drain() -> None:
    pass


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Endpoint, Server, int]]:
    """The endpoint, the server and its port."""
    endpoint = Endpoint(Hub(), _authenticate, {"room": _Rooms()})
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(_app, http=http_protocol(endpoint), lifespan="off", log_config=None)
    server = Server(config, endpoint, _drain)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield endpoint, server, listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
