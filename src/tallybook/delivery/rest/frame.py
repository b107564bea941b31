"""Around every request: its trace id, security headers, log line, metrics, and an answer whatever happens."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallybook.database.trouble import DatabaseUnavailable, in_trouble
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.delivery.rest.problems import problem
from tallybook.delivery.rest.reading import check_size, header_of
from tallybook.kernel.clock import Clock
from tallybook.kernel.randomness import ROOM_KEY_ALPHABET, ROOM_KEY_LENGTH
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.telemetry.logs import Request
from tallybook.telemetry.trace_ids import current_trace, trace_of

log = logging.getLogger(__name__)

NO_ROUTE = "(none)"
GONE = 499  # as nginx has it: whoever asked is gone, so nothing is answered
_KEYS = re.compile(rf"/[{ROOM_KEY_ALPHABET}]{{{ROOM_KEY_LENGTH}}}(?![^/])", re.IGNORECASE)
HEADERS = (  # of every answer that says nothing else
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_NAMES = frozenset(name for name, _ in HEADERS)


class Frame:
    """Hands every answered request to `log_request`."""

    def __init__(
        self, clock: Clock, metrics: HttpMetrics, log_request: Callable[[Request], None] | None = None
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._log_request = log_request

    def begin(self, scope: Scope) -> float:
        """A request is here; when that was."""
        started = self._clock.monotonic()
        state = scope.setdefault("state", {})
        trace_id = state.get("trace_id") or trace_of(header_of(scope, b"traceparent"))
        state["trace_id"] = trace_id
        current_trace.set(trace_id)
        return started

    @staticmethod
    def check(scope: Scope) -> None:
        """Refuse a body that is announced to be too large, and NUL, which not every database knows."""
        if "\0" in scope["path"]:
            raise not_found("path")
        if b"%00" in scope["query_string"]:
            raise invalid("query", "must not contain NUL")
        check_size(scope["path"], _announced_length(scope))

    @staticmethod
    def headers(scope: Scope, given: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Those of an answer, with what every answer says."""
        state = scope["state"]
        added: Iterable[tuple[bytes, bytes]] = HEADERS
        named = {name for name, _ in given}
        if not named.isdisjoint(_NAMES):
            added = (header for header in HEADERS if header[0] not in named)
        headers = [*given, *added, (b"x-trace-id", state["trace_id"].encode())]
        if (standing := state.get("limit")) is not None:
            headers += standing.headers()
        return headers

    def end(self, scope: Scope, started: float, status: int, size: int) -> None:
        """It was answered, or nobody is there any more."""
        spent = self._clock.monotonic() - started
        route = route_of(scope)
        self._metrics.request(scope["method"], route, status, spent)
        if self._log_request is not None:
            state = scope["state"]
            player = state.get("player_id")
            line = Request(
                method=scope["method"],
                route=route,
                path=_path(scope, route),
                status=status,
                ms=round(1000 * spent, 2),
                bytes=size,
                trace_id=state["trace_id"],
                player=None if player is None else str(player),
            )
            self._log_request(line)


class Framed:
    """ASGI middleware: the frame around all routes."""

    def __init__(self, app: ASGIApp, frame: Frame) -> None:
        self._app = app
        self._frame = frame

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._frame.begin(scope)
        status = size = 0

        async def framed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._frame.headers(scope, message["headers"])
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            self._frame.check(scope)
            await self._app(scope, receive, framed)
        except ClientDisconnect:
            status = status or GONE
        except Exception as error:
            if status:
                raise  # half an answer is out already: the connection has to break
            await failure(scope, error)(scope, receive, framed)
        finally:
            self._frame.end(scope, started, status, size)


def failure(scope: Scope, error: Exception) -> Response:
    """The answer to a request that could not be carried out."""
    return problem(_refusal(error), scope["state"]["trace_id"])


def route_of(scope: Scope) -> str:
    """The template of the path, as far as the request got."""
    route = scope.get("route")
    if route is None:
        named: str = scope["state"].get("route", NO_ROUTE)
        return named
    template: str = route.path
    return template


def _path(scope: Scope, route: str) -> str:
    """The path as it was sent, so that nobody can forge a line, but for what may be the key of a room."""
    path: str = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace")
    return path if route.startswith("/") and "{key}" not in route else _KEYS.sub("/…", path)


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if in_trouble(error):
        log.error("the database could not answer: %s", error)
        return DatabaseUnavailable()
    log.error("a request failed", exc_info=error)
    return Refusal("internal", "this is our fault and has been noted under the trace id")


def _announced_length(scope: Scope) -> int:
    value = header_of(scope, b"content-length")
    return int(value[:12]) if value is not None and value.isdigit() else 0
