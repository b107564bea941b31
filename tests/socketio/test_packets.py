"""Clients that say what they should not, or do not do what they should: only their own session ends."""

import asyncio

import httpx
import msgspec
import pytest

from tallybook.accounts.events import SignInsEnded
from tallybook.delivery.channels.limits import Limits
from tallybook.kernel.events import Recorded, encode, registry
from tests.channels.raw import BINARY, frame
from tests.channels.serving import Serving, serving
from tests.socketio.raw import connected, connecting, join, polling, until

BAD = {
    "nothing": "",
    "unknown to Engine.IO": "x",
    "a ping, which only servers send": "2",
    "an upgrade of what is no upgrade": "5",
    "unknown to Socket.IO": "49",
    "a second connect": '40{"token":"ana"}',
    "an event that is cut short": '42["push",{"topic":',
    "an event without a name": "42[]",
    "an event that is an object": '42{"push":1}',
    "an endless number": "42" + "9" * 5_000 + '["push",{}]',
    "a binary event": '451-["push",{"_placeholder":true,"num":0}]',
    "a deep event": "42" + "[" * 20_000,
    "a refusal, which only servers send": '44{"message":"no"}',
}
BROKEN = {
    **{name: (frame(packet), 1003) for name, packet in BAD.items()},
    "an attachment": (frame(b"\x01\x02", BINARY), 1003),
    "bad UTF-8": (frame(b'42["\xff"]'), 1007),
    "too large": (frame("4" * 70_000), 1009),
    "not masked": (frame("3", masked=False), 1002),
}


@pytest.mark.parametrize(("sent", "code"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_packet_ends_its_own_websocket_and_disturbs_nobody(
    server: Serving, sent: bytes, code: int
) -> None:
    async with connected(server.port) as neighbour, connected(server.port) as socket:
        for each in (neighbour, socket):
            each.say(join())
            await each.hear("431")
        socket.write(sent)
        assert (await socket.closed())[0] == code
        await until(lambda: len(server.rooms.members) == 1)
        neighbour.say('422["push",{"topic":"room:ABC","event":"record","payload":{"value":7}}]')
        await neighbour.hear('42["event",{"topic":"room:ABC","index":0,"value":7}]')


@pytest.mark.parametrize("broken", ['["push",{"topic":"\\ud800"}]', '["push",NaN]', "[", "[]", "[" * 20_000])
async def test_what_cannot_be_read_is_answered_where_an_answer_is_awaited(
    server: Serving, broken: str
) -> None:
    async with connected(server.port) as socket:
        socket.say(join())
        await socket.hear("431")
        socket.say(f"422{broken}")
        assert '"code":"malformed"' in await socket.hear("432")
        socket.say('423["push",{"topic":"room:ABC","event":"echo","payload":{"still":"here"}}]')
        assert await socket.hear("433") == '433[{"status":"ok","response":{"still":"here"}}]'


async def test_every_message_is_acknowledged_also_behind_a_join_that_is_overtaken(server: Serving) -> None:
    unmatched = '[{"status":"error","response":{"reason":"unmatched topic"}}]'
    async with connected(server.port) as socket:
        for packet in (
            join(wait=True),
            '422["push",{"topic":"room:ABC","event":"record","payload":{"value":7}}]',
            '423["unsubscribe",{"topic":"room:ABC"}]',
            join(number=4),
        ):
            socket.say(packet)
        acknowledged = [await socket.hear("43") for _ in range(4)]
    assert acknowledged[:2] == [f"431{unmatched}", f"432{unmatched}"]
    assert acknowledged[2] == '433[{"status":"ok","response":{}}]'
    assert acknowledged[3].startswith('434[{"status":"ok"')


@pytest.mark.parametrize("packet", BAD.values(), ids=BAD)
async def test_a_broken_packet_ends_its_own_polling_and_disturbs_nobody(server: Serving, packet: str) -> None:
    async with polling(server.port) as neighbour, polling(server.port) as poller:
        await poller.bring(join())
        assert (await neighbour.bring(join(), join("room:DEF", 2))).text == "ok"
        assert (await poller.bring(packet, join("room:GHI"))).status_code == 400
        assert (await poller.bring("3")).json() == {"code": 1, "message": "Session ID unknown"}
        await neighbour.hear("432")
        await until(lambda: len(server.rooms.members) == 2)


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("GET", "", 400),
        ("GET", "EIO=3&transport=polling", 400),
        ("GET", "EIO=4&transport=websocket", 400),
        ("GET", "EIO=4&transport=polling&sid=unknown", 400),
        ("GET", "&".join("abcdefghijklmnopqrstuvwxyz"), 400),
        ("POST", "EIO=4&transport=polling", 400),
        ("DELETE", "EIO=4&transport=polling", 400),
        ("OPTIONS", "", 204),
        ("GET", "EIO=4&transport=polling", 200),
    ],
)
async def test_only_a_proper_handshake_begins_a_session(
    server: Serving, method: str, query: str, status: int
) -> None:
    url = f"http://127.0.0.1:{server.port}/socket.io/?{query}"
    async with httpx.AsyncClient() as client:
        response = await client.request(method, url, headers={"Origin": "http://game.example"})
    assert response.status_code == status, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert len(server.engine.sessions) == (status == 200)


