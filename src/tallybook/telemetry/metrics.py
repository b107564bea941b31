"""Metrics as plain numbers, so that counting costs next to nothing; `exposition` turns them into text."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

LabelValues = tuple[str, ...]
Reading = float | Mapping[LabelValues, float]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Number:
    """A counter (its name ends in `_total`) or a gauge. `read` is called when somebody asks.

    It gives one number, or with `labels` one for each combination of their values, of which there are
    only so many: never an id, a name, or anything else that a client makes up.
    """

    kind: Literal["counter", "gauge"]
    name: str
    help: str
    read: Callable[[], Reading]
    labels: Sequence[str] = ()


class Histogram:
    """How often a value was at most as large as each of `bounds`, for each combination of label values."""

    __slots__ = ("bounds", "help", "labels", "name", "rows")

    kind: Literal["histogram"] = "histogram"

    def __init__(self, name: str, text: str, bounds: Sequence[float], labels: Sequence[str] = ()) -> None:
        self.name = name
        self.help = text
        self.bounds = tuple(bounds)
        self.labels = tuple(labels)
        # A count for each bound (not cumulative), one for what is beyond them all, and the sum of values.
        self.rows: dict[LabelValues, list[float]] = {}
        if not labels:
            self._row(())

    def _row(self, labels: LabelValues) -> list[float]:
        row = self.rows[labels] = [0.0] * (len(self.bounds) + 2)
        return row

    def observe(self, value: float, labels: LabelValues = ()) -> None:
        row = self.rows.get(labels) or self._row(labels)
        row[bisect_left(self.bounds, value)] += 1
        row[-1] += value


Metric = Number | Histogram
