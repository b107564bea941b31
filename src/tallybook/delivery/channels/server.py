"""uvicorn with an end of its own: what was accepted is finished and answered, then sockets are closed."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.transport import Connection

log = logging.getLogger(__name__)

DRAIN_SECONDS = 4.0
SPREAD_SECONDS = 2.0
CLOSE_SECONDS = 1.5
HTTP_SECONDS = 1  # for requests under way; their writes were drained before
LAST_SECONDS = 9.5  # all of it; the promise is ten


class Server(uvicorn.Server):
    """Ends within ten seconds of SIGTERM or SIGINT, exit code 0; a second SIGINT ends at once.

    `drain` is awaited when no new connection can come in and before a socket is closed: it refuses new
    commands, finishes those accepted, and returns when their replies were handed to the sockets.
    `ready` hears the address once requests are answered.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        endpoint: Endpoint,
        drain: Callable[[], Awaitable[None]],
        ready: Callable[[str], None] = lambda _: None,
    ) -> None:
        config.timeout_graceful_shutdown = HTTP_SECONDS
        super().__init__(config)
        self._endpoint = endpoint
        self._drain = drain
        self._ready = ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal again at the end, which makes an orderly end look like a crash.
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._end_sockets(sockets)
                await super().shutdown(sockets)
        except TimeoutError:
            log.error("the server did not end in time; what was left is cut off")

    async def _end_sockets(self, sockets: list[socket.socket] | None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        self._endpoint.draining = True
        for connection in list(self.server_state.connections):
            if not isinstance(connection, Connection):
                connection.shutdown()  # ends idle HTTP connections, and busy ones after their response
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._drain()
        except TimeoutError:
            log.error("commands were still under way after %s seconds", DRAIN_SECONDS)
        await self._endpoint.close_all(spread_seconds=SPREAD_SECONDS, wait_seconds=CLOSE_SECONDS)
