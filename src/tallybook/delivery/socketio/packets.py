"""How Socket.IO packets look (protocol 5, inside messages of Engine.IO 4), as messages of Channels."""

import re

import msgspec
from msgspec import Raw

from tallybook.delivery.channels.frames import Malformed, Message, Ref
from tallybook.kernel.refusals import CODES, Refusal, invalid

SEPARATOR = b"\x1e"  # ends each packet; inside JSON text it is always escaped

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = (b"%d" % kind for kind in range(7))
CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = (b"%d" % kind for kind in range(5))

_NUMBERED = re.compile(rb"(\d{0,15})(\[.*)", re.DOTALL)
_encode = msgspec.json.encode
_arguments = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)
_fields = msgspec.json.Decoder(dict[str, Raw])


class Auth(msgspec.Struct, frozen=True):
    """What a client says of itself when it connects."""

    token: str


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to a topic, with the body that it has over Channels."""

    topic: str
    event: str
    payload: dict[str, Raw] = {}


class _SocketIo:
    def encode(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        """An acknowledgement, where one was asked for, or an event whose payload also names its topic."""
        if event == "phx_reply":
            return b"" if ref is None else b"43%b[%b]\x1e" % (str(ref).encode(), payload)
        more = b"" if payload[1:].strip() == b"}" else b","
        return b'42[%b,{"topic":%b%b%b]\x1e' % (_encode(event), _encode(topic), more, payload[1:])


SOCKET_IO = _SocketIo()


def token_in(auth: bytes) -> str:
    """The token in the payload of a `CONNECT`."""
    try:
        return msgspec.json.decode(auth or b"{}", type=Auth).token
    except (msgspec.MsgspecError, RecursionError):
        raise Refusal("unauthenticated", "connect with auth: { token }") from None


def refused(refusal: Refusal) -> bytes:
    """The payload of a `CONNECT_ERROR`; clients find `data` on their error."""
    said = {"code": refusal.code, "reason": refusal.detail or CODES[refusal.code].title}
    return _encode({"message": said["reason"], "data": said})


def read_event(packet: bytes) -> tuple[int | None, list[Raw]]:
    """The number to acknowledge an event under, and its arguments, the name first.

    There are none when they cannot be read (JavaScript sends half a character, which no JSON of ours may
    hold) and the answer can say so.
    """
    found = _NUMBERED.fullmatch(packet)
    if found is None:
        raise Malformed("not an event")
    ref = int(found[1]) if found[1] else None
    try:
        arguments = _arguments.decode(found[2])
    except (msgspec.MsgspecError, RecursionError):
        arguments = []
    if not arguments and ref is None:
        raise Malformed("not an event")
    return ref, arguments


def message_of(ref: int | None, arguments: list[Raw]) -> Message:
    """What an event means, or a `Refusal` that can be told."""
    try:
        if len(arguments) != 2:
            raise Refusal("malformed", "an event takes one object, of JSON that can be read")
        name = _text.decode(arguments[0])
        if name == "push":
            push = msgspec.json.decode(arguments[1], type=Push)
            return Message(None, ref, push.topic, push.event, Raw(_encode(push.payload)))
        fields = _fields.decode(arguments[1])
        topic = _text.decode(fields.pop("topic", b""))
    except msgspec.ValidationError as error:
        raise invalid("event", str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise Refusal("malformed", "the event names no topic") from None
    match name:
        case "subscribe":
            return Message(None, ref, topic, "phx_join", Raw(_encode(fields)))
        case "unsubscribe":
            return Message(None, ref, topic, "phx_leave", Raw(b"{}"))
        case _:
            raise Refusal("malformed", "emit subscribe, unsubscribe or push")
