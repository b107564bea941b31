"""The hash chain: every event of a stream seals its predecessor and itself."""

from hashlib import blake2b
from struct import Struct
from uuid import UUID

_NOBODY = bytes(16)
_HEAD = Struct(">B32s16sqqq?16s?q?HHI")
_FORMAT = 1


def genesis(kind: str) -> bytes:
    """What stands in for the predecessor of a stream's first event."""
    return blake2b(kind.encode(), digest_size=32, person=b"tallybook-stream").digest()


def seal(
    previous: bytes,
    stream: UUID,
    index: int,
    position: int,
    type_: str,
    payload: bytes,
    actor: UUID | None,
    at: int | None,
    zone: str | None,
    committed_at: int,
) -> bytes:
    """The BLAKE2b-256 of an event's envelope; variable parts are preceded by their lengths."""
    type_bytes = type_.encode()
    zone_bytes = zone.encode() if zone else b""
    head = _HEAD.pack(
        _FORMAT,
        previous,
        stream.bytes,
        index,
        position,
        committed_at,
        actor is not None,
        actor.bytes if actor is not None else _NOBODY,
        at is not None,
        0 if at is None else at,
        zone is not None,
        len(type_bytes),
        len(zone_bytes),
        len(payload),
    )
    return blake2b(
        head + type_bytes + zone_bytes + payload, digest_size=32, person=b"tallybook-event"
    ).digest()


def command_key(command_id: str) -> bytes:
    """The sixteen bytes under which a client's command id is kept."""
    return blake2b(command_id.encode(), digest_size=16, person=b"tallybook-cmd").digest()
