"""REST and sockets on one port: uvicorn's HTTP protocol, which hands channel sockets over to us.

A head and its body leave together: of a short answer, sending them apart is a large part of the work.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.transport import Connection

PATH = "/socket/websocket"

Carriers = Mapping[bytes, Callable[[ServerState], Connection]]
"""By path, what takes over a connection that is upgraded there."""


def http_protocol(endpoint: Endpoint, others: Carriers = MappingProxyType({})) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(http=…)`; upgrades on unknown paths go to the `ws` class as usual."""

    class Http(_Http):
        carriers = {PATH.encode(): partial(Connection, endpoint), **others}  # noqa: RUF012  # never changes

    return Http


class _Together:
    """A transport that keeps what is written for what is written next, as long as nothing else happens."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.plain = transport
        self._soon = asyncio.get_running_loop().call_soon
        self._written: list[bytes] = []
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        self._written.append(data)
        if len(self._written) == 1:
            self._soon(self.flush)
        else:
            self.flush()

    def flush(self) -> None:
        written, self._written = self._written, []
        if written:
            self.plain.writelines(written)

    def close(self) -> None:
        self.flush()
        self.plain.close()


class _Http(HttpToolsProtocol):
    carriers: Carriers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", _Together(cast("asyncio.Transport", transport))))

    def handle_websocket_upgrade(self) -> None:
        self._part()
        super().handle_websocket_upgrade()

    def _part(self) -> None:
        """Go back to the plain transport, for who takes it over."""
        together = cast("_Together", self.transport)
        together.flush()
        self.transport = together.plain

    def data_received(self, data: bytes) -> None:
        # As in the class above, which forgets where the request ends and drops what follows it.
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as upgrade:
            if not self._should_upgrade():
                self._unsupported_upgrade_warning()
            elif carrier := self.carriers.get(httptools.parse_url(self.url).path):
                self._hand_over(carrier, data[upgrade.args[0] :])
            else:
                self.handle_websocket_upgrade()

    def _hand_over(self, carrier: Callable[[ServerState], Connection], early: bytes) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.send_400_response("The response before the upgrade is not complete.")
            return
        headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers)
        request = Request(
            self.url.decode("latin-1"),
            headers,
            method=self.scope["method"],
            protocol=f"HTTP/{self.scope['http_version']}",
        )
        self.connections.discard(self)
        self._part()
        connection = carrier(self.server_state)
        connection.connection_made(self.transport)
        self.transport.set_protocol(connection)
        del self.parser  # it refers back to us: without it we are gone at once, not when cycles are collected
        connection.open(request, early)
