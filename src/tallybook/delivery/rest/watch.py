"""What the HTTP side needs to be watched by: health, metrics, the log of requests, traces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING

from tallybook.delivery.health import Health
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.kernel.refusals import Refusal
from tallybook.telemetry.logs import Request
from tallybook.telemetry.metrics import Metric

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

    from tallybook.telemetry.exposition import Exposition


class Scrape:
    """What `/metrics` answers; without a token it answers everybody."""

    def __init__(self, metrics: Sequence[Metric], token: str | None = None) -> None:
        self._metrics = metrics
        self._expected = None if token is None else f"Bearer {token}".encode()
        self._exposition: Exposition | None = None

    def render(self, authorization: str, accept: str) -> tuple[bytes, str]:
        """The metrics in the format that an `Accept` header asks for, and its media type."""
        if self._expected is not None and not compare_digest(authorization.encode(), self._expected):
            raise Refusal("unauthenticated", "send the server's metrics token as a bearer token")
        if self._exposition is None:
            from tallybook.telemetry.exposition import Exposition  # no start waits for the client library

            self._exposition = Exposition(self._metrics)
        return self._exposition.render(accept)


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything that watches the HTTP side of one node."""

    health: Health
    scrape: Scrape
    http: HttpMetrics = field(default_factory=HttpMetrics)
    log_request: Callable[[Request], None] | None = None
    traces: "TracerProvider | None" = None
