"""Sending traces with OpenTelemetry, where the environment asks for it as its specification says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

LAST_SECONDS = 0.5  # to send what is left at the end; a process has to end though nobody listens


class MissingExtra(ValueError):
    """Traces were asked for, and what sends them is not installed."""


@contextmanager
def sending() -> "Iterator[TracerProvider | None]":
    """What sends spans by OTLP over HTTP, as the `OTEL_…` variables say; None when they name no place."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise MissingExtra(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces: pip install 'tallybook[otel]'"
        ) from None
    name = os.environ.get("OTEL_SERVICE_NAME", "tallybook")
    resource = Resource.create({"service.name": name, "service.version": version("tallybook")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    yield provider
    last = Thread(target=provider.shutdown, daemon=True)
    last.start()
    last.join(LAST_SECONDS)
