"""Events, the registry of their stored names, and the upcasters that keep old ones readable."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec

from tallybook.kernel.text import FreeText

_encoder = msgspec.json.Encoder()


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A fact, in the past tense. Fields are JSON values, ids and decimals; never names or free text.

    A field in `free_text` may hold a `FreeText`; its digest is stored in the event, its text beside it.
    """

    free_text: ClassVar[tuple[str, ...]] = ()


@lru_cache(maxsize=1_000)
def name_without_version(stored: str) -> str:
    """Of the name under which an event is stored."""
    return stored.rpartition(".")[0]


E = TypeVar("E", bound=type[Event])
Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]


class UnknownEvent(Exception):
    """A stored type that this release does not know: it was written by a newer one."""


class EventRegistry:
    """Stored names and their classes. A name is explicit, versioned and permanent."""

    def __init__(self) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Event]] = {}
        self._names: dict[type[Event], str] = {}
        self._upcasters: dict[str, Upcaster] = {}

    def register(self, name: str, cls: type[Event]) -> None:
        base, _, version = name.rpartition(".v")
        if not base or not version.isdigit():
            raise ValueError(f"{name!r} is not of the form name.v1")
        if name in self._decoders or name in self._upcasters:
            raise ValueError(f"{name!r} is registered already")
        self._decoders[name] = msgspec.json.Decoder(cls)
        self._names[cls] = name

    def upcast(self, name: str, upcaster: Upcaster) -> None:
        """Register how a payload stored as `name` is read today: as which newer name and payload."""
        if name in self._decoders or name in self._upcasters:
            raise ValueError(f"{name!r} is registered already")
        self._upcasters[name] = upcaster

    def name_of(self, event: Event) -> str:
        return self._names[type(event)]

    def decode(self, name: str, payload: bytes) -> Event:
        """The event of a stored payload, brought up to date; the stored bytes stay what they are."""
        decoder = self._decoders.get(name)
        if decoder is not None:
            return decoder.decode(payload)
        if name not in self._upcasters:
            raise UnknownEvent(name)
        data: dict[str, Any] = msgspec.json.decode(payload)
        while name in self._upcasters:
            name, data = self._upcasters[name](data)
        return self.decode(name, _encoder.encode(data))

    @property
    def names(self) -> Mapping[str, type[Event]]:
        """Every name that is written today, with its class."""
        return {name: cls for cls, name in self._names.items()}


registry = EventRegistry()


def event(name: str) -> Callable[[E], E]:
    """Class decorator: store events of this class under `name`, such as `points_recorded.v1`."""

    def decorate(cls: E) -> E:
        registry.register(name, cls)
        return cls

    return decorate


def encode(event: Event) -> tuple[bytes, Mapping[str, str]]:
    """The exact bytes to store and hash, and the free text (by digest) to keep beside them."""
    texts: dict[str, str] = {}
    for name in event.free_text:
        value = getattr(event, name)
        if isinstance(value, FreeText) and value.text is not None:
            texts[value.digest] = value.text
            event = msgspec.structs.replace(event, **{name: value.without_text()})
    return _encoder.encode(event), texts


class Recorded(msgspec.Struct, eq=False, gc=False):
    """An event as the ledger holds it. Times are microseconds since 1970 UTC."""

    stream: UUID
    index: int  # from 0, gapless in its stream
    position: int  # from 1, gapless in the ledger
    type: str
    payload: bytes
    actor: UUID | None
    at: int | None  # when the client says it happened
    zone: str | None  # the client's IANA time zone
    committed_at: int
    hash: bytes
    _event: Event | None = None

    @property
    def event(self) -> Event:
        if self._event is None:
            self._event = registry.decode(self.type, self.payload)
        return self._event

    @property
    def happened_at(self) -> int:
        """What the client says, or else when it was committed."""
        return self.committed_at if self.at is None else self.at
