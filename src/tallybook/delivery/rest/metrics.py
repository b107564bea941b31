"""Requests as metrics: how many, of what outcome, how long."""

from collections import Counter

from tallybook.telemetry.metrics import SECONDS, Histogram, LabelValues, Metric, Number

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class HttpMetrics:
    """Counts requests by route template; every path without a route counts as one."""

    def __init__(self) -> None:
        self._requests: Counter[LabelValues] = Counter()
        self._seconds = Histogram(
            "tallybook_http_request_seconds",
            "Time from a request's headers to the end of its answer.",
            SECONDS,
            labels=("method", "route"),
        )
        self.all: tuple[Metric, ...] = (
            Number(
                "counter",
                "tallybook_http_requests_total",
                "Requests answered. `route` is the template of the path, `(none)` for paths that have none, "
                "`(web app)` for pages and files; `status` is a class such as `2xx`.",
                lambda: self._requests,
                labels=("method", "route", "status"),
            ),
            self._seconds,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in _METHODS else "other"
        self._requests[method, route, f"{status // 100}xx"] += 1
        self._seconds.observe(seconds, (method, route))
