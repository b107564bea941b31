"""How ranks are doing, as metrics."""

from collections.abc import Sequence

from tallybook.projections.records.index import Index
from tallybook.telemetry.metrics import Metric, Number


def ranking_metrics(index: Index) -> Sequence[Metric]:
    """What can be read off the index of this node."""
    return (
        Number(
            "gauge",
            "tallybook_ranking_lists",
            "Lists of leaderboards by `state`: `ready` (the last question, within an hour, was answered "
            "from the index) or `loading`.",
            lambda: index.lists,
            labels=("state",),
        ),
        Number(
            "counter",
            "tallybook_ranking_answers_total",
            "Questions about ranks by where the answers come `from`: the `index`, or the `tables` "
            "while it was not ready.",
            lambda: {("index",): index.from_index, ("tables",): index.from_tables},
            labels=("from",),
        ),
        Number(
            "gauge",
            "tallybook_ranking_lag_events",
            "Events this process committed and has not brought to the index yet.",
            lambda: index.lag,
        ),
        Number(
            "counter",
            "tallybook_ranking_failures_total",
            "Times that the index was out of reach for what this process had committed.",
            lambda: index.failures,
        ),
    )
