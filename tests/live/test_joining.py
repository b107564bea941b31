"""Coming to a table while something happens at it."""

import asyncio
from copy import copy

import httpx
import pytest

from tallybook.bootstrap.node import Node
from tallybook.delivery.channels.rooms import RoomTopics
from tests.bus.waiting import until
from tests.contract.wire import socket
from tests.live.gate import held_up
from tests.rest.kit import enter

STATS = [{"name": "Points", "data_type": "integer", "scoring": True}]
POINT = {"seat": 0, "stat": "Points", "delta": 1}
HELD_UP_AT = {
    "the state": ("_ledger", "state"),
    "what was told": ("_tables", "last_visible"),
    "the board": ("_tables", "show"),
    "what was missed": ("_tables", "events_for"),
}


def rooms_of(server: Node) -> RoomTopics:
    rooms = server.endpoint._routes["room"]
    assert isinstance(rooms, RoomTopics)
    return rooms


@pytest.mark.parametrize("at", HELD_UP_AT.values(), ids=HELD_UP_AT)
async def test_a_join_during_a_rematch_misses_nothing_of_the_next_session(
    server: Node, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, at: tuple[str, str]
) -> None:
    host, guest = await enter(client, "Ana"), await enter(client, "Bea")
    game_id = (await host.post("/games", {"name": "Pinball"}))["id"]
    opening = {"game_id": game_id, "stats": STATS, "seats": [{"player_id": host.id}]}
    session = await host.post("/sessions", opening)
    path, topic = f"/sessions/{session['id']}", f"room:{session['key']}"
    for _ in range(9):  # more than what is told of the next session
        await host.post(f"{path}/record", POINT)
    await host.post(f"{path}/end", {})
    rooms, (attribute, method) = rooms_of(server), at
    alone = copy(getattr(rooms, attribute))  # others are not held up
    monkeypatch.setattr(rooms, attribute, alone)
    async with asyncio.timeout(20), socket(server, guest.token) as bea:
        with held_up(alone, method) as gate:
            joining = asyncio.create_task(bea.ask(topic, "phx_join", {"last_index": -1}))
            await gate.reached.wait()
            sitting = rooms._by_key[session["key"]]
            moved = (await host.post(f"{path}/rematch", {}))["id"]
            await until(lambda: str(sitting.session_id) == moved)
            gate.open.set()
            joined = (await joining)["response"]
        index = (await host.post(f"/sessions/{moved}/record", POINT))["index"]
        for event in ("event", "scoreboard"):
            await bea.until(lambda heard, event=event: heard[3] == event and heard[4]["index"] == index)
        assert joined["session_id"] == joined["scoreboard"]["session_id"] == moved
        told = [heard[4] for heard in bea.heard if heard[3] == "event"]
        assert [event["index"] for event in told] == list(range(joined["index"] + 1, index + 1))
        assert [event["prev_index"] for event in told] == list(range(joined["index"], index))
