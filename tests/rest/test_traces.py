"""What OpenTelemetry is told of a request, where it is installed, and what a start does without it."""

import subprocess
import sys

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tallybook.bootstrap.node import node
from tallybook.settings import Settings
from tallybook.telemetry.traces import MissingExtra, sending
from tests.rest.kit import API, enter

SECRET = "a secret of the tests, long enough"


async def test_a_request_its_batch_and_their_statements_can_be_followed(url: str) -> None:
    kept = InMemorySpanExporter()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(kept))
    brought = f"00-{'ab' * 16}-{'cd' * 8}-01"
    async with node(Settings(database_url=url, secret_keys=(SECRET,)), traces=traces) as running:
        transport = httpx.ASGITransport(running.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tallybook") as client:
            ana = await enter(client, "Ana")
            headers = {"Authorization": f"Bearer {ana.token}", "traceparent": brought}
            answer = await client.post(f"{API}/games?token=hush", json={"name": "Golf"}, headers=headers)
            await ana.call("GET", "/nowhere")
    spans = kept.get_finished_spans()

    (request,) = [span for span in spans if span.name == f"POST {API}/games"]
    assert answer.headers["x-trace-id"] == "ab" * 16 == f"{_id(request):032x}"
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 201
    batches = [span for span in spans if span.name == "ledger batch"]
    (batch,) = [span for span in batches if _linked(span, request)]
    assert _linked(request, batch)
    inserts = [span for span in spans if span.parent == batch.context and span.name in {"INSERT", "WITH"}]
    assert any("events" in str((span.attributes or {})["db.query.text"]) for span in inserts)
    everything = " ".join(span.to_json() for span in spans)
    assert not any(secret in everything for secret in ("hush", "Golf", ana.token))


def _id(span: ReadableSpan) -> int:
    assert span.context is not None
    found: int = span.context.trace_id
    return found


def _linked(span: ReadableSpan, other: ReadableSpan) -> bool:
    return any(link.context == other.context for link in span.links)


def test_what_is_optional_is_not_loaded_by_a_start() -> None:
    heavy = ("structlog", "prometheus_client", "opentelemetry.sdk", "opentelemetry.exporter")
    program = (
        f"import sys, tallybook.bootstrap.serving; print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_traces_without_what_sends_them_are_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(MissingExtra, match=r"tallybook\[otel\]"), sending():
        pass
