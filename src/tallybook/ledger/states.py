"""States of streams: a cache of committed ones, and loading from snapshot and events."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.engine import Database
from tallybook.kernel.events import Recorded
from tallybook.ledger.append import EMPTY, Fold
from tallybook.ledger.tables import events, snapshots, streams

S = TypeVar("S")

SNAPSHOT_EVERY = 250  # events of one stream
SHARE = 8  # and not before an eighth of it is new: it is saved as a whole, and a long one takes long
EVENT_COLUMNS = (
    "stream",
    "idx",
    "position",
    "type",
    "payload",
    "actor",
    "at",
    "zone",
    "committed_at",
    "hash",
)

_heads = Lookup(streams, ["stream", "kind", "idx"], ["stream"])
_snapshots = Lookup(snapshots, ["stream", "fold", "version", "idx", "state"], ["stream"])
newer_events = Lookup(events, EVENT_COLUMNS, ["stream", "idx >"], order="t.stream, t.idx")
_save = Insert(
    snapshots,
    ["stream", "fold", "version", "idx", "state"],
    update=["fold", "version", "idx", "state"],
)


Snapshot = tuple[UUID, str, int, int, bytes]  # a row of its table


@lru_cache
def newer_events_of(concerns: str) -> Lookup:
    """Newer events of those types that begin so; of `achievement_` there is an index, in these words."""
    if not concerns:
        return newer_events
    condition = f"substr(t.\"type\", 1, {len(concerns)}) = '{concerns}'"
    return Lookup(events, EVENT_COLUMNS, ["stream", "idx >"], condition=condition, order="t.stream, t.idx")


class Versioned(msgspec.Struct, Generic[S], frozen=True, eq=False):
    """A state and the index of the last event in it (-1: the stream is empty)."""

    index: int
    state: S


@dataclass(slots=True)
class _Entry:
    at: Versioned[Any]
    fold: Fold[Any]
    saved: int  # the index of the last snapshot


class States:
    """Committed states, most recently written last. Only the event loop changes it."""

    def __init__(self, *, most: int = 20_000) -> None:
        self._entries: OrderedDict[UUID, _Entry] = OrderedDict()
        self._most = most

    def __contains__(self, stream: UUID) -> bool:
        return stream in self._entries

    def get(self, stream: UUID, fold: Fold[S] | None = None) -> Versioned[S] | None:
        """The state, if there is one and `fold` (when given) made it."""
        entry = self._entries.get(stream)
        if entry is None or (fold is not None and entry.fold.name != fold.name):
            return None
        return entry.at

    def put(self, stream: UUID, fold: Fold[Any], at: Versioned[Any], *, saved: int = EMPTY) -> None:
        """Keep a committed state, unless a newer one of the same fold is here already."""
        entries = self._entries
        entry = entries.get(stream)
        if entry is None or entry.fold.name != fold.name:
            entries[stream] = _Entry(at, fold, saved)
        elif at.index >= entry.at.index:
            entry.at = at
        entries.move_to_end(stream)
        if len(entries) > self._most:
            entries.popitem(last=False)

    def snapshot(self, stream: UUID) -> Snapshot | None:
        """What is due to be saved of a stream, if anything; it counts as saved from now on."""
        entry = self._entries.get(stream)
        if entry is None or entry.at.index - entry.saved < max(SNAPSHOT_EVERY, entry.saved // SHARE):
            return None
        entry.saved = entry.at.index
        fold = entry.fold
        return (stream, fold.name, fold.version, entry.at.index, fold.dump(entry.at.state))


def save_snapshots(connection: Connection, due: Sequence[Snapshot]) -> None:
    _save.run(connection, due)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A state as loaded, and how much of it was in the snapshot."""

    at: Versioned[Any]
    saved: int


def load(
    connection: Connection,
    wanted: dict[UUID, Fold[Any]],
    known: dict[UUID, Versioned[Any]],
    heads: Mapping[UUID, int],
) -> dict[UUID, Loaded]:
    """The states of some streams at their heads, starting from `known` ones or snapshots.

    One to three statements, however many streams there are. `heads` has the index of the last event of every
    stream that has some events which its fold is not told of; of others it saves looking for a snapshot where
    there can be none yet.
    """
    long = {
        stream: fold
        for stream, fold in wanted.items()
        if stream not in known and (stream not in heads or heads[stream] - EMPTY >= SNAPSHOT_EVERY)
    }
    return _go_on(connection, wanted, known | _saved(connection, long), heads)


