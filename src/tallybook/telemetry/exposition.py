"""Metrics in the text formats of Prometheus, beside those of the process itself."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from tallybook.telemetry.metrics import Histogram, Metric, Number


class Exposition:
    """What a scrape gets."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Ours(metrics))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The text, in the newest format that an `Accept` header takes, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _Ours(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterator[Family]:
        for metric in self._metrics:
            yield _histogram(metric) if isinstance(metric, Histogram) else _number(metric)


def _number(metric: Number) -> Family:
    family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    found = family(metric.name, metric.help, labels=metric.labels)
    reading = metric.read()
    for labels, value in (reading if isinstance(reading, Mapping) else {(): reading}).items():
        found.add_metric(labels, value)
    return found


def _histogram(metric: Histogram) -> Family:
    found = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [*map(str, metric.bounds), "+Inf"]
    for labels, row in list(metric.rows.items()):
        buckets = list(zip(bounds, accumulate(row[:-1]), strict=True))
        found.add_metric(labels, buckets, row[-1])
    return found
