"""What comes with every write: command id, expected index, the client's time; and the body itself."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from tallybook.kernel.clock import AHEAD, Clock, known_zone, to_microseconds
from tallybook.kernel.refusals import Refusal, invalid

COMMAND_ID_LENGTH = 64
LONG_AGO = 366 * 86_400 * 1_000_000  # what happened before that takes a claim on time, microseconds
LARGEST_NUMBER = 2**53 - 1
DEEPEST = 12
LONGEST_LIST = 1_000
EARLIEST = to_microseconds(datetime(1970, 1, 1, tzinfo=UTC))

_JUDGED_BY_THE_STAT = frozenset({"value", "delta"})
# Every body to be refused holds one of these, or is long or deep: the others need no closer look.
_SUSPECT = re.compile(rb"null|u0000|[0-9]{16}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,64}")


class Envelope(msgspec.Struct, frozen=True):
    """How a write is to be carried out, apart from what it says."""

    command_id: str | None = None
    expected_index: int | None = None
    at: int | None = None  # microseconds since 1970 UTC
    zone: str | None = None
    session_id: UUID | None = None  # which session the sender means, where a room is addressed
    claims_time: bool = False  # `at` lies so far back that not everybody may say so


Body = dict[str, Any]
PLAIN = Envelope()


def read_body(data: bytes | bytearray, *, each_of: str | None = None) -> Body:
    """A JSON object, held to what everything behind it may rely on; nothing at all is an empty one.

    In the list `each_of`, a `Refusal` takes the place of what is not to be relied on.
    """
    if not data:
        return {}
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal("malformed", f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refusal("malformed", "the body must be a JSON object")
    if len(data) > LONGEST_LIST or _SUSPECT.search(data) or data.count(b"{") + data.count(b"[") > DEEPEST:
        items = body.get(each_of) if each_of is not None else None
        if isinstance(items, list) and len(items) <= LONGEST_LIST:
            _check({name: value for name, value in body.items() if name != each_of}, "", DEEPEST)
            body[each_of] = [_checked(item) for item in items]
        else:
            _check(body, "", DEEPEST)
    return body


def is_flat(data: bytes | bytearray, containers: int) -> bool:
    """Whether a body holds so many objects and lists, and no NUL: then it is all right if its types are."""
    return data.count(b"{") + data.count(b"[") == containers and b"u0000" not in data


def _checked(item: Any) -> Any:
    if not isinstance(item, list | dict):
        return item  # which is no item: so says who reads it
    try:
        _check(item, "", DEEPEST - 2)
    except Refusal as refusal:
        return refusal
    return item


def _check(value: Any, path: str, depth: int) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise invalid(path, "may not hold NUL")
    elif isinstance(value, int):
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise invalid(path, f"must lie within ±{LARGEST_NUMBER}")
    elif value is None:
        if path != "seat":  # the table's, where a stat is recorded
            raise invalid(path, "null is not a value: leave the field out")
    elif isinstance(value, list | dict):
        if depth == 0:
            raise Refusal("malformed", f"nested more than {DEEPEST} deep")
        if len(value) > LONGEST_LIST:
            raise invalid(path or "body", f"at most {LONGEST_LIST} entries")
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str):
                _check(key, path or "body", depth)
            if depth == DEEPEST and key in _JUDGED_BY_THE_STAT and not isinstance(inner, list | dict):
                continue
            _check(inner, f"{path}.{key}" if path else str(key), depth - 1)


def take_envelope(body: Body, clock: Clock, command_id: str | None = None) -> Envelope:
    """Take the envelope's keys out of a body. `command_id` is the header's, which must not contradict."""
    if not (body.keys() & _KEYS):
        return PLAIN if command_id is None else Envelope(_command_id(command_id))
    given = body.pop("command_id", None)
    if given is not None:
        if command_id is not None and command_id != given:
            raise invalid("command_id", "says something else than the Idempotency-Key header")
        command_id = given
    session_id = body.pop("session_id", None)
    at = _moment(body.pop("at", None), clock)
    return Envelope(
        command_id=None if command_id is None else _command_id(command_id),
        expected_index=_index(body.pop("expected_index", None)),
        at=at,
        zone=_zone(body.pop("zone", None)),
        session_id=None if session_id is None else _session(session_id),
        claims_time=at is not None and at < clock.now() - LONG_AGO,
    )


_KEYS = frozenset({"command_id", "expected_index", "at", "zone", "session_id"})


def _command_id(value: object) -> str:
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise invalid("command_id", f"must be 1 to {COMMAND_ID_LENGTH} visible ASCII characters")
    return value


def _index(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not -1 <= value < 2**31:
        raise invalid("expected_index", "must be the index of an event, or -1")
    return value


def _moment(value: object, clock: Clock) -> int | None:
    if value is None:
        return None
    try:
        moment = msgspec.convert(value, datetime) if isinstance(value, str) else None
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid("at", "must be an ISO-8601 time with its offset, such as 2026-01-31T18:05:00Z")
    microseconds = to_microseconds(moment)
    if microseconds > clock.now() + AHEAD:
        raise invalid("at", "lies more than five minutes in the future")
    if microseconds < EARLIEST:
        raise invalid("at", "lies before 1970")
    return microseconds


def _zone(value: object) -> str | None:
    if value is None:
        return None
    return known_zone(value if isinstance(value, str) else "")


def _session(value: object) -> UUID:
    try:
        return UUID(value)  # type: ignore[arg-type]  # anything but a string is refused below
    except (ValueError, AttributeError, TypeError):
        raise invalid("session_id", "must be the id of a session") from None


def fingerprint(name: str, body: Body) -> bytes:
    """Sixteen bytes that tell this content from any other; the order of keys does not matter."""
    content = msgspec.json.encode([name, body], order="sorted")
    return hashlib.blake2b(content, digest_size=16).digest()
