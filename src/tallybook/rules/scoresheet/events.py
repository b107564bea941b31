"""What is written when people keep the score: each event says what its cell became."""

from tallybook.kernel.events import Event, event
from tallybook.rules.protocol import Value


@event("scoresheet.value_recorded.v1")
class ValueRecorded(Event, frozen=True):
    """A cell holds `value` now. With `delta` it was added to, and undoing takes that much away.

    `seat` is None for a stat of the table. `round` is None in the first round while nobody has named a
    round; that is the same cell as round 1.
    """

    free_text = ("value",)

    seat: int | None
    stat: str
    value: Value
    round: int | None = None
    delta: int | str | None = None


@event("scoresheet.value_cleared.v1")
class ValueCleared(Event, frozen=True):
    """A cell is empty now."""

    seat: int | None
    stat: str
    round: int | None = None


@event("scoresheet.round_started.v1")
class RoundStarted(Event, frozen=True):
    """The session is in `round` now."""

    round: int


class _Revision(Event, frozen=True, kw_only=True):
    free_text = ("value",)

    seat: int | None = None
    stat: str | None = None
    round: int | None = None
    value: Value | None = None


@event("scoresheet.write_undone.v1")
class WriteUndone(_Revision, frozen=True, kw_only=True):
    """The event at index `undone` no longer counts.

    When it had changed a cell, `stat` is set and the cell (seat, stat, round) holds `value` now, or
    nothing when that is None. When it had started a round, `stat` is None and the session is in `round`.
    """

    undone: int


@event("scoresheet.write_redone.v1")
class WriteRedone(_Revision, frozen=True, kw_only=True):
    """The event at index `redone` counts again, in its old place; the rest is as in `WriteUndone`."""

    redone: int
