"""One transaction of the writer: everything that waits, decided and committed together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, text

from tallybook.database.bulk import Insert, Lookup
from tallybook.kernel.events import Event, Recorded, encode, registry
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import EMPTY, AnyAppend, Appended, Fold, Outcome
from tallybook.ledger.chain import command_key, genesis, seal
from tallybook.ledger.projecting import Projector
from tallybook.ledger.states import EVENT_COLUMNS, Snapshot, States, Versioned, load, save_snapshots
from tallybook.ledger.tables import commands, events, streams, texts

_heads = Lookup(streams, ["stream", "kind", "idx", "hash"], ["stream"])
_done = Lookup(commands, ["scope", "command", "fingerprint", "stream", "first", "last"], ["scope", "command"])
_insert_events = Insert(events, EVENT_COLUMNS)
_move_heads = Insert(streams, ["stream", "kind", "idx", "hash"], update=["idx", "hash"])
_insert_commands = Insert(commands, ["scope", "command", "fingerprint", "stream", "first", "last"])
_insert_texts = Insert(texts, ["stream", "digest", "text"], update=[])

_LOCK = 0x7A11B00C
_TAIL = {
    "postgresql": (
        "SELECT coalesce((SELECT max(position) FROM events), 0),"
        " coalesce((SELECT committed_at FROM events ORDER BY position DESC LIMIT 1), 0),"
        " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    ),
    "sqlite": (
        "SELECT coalesce((SELECT max(position) FROM events), 0),"
        " coalesce((SELECT committed_at FROM events ORDER BY position DESC LIMIT 1), 0),"
        " CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"
    ),
}


def lock(connection: Connection) -> None:
    """Wait until no other node writes; held to the end of the transaction. SQLite began with it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def tail(connection: Connection) -> tuple[int, int]:
    """The last position, and the commit time for what comes next: the database's, never going back."""
    position, last, now = connection.exec_driver_sql(_TAIL[connection.dialect.name]).one()
    return position, max(last, now)


@dataclass(slots=True)
class _Stream:
    """A stream as the batch has left it so far."""

    kind: str
    index: int
    hash: bytes
    fold: Fold[Any] | None
    state: Any
    changed: bool = False
    saved: int | None = None


@dataclass(slots=True)
class Written:
    """What a batch brought about; it holds once the transaction has committed."""

    outcomes: list[tuple[AnyAppend, Outcome]] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    states: dict[UUID, tuple[Fold[Any], Versioned[Any]]] = field(default_factory=dict)
    loaded: dict[UUID, int] = field(default_factory=dict)  # how much of a loaded state was saved


