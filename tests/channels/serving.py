"""A real server in the test's own loop, with nothing but rooms behind its sockets of both kinds."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.limits import Limits
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.delivery.socketio.polling import Polling
from tallybook.delivery.socketio.sessions import Engine
from tallybook.delivery.socketio.websocket import carriers
from tests.channels.rooms import Rooms, authenticate


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The REST side: says hello to everything."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@dataclass
class Serving:
    """A running server and what stands behind it."""

    rooms: Rooms
    endpoint: Endpoint
    engine: Engine
    server: Server
    port: int
    drained: bool = False
    may_drain: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/socket"

    async def until_empty(self) -> None:
        """Wait for the last connection to be forgotten."""
        while self.endpoint.sockets or self.server.server_state.connections:
            await asyncio.sleep(0)


def listen(port: int = 0) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port), backlog=2048, reuse_port=False)
    listener.setblocking(False)
    return listener


@asynccontextmanager
async def serving(
    *, rooms: Rooms | None = None, limits: Limits | None = None, port: int = 0
) -> AsyncIterator[Serving]:
    """Serve until the block ends; then nothing may be left."""
    rooms = rooms or Rooms()
    endpoint = Endpoint(rooms.hub, authenticate, {"room": rooms}, limits=limits)
    listener = listen(port)

    async def drain() -> None:
        await running.may_drain.wait()
        running.drained = True

    engine = Engine(endpoint)
    config = uvicorn.Config(
        Polling(engine, app),
        http=http_protocol(endpoint, carriers(engine)),
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
    )
    server = Server(config, endpoint, drain)
    running = Serving(rooms, endpoint, engine, server, listener.getsockname()[1])
    running.may_drain.set()
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield running
    finally:
        server.should_exit = True
        await task
    assert running.drained
    assert endpoint.sockets == 0
    assert endpoint.hub.topics == 0
    assert not server.server_state.connections
    assert not engine.sessions
    assert not rooms.members


async def _serve() -> None:
    rooms = Rooms()
    endpoint = Endpoint(rooms.hub, authenticate, {"room": rooms})

    async def drain() -> None:
        await asyncio.sleep(0)

    config = uvicorn.Config(app, http=http_protocol(endpoint), lifespan="off", log_level="error")
    listener = listen()
    print(listener.getsockname()[1], flush=True)
    await Server(config, endpoint, drain).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(_serve())
