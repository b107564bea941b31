"""How Channels messages look on the wire: the JSON of Phoenix V1 and V2, inside finished WebSocket frames."""

import re
import struct
from typing import Protocol

import msgspec
from msgspec import Raw

Ref = str | int | None

_OBJECT = ord("{")
# What comes before the payload in V2, when there is one: four parts that are texts, numbers or null.
_ADDRESS = re.compile(rb'\s*\[(?:\s*(?:null|-?\d+|"(?:[^"\\]|\\.)*+")\s*,){4}(?=\s*[^\s\]])')
_encoder = msgspec.json.Encoder()


class Malformed(Exception):
    """What came in is not a Channels message."""


class Message(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """One message from a client; `payload` is the text of a JSON object, not yet read."""

    join_ref: Ref
    ref: Ref
    topic: str
    event: str
    payload: Raw


class BadPayload(Malformed):
    """Of a message only the payload is none; who sent it can be answered."""

    def __init__(self, addressed: Message) -> None:
        super().__init__("the payload is not an object")
        self.addressed = addressed  # with an empty payload, or the bad one


class _MessageV1(msgspec.Struct):
    topic: str
    event: str
    payload: Raw
    ref: Ref = None
    join_ref: Ref = None


class Wire(Protocol):
    """How messages are written to a client. There is one instance of each, so it also serves as a key."""

    def encode(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        """What the client's outbox takes: for Channels a WebSocket frame, finished.

        `payload` is the text of a JSON object.
        """


class Dialect(Wire, Protocol):
    """One version of the Channels protocol."""

    def decode(self, text: bytes) -> Message:
        """The message in a text frame, or `Malformed`: `BadPayload` where the rest of it could be read."""


class _V2:
    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(Message)

    def decode(self, text: bytes) -> Message:
        try:
            message = self._decoder.decode(text)
        except msgspec.ValidationError as error:
            raise Malformed("not a message of five parts") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._fault_of(text) from error
        return _with_object(message)

    def _fault_of(self, text: bytes) -> Malformed:
        """What is wrong with a text that is not JSON: the payload alone, or more."""
        address = _ADDRESS.match(text)
        try:
            return BadPayload(self._decoder.decode(address[0] + b"{}]" if address else b""))
        except msgspec.DecodeError:
            return Malformed("not a message of five parts")

    def encode(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        return text_frame(_encoder.encode((join_ref, ref, topic, event, Raw(payload))))


class _V1:
    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_MessageV1)

    def decode(self, text: bytes) -> Message:
        try:
            old = self._decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Malformed("not a message of V1") from error
        return _with_object(Message(old.join_ref, old.ref, old.topic, old.event, old.payload))

    def encode(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        message = {"topic": topic, "event": event, "payload": Raw(payload), "ref": ref}
        return text_frame(_encoder.encode(message))


V1: Dialect = _V1()
V2: Dialect = _V2()
WIRES = {"1.0.0": V1, "2.0.0": V2}


def _with_object(message: Message) -> Message:
    if memoryview(message.payload)[0] != _OBJECT:
        raise BadPayload(message)
    return message


def decode_binary(data: bytes) -> Message:
    """The addressing of a binary push: zero, four lengths of a byte, four texts. Its payload is left out."""
    if len(data) < 5 or data[0] != 0:
        raise Malformed("not a binary push")
    lengths = data[1:5]
    if 5 + sum(lengths) > len(data):
        raise Malformed("a binary push cut short")
    texts: list[str] = []
    start = 5
    for length in lengths:
        try:
            texts.append(data[start : start + length].decode())
        except UnicodeDecodeError as error:
            raise Malformed("a binary push with bad UTF-8") from error
        start += length
    join_ref, ref, topic, event = texts
    return Message(join_ref or None, ref or None, topic, event, Raw(b"{}"))


def text_frame(payload: bytes) -> bytes:
    """A whole text message as a server sends it: one frame, not masked (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload
