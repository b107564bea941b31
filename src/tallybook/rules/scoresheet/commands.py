"""What a scorekeeper can ask for."""

from typing import Any

from msgspec import UNSET

from tallybook.rules.protocol import Command


class Record(Command, frozen=True):
    """Put `value` into a cell or add `delta` to it; exactly one of the two, typed as the stat says."""

    name = "record"

    seat: int | None
    stat: str
    value: Any = UNSET
    delta: Any = UNSET
    round: int | None = None


class Clear(Command, frozen=True):
    """Empty a cell, which is not the same as a zero in it."""

    name = "clear"

    seat: int | None
    stat: str
    round: int | None = None


class Undo(Command, frozen=True):
    """Take back the caller's last write that still counts, wherever others have written since."""

    name = "undo"


class Redo(Command, frozen=True):
    """Put back what the caller undid last; possible until the same caller writes anew."""

    name = "redo"


class NextRound(Command, frozen=True):
    """Go on to the next round."""

    name = "next_round"