class Batch:
    """Decides and writes appends within one transaction. Statements do not grow with their number."""

    def __init__(self, states: States, projector: Projector) -> None:
        self._states = states
        self._projector = projector

    def run(self, connection: Connection, appends: Sequence[AnyAppend], due: Sequence[Snapshot]) -> Written:
        lock(connection)
        position, now = tail(connection)
        heads = self._open(connection, appends)
        before = self._commands(connection, appends)
        written = Written()
        self._load(connection, appends, heads, before, written)
        new_commands: list[tuple[Any, ...]] = []
        new_texts: dict[tuple[UUID, str], str] = {}
        for append in appends:
            first = position + len(written.recorded) + 1
            try:
                outcome = self._one(
                    connection, append, heads[append.stream], before, first, now, written, new_texts
                )
            except Exception as error:  # its own failure: the neighbours go on
                written.outcomes.append((append, error))
                continue
            written.outcomes.append((append, outcome))
            if append.command_id is not None and not outcome.repeated:
                key = (append.scope or append.stream, command_key(append.command_id))
                wrote = append.stream if append.scope else None
                before[key] = (append.fingerprint, outcome)
                new_commands.append((*key, append.fingerprint, wrote, outcome.first, outcome.last))
        if written.recorded:
            self._store(connection, heads, written, new_commands, new_texts)
        if due:
            save_snapshots(connection, due)
        return written

    def _open(self, connection: Connection, appends: Sequence[AnyAppend]) -> dict[UUID, _Stream]:
        heads = {
            append.stream: _Stream(append.kind, EMPTY, b"", append.fold, None) for append in reversed(appends)
        }
        for stream, kind, index, hash_ in _heads.run(connection, [(stream,) for stream in sorted(heads)]):
            head = heads[stream]
            head.kind, head.index, head.hash = kind, index, bytes(hash_)
        return heads

    def _commands(
        self, connection: Connection, appends: Sequence[AnyAppend]
    ) -> dict[tuple[UUID, bytes], tuple[bytes, Appended]]:
        keys = {(a.scope or a.stream, command_key(a.command_id)) for a in appends if a.command_id is not None}
        rows = _done.run(connection, sorted(keys))
        return {
            (scope, bytes(command)): (
                bytes(fingerprint),
                Appended(stream or scope, first, last, repeated=True),
            )
            for scope, command, fingerprint, stream, first, last in rows
        }

    def _load(
        self,
        connection: Connection,
        appends: Sequence[AnyAppend],
        heads: dict[UUID, _Stream],
        before: dict[tuple[UUID, bytes], tuple[bytes, Appended]],
        written: Written,
    ) -> None:
        wanted: dict[UUID, Fold[Any]] = {}
        known: dict[UUID, Versioned[Any]] = {}
        for stream, head in heads.items():
            if head.fold is None:
                continue
            if head.index == EMPTY:
                head.state = head.fold.initial()
                continue
            cached = self._states.get(stream)
            if cached is not None and cached.index == head.index:
                head.state = cached.state
                continue
            wanted[stream] = head.fold
            if cached is not None and cached.index < head.index:
                known[stream] = cached
        if wanted:
            for stream, loaded in load(connection, wanted, known).items():
                heads[stream].state = loaded.at.state
                written.loaded[stream] = loaded.saved

    def _one(
        self,
        connection: Connection,
        append: AnyAppend,
        head: _Stream,
        before: dict[tuple[UUID, bytes], tuple[bytes, Appended]],
        position: int,
        now: int,
        written: Written,
        new_texts: dict[tuple[UUID, str], str],
    ) -> Appended:
        if append.command_id is not None:
            earlier = before.get((append.scope or append.stream, command_key(append.command_id)))
            if earlier is not None:
                if earlier[0] != append.fingerprint:
                    raise Refusal(
                        "idempotency_conflict", "this command id was used before with other content"
                    )
                return Appended(earlier[1].stream, earlier[1].first, earlier[1].last, repeated=True)
        if append.expected_index is not None and append.expected_index != head.index:
            raise Refusal(
                "stale",
                f"the stream is at index {head.index}, not {append.expected_index}: read on and retry",
            )
        refused: Refusal | None = None
        try:
            decided = append.decide(head.state, head.index + 1)
        except Refusal as refusal:
            if not refusal.record:
                raise
            refused, decided = refusal, cast(Sequence[Event], refusal.record)
        if not decided:
            return Appended(append.stream, head.index, head.index)
        sealed, state, kept = self._seal(append, head, decided, position, now)
        if append.beside is not None and refused is None:
            with connection.begin_nested():
                append.beside(connection)
        # From here on nothing can fail: the batch takes the command in.
        head.index, head.hash, head.state, head.changed = sealed[-1].index, sealed[-1].hash, state, True
        written.recorded.extend(sealed)
        new_texts.update(kept)
        if refused is not None:
            raise refused
        return Appended(append.stream, sealed[0].index, sealed[-1].index)

    @staticmethod
    def _seal(
        append: AnyAppend, head: _Stream, decided: Sequence[Event], position: int, now: int
    ) -> tuple[list[Recorded], Any, dict[tuple[UUID, str], str]]:
        index, previous, state = head.index, head.hash or genesis(append.kind), head.state
        sealed: list[Recorded] = []
        kept: dict[tuple[UUID, str], str] = {}
        for event in decided:
            index += 1
            payload, free_text = encode(event)
            for digest, content in free_text.items():
                kept[append.stream, digest] = content
            name = registry.name_of(event)
            place = position + len(sealed)
            previous = seal(
                previous,
                append.stream,
                index,
                place,
                name,
                payload,
                append.actor,
                append.at,
                append.zone,
                now,
            )
            recorded = Recorded(
                append.stream,
                index,
                place,
                name,
                payload,
                append.actor,
                append.at,
                append.zone,
                now,
                previous,
                event,
            )
            sealed.append(recorded)
            if head.fold is not None:
                state = head.fold.evolve(state, recorded)
        return sealed, state, kept

    def _store(
        self,
        connection: Connection,
        heads: dict[UUID, _Stream],
        written: Written,
        new_commands: list[tuple[Any, ...]],
        new_texts: dict[tuple[UUID, str], str],
    ) -> None:
        changed = [(stream, head) for stream, head in sorted(heads.items()) if head.changed]
        _insert_events.run(
            connection,
            [
                (
                    r.stream,
                    r.index,
                    r.position,
                    r.type,
                    r.payload,
                    r.actor,
                    r.at,
                    r.zone,
                    r.committed_at,
                    r.hash,
                )
                for r in written.recorded
            ],
        )
        _move_heads.run(connection, [(stream, h.kind, h.index, h.hash) for stream, h in changed])
        _insert_commands.run(connection, new_commands)
        _insert_texts.run(connection, [(*key, content) for key, content in sorted(new_texts.items())])
        self._projector.apply(connection, written.recorded)
        for stream, head in changed:
            if head.fold is not None:
                written.states[stream] = (head.fold, Versioned(head.index, head.state))


def was_committed(connection: Connection, attempt: Written) -> bool:
    """Whether a batch whose commit went unanswered is in the ledger: its first hash stands in its place."""
    first = attempt.recorded[0]
    lock(connection)
    row = connection.execute(
        text("SELECT hash FROM events WHERE position = :p"), {"p": first.position}
    ).first()
    return row is not None and bytes(row[0]) == first.hash