async def test_a_body_has_to_be_utf8_and_of_a_moderate_size(server: Serving) -> None:
    async with polling(server.port) as poller:
        assert (await poller.bring("4" * 70_000)).status_code == 413
        assert (await poller.bring(b'42["\xff"]')).status_code == 400
    async with polling(server.port) as poller:
        assert (await poller.bring(*["3"] * 1_001)).status_code == 400
    assert not server.engine.sessions


async def test_of_two_polls_at_a_time_neither_is_trusted(server: Serving) -> None:
    async with polling(server.port) as poller:
        waiting = asyncio.create_task(poller.fetch())
        [session] = server.engine.sessions.values()
        await until(lambda: session.waiting)
        with pytest.raises(AssertionError, match="two polls"):
            await poller.fetch()
        assert await waiting == ["1"]
    assert not server.engine.sessions


async def test_who_hangs_up_while_polling_is_gone(server: Serving) -> None:
    async with polling(server.port) as poller:
        await poller.bring(join())
        await poller.hear("431")
        request = f"GET /socket.io/?EIO=4&transport=polling&sid={poller.sid} HTTP/1.1\r\nHost: here\r\n\r\n"
        await poller.hear('42["presence_diff"')
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request.encode())
        [session] = server.engine.sessions.values()
        await until(lambda: session.waiting)
        writer.transport.abort()
        await until(lambda: not server.engine.sessions)
    assert not server.rooms.members


@pytest.mark.parametrize("first", ["5", "2prob", "2probe"])
async def test_a_failed_upgrade_leaves_the_polling_session_as_it_was(server: Serving, first: str) -> None:
    async with polling(server.port) as poller:
        await poller.bring(join())
        await poller.hear("431")
        async with connecting(server.port, poller.sid) as socket:
            socket.say(first)
            if first == "2probe":
                assert await socket.packet() == "3probe"
                assert await poller.fetch() != []  # answered at once, if with nothing
                async with connecting(server.port, poller.sid) as other:
                    assert other.status == 400
            else:
                assert (await socket.closed())[0] == 1003
        await poller.bring('422["push",{"topic":"room:ABC","event":"echo","payload":{"still":"here"}}]')
        assert await poller.hear("432") == '432[{"status":"ok","response":{"still":"here"}}]'


async def test_what_was_sent_during_an_upgrade_is_carried_over(server: Serving) -> None:
    async with polling(server.port) as poller:
        await poller.bring(join())
        await poller.hear("431")
        async with connecting(server.port, poller.sid) as socket:
            socket.say("2probe")
            await socket.packet()
            server.rooms.record("ABC", "in between")
            socket.say("5")
            await socket.hear('42["event",{"topic":"room:ABC","index":0,"value":"in between"}]')
            assert (await poller.bring("3")).json()["code"] == 3
            socket.say("1")
            await socket.closed()
    assert not server.engine.sessions


