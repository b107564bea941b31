"""The official Socket.IO client, old and new, must find what it expects of a server."""

import asyncio

import pytest

from tallybook.delivery.channels.limits import Limits
from tests.channels.phoenix import phoenix
from tests.channels.serving import Serving, serving
from tests.socketio.client import VERSIONS, socket_io
from tests.socketio.raw import until

pytestmark = pytest.mark.parametrize("version", VERSIONS)

UNMATCHED = {"status": "error", "response": {"reason": "unmatched topic"}}


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids="+".join)
async def test_a_client_subscribes_talks_and_leaves(
    server: Serving, version: str, transports: list[str]
) -> None:
    async with socket_io(version, server.port, transports=transports) as client:
        if len(transports) > 1:
            await client.until("upgrade", transport="websocket")
        else:
            await client.until("connect", transport=transports[0])
        answer = await client.subscribe(size=5)
        assert answer == {"status": "ok", "response": {"index": -1, "padding": "xxxxx"}}
        assert (await client.until("presence_state"))["payload"] == {"topic": "room:ABC"}
        [key] = (await client.until("presence_diff"))["payload"]["joins"]
        assert key == str(server.rooms.members[0].member.actor.player_id)
        assert await client.push("record", value="Zoë 😀") == {"status": "ok", "response": {"index": 0}}
        event = {"topic": "room:ABC", "index": 0, "value": "Zoë 😀"}
        assert (await client.until("event"))["payload"] == event
        assert (await client.until("scoreboard"))["payload"] == {"topic": "room:ABC", "index": 0}
        refusal = {"reason": "it is not your turn", "code": "move_rejected"}
        assert await client.push("refuse") == {"status": "error", "response": refusal}
        client.tell("silently", event="push", payload={"topic": "room:ABC", "event": "record",
                                                       "payload": {"value": 1}})  # fmt: skip
        assert (await client.until("event"))["payload"]["index"] == 1
        assert await client.ask("unsubscribe", {"topic": "room:ABC"}) == {"status": "ok", "response": {}}
        assert not server.rooms.members
        assert await client.push("record", value=2) == UNMATCHED
        assert [said["on"] for said in client.heard if said["on"].startswith("phx")] == []
        client.tell("disconnect")
        await client.until("disconnect", reason="io client disconnect")
        await server.until_empty()


async def test_who_is_not_known_is_told_so_and_does_not_come_again(version: str) -> None:
    # An old client stays until it is sent away, as long as it has to sign in.
    async with serving(limits=Limits(handshake_seconds=0.5, sweep_seconds=0.1)) as server:
        async with socket_io(version, server.port, auth={"token": "bad"}) as client:
            said = await client.until("connect_error")
            told = {"code": "invalid_token", "reason": "the token is not valid"}
            assert said == {"on": "connect_error", "message": "the token is not valid", "data": told}
            await server.until_empty()
        async with socket_io(version, server.port, auth={}) as client:
            assert (await client.until("connect_error"))["data"]["code"] == "unauthenticated"


async def test_what_cannot_be_done_is_answered_with_a_reason(server: Serving, version: str) -> None:
    async with socket_io(version, server.port) as client:
        codes = [
            (await client.ask(event, payload))["response"]["code"]
            for event, payload in (
                ("record", {"topic": "room:ABC"}),
                ("subscribe", {"room": "ABC"}),
                ("subscribe", "room:ABC"),
                ("subscribe", {"topic": "room:ABC", "refuse": True}),
                ("push", {"topic": "room:ABC", "event": 1}),
                ("push", {"topic": "room:ABC", "event": "record", "payload": []}),
            )
        ]
        assert codes == ["malformed", "malformed", "invalid", "forbidden", "invalid", "invalid"]
        assert await client.subscribe("nowhere:1") == UNMATCHED
        assert (await client.subscribe(crash=True))["response"]["code"] == "internal"
        assert (await client.subscribe())["status"] == "ok"


async def test_a_phoenix_client_and_a_socket_io_client_follow_the_same_room(
    server: Serving, version: str
) -> None:
    async with (
        phoenix("newest", server.url) as ana,
        socket_io(version, server.port, auth={"token": "ben"}, transports=["websocket"]) as ben,
        socket_io(version, server.port, auth={"token": "cleo"}, transports=["polling"]) as cleo,
    ):
        ana.join()
        await ana.until("joined")
        for client in (ben, cleo):
            assert (await client.subscribe("room:abc", role="spectator"))["status"] == "ok"
        await ana.until("presence", here=["player", "spectator", "spectator"])
        await ben.push("record", "room:abc", value="from ben")
        ana.push("record", value="secret")
        ana.push("record", value="from ana")
        for client, topic in ((ben, "room:abc"), (cleo, "room:abc")):
            for index, value in ((0, "from ben"), (2, "from ana")):  # one was not for spectators
                told = (await client.until("event"))["payload"]
                assert told == {"topic": topic, "index": index, "value": value}
        for index in range(3):
            assert (await ana.until("event"))["payload"]["index"] == index


async def test_a_member_who_is_sent_out_or_whose_channel_crashed_is_told(
    server: Serving, version: str
) -> None:
    async with socket_io(version, server.port) as client:
        await client.subscribe()
        client.tell("emit", event="push", payload={"topic": "room:ABC", "event": "kick"})
        assert (await client.until("bye"))["payload"] == {"topic": "room:ABC", "reason": "kicked"}
        assert (await client.until("phx_close"))["payload"] == {"topic": "room:ABC"}
        await client.subscribe()
        assert (await client.subscribe(role="spectator"))["status"] == "ok"  # anew
        client.tell("emit", event="push", payload={"topic": "room:ABC", "event": "crash"})
        crash = {"topic": "room:ABC", "reason": "channel_crash"}
        assert (await client.until("phx_error"))["payload"] == crash
        assert [said["on"] for said in client.heard].count("phx_close") == 1


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_pings_keep_a_client_and_a_restart_brings_it_back(version: str, transport: str) -> None:
    limits = Limits(ping_seconds=0.1, pong_seconds=0.5, sweep_seconds=0.02)
    async with (
        serving(limits=limits) as server,
        socket_io(version, server.port, transports=[transport]) as it,
    ):
        await it.until("connect")
        await it.subscribe()
        for _ in range(3):
            await it.until("ping")
        reply = asyncio.create_task(it.push("later"))
        unanswered = await server.rooms.unanswered.get()
        [session] = server.engine.sessions.values()
        await until(lambda: session.carrier or session.waiting)  # who is between two polls hears nothing
        unanswered.ok(b'{"kept":true}')
        await server.endpoint.close_all()
        assert (await reply)["response"] == {"kept": True}  # what was promised is sent first
        await it.until("disconnect")
        await it.until("connect")
        assert (await it.subscribe())["status"] == "ok"
