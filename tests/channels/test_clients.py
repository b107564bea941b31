"""The official Phoenix client, old and new, must find what it expects of a server."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count

import pytest

from tallybook.delivery.channels.limits import Limits
from tests.channels.phoenix import VERSIONS, Phoenix, phoenix
from tests.channels.rooms import Rooms
from tests.channels.serving import Serving, serving

pytestmark = pytest.mark.parametrize("version", VERSIONS)


async def test_a_client_joins_talks_and_leaves(server: Serving, version: str) -> None:
    async with phoenix(version, server.url) as client:
        client.join()
        assert (await client.until("joined"))["response"]["index"] == -1
        client.push("record", value="Zoë 😀")
        assert (await client.until("reply"))["response"] == {"index": 0}
        assert (await client.until("event"))["payload"] == {"index": 0, "value": "Zoë 😀"}
        assert (await client.until("scoreboard"))["payload"] == {"index": 0}
        client.push("refuse")
        refusal = {"reason": "it is not your turn", "code": "move_rejected"}
        assert (await client.until("reply", status="error"))["response"] == refusal
        client.tell("binary", **{"as": "a"}, event="file")
        assert (await client.until("reply", status="error"))["response"]["code"] == "malformed"
        client.tell("leave", **{"as": "a"})
        await client.until("closed")
        assert not server.rooms.members
        client.tell("disconnect")
    await server.until_empty()


async def test_a_token_in_the_subprotocol_is_as_good(server: Serving, version: str) -> None:
    if version == "1.7.14":
        options: dict[str, object] = {"params": {"token": "ana"}}  # it knows no other way
    else:
        options = {"authToken": "ana"}
    async with phoenix(version, server.url, **options) as client:
        client.join()
        await client.until("joined")


async def test_a_refused_join_says_why_and_is_tried_again(server: Serving, version: str) -> None:
    async with phoenix(version, server.url) as client:
        client.join(refuse=True)
        refusal = {"reason": "you may not come in", "code": "forbidden"}
        assert (await client.until("refused"))["response"] == refusal
        await client.until("refused")
        assert server.rooms.joins == 2


async def test_a_crashed_channel_comes_back_and_so_does_presence(server: Serving, version: str) -> None:
    async with phoenix(version, server.url) as client:
        client.join("room:ABC", label="a")
        client.join("room:DEF", label="b", role="spectator")
        await client.until("presence", here=["player"])
        await client.until("presence", here=["spectator"])
        client.push("crash")
        await client.until("error")
        await client.until("joined", **{"as": "a"})
        await client.until("presence", here=["player"], waiting=False)
        client.push("echo", label="b", still="here")
        assert (await client.until("reply"))["response"] == {"still": "here"}
        assert [said["code"] for said in client.heard if said["on"] == "close"] == []


async def test_a_duplicate_join_replaces_the_first_and_stale_messages_are_dropped(
    server: Serving, version: str
) -> None:
    async with phoenix(version, server.url) as client:
        client.join(label="a")
        await client.until("joined")
        client.join(label="b", role="spectator")
        await client.until("joined")
        await client.until("presence", here=["spectator"], **{"as": "b"})
        client.tell("stale", topic="room:ABC", event="record", payload={"value": 1})
        client.push("record", label="b", value=2)
        assert (await client.until("event"))["payload"] == {"index": 0, "value": 2}
        assert server.rooms.logs["ABC"] == [2]
        assert len(server.rooms.members) == 1


async def test_a_client_whose_heartbeats_are_late_is_closed_and_comes_back(version: str) -> None:
    limits = Limits(idle_seconds=0.3, sweep_seconds=0.02)
    async with (
        serving(limits=limits) as server,
        phoenix(version, server.url, heartbeatIntervalMs=100) as punctual,
        phoenix(version, server.url, heartbeatIntervalMs=60_000) as late,
    ):
        punctual.join()
        late.join(role="spectator")
        await punctual.until("joined")
        for _ in range(2):
            await late.until("joined")
            await late.until("presence", waiting=False)
            await late.until("close", code=1001)
        assert [said["on"] for said in punctual.heard if said["on"] in {"close", "error"}] == []


async def test_presence_is_right_again_after_everybody_was_sent_away(server: Serving, version: str) -> None:
    async with phoenix(version, server.url) as ana, phoenix(version, server.url) as ben:
        ana.join()
        ben.join(role="spectator")
        for client in (ana, ben):
            await client.until("presence", here=["player", "spectator"])
        await server.endpoint.close_all()
        for client in (ana, ben):
            await client.until("close", code=1012)
            await client.until("presence", here=["player", "spectator"], waiting=False)


async def test_a_restart_under_load_loses_nothing_that_was_acknowledged(version: str) -> None:
    rooms = Rooms()
    async with AsyncExitStack() as clients:
        async with serving(rooms=rooms) as server:
            client = await clients.enter_async_context(phoenix(version, server.url, timeout=1_000))
            client.join()
            await client.until("joined")
            load = asyncio.create_task(_record_without_end(client))
            for _ in range(200):
                await client.until("reply", status="ok")
        async with serving(rooms=rooms, port=server.port):
            await client.until("close", code=1012)
            await client.until("joined")
            for _ in range(200):
                await client.until("reply", status="ok")
        load.cancel()
    replies = [said for said in client.heard if said["on"] == "reply" and said["status"] == "ok"]
    acknowledged = [reply["payload"]["value"] for reply in replies]
    assert len(acknowledged) >= 400
    assert [value for value in acknowledged if rooms.logs["ABC"].count(value) != 1] == []
    indexes = [said["payload"]["index"] for said in client.heard if said["on"] == "event"]
    assert indexes == sorted(set(indexes))


async def _record_without_end(client: Phoenix) -> None:
    for number in count():
        client.push("record", value=number)
        await asyncio.sleep(0.001)