async def test_a_slow_reader_is_dropped_whatever_its_transport() -> None:
    limits = Limits(closing_seconds=0.2, sweep_seconds=0.05)
    async with (
        serving(limits=limits) as server,
        connected(server.port) as quick,
        connected(server.port) as slow,
        polling(server.port) as poller,
    ):
        for socket in (quick, slow):
            socket.say(join())
            await socket.hear("431")
        await poller.bring(join())
        await poller.hear("431")
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        large = "x" * 20_000
        index = 0
        while len(server.rooms.members) > 1:
            server.rooms.record("ABC", large)
            told = msgspec.json.decode((await quick.hear('42["event"'))[2:])
            assert told[1] == {"topic": "room:ABC", "index": index, "value": large}
            index += 1
        assert index > 50  # they had their megabyte first
        assert server.endpoint.closed == {1013: 2}


async def test_an_ended_sign_in_ends_its_sessions_whatever_their_transport(server: Serving) -> None:
    async with (
        connecting(server.port) as neighbour,
        connected(server.port) as socket,
        polling(server.port) as poller,
    ):
        neighbour.say('40{"token":"ben"}')
        await neighbour.hear("40")
        *_, session = server.engine.sessions.values()
        fetched = asyncio.create_task(poller.fetch())
        await until(lambda: session.waiting)
        assert session.actor is not None
        assert session.actor.sign_in is not None
        payload, _ = encode(ended := SignInsEnded((session.actor.sign_in,)))
        of_ana = session.actor.player_id
        name = registry.name_of(ended)
        server.endpoint.follow([Recorded(of_ana, 1, 1, name, payload, of_ana, None, None, 0, b"")])
        assert await socket.closed() == (1001, "signed out")
        assert await fetched == ["1"]
        neighbour.say(join())
        await neighbour.hear("431")


async def test_whoever_only_sits_there_is_closed() -> None:
    limits = Limits(
        handshake_seconds=0.3, first_join_seconds=0.6, ping_seconds=0.9, pong_seconds=0.1, sweep_seconds=0.02
    )
    async with serving(limits=limits) as server:
        async with (
            connecting(server.port) as nobody,
            connected(server.port) as idle,
            connected(server.port) as mute,
            polling(server.port),
        ):
            mute.say(join())
            assert (await nobody.closed())[1] == "nobody signed in"
            assert (await idle.closed())[1] == "no topic was joined"
            assert (await mute.closed())[1] == "no answer to a ping"
            await until(lambda: not server.engine.sessions)
        await server.until_empty()


async def test_a_flood_is_read_no_faster_than_allowed() -> None:
    limits = Limits(frames_per_second=100, sweep_seconds=10)
    async with serving(limits=limits) as server, polling(server.port) as poller:
        [session] = server.engine.sessions.values()
        received = server.endpoint.received
        flood = asyncio.create_task(poller.bring(*["3"] * 100))
        await until(lambda: session.owed > 100)
        assert server.endpoint.received == received
        session.sweep(server.endpoint.clock.monotonic())
        assert (await flood).text == "ok"
        assert server.endpoint.received == received + 100


async def test_commands_under_way_are_answered_before_the_end(server: Serving) -> None:
    async with connected(server.port) as socket, polling(server.port) as poller:
        later = '422["push",{"topic":"room:ABC","event":"later"}]'
        socket.say(join())
        socket.say(later)
        await poller.bring(join())
        await poller.bring(later)
        await poller.hear("431")
        await poller.hear('42["presence_diff"')  # which else may be what the last poll is answered with
        replies = [await server.rooms.unanswered.get() for _ in range(2)]
        waiting = asyncio.create_task(poller.hear("432"))
        await until(lambda: server.engine.sessions[poller.sid].waiting)
        server.may_drain.clear()
        server.server.should_exit = True
        await until(lambda: server.endpoint.draining)
        for reply in replies:
            reply.ok(b'{"index":5}')
        server.may_drain.set()
        assert await socket.hear("432") == '432[{"status":"ok","response":{"index":5}}]'
        assert await socket.closed() == (1012, "restart")
        assert await waiting == '432[{"status":"ok","response":{"index":5}}]'
