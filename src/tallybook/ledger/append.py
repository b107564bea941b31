"""What is handed to the ledger to be written, and what comes back."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.refusals import Refusal

Kind = Literal["session", "career", "registry"]
S = TypeVar("S")

EMPTY = -1  # the index of a stream that has no events yet


class Fold(Protocol[S]):
    """How a kind of stream becomes a state. States are values: evolving makes a new one.

    Snapshots are keyed by `name` and `version`: change the version whenever the state's shape or the
    folding changes.
    """

    name: str
    version: int

    @property
    def kind(self) -> Kind:
        """Of the streams it folds; a stream of another kind is no such stream to it."""

    @property
    def concerns(self) -> str:
        """How the types of those events begin that change the state; empty: all may."""

    def initial(self) -> S: ...

    def evolve(self, state: S, recorded: Recorded) -> S: ...

    def fold(self, state: S, events: Sequence[Recorded]) -> S:
        """The same as evolving one by one, faster where there is a way."""

    def dump(self, state: S) -> bytes: ...

    def load(self, data: bytes) -> S: ...


class Appended(msgspec.Struct, frozen=True):
    """A committed command: the stream it wrote and the indexes of its first and last event.

    A command that decided nothing has the stream's head as its `last`, and `first` one beyond.
    """

    stream: UUID
    first: int
    last: int
    repeated: bool = False  # the command id had been carried out before; nothing was written now


Outcome = Appended | Exception


def stale(index: int, expected: int) -> Refusal:
    """The stream is at another index than a command expects."""
    return Refusal("stale", f"the stream is at index {index}, not {expected}: read on and retry")


Done = Callable[[Outcome], object]
"""Hears once, on the event loop, of the commit or the refusal."""

Beside = Callable[[Connection], None]
"""Writes what no event carries, in the same transaction."""


class Append(msgspec.Struct, Generic[S], eq=False, kw_only=True):
    """One command on its way into the ledger.

    `decide(state, index)` runs inside the batch, under the lock, with the state at the stream's head
    and the index the first new event will get; it returns the events or raises a `Refusal`. It may run
    more than once and on another thread, so it touches nothing but its arguments. Events in the `record`
    of a refusal are logged; then a repetition of the command is the same refusal, without logging again.

    `beside(connection)` writes what no event carries (names, credentials) in the same transaction,
    under a savepoint of its own: when it raises, only this command fails. It runs for every command
    that was not refused, also for one that decided nothing.
    """

    stream: UUID
    kind: Kind
    fold: Fold[S] | None  # None: decisions need no state
    decide: Callable[[S, int], Sequence[Event]]
    actor: UUID | None = None
    at: int | None = None  # microseconds since 1970 UTC, as the client says
    zone: str | None = None
    command_id: str | None = None
    fingerprint: bytes = b""  # 16 bytes that tell the command's content from any other
    scope: UUID | None = None  # within which `command_id` is unique; the stream when None
    expected_index: int | None = None
    beside: Beside | None = None


class Projection(Protocol):
    """A read model that commits with the events it is made of, or not at all.

    Its tables exist twice, as slots `a` and `b`; `slot` is the one that queries read.
    """

    name: str
    version: int
    slot: str

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Fold a batch in, with a number of statements that does not grow with its size.

        Applying the same batch twice changes nothing.
        """

    def clear(self, connection: Connection, slot: str) -> None:
        """Empty the slot's tables."""


@runtime_checkable
class Reading(Protocol):
    """A projection that looks into others, in their live slots, while it folds."""

    reads: Collection[str]  # their names


@runtime_checkable
class Remembering(Protocol):
    """A projection that remembers some of what its tables hold from one batch to the next."""

    def forget_tables(self, written: Sequence[Recorded] | None = None) -> None:
        """They may hold something else now: others have written these events, or it is not known what."""


@runtime_checkable
class MadeAtOnce(Protocol):
    """A projection that can be made anew faster in memory than by batches of rows."""

    def begin(self, slot: str) -> None:
        """What is applied to this slot from here on, from event 0, may be kept in memory."""

    def finish(self, connection: Connection, slot: str) -> bool:
        """Write some of it down; whether that was the last. Then `apply` works on the tables again."""

    def forget(self, slot: str) -> None:
        """Keep nothing in memory any more: it was finished, or given up."""


AnyAppend = Append[Any]
