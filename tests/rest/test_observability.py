"""What a server says about itself: log lines, metrics, probes."""

import asyncio
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from docs.generate import REFERENCE, metrics_page
from tallybook.bootstrap.node import Node, node
from tallybook.database.driver import Rows
from tallybook.database.engine import Database
from tallybook.database.prepared import Query
from tallybook.delivery.health import LAG_SECONDS, STUCK_SECONDS, Health
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.ids import new_id
from tallybook.settings import Settings
from tallybook.telemetry.logs import Log
from tallybook.telemetry.logs import Request as Answered
from tests.ledger.kit import node as ledger_of
from tests.ledger.kit import take
from tests.rest.kit import API, Person, code_of, enter

T = TypeVar("T")
V = TypeVar("V")
SECRET = "a secret of the tests, long enough"


class Lines:
    """A log that is read back."""

    def __init__(self, form: str = "json", secrets: Sequence[str] = ()) -> None:
        self.stream = io.StringIO()
        self.log = Log(self.stream, SystemClock(), form=form, secrets=secrets)  # type: ignore[arg-type]

    def read(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything logged, as a server in production logs it."""
    root, ours = logging.getLogger(), logging.getLogger("tallybook")
    before, levels = list(root.handlers), (root.level, ours.level)
    made = Lines()
    made.log.install("info")
    yield made
    logging.captureWarnings(capture=False)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)


async def test_a_fault_is_logged_once_with_trace_and_traceback(
    ana: Person, app: FastAPI, lines: Lines
) -> None:
    async def faulty() -> None:
        raise ZeroDivisionError(f"for ana@example.org, by {ana.token}")

    app.add_api_route(f"{API}/faulty", faulty)

    response = await ana.call("GET", "/faulty")

    assert (response.status_code, code_of(response)) == (500, "internal")
    assert "example.org" not in response.text
    (line,) = lines.read()
    assert (line["level"], line["trace_id"]) == ("error", response.headers["x-trace-id"])
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ZeroDivisionError: for …, by …")


async def test_an_answer_that_breaks_off_keeps_its_trace_id_for_whoever_logs_it(
    ana: Person, app: FastAPI, lines: Lines
) -> None:
    async def half() -> StreamingResponse:
        async def parts() -> Any:
            yield b"half"
            logging.getLogger("uvicorn.error").error("broken off")
            raise ZeroDivisionError

        return StreamingResponse(parts())

    app.add_api_route(f"{API}/half", half)

    with pytest.raises(ZeroDivisionError):
        await ana.client.get(f"{API}/half", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})

    (line,) = lines.read()
    assert (line["logger"], line["event"], line["trace_id"]) == ("uvicorn.error", "broken off", "ab" * 16)


async def test_who_brings_a_trace_finds_it_in_the_answer(anybody: httpx.AsyncClient) -> None:
    async def traced(traceparent: str) -> str:
        response = await anybody.get("/healthz", headers={"traceparent": traceparent})
        return str(response.headers["x-trace-id"])

    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    assert await traced(f"00-{trace}-{span}-01") == trace
    assert await traced(f"cc-{trace}-{span}-00-more") == trace
    for bad in (
        "",
        trace,
        f"ff-{trace}-{span}-01",
        f"00-{'0' * 32}-{span}-01",
        f"00-{trace.upper()}-{span}-01",
    ):
        assert await traced(bad) not in {trace, "0" * 32, trace.upper()}


async def test_every_request_is_a_line_that_can_be_grouped_and_tells_no_key(url: str) -> None:
    kept = Lines()
    async with node(
        Settings(database_url=url, secret_keys=(SECRET,)), log_request=kept.log.request
    ) as running:
        transport = httpx.ASGITransport(running.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tallybook") as client:
            ana = await enter(client, "Ana")
            session = await ana.opens("Ben")
            answer = await ana.call("GET", f"/sessions/{session['id']}?token=hush")
            await ana.call("GET", f"/rooms/by-key/{session['key']}")
            await ana.call("GET", "/players/%0Aforged")
            await client.get(f"/nowhere/{ana.token}", headers={"Accept": "text/html"})
            await client.request("BREW", "/nowhere")
    written = kept.stream.getvalue()
    for secret in ("hush", session["key"], ana.token, "\nforged"):
        assert secret not in written
    lines = {line["path"]: line for line in kept.read()}
    one = lines[f"{API}/sessions/{session['id']}"]
    assert one.pop("ms") > 0
    assert one.pop("time").endswith("Z")
    assert one == {
        "event": "request",
        "level": "info",
        "logger": "tallybook.access",
        "method": "GET",
        "route": f"{API}/sessions/{{id}}",
        "path": f"{API}/sessions/{session['id']}",
        "status": 200,
        "bytes": len(answer.content),
        "player": ana.id,
        "trace_id": answer.headers["x-trace-id"],
    }
    assert lines[f"{API}/rooms/by-key/…"]["route"] == f"{API}/rooms/by-key/{{key}}"
    assert lines[f"{API}/players/%0Aforged"]["status"] == 404
    assert (lines["/nowhere/…"]["route"], lines["/nowhere"]["route"]) == ("(web app)", "(none)")


def test_people_read_text_and_secrets_are_hidden_in_any_shape() -> None:
    kept = Lines("text", secrets=["correct horse+battery"])
    record = logging.makeLogRecord(
        {
            "name": "asyncio",
            "levelname": "ERROR",
            "msg": "%s, tb_01234567 to postgresql://ana:hush@db/x, {'password': 'hush hush'} for ana@b.org",
            "args": ("correct horse+battery",),
        }
    )
    handler = _handler_of(kept)
    handler.handle(record)
    kept.log.request(Answered("GET", "(none)", "/ana%40example.org", 404, 1.0, 0, "ab" * 16))
    first, second = kept.stream.getvalue().splitlines()
    assert "…, … to postgresql://…@db/x, {'password': …} for …" in first
    assert "[error" in first
    assert "GET /… 404 1.0 ms" in second


def _handler_of(kept: Lines) -> logging.Handler:
    root = logging.getLogger()
    before, level, ours = list(root.handlers), root.level, logging.getLogger("tallybook").level
    kept.log.install("warning")
    logging.captureWarnings(capture=False)
    (handler,) = set(root.handlers) - set(before)
    root.removeHandler(handler)
    root.setLevel(level)
    logging.getLogger("tallybook").setLevel(ours)
    return handler


async def scraped(
    client: httpx.AsyncClient, **headers: str
) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = await client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


async def test_metrics_count_what_happens_and_no_client_can_make_them_grow(
    ana: Person, anybody: httpx.AsyncClient
) -> None:
    session = await ana.opens("Ben")
    before = await scraped(anybody)
    for _ in range(3):
        await ana.post(f"/sessions/{session['id']}/record", {"seat": 0, "stat": "Points", "value": 5})
    for number in range(20):
        await anybody.get(f"/nowhere/{number}")
        await anybody.request(f"BREW{number}", "/nowhere")
        await anybody.get(f"{API}/games/{number}")
    after = await scraped(anybody)

    requests = "tallybook_http_requests_total"
    record = {"method": "POST", "route": f"{API}/sessions/{{id}}/record"}
    assert after[labelled(requests, **record, status="2xx")] == 3
    assert after[labelled("tallybook_http_request_seconds_count", **record)] == 3
    assert after[labelled(requests, method="GET", route="(none)", status="4xx")] == 20
    assert after[labelled(requests, method="other", route="(none)", status="4xx")] == 20
    assert after[labelled(requests, method="GET", route=f"{API}/games/{{id}}", status="4xx")] == 20
    assert sum(name == requests for name, _ in after) <= sum(name == requests for name, _ in before) + 5
    for grown in ("tallybook_ledger_events_total", "tallybook_ledger_batch_commands_sum"):
        assert after[labelled(grown)] == before[labelled(grown)] + 3
    assert after[labelled("tallybook_ledger_commit_seconds_count")] >= 1
    assert after[labelled("tallybook_follower_lag_events")] == 0
    assert after[labelled("tallybook_projection_state", projection="session_values", state="current")] == 1
    assert after[labelled("process_resident_memory_bytes")] > 0


async def test_metrics_ask_for_a_token_where_one_is_set(url: str) -> None:
    settings = Settings(database_url=url, secret_keys=(SECRET,), metrics_token="sixteen letters!")
    async with node(settings) as running:
        transport = httpx.ASGITransport(running.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tallybook") as client:
            for wrong in (
                {},
                {"Authorization": "Bearer sixteen letters"},
                {"Authorization": "sixteen letters!"},
            ):
                assert code_of(await client.get("/metrics", headers=wrong)) == "unauthenticated"
            assert await scraped(client, Authorization="Bearer sixteen letters!")


async def test_the_page_of_metrics_is_that_of_the_code(anybody: httpx.AsyncClient) -> None:
    page = metrics_page()
    assert (REFERENCE / "metrics.md").read_text() == page, "run python -m docs.generate"
    answer = await anybody.get("/metrics")
    for family in text_string_to_metric_families(answer.text):
        if family.name.startswith("tallybook_"):
            total = "_total" if family.type == "counter" else ""
            assert f"| `{family.name}{total}` | {family.type} |" in page


async def test_a_server_that_drains_or_whose_schema_is_not_its_own_is_not_ready(
    anybody: httpx.AsyncClient, server: Node
) -> None:
    async def failing(path: str = "/readyz") -> set[str]:
        response = await anybody.get(path)
        assert response.status_code == (503 if "checks" in response.json() else 200)
        return set(response.json().get("checks", ()))

    def to(revision: str) -> Callable[[Connection], object]:
        return lambda connection: connection.execute(
            text("UPDATE alembic_version SET version_num = :v"), {"v": revision}
        )

    def revision(connection: Connection) -> str:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())

    assert await failing() == set()
    ours = await server.ledger.database.read(revision)
    await server.ledger.database.write(to("from_the_future"))
    assert await failing() == {"schema"}
    await server.ledger.database.write(to(ours))
    assert await failing() == set()
    await server.ledger.drain()
    assert (await failing(), await failing("/healthz")) == ({"draining"}, set())
    await server.ledger.follower.close()
    assert await failing("/healthz") == {"follower"}


class Shifted(SystemClock):
    """The machine's clock, some seconds on."""

    seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.seconds


class Held:
    """A database whose transactions wait until they are let go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.url: URL = database.url
        self.free = asyncio.Event()
        self.free.set()

    async def read(self, transaction: Callable[[Connection], T]) -> T:
        await self.free.wait()
        return await self._database.read(transaction)

    async def glance(self, query: Query[V], values: V) -> Rows:
        await self.free.wait()
        return await self._database.glance(query, values)

    async def write(self, transaction: Callable[[Connection], T]) -> T:
        await self.free.wait()
        return await self._database.write(transaction)

    async def close(self) -> None:
        await self._database.close()


async def test_a_writer_and_a_follower_that_are_stuck_show_and_come_back(
    tmp_path: Path, sqlite: Callable[[Path], str]
) -> None:
    clock, held = Shifted(), []

    def around(database: Database) -> Database:
        held.append(Held(database))
        return held[0]

    async with ledger_of(sqlite(tmp_path), clock=clock, around=around) as ledger:
        health = Health(ledger, lambda connection: False)
        assert await health.ready() == {}
        held[0].free.clear()
        writing = asyncio.create_task(ledger.append(take(new_id(), 1)))
        while ledger.writer_busy_seconds == 0:
            await asyncio.sleep(0)
        clock.seconds = max(STUCK_SECONDS, LAG_SECONDS) + 1
        first, second = await asyncio.gather(health.ready(), health.ready())
        assert set(first) == set(second) == {"writer", "follower", "database"}
        assert health.lives() == {}
        held[0].free.set()
        await writing
        while await health.ready():
            await asyncio.sleep(0.01)
        await health.close()
