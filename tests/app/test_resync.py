"""A server killed again and again under official clients, who must not notice more than a pause."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count

import httpx
import pytest

from tests.app.people import Json, Person, door, read
from tests.app.serving import Tallybook
from tests.channels.phoenix import VERSIONS, Phoenix, phoenix

pytestmark = pytest.mark.faults

KILLS = 3
WRITES = 40  # acknowledged between one kill and the next


async def keep_score(
    ana: Person, session_id: str, seat: int, acknowledged: dict[str, int], stop: asyncio.Event
) -> None:
    """Add one point again and again; each write is sent until it is acknowledged, under the same id."""
    for number in count():
        if stop.is_set():
            return
        command = f"{seat}-{number}"
        body = f'{{"seat":{seat},"stat":"Points","delta":1,"command_id":"{command}"}}'.encode()
        while command not in acknowledged:
            try:
                answer = await ana.send("POST", f"/sessions/{session_id}/record", body)
            except httpx.TransportError:
                await asyncio.sleep(0.01)
            else:
                acknowledged[command] = read(answer)["index"]


async def told(client: Phoenix, person: Person, path: str, upto: int) -> tuple[dict[int, Json], list[Json]]:
    """Every event by its index, and every board, that a viewer got over all its joins, up to an index.

    Within one connection each event comes once and follows the one before; what comes again after a
    rejoin is what it was.
    """
    events: dict[int, Json] = {}
    boards: list[Json] = []

    def take(event: Json) -> None:
        assert events.setdefault(event["index"], event) == event

    at, heard = -1, 0
    while not boards or boards[-1]["index"] < upto:
        if heard == len(client.heard):
            await client.until("scoreboard")
        for said in client.heard[heard:]:
            heard += 1
            if said["on"] == "scoreboard":
                boards.append(said["payload"])
            elif said["on"] == "event":
                assert said["payload"]["prev_index"] == at
                at = said["payload"]["index"]
                take(said["payload"])
            elif said["on"] == "joined":
                reply = said["response"]
                at, page = reply["index"], reply
                boards.append(reply["scoreboard"])
                for event in page["events"]:
                    take(event)
                while page["more"]:
                    page = await person.get(f"{path}/events?after={page['events'][-1]['index']}&limit=500")
                    for event in page["events"]:
                        take(event)
    return events, boards


async def test_a_server_killed_under_load_loses_nothing_and_every_viewer_sees_everything_once(
    server: Tallybook,
) -> None:
    acknowledged: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        entrance = await stack.enter_async_context(door(server.url))
        ana = await entrance.guest("Ana")
        session = await ana.open({"name": "Ben"})
        path = f"/sessions/{session['id']}"
        url = server.url.replace("http", "ws", 1) + "/socket"
        viewers: list[Phoenix] = []
        for version in VERSIONS:
            client = phoenix(version, url, params={"token": ana.token})
            viewers.append(await stack.enter_async_context(client))
        for viewer in viewers:
            viewer.join(f"room:{session['key']}", last_index=-1, session_id=session["id"])
            await viewer.until("joined")
        stop = asyncio.Event()
        load = [
            asyncio.create_task(keep_score(ana, session["id"], seat, acknowledged, stop)) for seat in (0, 1)
        ]

        async def more() -> None:
            enough = len(acknowledged) + WRITES
            while len(acknowledged) < enough:
                await asyncio.wait(load, timeout=0.01)
                assert not any(task.done() for task in load), [task for task in load if task.done()]

        for _ in range(KILLS):
            await more()
            await asyncio.to_thread(server.restart)
            for viewer in viewers:
                await viewer.until("joined")
        await more()
        stop.set()
        await asyncio.gather(*load)

        board = await ana.get(f"{path}/scoreboard")
        stored: list[Json] = []
        while len(stored) <= board["index"]:
            stored += (await ana.get(f"{path}/events?after={len(stored) - 1}&limit=500"))["events"]
        records = [
            event["index"] for event in stored if event["type"].startswith("scoresheet.value_recorded")
        ]
        assert sorted(acknowledged.values()) == records
        for viewer in viewers:
            events, boards = await told(viewer, ana, path, board["index"])
            assert [events[index] for index in sorted(events)] == stored
            for shown in boards:
                upto = [index for index in records if index <= shown["index"]]
                assert sum(seat["total"] for seat in shown["seats"]) == len(upto)
            assert boards[-1] == board
