"""Scores and achievements over a real server: live with the official clients, and killed under load."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx

from tests.app.people import Door, Json, Person, Refused, door
from tests.app.serving import Tallybook
from tests.channels.phoenix import phoenix
from tests.socketio.client import socket_io

KILLS = 2
WRITES = 30  # acknowledged before each


async def test_scores_and_unlocks_reach_phoenix_and_socket_io_at_once(people: Door) -> None:
    ana, bea, cleo = [await people.guest(name) for name in ("Ana", "Bea", "Cleo")]
    game = (await ana.post("/games", name="Slalom"))["id"]
    medal = await ana.post(f"/games/{game}/achievements", key="medal", name="Medal", points=5)
    await ana.post(f"/games/{game}/boards", key="best")
    base = str(ana.http.base_url).rstrip("/")
    async with (
        phoenix("newest", base.replace("http", "ws", 1) + "/socket", params={"token": ana.token}) as one,
        socket_io("newest", int(base.rsplit(":", 1)[1]), auth={"token": ana.token}) as other,
    ):
        one.join(f"game:{game}")
        await one.until("joined")
        one.join(f"player:{ana.id}", label="b")
        await one.until("joined")
        for topic in (f"game:{game}", f"player:{ana.id}"):
            assert (await other.subscribe(topic))["status"] == "ok"

        for points in range(1, 41):
            await bea.post(f"/games/{game}/scores", board="score", score=points)
        for client in (one, other):
            rankings: list[Json] = []
            boards = 0
            while not rankings or rankings[0]["points"] != sum(range(1, 41)):
                rankings = (await client.until("scoreboard"))["payload"]["rankings"]
                boards += 1
            assert [line["username"] for line in rankings] == ["Bea"]
            assert boards <= 41  # one as it stood, and one for each score at most

        await bea.post("/achievements/unlock", achievement_id=medal["id"])  # nothing to Ana
        await ana.post("/achievements/unlock", achievement_id=medal["id"])
        for client in (one, other):
            told = (await client.until("achievement.unlocked"))["payload"]
            assert (told["player_id"], told["achievement"]["id"]) == (ana.id, medal["id"])

        moves = ((ana, 10, (1, 0)), (bea, 30, (2, 1)), (cleo, 20, (3, 1)), (ana, 25, (2, -1)))
        for person, points, moved in moves:  # by the own score, and by others'
            await person.post(f"/games/{game}/scores", board="best", score=points)
            for client in (one, other):
                rank: Json = {}
                while rank.get("board") != "best":  # the points of the medal moved her, too
                    rank = (await client.until("leaderboard.updated"))["payload"]
                assert (rank["game_id"], rank["player_id"]) == (game, ana.id)
                assert (rank["new_rank"], rank["rank_change"]) == moved
    # Who was not there finds it later.
    kinds = {each["kind"] for each in (await bea.get("/notifications"))["items"]}
    assert "achievement_unlocked" in kinds


async def insist(person: Person, path: str, body: Json) -> Any:
    """Sent until it is answered, under one command id."""
    while True:
        try:
            return await person.post(path, **body)
        except httpx.TransportError:
            await asyncio.sleep(0.02)
        except Refused as refused:
            if refused.code != "unavailable":
                raise


async def test_a_server_killed_under_scores_and_unlocks_loses_and_doubles_nothing(server: Tallybook) -> None:
    async with AsyncExitStack() as stack:
        entrance = await stack.enter_async_context(door(server.url))
        people = [await entrance.guest(f"P{number}") for number in range(4)]
        ana = people[0]
        game = (await ana.post("/games", name="Slalom"))["id"]
        medals = [
            (await ana.post(f"/games/{game}/achievements", key=f"m{n}", name="Medal", points=1))["id"]
            for n in range(60)
        ]
        submitted, unlocked = [0] * len(people), [0] * len(people)
        stop = asyncio.Event()

        async def play(number: int) -> None:
            person = people[number]
            while not stop.is_set():
                made = submitted[number]
                score = {"board": "score", "score": number + 1, "command_id": f"score-{made}"}
                await insist(person, f"/games/{game}/scores", score)
                submitted[number] += 1
                if made < len(medals):
                    unlock = {"achievement_id": medals[made], "command_id": f"medal-{made}"}
                    answered = await insist(person, "/achievements/unlock", unlock)
                    assert answered["already"] is False  # a repetition gives the first result
                    unlocked[number] += 1

        load = [asyncio.create_task(play(number)) for number in range(len(people))]

        async def more() -> None:
            enough = sum(submitted) + WRITES
            while sum(submitted) < enough:
                await asyncio.wait(load, timeout=0.01)
                assert not any(task.done() for task in load), [task for task in load if task.done()]

        for _ in range(KILLS):
            await more()
            await asyncio.to_thread(server.restart)
        await more()
        stop.set()
        await asyncio.gather(*load)

        async def assert_counted() -> None:
            totals = {
                "score": {
                    who.id: n * (at + 1) for at, (who, n) in enumerate(zip(people, submitted, strict=True))
                },
                "points": {who.id: n for who, n in zip(people, unlocked, strict=True)},
            }
            for board, expected in totals.items():
                shown = (await ana.get(f"/leaderboards/{game}?board={board}"))["rankings"]
                assert {line["player_id"]: line["points"] for line in shown} == expected
                for line in shown:
                    assert line["rank"] == 1 + sum(each > line["points"] for each in expected.values())
                    path = f"/leaderboards/{game}/player/{line['player_id']}?board={board}"
                    assert (await ana.get(path))["rank"] == line["rank"]

        await assert_counted()
        await asyncio.to_thread(server.restart)
        await assert_counted()
        for person, count in zip(people, unlocked, strict=True):
            assert (await person.get(f"/players/{person.id}/achievements"))["total"] == count
