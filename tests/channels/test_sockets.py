"""The socket as bytes see it: frames cut, joined, too large or wrong, and every way of closing."""

import asyncio

import pytest

from tallybook.delivery.channels.limits import Limits
from tallybook.delivery.channels.transport import Frames
from tests.channels.raw import BINARY, CLOSE, CONT, HEARTBEAT, PING, PONG, TEXT, Raw, frame, upgrade
from tests.channels.serving import Serving, serving

ALIVE = [None, "h", "phoenix", "phx_reply", {"status": "ok", "response": {}}]


async def test_a_socket_and_a_request_share_the_port(server: Serving) -> None:
    async with await Raw.connect(server.port, b"GET /anything HTTP/1.1\r\nHost: localhost\r\n\r\n") as http:
        assert http.status == 200
        assert await http.reader.readexactly(5) == b"hello"
        http.write(upgrade())  # on the same connection
        assert b" 101 " in await http.reader.readuntil(b"\r\n\r\n")
        http.send(HEARTBEAT)
        assert await http.message() == ALIVE


async def test_what_follows_the_upgrade_in_the_same_read_is_not_lost(server: Serving) -> None:
    async with await Raw.connect(server.port, upgrade() + frame(HEARTBEAT)) as socket:
        assert socket.status == 101
        assert await socket.message() == ALIVE


async def test_an_upgrade_request_may_arrive_byte_by_byte(server: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for byte in upgrade() + frame(HEARTBEAT):
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    socket = Raw(reader, writer)
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    assert await socket.message() == ALIVE
    writer.transport.abort()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (upgrade("bad"), 403),
        (upgrade(""), 403),
        (upgrade(vsn="3.0.0"), 403),
        (upgrade(headers="Sec-WebSocket-Protocol: phoenix, base64url.bearer.phx.YmFk\r\n", token=""), 403),
        (upgrade().replace(b"Version: 13", b"Version: 8"), 400),
        (upgrade().replace(b"GET", b"POST"), 405),
        (upgrade(vsn=None), 101),
        (upgrade(headers="Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"), 101),
        (upgrade(headers="Sec-WebSocket-Protocol: phoenix, base64url.bearer.phx.YW5h\r\n", token=""), 101),
    ],
)
async def test_who_may_connect(server: Serving, request_: bytes, status: int) -> None:
    async with await Raw.connect(server.port, request_) as socket:
        assert socket.status == status
        assert "extensions" not in socket.response.lower()
        assert ("Sec-WebSocket-Protocol: phoenix\r\n" in socket.response) == (
            status == 101 and b"Protocol: phoenix" in request_
        )


