"""Reading requests strictly: bodies, ids, cursors and times; what is odd is refused before anything runs."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from fastapi import Depends, Header, Path, Query, Request
from msgspec import Meta, UnsetType
from pydantic import BeforeValidator
from starlette.datastructures import QueryParams
from starlette.types import Scope

from tallybook.delivery.channels.quick import WHOLE
from tallybook.kernel.clock import to_microseconds
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.kernel.text import clean_text
from tallybook.play.requests import Body, Envelope, is_flat, take_envelope
from tallybook.play.requests import read_body as parse_body
from tallybook.sessions.wire import decode

T = TypeVar("T")

LARGEST_BODY = 64 * 1024
LARGEST_BATCH = 512 * 1024  # of a path that ends with /batch
COMMAND_ID = "^[!-~]{1,64}$"


def check_size(path: str, size: int) -> None:
    """Refuse a body that is larger than its path takes."""
    largest = LARGEST_BATCH if path.endswith("/batch") else LARGEST_BODY
    if size > largest:
        raise Refusal("too_large", f"at most {largest} bytes")


async def read_data(request: Request) -> bytearray:
    """The body as it was sent."""
    path = request.scope["path"]
    data: bytearray | None = request.scope.get(WHOLE)
    if data is None:
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            check_size(path, len(data))
    else:
        check_size(path, len(data))
    return data


def plain(read: Callable[[bytearray], T], data: bytearray) -> T | None:
    """A body that is one object with none inside it, as expected; None for a closer look."""
    try:
        return read(data) if is_flat(data, 1) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def read_body(request: Request, *, each_of: str | None = None) -> Body:
    """The body, a JSON object; nothing at all counts as an empty one. On `each_of`, see `parse_body`."""
    return parse_body(await read_data(request), each_of=each_of)


def body_of(shape: type[T]) -> Any:
    """A parameter's default: the request's body as this struct."""

    async def read_it(request: Request) -> T:
        read: T = decode(shape, await read_body(request))
        return read

    return Depends(read_it)


CommandId = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=COMMAND_ID,
        description="Names this write: sent again with the same content, it answers the first result.",
    ),
]


COMMAND_ID_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this write: sent again with the same content, it answers the first result.",
    "schema": {"type": "string", "pattern": COMMAND_ID},
}
_command_id = re.compile(COMMAND_ID)


def command_id_of(request: Request) -> str | None:
    """The command id of the header, for routes that ask for nothing by their arguments."""
    header = header_of(request.scope, b"idempotency-key")
    if header is None:
        return None
    given = header.decode("latin-1")
    if not _command_id.fullmatch(given):
        raise invalid("Idempotency-Key", "must be 1 to 64 visible ASCII characters")
    return given


def header_of(scope: Scope, wanted: bytes) -> bytes | None:
    """The first header of a name, which is in small letters."""
    value: bytes
    for name, value in scope["headers"]:
        if name == wanted:
            return value
    return None


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A write. `command_id` is the same thing as the header Idempotency-Key."""

    command_id: Annotated[str, Meta(pattern=COMMAND_ID)] | UnsetType = msgspec.UNSET

    def id(self, header: str | None) -> str | None:
        """The command id, from the body or the header; they may not contradict each other."""
        if isinstance(self.command_id, UnsetType):
            return header
        if header not in {None, self.command_id}:
            raise invalid("command_id", "says something else than the Idempotency-Key header")
        return self.command_id


async def _write(request: Request, command_id: CommandId = None) -> tuple[Body, Envelope]:
    body = await read_body(request)
    return body, take_envelope(body, request.app.services.clock, command_id)


# The body of a write to a session, and its envelope.
Write = Annotated[tuple[Body, Envelope], Depends(_write)]


def _id(what: str) -> BeforeValidator:
    return BeforeValidator(lambda text: parse_id(str(text), what))  # what is no id names nothing


