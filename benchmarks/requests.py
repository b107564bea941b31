"""The other end of REST benchmarks: a process whose connections each ask again once they are answered."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from functools import partial
from time import perf_counter

import msgspec
import uvloop

_LENGTH = b"content-length: "


class Load(msgspec.Struct):
    """What the process is told to do."""

    port: int
    connections: int
    seconds: float
    warm_up: float
    token: str
    paths: list[str]  # asked for in turn


class Figures(msgspec.Struct):
    """What was seen. Times are seconds from sending to the last byte."""

    requests: int
    size: float  # bytes of a body, on average
    p50: float
    p99: float


class _Client(asyncio.Protocol):
    def __init__(self, owner: "_Clients", first: int) -> None:
        self._owner = owner
        self._next = first
        self._buffer = b""
        self._missing = -1  # bytes of the body; -1 before the head is whole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = transport.write  # type: ignore[attr-defined]  # TCP can write
        self._ask()

    def _ask(self) -> None:
        self._next += 1
        self._sent = perf_counter()
        self._write(self._owner.requests[self._next % len(self._owner.requests)])

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._buffer += data
            head, end, body = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 200"), self._buffer[:300]
            at = head.lower().index(_LENGTH) + len(_LENGTH)
            size = int(head[at : at + 12].split(b"\r")[0])
            self._owner.size += size
            self._missing, self._buffer = size - len(body), b""
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self._owner.times.append((self._sent, perf_counter()))
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        os._exit(0)  # the server is gone, and so is the purpose


class _Clients:
    def __init__(self, load: Load) -> None:
        self._load = load
        self.requests = [
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {load.token}\r\n\r\n".encode()
            for path in load.paths
        ]
        self.times: list[tuple[float, float]] = []
        self.size = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in range(self._load.connections):
            first = number * 7  # so that they do not all ask for the same
            await loop.create_connection(partial(_Client, self, first), "127.0.0.1", self._load.port)
        await asyncio.sleep(self._load.warm_up)
        begun = perf_counter()
        await asyncio.sleep(self._load.seconds)
        counted = sorted(end - start for start, end in self.times if start >= begun)
        p50, p99 = counted[len(counted) // 2], counted[len(counted) * 99 // 100]
        figures = Figures(len(counted), self.size / len(self.times), p50, p99)
        print(msgspec.json.encode(figures).decode(), flush=True)
        os._exit(0)


async def ask(
    port: int, paths: Sequence[str], token: str, *, connections: int, seconds: float, warm_up: float
) -> Figures:
    """Ask a server in this process for these paths, from another process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.requests", stdin=PIPE, stdout=PIPE
    )
    load = Load(port, connections, seconds, warm_up, token, list(paths))
    told, _ = await process.communicate(msgspec.json.encode(load))
    return msgspec.json.decode(told, type=Figures)


if __name__ == "__main__":
    uvloop.run(_Clients(msgspec.json.decode(sys.stdin.buffer.read(), type=Load)).run())
