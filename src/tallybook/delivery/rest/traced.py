"""A span around every request, for who has asked for traces."""

from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallybook.delivery.rest.frame import route_of


class Traced:
    """ASGI middleware, outside of `Frame`, which takes the trace id from it. Ids and queries stay untold."""

    def __init__(self, app: ASGIApp, traces: TracerProvider) -> None:
        self._app = app
        self._tracer = traces.get_tracer("tallybook")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        came_with = extract(
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        )
        with self._tracer.start_as_current_span(method, context=came_with, kind=SpanKind.SERVER) as span:
            scope.setdefault("state", {})["trace_id"] = f"{span.get_span_context().trace_id:032x}"
            span.set_attribute("http.request.method", method)

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            try:
                await self._app(scope, receive, watched)
            finally:
                route = route_of(scope)
                span.set_attribute("http.route", route)
                span.update_name(f"{method} {route}")