PlayerId = Annotated[UUID, _id("player"), Path(alias="id")]
GameId = Annotated[UUID, _id("game"), Path(alias="id")]
StatSetId = Annotated[UUID, _id("stat set"), Path(alias="id")]
SessionId = Annotated[UUID, _id("session"), Path(alias="id")]
RoomId = Annotated[UUID, _id("room"), Path(alias="id")]
SignInId = Annotated[UUID, _id("sign-in"), Path(alias="id")]
ApiKeyId = Annotated[UUID, _id("API key"), Path(alias="key_id")]
WebhookId = Annotated[UUID, _id("webhook"), Path(alias="webhook_id")]
DeliveryId = Annotated[UUID, _id("delivery"), Path(alias="delivery_id")]
ClaimId = Annotated[UUID, _id("claim"), Path(alias="id")]


def parse_ids(text: str, field: str, most: int) -> tuple[UUID, ...]:
    """Ids with commas between them."""
    ids = text.split(",")
    if len(ids) > most:
        raise invalid(field, f"at most {most}")
    try:
        return tuple(UUID(each) for each in ids)
    except ValueError:
        raise invalid(field, "must be ids with commas between them") from None


def _written_out(text: object) -> object:
    """A date is taken as a date alone, and no number for one."""
    if isinstance(text, str) and not _DATE.fullmatch(text):
        raise ValueError("must be a date such as 2026-01-31")
    return text


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CalendarDay = Annotated[date, BeforeValidator(_written_out)]


Key = tuple[bytes, UUID]  # what an item has in the list's order, and its id


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of which list is asked for; a cursor leads on in its own list alone."""

    list: bytes  # a digest of the path and of everything that chooses and sorts
    after: Key | None
    limit: int

    @property
    def last(self) -> UUID | None:
        """The id after which a list goes on that is in the order of its ids."""
        return None if self.after is None else self.after[1]

    @property
    def after_number(self) -> tuple[int, UUID] | None:
        """The number of eight bytes and the id after which a list goes on that is in the order of those."""
        if self.after is None:
            return None
        number = int.from_bytes(self.after[0])
        if len(self.after[0]) != 8 or number >= 1 << 63:
            raise foreign_cursor()
        return number, self.after[1]

    def cursor(self, key: Key) -> str:
        return base64.urlsafe_b64encode(_cursors.encode((self.list, *key))).decode()


def foreign_cursor() -> Refusal:
    return invalid("cursor", "was not given by this server")


# In cursors of leaderboards. The database takes 64 bits, and an event's position is never below zero.
Whole = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Position = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]

_cursors = msgspec.msgpack.Encoder(uuid_format="bytes")
_read_cursor = msgspec.msgpack.Decoder(tuple[bytes, bytes, UUID])


async def listing(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=300, description="From the page before.")] = None,
) -> Listing:
    asked = _list_of(request.scope["path"], request.scope["query_string"])
    if cursor is None:
        return Listing(asked, None, limit)
    try:
        of_list, order, last = _read_cursor.decode(
            base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        )
    except (ValueError, msgspec.DecodeError):
        raise foreign_cursor() from None
    if of_list != asked:
        raise invalid("cursor", "belongs to another list")
    return Listing(asked, (order, last), limit)


def _list_of(path: str, query: bytes) -> bytes:
    given = QueryParams(query.decode("latin-1"))
    chosen = sorted(pair for pair in given.items() if pair[0] not in {"limit", "cursor"})
    return blake2b(repr((path, chosen)).encode(), digest_size=8).digest()


Part = Annotated[Listing, Depends(listing)]


async def _search(
    q: Annotated[str | None, Query(max_length=100, description="Part of a name, in any case.")] = None,
) -> str | None:
    return None if q is None else clean_text(q, "q").strip()


Search = Annotated[str | None, Depends(_search)]
Language = Annotated[
    str | None, Query(max_length=35, description="Of names and descriptions, where there are such texts.")
]


def moment(text: str | None, field: str) -> int | None:
    """Microseconds since 1970 of an ISO-8601 time with its offset, or of the beginning of a UTC day."""
    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        text += "T00:00:00Z"
    try:
        parsed = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        parsed = None
    if parsed is None or parsed.tzinfo is None or not 1970 < parsed.year < 2200:
        raise invalid(field, "must be a date, or a time with its offset such as 2026-01-31T18:05:00Z")
    return to_microseconds(parsed.astimezone(UTC))
