"""Proving the ledger: every hash, every index, every position, every head."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Select, select, type_coerce
from sqlalchemy.types import NullType

from tallybook.database.driver import undecoded
from tallybook.database.prepared import as_id
from tallybook.ledger.chain import genesis, seal
from tallybook.ledger.read import later
from tallybook.ledger.tables import streams, texts

CHUNK = 5_000
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written."""

    stream: object  # its id, or whatever is in the place of one
    index: int
    position: int
    what: str


@dataclass(slots=True)
class Report:
    """What a verification saw. `findings` stops at 100."""

    events: int = 0
    streams: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    def add(self, finding: Finding) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


def _cells(*columns: Column[Any]) -> Select[*tuple[Any, ...]]:
    """Columns as the driver gives them."""
    return select(*(type_coerce(column, NullType()) for column in columns))


_HEADS = _cells(streams.c.stream, streams.c.kind, streams.c.idx, streams.c.hash)
_TEXTS = _cells(texts.c.stream, texts.c.digest, texts.c.text)


def verify(connection: Connection, progress: Callable[[int], None] = lambda _: None) -> Report:
    """Read the whole ledger once, in one consistent view, and compare everything that is redundant.

    Every cell is taken for what it is: SQLite lets somebody's UPDATE leave a value of any type anywhere.
    `progress` is called with the number of events checked so far.
    """
    with undecoded(connection):
        return _compare(connection, progress)


def _compare(connection: Connection, progress: Callable[[int], None]) -> Report:
    report = Report()
    kinds: dict[object, Any] = {}
    expected: dict[object, tuple[Any, bytes]] = {}
    for cell, kind, index, hash_ in connection.execute(_HEADS):
        stream = _id(cell)
        kinds[stream] = kind
        expected[stream] = (index, _stored(hash_))
    seen: dict[object, tuple[int, bytes]] = {}
    position, committed_at = 0, 0
    while events := later.run(connection, {"after": position, "most": CHUNK}):
        for event in events:
            cell, index, place, *_, moment, hash_ = event
            stream = _id(cell)
            before, previous = seen.get(stream, (-1, None))
            faults = []
            if place != position + 1:
                faults.append(f"positions {position + 1} to {place - 1} are missing")
            if isinstance(index, int) and index != before + 1:
                faults.append(f"follows index {before} of its stream")
            elif _sealed(event, previous, kinds.get(stream, "")) != _stored(hash_):
                faults.append("is not what its hash sealed")
            if isinstance(moment, int) and moment < committed_at:
                faults.append("was committed before its predecessor")
            # Go on from what is stored, so that one altered event is one finding.
            index = index if isinstance(index, int) else before + 1
            for fault in faults:
                report.add(Finding(stream, index, place, fault))
            seen[stream] = (index, _stored(hash_))
            position = place
            committed_at = moment if isinstance(moment, int) else committed_at
        report.events += len(events)
        progress(report.events)
    for stream, (index, hash_) in expected.items():
        last = seen.get(stream, (-1, b""))
        if isinstance(index, int) and last[0] < index:
            report.add(Finding(stream, index, 0, "the end of the stream is missing"))
        elif last != (index, hash_):
            at = index if isinstance(index, int) else last[0]
            report.add(Finding(stream, at, 0, "the head does not match the last event"))
    for stream in seen.keys() - expected.keys():
        report.add(Finding(stream, seen[stream][0], 0, "the stream has no head"))
    report.streams = len(seen)
    for cell, digest, content in connection.execute(_TEXTS):
        if hashlib.blake2b(_stored(content), digest_size=16).hexdigest() != digest:
            report.add(Finding(_id(cell), -1, 0, f"the text {digest} was altered"))
    return report


def _sealed(event: Sequence[Any], previous: bytes | None, kind: Any) -> bytes | None:
    """What the hash of an event should be; None when there are cells in it that cannot be sealed."""
    stream, index, position, type_, payload, actor, at, zone, committed_at, _ = event
    try:
        return seal(
            genesis(kind) if previous is None else previous,
            as_id(stream),
            index,
            position,
            type_,
            _stored(payload),
            None if actor is None else as_id(actor),
            at,
            zone,
            committed_at,
        )
    except (AttributeError, TypeError, ValueError, struct.error):
        return None


def _id(cell: Any) -> object:
    try:
        return as_id(cell)
    except ValueError:  # not of sixteen bytes
        return cell


def _stored(cell: Any) -> bytes:
    """The bytes of a column, also where there is something else in it."""
    return bytes(cell) if isinstance(cell, bytes | bytearray) else str(cell).encode()
