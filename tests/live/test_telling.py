"""What people are told on their own topics."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from tallybook.accounts.inbox import notice
from tallybook.bootstrap.node import Node
from tallybook.kernel.clock import iso
from tallybook.kernel.ids import new_id
from tests.contract.wire import socket
from tests.rest.achievements.achieving import LONG_AGO, defined, unlock
from tests.rest.kit import PASSWORD, body_of, register


async def test_an_unlock_is_told_with_its_key_and_when_it_was_earned(
    server: Node, client: httpx.AsyncClient
) -> None:
    ana = await register(client, "ana-plays")
    game = (await ana.post("/games", {"name": "Pinball"}))["id"]
    medal = await defined(ana, game, "medal", points=10)
    async with asyncio.timeout(20), socket(server, ana.token) as line:
        await line.ask(f"player:{ana.id}", "phx_join", {})
        body_of(await unlock(ana, medal, timestamp=LONG_AGO))
        told = (await line.until(lambda heard: heard[3] == "achievement.unlocked"))[4]
        shown = {"id": medal["id"], "key": "medal", "name": "Medal", "points": 10}
        assert (told["timestamp"], told["achievement"]) == (LONG_AGO, shown)
        (kept,) = (await ana.get("/notifications"))["items"]
        assert kept["data"]["unlocked_at"] == LONG_AGO
        assert kept["at"] != LONG_AGO

        line.heard.clear()
        data = {"game_id": UUID(game), "achievement_id": UUID(medal["id"]), "points": 10, "tier": None}
        older = notice(UUID(ana.id), "achievement_unlocked", 7_000_000, new_id(), **data)
        await server.following._inbox.put([older])  # of a release that kept no such moment
        told = (await line.until(lambda heard: heard[3] == "achievement.unlocked"))[4]
        assert told["timestamp"] == iso(7_000_000)


async def test_the_first_places_have_todays_names_and_those_of_nobody_who_left(
    server: Node, client: httpx.AsyncClient
) -> None:
    ana, bea = await register(client, "ana-plays"), await register(client, "bea-plays", display_name="Bea")
    game = (await ana.post("/games", {"name": "Pinball"}))["id"]
    await bea.post(f"/games/{game}/scores", {"action": "play", "score": 5})
    async with asyncio.timeout(20), socket(server, ana.token) as line:
        await line.ask(f"game:{game}", "phx_join", {})

        async def first(name: str) -> None:
            def named(heard: list[Any]) -> bool:
                return heard[3] == "scoreboard" and [each["username"] for each in heard[4]["rankings"]] == [
                    name
                ]

            await line.until(named)

        await bea.call("PATCH", "/players/me", {"display_name": "Beatrice"})
        await first("Beatrice")
        await bea.call("DELETE", "/players/me", {"password": PASSWORD})
        await first("Former player")


async def test_a_table_shows_todays_names_and_no_text_of_who_left(
    server: Node, client: httpx.AsyncClient
) -> None:
    ana, bea = await register(client, "ana-plays"), await register(client, "bea-plays", display_name="Bea")
    game = (await ana.post("/games", {"name": "Pinball"}))["id"]
    note = {"name": "Note", "data_type": "text"}
    seats = [{"player_id": ana.id}, {"player_id": bea.id}]
    session = await ana.post("/sessions", {"game_id": game, "stats": [note], "seats": seats})
    path, topic = f"/sessions/{session['id']}", f"room:{session['key']}"
    await ana.call("PUT", f"{path}/scorekeepers/{bea.id}")
    async with asyncio.timeout(20), socket(server, ana.token) as line:
        await line.ask(topic, "phx_join", {})
        for person in (ana, bea):
            written = {"seat": 0 if person is ana else 1, "stat": "Note", "value": f"by {person.id}"}
            index = (await person.post(f"{path}/record", written))["index"]

        async def shown(*seats: tuple[str, str | None]) -> None:
            def so(heard: list[Any]) -> bool:
                return heard[3] == "scoreboard" and list(seats) == [
                    (seat["name"], seat["values"].get("Note", {}).get("total")) for seat in heard[4]["seats"]
                ]

            assert (await line.until(so))[4]["index"] == index

        await shown(("ana-plays", f"by {ana.id}"), ("Bea", f"by {bea.id}"))
        await bea.call("PATCH", "/players/me", {"display_name": "Beatrice"})
        await shown(("ana-plays", f"by {ana.id}"), ("Beatrice", f"by {bea.id}"))
        await bea.call("DELETE", "/players/me", {"password": PASSWORD})
        await shown(("ana-plays", f"by {ana.id}"), ("Former player", None))
        line.heard.clear()
        index = (await ana.post(f"{path}/record", {"seat": 0, "stat": "Note", "value": "alone"}))["index"]
        await shown(("ana-plays", "alone"), ("Former player", None))
        assert not [heard for heard in line.heard if f"by {bea.id}" in str(heard)]
