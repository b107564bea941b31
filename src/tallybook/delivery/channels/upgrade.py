"""REST and sockets on one port: uvicorn's HTTP protocol, which hands channel sockets over to us.

A head and its body leave together: of a short answer, sending them apart is a large part of the work.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.quick import Quick, QuickCycle, forwarded, may_be_quick
from tallybook.delivery.channels.transport import Connection
from tallybook.delivery.rest.frame import HEADERS
from tallybook.delivery.rest.problems import problem
from tallybook.kernel.refusals import Refusal
from tallybook.telemetry.trace_ids import trace_of

PATH = "/socket/websocket"

Carriers = Mapping[bytes, Callable[[ServerState], Connection]]
"""By path, what takes over a connection that is upgraded there."""


def http_protocol(
    endpoint: Endpoint, others: Carriers = MappingProxyType({}), quick: Quick | None = None
) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(http=…)`; upgrades on unknown paths go to the `ws` class as usual.

    What `quick` has is answered past the application.
    """

    class Http(_Http):
        carriers = {PATH.encode(): partial(Connection, endpoint), **others}  # noqa: RUF012  # never changes

    Http.quick = quick

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


@lru_cache(maxsize=1)
def _proxies(config: Config) -> ProxyHeadersMiddleware:
    """Puts into a request's scope who has sent it, where that is told by a proxy that is trusted."""
    return ProxyHeadersMiddleware(_nothing, config.forwarded_allow_ips)


async def _nothing(*_: object) -> Any:
    """What the application would do with it."""


class _Http(HttpToolsProtocol):
    carriers: Carriers
    quick: Quick | None = None

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
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("what was sent is not a request of HTTP/1.1")

    def _upgrade(self, early: bytes) -> None:
        if not self._should_upgrade():
            self._unsupported_upgrade_warning()
        elif carrier := self.carriers.get(httptools.parse_url(self.url).path):
            self._hand_over(carrier, early)
        else:
            self.handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what never came to be a request as everything else is refused."""
        trace_id = trace_of(None)
        more = {"X-Trace-Id": trace_id, "Connection": "close"}
        refused = problem(Refusal("malformed", msg), trace_id, more)
        headers = (*self.server_state.default_headers, *HEADERS, *refused.raw_headers)
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%b\r\n%b" % (lines, bytes(refused.body)))
        self.transport.close()

    def on_headers_complete(self) -> None:
        idle = self.cycle is None or self.cycle.response_complete
        if self.quick is not None and idle and not self.parser.should_upgrade() and self._is_for(self.quick):
            keep_alive = self.parser.should_keep_alive()
            cycle = QuickCycle(cast("Scope", self.scope), keep_alive=keep_alive)
            self.cycle = cast("RequestResponseCycle", cycle)
        else:
            super().on_headers_complete()

    def _is_for(self, quick: Quick) -> bool:
        if self.parser.get_http_version() != "1.1" or not may_be_quick(self.headers):
            return False
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope = cast("Scope", self.scope)
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        return quick.find(scope)

    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, QuickCycle) and not self.cycle.whole:
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if isinstance(self.cycle, QuickCycle) and not self.cycle.whole:
            self.cycle.complete()
            self.cycle.task = self.loop.create_task(self._answer(self.cycle, self.quick))
            self.tasks.add(self.cycle.task)
        else:
            super().on_message_complete()

    async def _answer(self, cycle: QuickCycle, quick: Quick) -> None:
        try:
            if forwarded(cycle.scope["headers"]):
                await _proxies(self.config)(cast("Any", cycle.scope), _nothing, _nothing)
            answered = await quick.answer(cycle.scope, cycle.receive)
            if self.flow.write_paused and not cycle.disconnected:
                await self.flow.drain()
            if answered is None or cycle.disconnected or self.transport.is_closing():
                return
            status, headers, body = answered
            together = cast("_Together", self.transport)
            together.flush()
            together.plain.write(cycle.head(status, self.server_state.default_headers + headers) + body)
            cycle.response_complete = True
            if not cycle.keep_alive:
                self.transport.close()
            self.on_response_complete()
        finally:
            self.tasks.discard(cycle.task)

    def _hand_over(self, carrier: Callable[[ServerState], Connection], early: bytes) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.send_400_response("the response before the upgrade is not complete")
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
