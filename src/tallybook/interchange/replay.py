"""Replay files: one finished session with its hash chain, which anybody can check.

Newline-delimited JSON under zstd: a header, then one event a line, with its payload as the exact bytes
that were sealed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
import zstandard
from msgspec import Raw

from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.chain import genesis, seal
from tallybook.rules.protocol import Config, Seat
from tallybook.sessions.session import Session

MEDIA_TYPE = "application/zstd"
LARGEST = 64 * 1024 * 1024  # bytes of an unpacked file; a session of 100,000 events takes about half


class Header(msgspec.Struct, frozen=True):
    """What a player of the file has to know before the first event."""

    session_id: UUID
    game_id: UUID
    rules: str
    rules_version: int
    config: Config
    seats: tuple[Seat, ...]
    names: Mapping[UUID, str]
    texts: Mapping[str, str]  # free text by digest
    events: int
    format: Literal["tallybook-replay"] = "tallybook-replay"
    format_version: Literal[1] = 1


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event; times are microseconds since 1970 UTC."""

    index: int
    position: int
    type: str
    payload: Raw
    committed_at: int
    hash: str
    actor: UUID | None = None
    at: int | None = None
    zone: str | None = None


class Broken(Refusal):
    """A file that is not a replay, or not what was sealed."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid", detail)


def header_of(
    session_id: UUID, session: Session, names: Mapping[UUID, str], texts: Mapping[str, str], events: int
) -> Header:
    """The header of a session with so many events."""
    return Header(
        session_id=session_id,
        game_id=session.game_id,
        rules=session.rules,
        rules_version=session.rules_version,
        config=session.config,
        seats=session.seats,
        names={seat.player_id: names.get(seat.player_id, "") for seat in session.seats},
        texts=texts,
        events=events,
    )


def write(header: Header, events: Sequence[Recorded]) -> bytes:
    """The file of a whole session."""
    lines: list[Any] = [header]
    lines += [
        Line(e.index, e.position, e.type, Raw(e.payload), e.committed_at, e.hash.hex(), e.actor, e.at, e.zone)
        for e in events
    ]
    return zstandard.ZstdCompressor(level=10).compress(b"\n".join(map(msgspec.json.encode, lines)) + b"\n")


def read(data: bytes) -> tuple[Header, list[Recorded]]:
    """The session in a file, every hash of it checked; refuses with what is wrong where."""
    try:
        if zstandard.frame_content_size(data) > LARGEST:
            raise Broken(f"the file unpacks to more than {LARGEST} bytes")
        text = zstandard.ZstdDecompressor().decompress(data)
        first, *rest = text.splitlines()
        header = msgspec.json.decode(first, type=Header)
        lines = [msgspec.json.decode(line, type=Line) for line in rest]
    except (zstandard.ZstdError, msgspec.MsgspecError, ValueError) as error:
        raise Broken(f"the file is not a replay: {error}") from None
    if len(lines) != header.events:
        raise Broken(f"the file has {len(lines)} of {header.events} events")
    previous = genesis("session")
    events: list[Recorded] = []
    for index, line in enumerate(lines):
        stream, payload = header.session_id, bytes(line.payload)
        previous = seal(
            previous, stream, index, line.position, line.type, payload, line.actor, line.at, line.zone,
            line.committed_at,
        )  # fmt: skip
        if line.index != index or line.hash != previous.hex():
            raise Broken(f"event {index} is not what its hash sealed")
        events.append(
            Recorded(
                stream, index, line.position, line.type, payload, line.actor, line.at, line.zone,
                line.committed_at, previous,
            )
        )  # fmt: skip
    return header, events
