"""The other end of the live benchmark: a process whose sockets write, and hear of everything written."""

import asyncio
import base64
import os
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import Self

import msgspec
import uvloop

_KEY = base64.b64encode(bytes(16)).decode()
_REPLY = b'"phx_reply",{"status":"'
_DONE = b'"phx_reply",{"status":"ok","response":{"index":'
_EVENT = b'"event",{"index":'
_TAIL = 64  # bytes of a frame's head that may be cut off by the end of a read


class Place(msgspec.Struct):
    """One socket's way in."""

    token: str
    room: str


class Figures(msgspec.Struct):
    """What was seen between two questions."""

    seconds: float
    updates: int  # answered with ok
    p50: float  # seconds from sending to the answer
    p99: float
    events: int  # heard of over all sockets
    boards: int


def _frame(text: bytes) -> bytes:
    """A whole masked text frame; the mask is zero, so that the text can be filled in."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | size) + text
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, size) + text


class _Scorekeeper(asyncio.Protocol):
    """Joins its room, then keeps some commands under way: each answer is followed by the next command."""

    def __init__(self, all_of_them: "_Scorekeepers", number: int, place: Place, seat: int) -> None:
        self._all = all_of_them
        self._place = place
        self._joined = False
        self._data = b""
        self._count = 0
        self._sent: deque[float] = deque()
        topic = f'"1","%07d","room:{place.room}"'
        record = f'[{topic},"record",{{"seat":{seat},"stat":"Points","delta":1,"command_id":"{number}-%07d"}}]'
        self._command = _frame(record.encode() % (0, 0))
        self._ref = self._command.index(b"0000000")
        self._id = self._command.rindex(b"0000000")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._write = transport.write
        request = (
            f"GET /socket/websocket?vsn=2.0.0&token={self._place.token} HTTP/1.1\r\nHost: localhost\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        join = _frame(f'["1","1","room:{self._place.room}","phx_join",{{}}]'.encode())
        self._write(request.encode() + join)

    def send(self) -> None:
        self._count += 1
        number = b"%07d" % self._count
        command, ref, id_ = self._command, self._ref, self._id
        self._sent.append(perf_counter())
        self._write(command[:ref] + number + command[ref + 7 : id_] + number + command[id_ + 7 :])

    def data_received(self, data: bytes) -> None:
        data = self._data + data
        if not self._joined:
            self._data = data
            if _REPLY in data:
                assert _REPLY + b'ok"' in data, data
                self._joined = True
                self._data = b""
                self._all.arrived()
            return
        # Counting words is all that a reader of this many frames has time for. What a read cuts off is
        # kept for the next; a word that ends in it is not counted again.
        whole, self._data = data, data[-_TAIL:]
        del whole
        self._heard(data)

    def _heard(self, data: bytes) -> None:
        raise NotImplementedError

    def connection_lost(self, exc: Exception | None) -> None:
        os._exit(0)  # the server is gone, and so is the purpose
