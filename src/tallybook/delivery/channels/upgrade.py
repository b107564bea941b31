"""REST and sockets on one port: uvicorn's HTTP protocol, which hands channel sockets over to us."""

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.transport import Connection

PATH = "/socket/websocket"


def http_protocol(endpoint: Endpoint) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(http=…)`; upgrades on other paths go to the `ws` class as usual."""

    class Http(_Http):
        channels = endpoint

    return Http


class _Http(HttpToolsProtocol):
    channels: Endpoint

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
            elif httptools.parse_url(self.url).path == PATH.encode():
                self._hand_over(data[upgrade.args[0] :])
            else:
                self.handle_websocket_upgrade()

    def _hand_over(self, early: bytes) -> None:
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
        connection = Connection(self.channels, self.server_state)
        connection.connection_made(self.transport)
        self.transport.set_protocol(connection)
        del self.parser  # it refers back to us: without it we are gone at once, not when cycles are collected
        connection.open(request, early)
