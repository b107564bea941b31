"""States of streams: a cache of committed ones, and loading from snapshot and events."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.engine import Database
from tallybook.kernel.events import Recorded
from tallybook.ledger.append import EMPTY, Fold
from tallybook.ledger.tables import events, snapshots, streams

S = TypeVar("S")

SNAPSHOT_EVERY = 250  # events of one stream
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

_heads = Lookup(streams, ["stream", "idx"], ["stream"])
_snapshots = Lookup(snapshots, ["stream", "fold", "version", "idx", "state"], ["stream"])
_after = Lookup(events, EVENT_COLUMNS, ["stream", "idx >"], order="t.stream, t.idx")
_save = Insert(
    snapshots,
    ["stream", "fold", "version", "idx", "state"],
    update=["fold", "version", "idx", "state"],
)


@dataclass(frozen=True, slots=True)
class Versioned(Generic[S]):
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
        self._entries: dict[UUID, _Entry] = {}
        self._most = most

    def get(self, stream: UUID) -> Versioned[Any] | None:
        entry = self._entries.get(stream)
        return None if entry is None else entry.at

    def put(self, stream: UUID, fold: Fold[Any], at: Versioned[Any], *, saved: int = EMPTY) -> None:
        """Keep a committed state, unless a newer one is here already."""
        entry = self._entries.pop(stream, None)
        if entry is None:
            entry = _Entry(at, fold, saved)
        elif at.index >= entry.at.index:
            entry.at = at
        self._entries[stream] = entry
        if len(self._entries) > self._most:
            del self._entries[next(iter(self._entries))]

    def drop(self, streams: Iterable[UUID]) -> None:
        for stream in streams:
            self._entries.pop(stream, None)

    def snapshot(self, stream: UUID) -> "Snapshot | None":
        """What is due to be saved of a stream, if anything; it counts as saved from now on."""
        entry = self._entries.get(stream)
        if entry is None or entry.at.index - entry.saved < SNAPSHOT_EVERY:
            return None
        entry.saved = entry.at.index
        return Snapshot(stream, entry.fold, entry.at)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state to be saved, encoded when it is written."""

    stream: UUID
    fold: Fold[Any]
    at: Versioned[Any]


def save_snapshots(connection: Connection, due: Sequence[Snapshot]) -> None:
    rows = [(s.stream, s.fold.name, s.fold.version, s.at.index, s.fold.dump(s.at.state)) for s in due]
    _save.run(connection, rows)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A state as loaded, and how much of it was in the snapshot."""

    at: Versioned[Any]
    saved: int


def load(
    connection: Connection, wanted: dict[UUID, Fold[Any]], known: dict[UUID, Versioned[Any]]
) -> dict[UUID, Loaded]:
    """The states of some streams at their heads, starting from `known` ones or snapshots.

    Two statements, however many streams there are.
    """
    started: dict[UUID, Loaded] = {stream: Loaded(at, at.index) for stream, at in known.items()}
    fresh = [(stream,) for stream in wanted if stream not in started]
    for stream, name, version, index, data in _snapshots.run(connection, fresh):
        fold = wanted[stream]
        if (name, version) == (fold.name, fold.version):
            started[stream] = Loaded(Versioned(index, fold.load(bytes(data))), index)
    for stream, fold in wanted.items():
        if stream not in started:
            started[stream] = Loaded(Versioned(EMPTY, fold.initial()), EMPTY)
    newer: dict[UUID, list[Recorded]] = {}
    rows = _after.run(connection, [(stream, started[stream].at.index) for stream in wanted])
    for row in rows:
        newer.setdefault(row[0], []).append(Recorded(*row))
    for stream, found in newer.items():
        begun = started[stream]
        state = wanted[stream].fold(begun.at.state, found)
        started[stream] = Loaded(Versioned(found[-1].index, state), begun.saved)
    return started


class Loader:
    """Reads states at their committed heads; requests that wait together share their statements."""

    def __init__(self, database: Database, states: States) -> None:
        self._database = database
        self._states = states
        self._waiting: dict[UUID, tuple[Fold[Any], asyncio.Future[Versioned[Any]]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, stream: UUID, fold: Fold[S]) -> Versioned[S]:
        """The state at the stream's head: every write acknowledged before the call is in it."""
        waiting = self._waiting.get(stream)
        if waiting is None:
            waiting = (fold, asyncio.get_running_loop().create_future())
            self._waiting[stream] = waiting
            if self._task is None:
                self._task = asyncio.create_task(self._run())
        return await asyncio.shield(waiting[1])

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            try:
                loaded = await self._database.read(partial(self._read, batch=batch))
            except Exception as error:  # every waiting reader gets it
                for _, future in batch.values():
                    if not future.done():
                        future.set_exception(error)
                continue
            for stream, (fold, future) in batch.items():
                result = loaded[stream]
                self._states.put(stream, fold, result.at, saved=result.saved)
                if not future.done():
                    future.set_result(result.at)
        self._task = None

    def _read(
        self, connection: Connection, batch: dict[UUID, tuple[Fold[Any], asyncio.Future[Versioned[Any]]]]
    ) -> dict[UUID, Loaded]:
        heads = dict(_heads.run(connection, [(stream,) for stream in batch]))
        current: dict[UUID, Loaded] = {}
        known: dict[UUID, Versioned[Any]] = {}
        for stream in batch:
            cached = self._states.get(stream)
            if cached is not None and cached.index >= heads.get(stream, EMPTY):
                current[stream] = Loaded(cached, cached.index)
            elif cached is not None:
                known[stream] = cached
        missing = {stream: fold for stream, (fold, _) in batch.items() if stream not in current}
        if missing:
            current |= load(connection, missing, known)
        return current
