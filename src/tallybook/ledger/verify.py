"""Proving the ledger: every hash, every index, every position, every head."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, select

from tallybook.ledger.chain import genesis, seal
from tallybook.ledger.read import events_after
from tallybook.ledger.tables import streams, texts

CHUNK = 5_000
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written."""

    stream: UUID
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


def verify(connection: Connection, progress: Callable[[int], None] = lambda _: None) -> Report:
    """Read the whole ledger once, in one consistent view, and compare everything that is redundant.

    `progress` is called with the number of events checked so far.
    """
    report = Report()
    kinds: dict[UUID, str] = {}
    expected: dict[UUID, tuple[int, bytes]] = {}
    for stream, kind, index, hash_ in connection.execute(
        select(streams.c.stream, streams.c.kind, streams.c.idx, streams.c.hash)
    ):
        kinds[stream] = kind
        expected[stream] = (index, _stored(hash_))
    seen: dict[UUID, tuple[int, bytes]] = {}
    position, committed_at = 0, 0
    while events := events_after(connection, position, CHUNK):
        for e in events:
            before = seen.get(e.stream)
            index, previous = before or (-1, genesis(kinds.get(e.stream, "")))
            computed = seal(
                previous,
                e.stream,
                e.index,
                e.position,
                e.type,
                _stored(e.payload),
                e.actor,
                e.at,
                e.zone,
                e.committed_at,
            )
            faults = []
            if e.position != position + 1:
                faults.append(f"positions {position + 1} to {e.position - 1} are missing")
            if e.index != index + 1:
                faults.append(f"follows index {index} of its stream")
            elif computed != _stored(e.hash):
                faults.append("is not what its hash sealed")
            if e.committed_at < committed_at:
                faults.append("was committed before its predecessor")
            for fault in faults:
                report.add(Finding(e.stream, e.index, e.position, fault))
            # Go on from what is stored, so that one altered event is one finding.
            seen[e.stream] = (e.index, _stored(e.hash))
            position, committed_at = e.position, e.committed_at
        report.events += len(events)
        progress(report.events)
    for stream, (index, hash_) in expected.items():
        last = seen.get(stream, (-1, b""))
        if last[0] < index:
            report.add(Finding(stream, index, 0, "the end of the stream is missing"))
        elif last != (index, hash_):
            report.add(Finding(stream, index, 0, "the head does not match the last event"))
    for stream in seen.keys() - expected.keys():
        report.add(Finding(stream, seen[stream][0], 0, "the stream has no head"))
    report.streams = len(seen)
    for stream, digest, content in connection.execute(select(texts.c.stream, texts.c.digest, texts.c.text)):
        if hashlib.blake2b(content.encode(), digest_size=16).hexdigest() != digest:
            report.add(Finding(stream, -1, 0, f"the text {digest} was altered"))
    return report


def _stored(value: bytes | str) -> bytes:
    """The bytes of a column, also where somebody's UPDATE has left text in it, as SQLite allows."""
    return value.encode() if isinstance(value, str) else bytes(value)
