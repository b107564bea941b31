"""Around every request: its trace id, security headers, the access log, and an answer whatever happens."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallybook.database.trouble import DatabaseUnavailable, in_trouble
from tallybook.delivery.rest.problems import problem
from tallybook.delivery.rest.reading import LARGEST_BODY, too_large
from tallybook.kernel.clock import Clock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal

log = logging.getLogger(__name__)
access_log = logging.getLogger("tallybook.access")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Frame:
    """ASGI middleware, outermost of the application's own."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock.monotonic()
        trace_id = new_id().hex
        scope.setdefault("state", {})["trace_id"] = trace_id
        status = 0

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Trace-Id"] = trace_id
            await send(message)

        try:
            if _announced_length(scope) > LARGEST_BODY:
                raise too_large()
            await self._app(scope, receive, framed)
        except Exception as error:
            if status:
                raise  # half an answer is out already: the connection has to break
            await problem(_refusal(error, trace_id), trace_id)(scope, receive, framed)
        finally:
            # The path as it was sent, so that nobody can forge a line; queries may hold secrets.
            path = scope.get("raw_path") or scope["path"].encode()
            spent = 1000 * (self._clock.monotonic() - started)
            access_log.info(
                "%s %s %d %.1f ms %s",
                scope["method"],
                path.decode("ascii", "replace"),
                status,
                spent,
                trace_id,
            )


def _refusal(error: Exception, trace_id: str) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if in_trouble(error):
        log.error("the database could not answer: %s trace=%s", error, trace_id)
        return DatabaseUnavailable()
    log.error("a request failed trace=%s", trace_id, exc_info=error)
    return Refusal("internal", "this is our fault and has been noted under the trace id")


def _announced_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value[:12]) if value.isdigit() else 0
    return 0