async def test_messages_may_come_in_any_pieces(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        for byte in frame(HEARTBEAT):  # one frame, byte by byte
            socket.write(bytes([byte]))
            await socket.writer.drain()
            await asyncio.sleep(0)
        assert await socket.message() == ALIVE
        socket.write(frame(HEARTBEAT) * 50)  # many frames in one piece
        assert [await socket.message() for _ in range(50)] == [ALIVE] * 50
        text = '["1","1","room:ABC","phx_join",{"role":"Zoë 😀"}]'.encode()
        pieces = [text[i : i + 1] for i in range(len(text))]  # characters cut in two
        socket.write(frame(pieces[0], TEXT, fin=False))
        for piece in pieces[1:]:
            socket.write(frame(piece, CONT, fin=False) + frame(b"", CONT, fin=False) + frame(b"?", PING))
        socket.write(frame(b"", CONT))
        for _ in pieces[1:]:
            assert await socket.frame() == (PONG, b"?")
        assert (await socket.message())[4]["status"] == "ok"


def test_where_a_frame_begins_is_known() -> None:
    frames = Frames(100)
    for sent in (frame(HEARTBEAT), frame("?", PING), frame("[", fin=False), frame("]", CONT)):
        assert frames.at_a_boundary
        for byte in sent[:-1]:
            frames.receive_data(bytes([byte]))
            assert not frames.at_a_boundary
        frames.receive_data(sent[-1:])
    assert frames.at_a_boundary


@pytest.mark.parametrize("text", [HEARTBEAT, HEARTBEAT + " " * 200])
async def test_a_masked_message_may_be_cut_anywhere(server: Serving, text: str) -> None:
    whole = frame(text, mask=b"\x07\xa5\xff\x81")
    async with await Raw.connect(server.port) as socket:
        for cut in range(1, len(whole)):
            socket.write(whole + whole[:cut])
            assert await socket.message() == ALIVE  # so the rest comes in a read of its own
            socket.write(whole[cut:] + frame(b"?", PING) + whole)
            assert [await socket.message() for _ in range(2)] == [ALIVE] * 2
            assert await socket.frame() == (PONG, b"?")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"\x03\xe8bye", CLOSE), 1000),  # the client's own code comes back
        (frame(b"", CLOSE), 1001),  # never without a code, never 1000 by ourselves
        (frame(b"\x03", CLOSE), 1002),
        (frame(b"\x03\xed", CLOSE), 1002),
        (frame(b"\x03\xe8\xff", CLOSE), 1007),
        (frame(HEARTBEAT, reserved=0x40), 1002),
        (frame(HEARTBEAT, opcode=0x3), 1002),
        (frame(HEARTBEAT, masked=False), 1002),
        (frame(b"x" * 126, PING), 1002),
        (frame(b"x", PING, fin=False), 1002),
        (frame(b"x", CONT), 1002),
        (frame("[", fin=False) + frame(HEARTBEAT), 1002),
        (frame(b'["1","1","room:ABC","phx_join",{"role":"\xff"}]'), 1007),
        (frame(b'["1",', fin=False) + frame(b"\xc3", CONT), 1007),
        (frame("[1,2"), 1003),
        (frame("[1,2") + frame(HEARTBEAT, reserved=0x40), 1003),
        (frame("[1,2") + frame(b"", CLOSE), 1003),
        (frame(b"\x07not a push", BINARY) + frame(HEARTBEAT, reserved=0x40), 1002),
        (frame(b"\x07not a push", BINARY) + frame(b"", CLOSE), 1001),
        (frame('{"topic":"room:ABC"}'), 1003),
        (frame('["1","1","room:ABC","phx_join"]'), 1003),
        (frame('["1","1","room:ABC","phx_join",]'), 1003),
        (frame('["1","1","room:ABC",{},NaN]'), 1003),
        (frame('["1","1","room:ABC","phx_join",{},{}]'), 1003),
        (frame('["1","1","room:\\ud800","phx_join",{}]'), 1003),
        (frame(b"\x07not a push", BINARY), 1003),
        (frame(b"\x00\x01\x01\xff\x01123", BINARY), 1003),
        (frame(b" " * 65537), 1009),
        (frame(b" " * 1_000_000), 1009),
        (frame(b" " * 40_000, fin=False) + frame(b" " * 40_000, CONT), 1009),
    ],
)
async def test_every_end_has_its_code(server: Serving, sent: bytes, code: int) -> None:
    async with await Raw.connect(server.port) as socket:
        socket.write(sent)
        assert (await socket.closed())[0] == code
    await server.until_empty()


@pytest.mark.parametrize(
    "payload",
    [
        *("null", "[]", "7", '"x"', "NaN", '{"value":NaN}', '{"value":-Infinity}', '{"value":"\\ud800"}'),
        *('{"value":01}', '{"value":1,}', '{"value":"\x01"}', '{"value":'),
        '{"value":' + "[" * 5_000 + "1" + "]" * 5_000 + "}",
        '{"value":' + "[" * 30_000,
    ],
)
async def test_a_payload_that_cannot_be_read_is_refused_and_the_socket_goes_on(
    server: Serving, payload: str
) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join()
        for address in ('"1","7","room:ABC","record"', 'null , 7, "room:A\\"\u005d,B",\n"phx_join"'):
            socket.send(f"[{address},{payload}]")
            reply = await socket.until("phx_reply")
            assert (reply[1], reply[4]["status"]) in {("7", "error"), (7, "error")}
            assert reply[4]["response"]["code"] == "malformed"
        socket.send(["1", "8", "room:ABC", "record", {"value": 7}])
        assert (await socket.until("phx_reply"))[4] == {"status": "ok", "response": {"index": 0}}


