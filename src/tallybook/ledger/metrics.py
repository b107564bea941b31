"""How the ledger is doing, as metrics."""

from collections.abc import Callable, Sequence

from tallybook.ledger.behind import Work
from tallybook.ledger.following import Runner
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.projecting import Slots
from tallybook.telemetry.metrics import SECONDS, Histogram, LabelValues, Metric, Number

_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)

_STATES: dict[str, Callable[[Slots, int], bool]] = {
    "current": lambda found, version: found.version == version,
    "outdated": lambda found, version: found.version != version,
    "rebuilding": lambda found, _: found.building is not None,
    "switching": lambda found, _: found.also is not None,
}


class WriterMetrics:
    """What the writer counts; the `Metrics` it asks for."""

    def __init__(self) -> None:
        self._events = 0
        self._refused = 0
        self._size = Histogram(
            "tallybook_ledger_batch_commands", "Commands that were committed in one transaction.", _SIZES
        )
        self._seconds = Histogram(
            "tallybook_ledger_commit_seconds",
            "Time from taking a batch up to its commit and the answers to its callers.",
            SECONDS,
        )
        self.all: tuple[Metric, ...] = (
            self._size,
            self._seconds,
            Number(
                "counter",
                "tallybook_ledger_events_total",
                "Events this process committed.",
                lambda: self._events,
            ),
            Number(
                "counter",
                "tallybook_ledger_refused_commands_total",
                "Commands refused with `overloaded` because too many were waiting.",
                lambda: self._refused,
            ),
        )

    def batch(self, *, commands: int, events: int, seconds: float) -> None:
        self._events += events
        self._size.observe(commands)
        self._seconds.observe(seconds)

    def refused(self) -> None:
        self._refused += 1


def ledger_metrics(ledger: Ledger) -> Sequence[Metric]:
    """What can be read off a running ledger."""

    def states() -> dict[LabelValues, float]:
        return {
            (projection.name, state): float(holds(found, projection.version))
            for projection in (*ledger.projector.declared, *ledger.projector.following)
            if (found := ledger.projector.found.get(projection.name)) is not None
            for state, holds in _STATES.items()
        }

    def rebuilt() -> dict[LabelValues, float]:
        found = ledger.projector.found.values()
        return {(each.name,): each.building for each in found if each.building is not None}

    return (
        Number(
            "gauge",
            "tallybook_ledger_waiting_commands",
            "Commands that the writer has not taken up yet.",
            lambda: ledger.waiting,
        ),
        Number(
            "gauge",
            "tallybook_ledger_batch_under_way_seconds",
            "For how long the writer has been trying its present batch; 0 between batches.",
            lambda: ledger.writer_busy_seconds,
        ),
        Number(
            "gauge",
            "tallybook_ledger_position",
            "The last event that was handed on to followers.",
            lambda: ledger.follower.position,
        ),
        Number(
            "gauge",
            "tallybook_follower_lag_events",
            "Events known to be in the ledger and not handed on to followers yet.",
            lambda: ledger.follower.lag,
        ),
        Number(
            "gauge",
            "tallybook_follower_lag_seconds",
            "Time since a look at the ledger found everything handed on; half a second when all is well.",
            lambda: ledger.follower.lag_seconds,
        ),
        Number(
            "gauge",
            "tallybook_projection_state",
            "1 for every `state` a projection is in: `current` or `outdated` (another release's), "
            "`rebuilding`, `switching` (both of its slots are kept up to date).",
            states,
            labels=("projection", "state"),
        ),
        Number(
            "gauge",
            "tallybook_projection_rebuilt_events",
            "How far a rebuild under way has come; absent when there is none.",
            rebuilt,
            labels=("projection",),
        ),
    )


def following_metrics(runner: Runner) -> Sequence[Metric]:
    """How those behind the ledger are doing, by name; each tells only of what this node works for."""

    def each(read: Callable[[Work], float]) -> Callable[[], dict[LabelValues, float]]:
        return lambda: {(work.name,): read(work) for work in runner.works.values() if work.active}

    return (
        Number(
            "gauge",
            "tallybook_following_position",
            "The event up to which a projection or reaction behind the ledger has taken everything in.",
            each(lambda work: work.position),
            labels=("name",),
        ),
        Number(
            "gauge",
            "tallybook_following_lag_events",
            "Events up to the last one that concerns it and has not been taken in yet.",
            each(lambda work: work.lag),
            labels=("name",),
        ),
        Number(
            "counter",
            "tallybook_following_failures_total",
            "Attempts that failed and were, or will be, made again.",
            lambda: {(work.name,): float(work.failures) for work in runner.works.values()},
            labels=("name",),
        ),
    )
