"""Socket.IO by long-polling: requests that wait for packets, and requests that bring them."""

import asyncio
import logging
from urllib.parse import parse_qs

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from tallybook.delivery.channels.frames import Malformed
from tallybook.delivery.channels.transport import INTERNAL_ERROR, UNSUPPORTED_DATA
from tallybook.delivery.socketio.packets import SEPARATOR
from tallybook.delivery.socketio.sessions import PATHS, Engine, Session

log = logging.getLogger(__name__)

_MOST_PACKETS = 1000  # in one request
_HEADERS = [
    (b"content-type", b"text/plain; charset=UTF-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),  # tokens travel in packets, never in cookies
]
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"7200"),
]


class _BadRequest(Exception):
    """What Engine.IO calls wrong, by its numbers."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = msgspec.json.encode({"code": code, "message": message})


class Polling:
    """ASGI middleware around the application. Upgrades on the same path never come this far."""

    def __init__(self, engine: Engine, app: ASGIApp) -> None:
        self._engine = engine
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
            return
        status, headers = 200, _HEADERS
        try:
            if scope["method"] == "OPTIONS":
                status, headers, body = 204, _HEADERS + _PREFLIGHT, b""
            else:
                body = await self._answer(scope, receive)
        except _BadRequest as bad:
            status, body = bad.status, bad.body
        await send({"type": "http.response.start", "status": status, "headers": [*headers, _length(body)]})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        try:
            query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
        except ValueError:
            query = {}
        if query.get("EIO") != ["4"]:
            raise _BadRequest(5, "Unsupported protocol version")
        if query.get("transport") != ["polling"]:
            raise _BadRequest(0, "Transport unknown")
        if "sid" not in query:
            return await self._begin(scope["method"])
        session = self._engine.sessions.get(query["sid"][0])
        if session is None:
            raise _BadRequest(1, "Session ID unknown")
        if session.carrier is not None:
            raise _BadRequest(3, "The session goes over a WebSocket")
        match scope["method"]:
            case "GET":
                return await _fetch(session, receive)
            case "POST":
                return await self._bring(session, receive)
            case _:
                raise _BadRequest(3, "Bad request")

    async def _begin(self, method: str) -> bytes:
        if method != "GET":
            raise _BadRequest(2, "Bad handshake method")
        if self._engine.endpoint.draining:
            raise _BadRequest(3, "The server is about to restart", 503)
        return await self._engine.open().poll()

    async def _bring(self, session: Session, receive: Receive) -> bytes:
        data = await _body(receive, self._engine.endpoint.limits.message_bytes)
        packets = data.split(SEPARATOR)
        try:
            if len(packets) > _MOST_PACKETS:
                raise Malformed("too many packets")
            data.decode()  # payloads are not decoded before somebody reads them
            await session.pay(len(packets))
            for packet in packets:
                if session.ended:
                    break
                self._engine.endpoint.received += 1
                session.text(packet)
        except (Malformed, UnicodeDecodeError) as malformed:
            session.close(UNSUPPORTED_DATA, str(malformed))
            raise _BadRequest(3, "Bad request") from malformed
        except Exception:
            log.exception("a Socket.IO session crashed")
            session.close(INTERNAL_ERROR, "the server made a mistake")
        return b"ok"


async def _fetch(session: Session, receive: Receive) -> bytes:
    async def hung_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        session.closed()  # what it was sent may be lost

    watching = asyncio.create_task(hung_up())
    try:
        return await session.poll()
    except Malformed as malformed:
        raise _BadRequest(3, str(malformed)) from malformed
    finally:
        watching.cancel()


async def _body(receive: Receive, most: int) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _BadRequest(3, "Bad request")
        body += bytes(message.get("body", b""))
        if len(body) > most:
            raise _BadRequest(3, "Too large a body", 413)
        if not message.get("more_body"):
            return body


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % len(body)
