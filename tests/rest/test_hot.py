"""Busy routes answer past the framework exactly what they answer through it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from msgspec import structs

from tallybook.bootstrap import Node
from tallybook.database.trouble import DatabaseUnavailable
from tallybook.delivery.rest import app as application
from tallybook.delivery.rest import hot as busy
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import caller_of
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.delivery.rest.reading import LARGEST_BODY, read_body
from tallybook.telemetry import logs
from tallybook.telemetry.metrics import Number
from tests.rest.kit import API, Person

TRACE = "0af7651916cd43dd8448eb211c80319c"
NOBODY = UUID(int=7)
ONE_EACH = {"ratelimit-remaining", "ratelimit-reset"}  # the second request finds less in the bucket


@hot
async def echo(request: Request) -> Response:
    """A busy write, as there may be: what was sent comes back, and some ways to fail."""
    caller = await caller_of(request)
    body = await read_body(request)
    if "trouble" in body:
        raise DatabaseUnavailable
    return answer({"caller": caller.player_id, "path": request.path_params, "body": body["wanted"]}, 201)


class Way:
    """The application once more, with the hot routes or without them."""

    def __init__(self, server: Node, *, past_the_framework: bool) -> None:
        self.lines: list[logs.Request] = []
        self.http = HttpMetrics()
        state = server.app.state
        watch = replace(state.watch, http=self.http, log_request=self.lines.append)
        with _with_echo(), pytest.MonkeyPatch.context() as patch:
            if not past_the_framework:
                patch.setattr(busy, "_hot", set())
            self.app = application.create_app(state.services, watch)


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
    yield "POST", f"{API}/echo/a/b", {"content": b"{}"}
    yield "DELETE", f"{API}/echo/a/b", {"headers": good}


async def _chunks(body: bytes) -> Any:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


async def test_busy_routes_answer_the_same_past_the_framework_as_through_it(
    server: Node, ana: Person, bea: Person
) -> None:
    opened = await ana.opens("Ana", "Bea")
    made = await ana.post(f"/games/{opened['game_id']}/api-keys", {"name": "a server of the game"})
    ways = [Way(server, past_the_framework=past) for past in (True, False)]
    answers: list[list[tuple[Any, ...]]] = []
    for way in ways:
        answers.append([])
        transport = httpx.ASGITransport(way.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tallybook") as client:
            for method, path, options in _requests(ana, bea, made["secret"]):
                headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"} | options.pop("headers", {})
                got = await client.request(method, path, headers=headers, **options)
                told = sorted(pair for pair in got.headers.raw if pair[0].decode() not in ONE_EACH)
                answers[-1].append((method, path, got.status_code, told, got.content))
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
