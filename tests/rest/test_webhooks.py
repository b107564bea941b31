"""Webhooks as a game's developer has them: defined, heard, renewed and looked after over the API."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.reactions.receiver import receiving
from tests.rest.kit import Person, body_of, code_of, register


@pytest.fixture
async def cleo(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "cleo-plays", display_name="Cleo")


async def test_a_games_server_hears_of_its_sessions_and_nothing_of_what_was_said(
    cleo: Person, ana: Person
) -> None:
    async with receiving() as receiver:
        session = await cleo.opens("Zoe", "Yan")
        path = f"/games/{session['game_id']}/webhooks"
        wanted = {"url": receiver.url, "events": ["session_finished", "result_corrected"]}
        hook = await cleo.post(path, wanted, command_id="the-only-one")
        assert hook["secret"].startswith("tbwh_")
        assert "secret" not in await cleo.post(path, wanted, command_id="the-only-one")
        await cleo.post(f"/sessions/{session['id']}/end", {})
        correction = {"result": [{"seat": 1, "winner": True}], "reason": "a slip of the pen"}
        await cleo.post(f"/sessions/{session['id']}/correct", correction)
        finished, corrected = await receiver.took(2)
        assert finished.signed_by(hook["secret"])
        assert finished.data["type"] == "session_finished.v1"
        assert finished.data["stream"] == session["id"]
        assert finished.data["game_id"] == session["game_id"]
        assert finished.data["actor"] == cleo.id
        assert [seat["seat"] for seat in finished.data["data"]["result"]["seats"]] == [0, 1]
        assert b"slip" not in corrected.body
        while [each["status"] for each in await _deliveries(cleo, path, hook)] != ["delivered"] * 2:
            await asyncio.sleep(0.01)
        newest, oldest = await _deliveries(cleo, path, hook)
        assert (newest["type"], oldest["type"]) == ("result_corrected.v1", "session_finished.v1")
        assert newest["answer"] == 200
        assert await _deliveries(cleo, path, hook, status="dead") == []
        retried = await cleo.post(f"{path}/{hook['id']}/deliveries/{newest['id']}/retry")
        assert retried["status"] == "delivered"

        renewed = await cleo.post(f"{path}/{hook['id']}/secret")
        assert renewed["secret"] != hook["secret"]
        changed = body_of(await cleo.call("PATCH", f"{path}/{hook['id']}", {"active": False}))
        assert (changed["active"], changed["url"]) == (False, receiver.url)
        assert [each["id"] for each in (await cleo.get(path))["items"]] == [hook["id"]]
        assert code_of(await ana.call("GET", f"{path}/{hook['id']}")) == "forbidden"
        for _ in range(2):
            last = await cleo.call("DELETE", f"{path}/{hook['id']}")
        assert code_of(last) == "not_found"


async def test_what_cannot_be_a_webhook_is_refused_by_field(cleo: Person) -> None:
    game = await cleo.post("/games", {"name": "Go"})
    path, good = f"/games/{game['id']}/webhooks", {"url": "https://a.example/", "events": ["seat_taken"]}
    for field, value in {
        "url": "file:///etc/passwd",
        "events": ["player_registered"],
        "active": "yes",
    }.items():
        refused = await cleo.call("POST", path, good | {field: value})
        assert code_of(refused) == "invalid"
        assert refused.json()["errors"][0]["field"].startswith(field)
    assert code_of(await cleo.call("POST", path, good | {"events": []})) == "invalid"
    hook = await cleo.post(path, good)
    assert code_of(await cleo.call("PATCH", f"{path}/{hook['id']}", {})) == "invalid"
    other = await cleo.post("/games", {"name": "Chess"})
    assert code_of(await cleo.call("GET", f"/games/{other['id']}/webhooks/{hook['id']}")) == "not_found"


async def _deliveries(person: Person, path: str, hook: Any, **query: str) -> list[Any]:
    items: list[Any] = (await person.get(f"{path}/{hook['id']}/deliveries", **query))["items"]
    return items