def _saved(connection: Connection, wanted: dict[UUID, Fold[Any]]) -> dict[UUID, Versioned[Any]]:
    """Snapshots, as far as there are any that these folds made."""
    found: dict[UUID, Versioned[Any]] = {}
    for stream, name, version, index, data in _snapshots.run(connection, [(stream,) for stream in wanted]):
        fold = wanted[stream]
        if (name, version) == (fold.name, fold.version):
            found[stream] = Versioned(index, fold.load(bytes(data)))
    return found


def _go_on(
    connection: Connection,
    wanted: dict[UUID, Fold[Any]],
    begun: dict[UUID, Versioned[Any]],
    heads: Mapping[UUID, int],
) -> dict[UUID, Loaded]:
    """States at the heads of streams, from earlier ones on or from nothing."""
    started = {
        stream: begun.get(stream) or Versioned(EMPTY, fold.initial()) for stream, fold in wanted.items()
    }
    after: dict[str, list[tuple[UUID, int]]] = {}
    for stream, at in started.items():
        after.setdefault(wanted[stream].concerns, []).append((stream, at.index))
    newer: dict[UUID, list[Recorded]] = {}
    for concerns, streams_after in after.items():
        for row in newer_events_of(concerns).run(connection, streams_after):
            newer.setdefault(row[0], []).append(Recorded(*row))
    loaded: dict[UUID, Loaded] = {}
    for stream, at in started.items():
        found = newer.get(stream, ())
        index = max(at.index, heads.get(stream, EMPTY), found[-1].index if found else EMPTY)
        state = wanted[stream].fold(at.state, found) if found else at.state
        loaded[stream] = Loaded(Versioned(index, state), at.index)
    return loaded


class Loader:
    """Reads states at their committed heads; requests that wait together share their statements."""

    def __init__(self, database: Database, states: States) -> None:
        self._database = database
        self._states = states
        self._waiting: dict[str, tuple[Fold[Any], dict[UUID, asyncio.Future[Versioned[Any]]]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, stream: UUID, fold: Fold[S]) -> Versioned[S]:
        """The state at the stream's head: every write acknowledged before the call is in it."""
        _, waiting = self._waiting.setdefault(fold.name, (fold, {}))
        if stream not in waiting:
            waiting[stream] = asyncio.get_running_loop().create_future()
            if self._task is None:
                self._task = asyncio.create_task(self._run())
        return await asyncio.shield(waiting[stream])

    async def _run(self) -> None:
        while self._waiting:
            _, (fold, futures) = self._waiting.popitem()
            try:
                loaded = await self._database.read(partial(self._read, fold=fold, streams=list(futures)))
            except Exception as error:  # every waiting reader gets it
                for future in futures.values():
                    future.set_exception(error)
                    future.exception()  # they may all have gone away
                continue
            for stream, future in futures.items():
                result = loaded[stream]
                if result.at.index != EMPTY:  # else anybody could push out what is played by asking
                    self._states.put(stream, fold, result.at, saved=result.saved)
                future.set_result(result.at)
        self._task = None

    def _read(self, connection: Connection, fold: Fold[Any], streams: Sequence[UUID]) -> dict[UUID, Loaded]:
        found = _heads.run(connection, [(stream,) for stream in streams])
        heads = {stream: index for stream, kind, index in found if kind == fold.kind}
        current: dict[UUID, Loaded] = {}
        begun: dict[UUID, Versioned[Any]] = {}
        for stream in streams:
            at = self._states.get(stream, fold)
            if stream not in heads:
                current[stream] = Loaded(Versioned(EMPTY, fold.initial()), EMPTY)
            elif at is not None and at.index >= heads[stream]:
                current[stream] = Loaded(at, at.index)
            elif at is not None:
                begun[stream] = at
        missing = {stream: fold for stream in streams if stream not in current}
        return current | load(connection, missing, begun, heads)
