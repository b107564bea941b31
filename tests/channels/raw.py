"""A WebSocket client that does as it is told, right or wrong."""

import asyncio
import base64
import struct
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import msgspec

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
HEARTBEAT = '[null,"h","phoenix","heartbeat",{}]'


def frame(
    payload: bytes | str,
    opcode: int = TEXT,
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    mask: bytes = b"\0\0\0\0",
) -> bytes:
    """A frame as a client sends it; a mask of zero changes nothing."""
    data = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    bit = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([bit | len(data)])
    elif len(data) < 65536:
        head += struct.pack("!BH", bit | 126, len(data))
    else:
        head += struct.pack("!BQ", bit | 127, len(data))
    if not masked:
        return head + data
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def upgrade(
    token: str = "ana", vsn: str | None = "2.0.0", *, path: str = "/socket/websocket", headers: str = ""
) -> bytes:
    """An upgrade request."""
    query = f"?token={quote(token)}" + (f"&vsn={vsn}" if vsn is not None else "")
    key = base64.b64encode(b"0123456789abcdef").decode()
    return (
        f"GET {path}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    ).encode()


class Raw:
    """A connection; the context hangs up at its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.response = ""

    @classmethod
    async def connect(cls, port: int, request: bytes | None = None, *, read_limit: int = 2**16) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=read_limit)
        raw = cls(reader, writer)
        raw.write(request or upgrade())
        raw.response = (await reader.readuntil(b"\r\n\r\n")).decode()
        return raw

    @property
    def status(self) -> int:
        return int(self.response.split()[1])

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def send(self, message: object) -> None:
        self.write(frame(message if isinstance(message, str) else msgspec.json.encode(message)))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload; servers neither mask nor fragment."""
        first, size = await self.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        assert first & 0x80
        return first & 0x0F, await self.reader.readexactly(size)

    async def message(self) -> Any:
        opcode, data = await self.frame()
        assert opcode == TEXT, (opcode, data)
        return msgspec.json.decode(data)

    async def until(self, event: str) -> Any:
        """The next message with this event, passing over others."""
        while True:
            message = await self.message()
            if message[3] == event:
                return message

    async def join(self, topic: str = "room:ABC", ref: str = "1", **params: object) -> Any:
        """Join and take what follows: the reply's response. Presence is left to come."""
        self.send([ref, ref, topic, "phx_join", params])
        reply = await self.until("phx_reply")
        assert reply[4]["status"] == "ok", reply
        return reply[4]["response"]

    async def closed(self) -> tuple[int, str]:
        """The code and the reason of the close frame, passing over messages; nothing may follow."""
        while True:
            opcode, data = await self.frame()
            if opcode == CLOSE:
                break
        self.write(frame(data, CLOSE))
        assert await self.reader.read() == b""
        return int.from_bytes(data[:2], "big"), data[2:].decode()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()
