"""Busy routes answer past the framework exactly what they answer through it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from msgspec import structs
from starlette.types import Receive, Scope, Send

from tallybook.bootstrap.node import Node
from tallybook.database.trouble import DatabaseUnavailable
from tallybook.delivery.channels.upgrade import PATH, http_protocol
from tallybook.delivery.rest import app as application
from tallybook.delivery.rest import hot as busy
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import caller_of
from tallybook.delivery.rest.hot import HotRoutes, hot
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.delivery.rest.reading import LARGEST_BODY, read_body
from tallybook.telemetry import logs
from tallybook.telemetry.metrics import Number
from tests.rest.kit import API, Person

TRACE = "0af7651916cd43dd8448eb211c80319c"
NOBODY = UUID(int=7)
SENDER = "203.0.113.7"
ONE_EACH = {"ratelimit-remaining", "ratelimit-reset", "date"}  # the second request finds less in the bucket


@hot
async def echo(request: Request) -> Response:
    """A busy write, as there may be: what was sent comes back, and some ways to fail."""
    caller = await caller_of(request)
    body = await read_body(request)
    if "trouble" in body:
        raise DatabaseUnavailable
    sender = request.client.host if request.client else None
    told = {"caller": caller.player_id, "path": request.path_params, "sender": (request.url.scheme, sender)}
    return answer(told | {"body": body["wanted"]}, 201)


class Way:
    """The application once more, with the hot routes or without them."""

    def __init__(self, server: Node, *, past_the_framework: bool) -> None:
        self.lines: list[logs.Request] = []
        self.http = HttpMetrics()
        watch = replace(server.app.watch, http=self.http, log_request=self.lines.append)
        with _with_echo(), pytest.MonkeyPatch.context() as patch:
            if not past_the_framework:
                patch.setattr(busy, "_hot", set())
            self.app = application.create_app(server.app.services, watch)


@contextmanager
def _with_echo() -> Iterator[None]:
    routes = application.routes

    def more() -> FastAPI:
        app = routes()
        app.post(f"{API}/echo/{{id}}/{{what}}")(echo)
        return app

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "routes", more)
        yield


def _requests(ana: Person, bea: Person, key: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    lists, stats = f"{API}/sessions/history", f"{API}/players/{ana.id}/stats"
    good = {"Authorization": f"Bearer {ana.token}"}
    yield "GET", lists, {"headers": good}
    yield "GET", lists, {"headers": good, "params": {"limit": 1, "player_id": ana.id, "unknown": "x"}}
    yield "GET", lists, {"headers": good, "params": {"limit": 0}}
    yield "GET", lists, {"headers": good, "params": {"from": "yesterday", "cursor": "@"}}
    yield "GET", lists, {"headers": good, "params": {"cursor": "AAAA"}}
    yield "GET", lists, {}
    yield "GET", lists, {"headers": {"Authorization": "Basic abc"}}
    yield "GET", lists, {"headers": {"Authorization": "Bearer abc"}}
    yield "GET", lists, {"headers": {"Authorization": f"Bearer {key}"}}
    yield "GET", lists, {"headers": good | {"Content-Length": str(LARGEST_BODY + 1)}}
    yield "GET", lists + "/", {"headers": good}
    yield "HEAD", lists, {"headers": good}
    yield "POST", lists, {"headers": good}
    yield "GET", stats, {"headers": {"Authorization": f"Bearer {bea.token}"}}
    yield "GET", stats, {"headers": good, "params": {"as_of": "2999-01-01"}}
    yield "GET", f"{API}/players/{NOBODY}/stats", {"headers": good}
    yield "GET", f"{API}/players/n%6Fbody%2F/stats", {"headers": good}
    yield "GET", f"{API}/players//stats", {"headers": good}
    for body in (b'{"wanted": [1]}', b"{}", b'{"trouble": 1}', b"", b"[", b"[]", b" " * (LARGEST_BODY + 1)):
        yield "POST", f"{API}/echo/a%20b/c", {"headers": good, "content": body}
        yield "POST", f"{API}/echo/a/b", {"headers": good, "content": _chunks(body)}
    for told in (f"{SENDER}, 127.0.0.1", f"198.51.100.1, {SENDER}:5000", ""):
        through = good | {"X-Forwarded-For": told, "X-Forwarded-Proto": "https"}
        yield "POST", f"{API}/echo/a/b", {"headers": through, "content": b'{"wanted": 1}'}
    yield "POST", f"{API}/echo/a/b", {"content": b"{}"}
    yield "DELETE", f"{API}/echo/a/b", {"headers": good}


async def _chunks(body: bytes) -> Any:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


async def _answers(
    transport: httpx.AsyncBaseTransport,
    ana: Person,
    bea: Person,
    key: str,
    base_url: str = "http://tallybook",
) -> list[tuple[Any, ...]]:
    answers = []
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        for method, path, options in _requests(ana, bea, key):
            headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"} | options.pop("headers", {})
            if "Content-Length" in headers and not isinstance(transport, httpx.ASGITransport):
                continue  # a client that keeps to HTTP cannot say so
            got = await client.request(method, path, headers=headers, **options)
            told = sorted(pair for pair in got.headers.raw if pair[0].lower().decode() not in ONE_EACH)
            answers.append((method, path, got.status_code, told, got.content))
    return answers


async def _key_of_a_server(ana: Person) -> str:
    opened = await ana.opens("Ana", "Bea")
    made = await ana.post(f"/games/{opened['game_id']}/api-keys", {"name": "a server of the game"})
    return str(made["secret"])


async def test_busy_routes_answer_the_same_past_the_application_as_through_it(
    server: Node, ana: Person, bea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await _key_of_a_server(ana)
    way = Way(server, past_the_framework=True)
    answers = []
    through: list[int] = []
    asgi = HotRoutes.__call__

    async def counted(routes: HotRoutes, scope: Scope, receive: Receive, send: Send) -> None:
        through[-1] += 1
        await asgi(routes, scope, receive, send)

    monkeypatch.setattr(HotRoutes, "__call__", counted)
    for quick in (None, way.app.quick):
        through.append(0)
        async with served(server, way.app, quick) as url:
            answers.append(await _answers(httpx.AsyncHTTPTransport(), ana, bea, key, base_url=url))
    assert answers[0] == answers[1]
    senders = [content.count(SENDER.encode()) for *_, content in answers[1]]
    assert sum(senders) == 2
    assert through[1] == 8 < through[0]  # what came in chunks, and what is too long
    half = len(way.lines) // 2
    lines = [structs.replace(line, ms=0.0) for line in way.lines]
    assert lines[:half] == lines[half:]


async def test_a_connection_goes_on_and_ends_as_its_client_says(server: Node, ana: Person) -> None:
    way = Way(server, past_the_framework=True)
    head = f"Host: x\r\nAuthorization: Bearer {ana.token}\r\n"
    quick = f"GET {API}/sessions/history HTTP/1.1\r\n{head}\r\n"
    other = f"GET {API}/games HTTP/1.1\r\n{head}\r\n"
    echo = f"POST {API}/echo/a/b HTTP/1.1\r\n{head}Content-Length: 13\r\n"
    last = f"GET {API}/sessions/history HTTP/1.1\r\n{head}Connection: close\r\n\r\n"
    async with served(server, way.app, way.app.quick) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write((quick + other + quick + quick + echo + '\r\n{"wanted":').encode())  # all at once
        for _ in range(4):
            assert (await _answer(reader))[0] == 200
        writer.write(b" 1}" + f"{echo}Expect: 100-continue\r\n\r\n".encode())
        assert await _answer(reader) == (201, False)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b'{"wanted": 1}' + last.encode())
        assert await _answer(reader) == (201, False)
        assert await _answer(reader) == (200, True)
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(quick.encode())
        assert await _answer(reader) == (200, False)
        socket = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        writer.write(f"GET {PATH}?vsn=2.0.0&token={ana.token} HTTP/1.1\r\n{head}{socket}".encode())
        writer.write(b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status of the next answer, and whether it is said to be the last."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines if line)
    await reader.readexactly(int(headers[b"content-length"]))
    return int(status.split()[1]), headers.get(b"connection") == b"close"


@asynccontextmanager
async def served(server: Node, app: FastAPI, quick: HotRoutes | None) -> AsyncIterator[str]:
    """The application over a port of its own; its address."""
    http = http_protocol(server.endpoint, quick=quick)
    config = uvicorn.Config(app, port=0, http=http, lifespan="off", log_config=None, server_header=False)
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    try:
        while not running.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        await task


async def test_busy_routes_answer_the_same_past_the_framework_as_through_it(
    server: Node, ana: Person, bea: Person
) -> None:
    key = await _key_of_a_server(ana)
    ways = [Way(server, past_the_framework=past) for past in (True, False)]
    answers = [await _answers(httpx.ASGITransport(way.app), ana, bea, key) for way in ways]
    assert answers[0] == answers[1]
    statuses = {status for _, _, status, _, _ in answers[0]}
    assert statuses >= {200, 201, 400, 401, 403, 404, 405, 413, 500, 503}, statuses
    lines = [[structs.replace(line, ms=0.0) for line in way.lines] for way in ways]
    assert lines[0] == lines[1]
    assert {line.route for line in lines[0]} >= {
        f"{API}/sessions/history",
        f"{API}/players/{{id}}/stats",
        f"{API}/echo/{{id}}/{{what}}",
    }
    requests = [way.http.all[0] for way in ways]
    counted = [each.read() for each in requests if isinstance(each, Number)]
    assert counted[0] == counted[1]