async def test_a_binary_push_is_refused_and_the_socket_goes_on(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join()
        socket.write(frame(b"\0\x01\x01\x08\x0417room:ABCfile\x00\xff", BINARY))
        reply = await socket.until("phx_reply")
        assert reply[:3] == ["1", "7", "room:ABC"]
        assert reply[4]["status"] == "error"
        socket.send(HEARTBEAT)
        assert (await socket.until("phx_reply")) == ALIVE


async def test_a_binary_push_in_pieces_is_still_binary(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        socket.write(frame(b"\0\x01\x01\x08\x0417roo", BINARY, fin=False) + frame(b"m:ABCfile\xff", CONT))
        assert (await socket.message())[4]["response"]["code"] == "malformed"


async def test_a_hundred_thousand_joins_from_one_socket_hold_nobody_up() -> None:
    async with serving(limits=Limits(frames_per_second=5_000, sweep_seconds=0.05)) as server:
        async with await Raw.connect(server.port) as greedy, await Raw.connect(server.port) as neighbour:
            joins = [frame(f'["{n}","{n}","room:R{n}","phx_join",{{}}]') for n in range(100_000)]
            sending = asyncio.create_task(_send_all(greedy, b"".join(joins)))
            accepted = refused = 0
            while accepted < 100 or refused < 1_000:
                payload = (await greedy.until("phx_reply"))[4]
                accepted += payload["status"] == "ok"
                refused += payload["response"].get("code") == "rate_limited"
            neighbour.send(HEARTBEAT)
            async with asyncio.timeout(10):  # half of what all the joins take
                assert await neighbour.message() == ALIVE
            assert server.rooms.joins == accepted == 100
            assert not sending.done()  # left in the sender's hands, not in our memory
            sending.cancel()
        await server.until_empty()


async def _send_all(socket: Raw, data: bytes) -> None:
    socket.write(data)
    await socket.writer.drain()


async def test_a_slow_reader_is_dropped_and_its_neighbours_miss_nothing() -> None:
    async with serving(limits=Limits(closing_seconds=0.2, sweep_seconds=0.05)) as server:
        async with await Raw.connect(server.port) as slow, await Raw.connect(server.port) as quick:
            await slow.join()
            await quick.join()
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            large = "x" * 20_000
            index = 0
            while len(server.rooms.members) == 2:
                server.rooms.record("ABC", large)
                event = await quick.until("event")
                assert event[4] == {"index": index, "value": large}
                index += 1
            assert index > 50  # it had its megabyte first
            for _ in range(20):
                server.rooms.record("ABC", large)
                assert (await quick.until("event"))[4]["index"] == index
                index += 1
        await server.until_empty()


async def test_a_slow_reader_that_wakes_up_learns_why_it_was_dropped(server: Serving) -> None:
    async with await Raw.connect(server.port) as slow:
        await slow.join()
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while server.rooms.members:
            server.rooms.record("ABC", "x" * 20_000)
            await asyncio.sleep(0)
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert await slow.closed() == (1013, "too slow")
    assert server.endpoint.closed == {1013: 1}
    assert server.endpoint.hub.subscriptions == 0
    assert server.endpoint.received == 1
    assert server.endpoint.hub.outboxes.sent > 50


async def test_sockets_that_only_sit_there_are_closed() -> None:
    limits = Limits(idle_seconds=0.3, first_join_seconds=0.15, sweep_seconds=0.02)
    async with serving(limits=limits) as server:
        async with await Raw.connect(server.port) as joined, await Raw.connect(server.port) as idle:
            await joined.join()
            assert await idle.closed() == (1001, "no topic was joined")
            assert await joined.closed() == (1001, "idle")
        await server.until_empty()


async def test_an_upgrade_that_nobody_answers_for_is_cut_off() -> None:
    async with serving(limits=Limits(handshake_seconds=0.1, sweep_seconds=0.02)) as server:

        async def never(token: str) -> object:
            return await asyncio.Event().wait()

        server.endpoint.authenticate = never  # type: ignore[assignment]
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(upgrade())
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(1)
        writer.close()
        await server.until_empty()
