"""The other end of socket benchmarks: a process that joins with many sockets, then only counts bytes."""

import asyncio
import base64
import os
import struct
import sys
from asyncio.subprocess import PIPE, Process
from typing import Self

import uvloop

_KEY = base64.b64encode(bytes(16)).decode()


class _Reader(asyncio.Protocol):
    """Upgrades, joins its topic, and from the answer to that on counts."""

    def __init__(self, readers: "_Readers", topic: str) -> None:
        self._readers = readers
        self._topic = topic
        self._joined = False
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        request = (
            "GET /socket/websocket?vsn=2.0.0&token=reader HTTP/1.1\r\nHost: localhost\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        join = f'["1","1","{self._topic}","phx_join",{{}}]'.encode()
        head = struct.pack("!BB4x", 0x81, 0x80 | len(join))  # the mask is zero
        transport.write(request.encode() + head + join)  # type: ignore[attr-defined]  # TCP can write

    def data_received(self, data: bytes) -> None:
        if self._joined:
            self._readers.count(len(data))
            return
        self._head += data
        if b"phx_reply" in self._head:
            assert b'"ok"' in self._head, self._head
            self._joined = True
            self._head = b""
            self._readers.arrived()

    def connection_lost(self, exc: Exception | None) -> None:
        os._exit(0)  # the server is gone, and so is the purpose


class _Readers:
    def __init__(self, size: int) -> None:
        self._missing = size
        self._goal = 0
        self._read = 0

    def arrived(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            print("joined", flush=True)

    def count(self, size: int) -> None:
        self._read += size
        if self._read == self._goal:
            self._read = self._goal = 0
            print("read", flush=True)

    async def run(self, port: int, size: int, topics: int) -> None:
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(100)

        async def connect(topic: str) -> None:
            async with gate:
                await loop.create_connection(lambda: _Reader(self, topic), "127.0.0.1", port)

        loop.add_reader(sys.stdin.fileno(), self._told)
        await asyncio.gather(*(connect(f"room:R{n % topics}") for n in range(size)))
        await asyncio.Event().wait()

    def _told(self) -> None:
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        self._goal = int(line)
        if self._read == self._goal:
            self.count(0)


class Readers:
    """The process, as the benchmark holds it."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, port: int, *, sockets: int, topics: int) -> Self:
        """Returns when every socket has joined, spread evenly over the topics `room:R0`, `room:R1`, …"""
        arguments = ("-m", "benchmarks.readers", str(port), str(sockets), str(topics))
        readers = cls(
            await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE)
        )
        await readers._heard(b"joined\n")
        return readers

    async def expect(self, size: int) -> None:
        """Wait until this many bytes have been read since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % size)
        await self._heard(b"read\n")

    async def _heard(self, word: bytes) -> None:
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == word

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


if __name__ == "__main__":
    uvloop.run(_Readers(int(sys.argv[2])).run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
