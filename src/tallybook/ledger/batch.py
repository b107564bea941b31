"""One transaction of the writer: everything that waits, decided and committed together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.driver import unbegun
from tallybook.database.gathering import gathering
from tallybook.database.trouble import DatabaseUnavailable, in_trouble
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event, Recorded, encode, registry
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.ledger.append import EMPTY, AnyAppend, Appended, Fold, Outcome, stale
from tallybook.ledger.chain import command_key, genesis, seal
from tallybook.ledger.lock import Disturbed, Locked, Undisturbed, lock, tail
from tallybook.ledger.projecting import Projector, Slots
from tallybook.ledger.read import events_after
from tallybook.ledger.states import EVENT_COLUMNS, Snapshot, States, Versioned, load, save_snapshots
from tallybook.ledger.tables import commands, events, streams, texts

_COMMAND_COLUMNS = ("scope", "command", "fingerprint", "stream", "first", "last", "reply")

_heads = Lookup(streams, ["stream", "kind", "idx", "hash"], ["stream"])
_done = Lookup(commands, _COMMAND_COLUMNS, ["scope", "command"])
_insert_events = Insert(events, EVENT_COLUMNS)
_move_heads = Insert(streams, ["stream", "kind", "idx", "hash"], update=["idx", "hash"])
_insert_commands = Insert(commands, _COMMAND_COLUMNS)
_insert_texts = Insert(texts, ["stream", "digest", "text"], update=[])
_event_row = attrgetter(*("index" if name == "idx" else name for name in EVENT_COLUMNS))

_Key = tuple[UUID, bytes]  # a scope, and the digest of a command id

MOST_HEADS = 20_000  # remembered from one batch to the next
MOST_HEARD = 2_000  # events of others between two batches, to be told apart from each other
# Batches in a row after which nobody else is expected to write before the next one; where there may be other
# nodes, so many times as many.
UNDISTURBED, AMONG_OTHERS = 8, 8


class _Reply(msgspec.Struct, array_like=True):
    """How the refusal of a command is kept."""

    code: str
    detail: str


class _Earlier(msgspec.Struct, frozen=True):
    """A command that was carried out, in this batch or before."""

    fingerprint: bytes
    wrote: Appended
    refusal: Refusal | None = None

    def again(self, fingerprint: bytes) -> Appended:
        if fingerprint != self.fingerprint:
            raise Refusal("idempotency_conflict", "this command id was used before with other content")
        if self.refusal is not None:
            raise self.refusal
        return Appended(self.wrote.stream, self.wrote.first, self.wrote.last, repeated=True)


class _Head(msgspec.Struct, eq=False):
    """The end of a stream as the batch has left it so far."""

    stream: UUID
    kind: str
    fold: Fold[Any] | None
    index: int = EMPTY
    hash: bytes = b""
    state: Any = None
    changed: bool = False


@dataclass(slots=True)
class Written:
    """What a batch brought about; it holds once the transaction has committed."""

    position: int  # of the last event
    now: int  # the commit time
    slots: Mapping[str, Slots]
    locked: Locked | None = None  # where locks are counted
    clock: float = 0.0  # microseconds that the database's clock is ahead of the monotonic one
    outcomes: list[Outcome] = field(default_factory=list)  # of the commands, in their order
    recorded: list[Recorded] = field(default_factory=list)
    texts: dict[tuple[UUID, str], str] = field(default_factory=dict)
    commands: list[tuple[Any, ...]] = field(default_factory=list)
    states: dict[UUID, tuple[Fold[Any], Versioned[Any]]] = field(default_factory=dict)
    loaded: dict[UUID, int] = field(default_factory=dict)  # how much of a loaded state was saved


class Batch:
    """Decides and writes appends within one transaction. Statements do not grow with their number.

    Where the database counts how often the lock is taken, and it has been taken by this node alone for a
    while, a batch is decided without it on what the last one left, and then written by one statement that
    takes the lock and does nothing if somebody else has had it meanwhile.
    """

    def __init__(self, states: States, projector: Projector, clock: Clock, *, alone: bool) -> None:
        self._states = states
        self._projector = projector
        self._clock = clock
        self._patience = 1 if alone else AMONG_OTHERS
        # As the last batch left the ledger, if it was committed, and heads of streams.
        self._left: Written | None = None
        self._heads: dict[UUID, tuple[str, int, bytes]] = {}
        self._in_a_row = 0  # locks that nobody else had between

    @property
    def undisturbed(self) -> bool:
        """Whether this node alone has taken the lock for a while, where that is counted."""
        return self._in_a_row >= UNDISTURBED * self._patience

    def committed(self, written: Written) -> None:
        """The transaction of a run is in the ledger."""
        self._left = written

    def run(
        self,
        connection: Connection,
        appends: Sequence[AnyAppend],
        due: Sequence[Snapshot],
        decided: Callable[[Written], object],
    ) -> Written:
        """What is remembered of the last run holds but for what others have written since.

        `decided` is called when what is left is the database's work. Raises `Disturbed` when what others
        have written may be the reason why nothing was: to be run again.
        """
        left, self._left = self._left, None
        if (
            left is None
            or left.locked is None
            or not self.undisturbed
            or any(append.beside is not None for append in appends)
        ):
            return self._run(connection, appends, due, decided, self._begin(connection, left))
        now = max(left.now, int(left.clock + self._monotonic()))
        written = Written(left.position, now, left.slots)
        condition = Undisturbed(left.locked)
        try:
            with unbegun(connection):
                return self._run(connection, appends, due, decided, written, condition)
        except Disturbed:
            raise
        except Exception as error:
            if in_trouble(error):
                raise
            raise Disturbed from error  # what was read without the lock need not have made sense

    def _begin(self, connection: Connection, left: Written | None) -> Written:
        """Take the lock and see how the ledger was left by whoever had it last."""
        locked = lock(connection)
        at = tail(connection)
        if left is None or at.position != left.position:
            self._hear(connection, left, at.position)
        written = Written(*at)
        if locked is not None:
            alone = left is not None and left.locked is not None and locked.number == left.locked.number + 1
            self._in_a_row = self._in_a_row + 1 if alone else 0
            self._locked(written, locked)
        return written

    def _run(
        self,
        connection: Connection,
        appends: Sequence[AnyAppend],
        due: Sequence[Snapshot],
        decided: Callable[[Written], object],
        written: Written,
        condition: Undisturbed | None = None,
    ) -> Written:
        if len(self._heads) > MOST_HEADS:
            self._heads.clear()
        keys = [
            None if a.command_id is None else (a.scope or a.stream, command_key(a.command_id))
            for a in appends
        ]
        heads, opened = self._open(connection, appends)
        earlier = _carried_out(connection, {key for key in keys if key is not None})
        self._load(connection, heads, written)
        for append, key, head in zip(appends, keys, opened, strict=True):
            outcome: Outcome
            try:
                outcome = _carry_out(connection, append, key, head, earlier, written)
            except Refusal as refusal:
                outcome = refusal
            except Exception as error:  # its own failure: the neighbours go on
                if not _goes_on(connection):
                    raise DatabaseUnavailable from error
                outcome = DatabaseUnavailable() if in_trouble(error) else error
            written.outcomes.append(outcome)
        with gathering(connection, condition):
            if written.recorded:
                self._store(connection, [head for head in heads.values() if head.changed], written)
            _insert_commands.run(connection, written.commands)
            save_snapshots(connection, due)
            decided(written)
        if condition is not None:
            self._locked(written, condition.kept())
        return written

    def _locked(self, written: Written, locked: Locked) -> None:
        written.locked = locked
        written.clock = locked.clock - self._monotonic()

    def _monotonic(self) -> float:
        return self._clock.monotonic() * 1_000_000

    def _hear(self, connection: Connection, left: Written | None, position: int) -> None:
        """Others have written up to a position: remember only what holds nevertheless."""
        if left is None or position - left.position > MOST_HEARD:
            self._heads.clear()
            self._projector.forget()
            return
        written = events_after(connection, left.position, MOST_HEARD)
        for recorded in written:
            if (head := self._heads.get(recorded.stream)) is not None:
                self._heads[recorded.stream] = head[0], recorded.index, recorded.hash
        self._projector.forget(written)

    def _open(
        self, connection: Connection, appends: Sequence[AnyAppend]
    ) -> tuple[dict[UUID, _Head], list[_Head]]:
        """The heads of all streams that are written to, and for each append its own."""
        heads: dict[UUID, _Head] = {}
        opened: list[_Head] = []
        unknown: list[tuple[UUID]] = []
        for append in appends:
            stream = append.stream
            head = heads.get(stream)
            if head is None:
                head = heads[stream] = _Head(stream, append.kind, append.fold)
                left = self._heads.get(stream)
                if left is None:
                    unknown.append((stream,))
                else:
                    head.kind, head.index, head.hash = left
            elif head.fold is None:
                head.fold = append.fold
            opened.append(head)
        for stream, kind, index, hash_ in _heads.run(connection, unknown):
            head = heads[stream]
            head.kind, head.index, head.hash = kind, index, hash_
        for head in heads.values():
            if head.fold is not None and head.index != EMPTY and head.fold.kind != head.kind:
                head.fold = None  # commands that take it for another kind are refused: nothing to load
        return heads, opened

    def _load(self, connection: Connection, heads: dict[UUID, _Head], written: Written) -> None:
        """Give every head its state: the cached one, or one loaded from there on or from a snapshot."""
        wanted: dict[UUID, Fold[Any]] = {}
        known: dict[UUID, Versioned[Any]] = {}
        for head in heads.values():
            if head.fold is None:
                continue
            if head.index == EMPTY:
                head.state = head.fold.initial()
                continue
            cached = self._states.get(head.stream, head.fold)
            if cached is not None and cached.index == head.index:
                head.state = cached.state
                continue
            wanted[head.stream] = head.fold
            if cached is not None and cached.index < head.index:
                known[head.stream] = cached
        ends = {stream: heads[stream].index for stream in wanted}
        for stream, loaded in load(connection, wanted, known, ends).items():
            heads[stream].state = loaded.at.state
            written.loaded[stream] = loaded.saved

    def _store(self, connection: Connection, changed: Sequence[_Head], written: Written) -> None:
        _insert_events.run(connection, list(map(_event_row, written.recorded)))
        _move_heads.run(connection, [(h.stream, h.kind, h.index, h.hash) for h in changed])
        _insert_texts.run(connection, [(*key, content) for key, content in written.texts.items()])
        self._projector.apply(connection, written.recorded, written.slots)
        for head in changed:
            self._heads[head.stream] = head.kind, head.index, head.hash
            if head.fold is not None:
                written.states[head.stream] = (head.fold, Versioned(head.index, head.state))


def _carried_out(connection: Connection, keys: Iterable[_Key]) -> dict[_Key, _Earlier]:
    return {
        (scope, command): _Earlier(
            fingerprint,
            Appended(stream or scope, first, last),
            None if reply is None else _refusal(reply),
        )
        for scope, command, fingerprint, stream, first, last, reply in _done.run(connection, list(keys))
    }


def _refusal(reply: bytes) -> Refusal:
    kept = msgspec.json.decode(reply, type=_Reply)
    return Refusal(kept.code, kept.detail)


def _carry_out(
    connection: Connection,
    append: AnyAppend,
    key: _Key | None,
    head: _Head,
    earlier: dict[_Key, _Earlier],
    written: Written,
) -> Appended:
    """Take one command into the batch, or raise and leave the batch as it was."""
    if key is not None and key in earlier:
        return earlier[key].again(append.fingerprint)
    if append.expected_index is not None and append.expected_index != head.index:
        raise stale(head.index, append.expected_index)
    if head.index == EMPTY:
        head.kind = append.kind
    elif head.kind != append.kind:
        raise not_found(append.kind)
    refusal: Refusal | None = None
    try:
        decided = append.decide(head.state, head.index + 1)
    except Refusal as refused:
        if not refused.record:
            raise
        refusal, decided = refused, cast("Sequence[Event]", refused.record)
    sealed, state, kept = _seal(append, head, decided, written)
    if append.beside is not None and refusal is None:
        with connection.begin_nested():
            append.beside(connection)
    # From here on nothing can fail: the batch takes the command in.
    wrote = Appended(append.stream, head.index + 1, head.index + len(sealed))
    if sealed:
        head.index, head.hash, head.state, head.changed = wrote.last, sealed[-1].hash, state, True
        written.position = sealed[-1].position
        written.recorded.extend(sealed)
        written.texts.update(kept)
    if key is not None:
        earlier[key] = _Earlier(append.fingerprint, wrote, refusal)
        reply = None if refusal is None else msgspec.json.encode(_Reply(refusal.code, refusal.detail))
        stream = append.stream if append.scope else None
        written.commands.append((*key, append.fingerprint, stream, wrote.first, wrote.last, reply))
    if refusal is not None:
        raise refusal
    return wrote


def _seal(
    append: AnyAppend, head: _Head, decided: Sequence[Event], written: Written
) -> tuple[list[Recorded], Any, dict[tuple[UUID, str], str]]:
    """The decided events as they will stand in the ledger, the state after them, and their free text."""
    stream, actor, at, zone, now = append.stream, append.actor, append.at, append.zone, written.now
    index, position, state = head.index, written.position, head.state
    previous = head.hash or genesis(head.kind)
    sealed: list[Recorded] = []
    kept: dict[tuple[UUID, str], str] = {}
    for event in decided:
        index += 1
        position += 1
        name = registry.name_of(event)
        payload, free_text = encode(event)
        previous = seal(previous, stream, index, position, name, payload, actor, at, zone, now)
        kept.update(((stream, digest), content) for digest, content in free_text.items())
        # An event with free text is decoded again: states and followers see what is stored, no more.
        known = None if free_text else event
        recorded = Recorded(stream, index, position, name, payload, actor, at, zone, now, previous, known)
        sealed.append(recorded)
        if head.fold is not None:
            state = head.fold.evolve(state, recorded)
    return sealed, state, kept


def _goes_on(connection: Connection) -> bool:
    """Whether the transaction is still there: SQLite ends it when the disk is full, MariaDB at a deadlock."""
    if connection.invalidated:
        return False
    if connection.dialect.name == "mariadb":
        return bool(connection.exec_driver_sql("SELECT @@in_transaction").scalar())
    return bool(getattr(connection.connection.driver_connection, "in_transaction", True))


def was_committed(connection: Connection, attempt: Written) -> bool:
    """Whether a batch whose commit went unanswered is in the ledger: its first hash stands in its place."""
    first = attempt.recorded[0]
    lock(connection)
    query = text("SELECT hash FROM events WHERE position = :p")
    return connection.execute(query, {"p": first.position}).scalar() == first.hash
