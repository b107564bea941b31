"""The inbox: what others did about somebody, told once, read once, gone with the account."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from tallybook.accounts import inbox
from tallybook.accounts.inbox import notice
from tallybook.accounts.tables import notifications
from tallybook.bootstrap.node import Node
from tallybook.kernel.ids import new_id
from tests.rest.kit import PASSWORD, Person, body_of, code_of, register


@pytest.fixture
async def cleo(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "cleo-plays", display_name="Cleo")


@pytest.fixture
async def dora(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "dora-plays", display_name="Dora")


async def told(person: Person, kinds: list[str], **query: Any) -> list[Any]:
    """The inbox, once it has just these kinds in it."""
    while True:
        items: list[Any] = (await person.get("/notifications", **query))["items"]
        if [item["kind"] for item in items] == kinds:
            return items
        await asyncio.sleep(0.01)


async def played(host: Person, guest: Person, other: str = "Zoe") -> tuple[str, str]:
    """A finished session of both and somebody else, with its game."""
    session = await host.opens(other)
    for player in (host, guest):
        await host.post(f"/sessions/{session['id']}/seats", {"add": {"player_id": player.id}})
    await host.post(f"/sessions/{session['id']}/end", {})
    return session["id"], session["game_id"]


async def test_what_others_do_at_the_table_is_told_with_todays_names(cleo: Person, dora: Person) -> None:
    session_id, game_id = await played(cleo, dora)
    correction = {"result": [{"seat": 1, "winner": True}], "reason": "counted again"}
    await cleo.post(f"/sessions/{session_id}/correct", correction)
    await cleo.post(f"/sessions/{session_id}/void", {"reason": "a test"})
    await told(dora, ["session_voided", "result_corrected", "session_invited"])
    await cleo.call("PATCH", f"/games/{game_id}", {"name": "Go"})
    voided, *_, invited = await told(dora, ["session_voided", "result_corrected", "session_invited"])
    assert voided["data"] == invited["data"] == {"session_id": session_id, "game_id": game_id}
    assert voided["names"] == {game_id: "Go"}
    assert not voided["read"]
    assert (await cleo.get("/notifications"))["items"] == []


async def test_who_is_followed_or_asked_for_a_player_hears_of_it_once(cleo: Person, dora: Person) -> None:
    zoe = body_of(await cleo.call("POST", "/players", {"name": "Zoe"}))
    for _ in range(2):
        await dora.call("PUT", f"/players/{cleo.id}/follow")
        await dora.call("DELETE", f"/players/{cleo.id}/follow")
        claim = await dora.post("/players/me/claim", {"player_id": zoe["id"]})
    asked, followed = await told(cleo, ["claim_asked", "followed"])
    assert followed["data"] == {"player_id": dora.id}
    assert followed["names"] == {dora.id: "Dora"}
    assert asked["data"] == {"claim_id": claim["id"], "player_id": zoe["id"], "claimant_id": dora.id}
    await cleo.post(f"/claims/{claim['id']}/approve")
    (approved,) = await told(dora, ["claim_approved"])
    assert approved["names"] == {dora.id: "Dora", zoe["id"]: "Zoe"}
    assert len((await cleo.get("/notifications"))["items"]) == 2


async def test_notices_are_read_some_or_up_to_one_and_pages_follow_each_other(
    server: Node, cleo: Person, dora: Person
) -> None:
    await played(cleo, dora)
    await played(cleo, dora, "Yan")
    await cleo.call("PUT", f"/players/{dora.id}/follow")
    await told(dora, ["followed", "session_invited", "session_invited"])
    first = await dora.get("/notifications", limit=2)
    rest = await dora.get("/notifications", limit=2, cursor=first["next_cursor"])
    newest, middle, oldest = (item["id"] for item in first["items"] + rest["items"])
    assert rest["next_cursor"] is None
    assert await dora.post("/notifications/read", {"ids": [newest, str(new_id())]}) == {"unread": 2}
    assert await cleo.post("/notifications/read", {"upto": newest}) == {"unread": 0}
    assert await dora.post("/notifications/read", {"upto": oldest}) == {"unread": 1}
    (unread,) = await told(dora, ["session_invited"], unread=True)
    assert unread["id"] == middle
    assert [item["id"] for item in await told(dora, ["followed", "session_invited"], unread=False)] == [
        newest,
        oldest,
    ]
    for body in ({}, {"ids": [newest], "upto": newest}, {"ids": ["x"]}):
        assert code_of(await dora.call("POST", "/notifications/read", body)) == "invalid"


async def test_only_the_newest_are_kept_and_the_account_takes_them_along(
    server: Node, cleo: Person, dora: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "KEPT", 20)
    monkeypatch.setattr(inbox, "SLACK", 5)
    kept = server.following._inbox
    player_id = UUID(dora.id)
    causes = [new_id() for _ in range(30)]
    for number, cause in enumerate(causes):
        told_twice = [notice(player_id, "followed", number * 1_000, cause, player_id=cleo.id)] * 2
        await kept.put(told_twice)
    found = await kept.list([player_id], unread=None, before=None, limit=100)
    assert 20 <= len(found) <= 25
    assert found[0].at == 29_000
    export = await dora.get("/players/me/export")
    assert [item["kind"] for item in export["notifications"]] == ["followed"] * len(found)
    assert (await dora.call("DELETE", "/players/me", {"password": PASSWORD})).status_code == 204
    query = select(func.count()).select_from(notifications)
    assert await server.ledger.database.read(lambda c: c.execute(query).scalar_one()) == 0


async def test_what_is_said_of_a_season_reaches_everybody_on_its_leaderboards(
    cleo: Person, dora: Person
) -> None:
    game_id = (await cleo.post("/games", {"name": "Pinball"}))["id"]
    await dora.post(f"/games/{game_id}/scores", {"action": "play", "score": 5})
    season = {"key": "spring", "name": "Spring", "boards": ["score"]}
    season |= {"starts_at": "2026-01-01", "ends_at": "2199-01-01"}
    season_id = (await cleo.post(f"/games/{game_id}/seasons", season))["id"]
    await cleo.post(f"/games/{game_id}/seasons/{season_id}/announcements", {"text": "Double points!"})
    while not (items := (await dora.get("/notifications"))["items"]):
        await asyncio.sleep(0.01)
    assert {item["kind"] for item in items} <= {"season_news", "season_starts"}
    assert items[0]["names"] == {game_id: "Pinball", season_id: "Spring"}


async def test_who_led_a_leaderboard_is_told_by_whom_it_was_overtaken(cleo: Person, dora: Person) -> None:
    game_id = (await cleo.post("/games", {"name": "Pinball"}))["id"]
    items: list[Any] = []
    while not items:  # a lead that nobody saw, between two looks, is nobody's
        for player in (cleo, dora):
            await player.post(f"/games/{game_id}/scores", {"action": "play", "score": 5})
        await dora.post(f"/games/{game_id}/scores", {"action": "play", "score": 1})
        items = (await cleo.get("/notifications"))["items"]
        await cleo.post(f"/games/{game_id}/scores", {"action": "play", "score": 1})
    assert items[0]["kind"] == "leaderboard_overtaken"
    assert items[0]["data"].items() >= {"board": "score", "player_id": dora.id}.items()
    assert items[0]["names"] == {game_id: "Pinball", dora.id: "Dora"}
