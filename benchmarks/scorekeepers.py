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

# What is counted in the bytes that come in. All are of one length, so that what a read cuts off is found
# in the next one, and only there.
_DONE = b'y",{"status":"ok'
_EVENT = b'","event",{"inde'
_BOARD = b'"scoreboard",{"s'
_CUT = len(_DONE) - 1


class Place(msgspec.Struct):
    """One socket's way in, and the seat it scores for."""

    token: str
    room: str
    seat: int


class Load(msgspec.Struct):
    """What the process is told to do."""

    port: int
    under_way: int  # commands a socket sends before it waits for an answer
    places: list[Place]


class Figures(msgspec.Struct):
    """What was seen since the last question. Times are seconds from sending to the answer."""

    updates: int  # answered with ok
    events: int  # heard of, over all sockets
    boards: int
    p50: float
    p99: float


def _frame(text: bytes) -> bytes:
    """A whole masked text frame; the mask is zero, so that numbers can be filled in."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | size) + text
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, size) + text


class _Scorekeeper(asyncio.Protocol):
    """Joins its room, then keeps some commands under way: each answer is followed by the next command."""

    def __init__(self, owner: "_Scorekeepers", place: Place) -> None:
        self._owner = owner
        self._place = place
        self._joined = False
        self._cut = b""
        self._number = 0
        self._sent: deque[float] = deque()
        record = (
            f'["1","0000000","room:{place.room}","record",'
            f'{{"seat":{place.seat},"stat":"Points","delta":1,"command_id":"c-{id(self)}-0000000"}}]'
        )
        self._parts = _frame(record.encode()).split(b"0000000")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = transport.write  # type: ignore[attr-defined]  # TCP can write
        request = (
            f"GET /socket/websocket?vsn=2.0.0&token={self._place.token} HTTP/1.1\r\nHost: localhost\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._write(
            request.encode() + _frame(f'["1","1","room:{self._place.room}","phx_join",{{}}]'.encode())
        )

    def send(self) -> None:
        self._number += 1
        self._sent.append(perf_counter())
        self._write((b"%07d" % self._number).join(self._parts))

    def data_received(self, data: bytes) -> None:
        data = self._cut + data
        if not self._joined:
            self._cut = data
            assert b'"status":"error"' not in data, data
            if _DONE in data:
                self._joined = True
                self._cut = b""
                self._owner.arrived()
            return
        self._cut = data[-_CUT:]
        owner = self._owner
        owner.events += data.count(_EVENT)
        owner.boards += data.count(_BOARD)
        answers = data.count(_DONE)
        if answers:
            now = perf_counter()
            for _ in range(answers):
                owner.times.append(now - self._sent.popleft())
                self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        os._exit(0)  # the server is gone, and so is the purpose


class _Scorekeepers:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._missing = len(load.places)
        self._sockets: list[_Scorekeeper] = []
        self.times: list[float] = []
        self.events = 0
        self.boards = 0

    def arrived(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            print("joined", flush=True)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(50)

        async def connect(place: Place) -> None:
            async with gate:
                socket = _Scorekeeper(self, place)
                self._sockets.append(socket)
                await loop.create_connection(lambda: socket, "127.0.0.1", self._load.port)

        loop.add_reader(sys.stdin.fileno(), self._told)
        await asyncio.gather(*(connect(place) for place in self._load.places))
        await asyncio.Event().wait()

    def _told(self) -> None:
        match sys.stdin.readline():
            case "go\n":
                for socket in self._sockets:
                    for _ in range(self._load.under_way):
                        socket.send()
            case "figures\n":
                self._tell()
            case _:
                os._exit(0)

    def _tell(self) -> None:
        times = sorted(self.times) or [0.0]
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        figures = Figures(len(self.times), self.events, self.boards, p50, p99)
        self.times.clear()
        self.events = self.boards = 0
        print(msgspec.json.encode(figures).decode(), flush=True)


class Scorekeepers:
    """The process, as the benchmark holds it."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, port: int, places: Sequence[Place], *, under_way: int) -> Self:
        """Returns when every socket has joined its room."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.scorekeepers", stdin=PIPE, stdout=PIPE
        )
        started = cls(process)
        started._tell(msgspec.json.encode(Load(port, under_way, list(places))).decode())
        assert await started._heard() == b"joined\n"
        return started

    def go(self) -> None:
        """Begin to write."""
        self._tell("go")

    async def figures(self) -> Figures:
        self._tell("figures")
        return msgspec.json.decode(await self._heard(), type=Figures)

    async def end(self) -> None:
        """Hang up all at once, with commands under way."""
        self._tell("end")
        await self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def _heard(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.readline()


if __name__ == "__main__":
    sys.stdin.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a pipe
    uvloop.run(_Scorekeepers(msgspec.json.decode(sys.stdin.readline(), type=Load)).run())
