"""Account export: everything that is kept about a person, as one JSON document, written as it is read."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Raw

from tallybook.careers.events import CareerEvent
from tallybook.interchange.replay import Header
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Event, Recorded
from tallybook.rules.protocol import Viewer
from tallybook.sessions.redaction import view_event
from tallybook.sessions.session import Session

Parts = AsyncIterator[Sequence[Any]]

_encode = msgspec.json.encode


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event as the person could see it; free text stands in the session's header by its digest."""

    index: int
    type: str
    data: Raw | Event
    at: str
    actor: UUID | None = None
    zone: str | None = None


class Played(msgspec.Struct, frozen=True):
    """A session the person took part in."""

    header: Header
    events: tuple[Seen, ...]


class Career(msgspec.Struct, frozen=True):
    """What was submitted, reported and unlocked in one game, by the person or by the game's server."""

    game_id: UUID
    player_id: UUID
    texts: Mapping[str, str]  # what was sent along with scores, by digest
    events: tuple[Seen, ...]


class About(msgspec.Struct, frozen=True):
    """The beginning of the document. `profile` is as its owner sees it."""

    exported_at: str
    profile: Any
    format: Literal["tallybook-account"] = "tallybook-account"
    format_version: Literal[1] = 1


def played(header: Header, session: Session, events: Sequence[Recorded], viewer: Viewer) -> Played:
    """A session as `viewer` may see it."""
    return Played(header, tuple(_seen(session, events, viewer)))


def career(events: Sequence[Recorded], texts: Mapping[str, str]) -> Career:
    """A career that has begun. Who of the game's people wrote it down is not the person's own."""
    first = events[0].event
    assert isinstance(first, CareerEvent)
    return Career(first.game, first.player, texts, tuple(map(_plain, events)))


def _seen(session: Session, events: Sequence[Recorded], viewer: Viewer) -> Iterator[Seen]:
    for recorded in events:
        shown = view_event(session, recorded, viewer)
        if shown is not None:
            seen = msgspec.structs.replace(_plain(recorded), actor=recorded.actor)
            yield seen if shown is recorded.event else msgspec.structs.replace(seen, data=shown)


def _plain(recorded: Recorded) -> Seen:
    return Seen(
        recorded.index, recorded.type, Raw(recorded.payload), iso(recorded.happened_at), zone=recorded.zone
    )


async def document(about: About, lists: Mapping[str, Parts]) -> AsyncIterator[bytes]:
    """The document piece by piece; each list is read only when its turn comes."""
    yield _encode(about)[:-1]
    for name, parts in lists.items():
        yield b",%b:[" % _encode(name)
        comma = b""
        async for part in parts:
            for item in part:
                yield comma + _encode(item)
                comma = b","
        yield b"]"
    yield b"}\n"
