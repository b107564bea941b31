"""The end of a server: what was accepted is answered, everybody is told to come back, nothing is left."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from time import monotonic

import pytest

from tests.channels.raw import Raw
from tests.channels.serving import Serving


async def started() -> tuple[Process, int]:
    """A server in a process of its own, and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.channels.serving", stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    return process, int(await process.stdout.readline())


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_server_with_live_clients_in_time_and_in_order(signal_: signal.Signals) -> None:
    process, port = await started()
    sockets = [await Raw.connect(port) for _ in range(50)]
    silent = await Raw.connect(port)  # never answers the close
    idle = await Raw.connect(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for socket in sockets:
        await socket.join()
    start = monotonic()
    process.send_signal(signal_)
    sockets[0].send(["1", "2", "room:ABC", "echo", {"last": "words"}])
    codes = await asyncio.gather(*(socket.closed() for socket in sockets))
    assert set(codes) == {(1012, "restart")}
    _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors == b""
    assert monotonic() - start < 30
    assert await idle.reader.read() == b"hello"
    for raw in (silent, idle, *sockets):
        raw.writer.transport.abort()


async def test_commands_under_way_are_answered_before_their_sockets_close(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join()
        socket.send(["1", "2", "room:ABC", "later", {}])
        reply = await server.rooms.unanswered.get()
        server.may_drain.clear()
        server.server.should_exit = True
        while not server.endpoint.draining:
            await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await Raw.connect(server.port)
        reply.ok(b'{"index":5}')
        server.may_drain.set()
        assert (await socket.until("phx_reply"))[4] == {"status": "ok", "response": {"index": 5}}
        assert await socket.closed() == (1012, "restart")


async def test_nothing_follows_the_close_of_a_socket_that_hears_of_its_own_leaving(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket, await Raw.connect(server.port) as other:
        await other.join("room:GHI")
        await socket.join("room:ABC", "1")
        await socket.join("room:DEF", "2")
        closing = asyncio.create_task(server.endpoint.close_all(wait_seconds=0.5))
        assert await socket.closed() == (1012, "restart")
        assert await other.closed() == (1012, "restart")
        await closing


async def test_a_crowd_is_sent_away_little_by_little(server: Serving) -> None:
    sockets = [await Raw.connect(server.port) for _ in range(100)]
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def watch(socket: Raw) -> None:
        assert (await socket.closed())[0] == 1012
        times.append(loop.time())

    await asyncio.gather(server.endpoint.close_all(spread_seconds=0.3), *(watch(each) for each in sockets))
    assert server.endpoint.sockets == 0
    assert max(times) - min(times) > 0.15
    for socket in sockets:
        socket.writer.transport.abort()
