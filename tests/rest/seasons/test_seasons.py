"""Seasons are defined, announced, changed and called off."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from tallybook.bootstrap.node import Node
from tallybook.catalogue.season_definitions import Seasons
from tallybook.kernel.clock import iso
from tallybook.projections.records.records import Records
from tallybook.reactions.seasons import SeasonKeeping
from tests.rest.kit import Person, code_of, register
from tests.rest.seasons.running import MINUTE, TIERS, Ahead, score, season


async def test_a_start_is_announced_once(server: Node, ana: Person, game: str, clock: Ahead) -> None:
    now = clock.now()
    asked = season(now + MINUTE, now + 9 * MINUTE, texts={"starts": "On your marks!"})
    made = await ana.post(f"/games/{game}/seasons", asked)
    assert made["state"] == "upcoming"
    path = f"/games/{game}/seasons/{made['id']}"
    keeper = SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock)
    await keeper.look()
    assert (await ana.get(f"{path}/announcements"))["items"] == []
    clock.ahead = 2 * MINUTE
    await asyncio.gather(keeper.look(), keeper.look())
    await ana.post(f"{path}/announcements", {"text": "Snow at last."})
    said = (await ana.get(f"{path}/announcements"))["items"]
    assert [(each["occasion"], each["text"]) for each in said] == [
        ("news", "Snow at last."),
        ("starts", "On your marks!"),
    ]


async def test_what_can_change_gets_less_as_a_season_goes_on(
    server: Node, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    now = clock.now()
    made = await ana.post(f"/games/{game}/seasons", season(now + 2 * MINUTE, now + 4 * MINUTE))
    path = f"/games/{game}/seasons/{made['id']}"

    async def refused(body: dict[str, Any], method: str = "PATCH") -> str:
        return code_of(await ana.call(method, path, body))

    # Before the start even the boards and the dates move; what the dropped board took is gone.
    await score(server, game, bea, 3, now)
    await ana.call("PATCH", path, {"starts_at": iso(now - MINUTE), "boards": ["points", "score"]})
    assert [line["points"] for line in (await ana.get(f"{path}/standings", board="score"))["items"]] == [3]
    assert await refused({"boards": ["points"]}) == "season_fixed"
    assert await refused({"starts_at": iso(now)}) == "season_fixed"
    assert await refused({"ends_at": iso(now - 2 * MINUTE)}) == "invalid"
    longer = await ana.call("PATCH", path, {"ends_at": iso(now + 5 * MINUTE), "tiers": TIERS})
    assert longer.json()["ends_at"] == iso(now + 5 * MINUTE)

    clock.ahead = 6 * MINUTE
    assert await refused({"ends_at": iso(now + 9 * MINUTE)}) == "season_fixed"
    await SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock).look()
    assert await refused({"tiers": []}) == "season_fixed"
    assert code_of(await ana.call("DELETE", path)) == "season_fixed"
    assert (await ana.call("PATCH", path, {"name": "Spring cup 2026"})).json()["name"] == "Spring cup 2026"


async def test_a_season_that_was_called_off_is_gone(ana: Person, game: str, clock: Ahead) -> None:
    now = clock.now()
    asked = season(now - MINUTE, now + 4 * MINUTE)
    made = await ana.post(f"/games/{game}/seasons", asked)
    path = f"/games/{game}/seasons/{made['id']}"
    assert code_of(await ana.call("POST", f"/games/{game}/seasons", asked)) == "name_taken"
    for _ in range(2):
        assert (await ana.call("DELETE", path)).status_code == 204
    assert code_of(await ana.call("GET", path)) == "not_found"
    assert (await ana.get(f"/games/{game}/seasons"))["items"] == []
    assert (await ana.call("POST", f"/games/{game}/seasons", asked)).status_code == 201


async def test_a_community_manager_runs_seasons_and_everybody_looks(
    server: Node, anybody: httpx.AsyncClient, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    admin, manager = await register(anybody, "the-admin"), await register(anybody, "the-manager")
    await server.roles.make_admin("the-admin")
    await server.roles.grant(UUID(admin.id), UUID(manager.id), "community_manager")
    login = {"username": "the-manager", "password": "a horse, a battery"}
    token = (await anybody.post("/api/v1/auth/login", json=login)).json()["access_token"]
    manager = Person(anybody, token, manager.id)
    asked = season(clock.now(), clock.now() + MINUTE)
    assert code_of(await bea.call("POST", f"/games/{game}/seasons", asked)) == "forbidden"
    made = await manager.post(f"/games/{game}/seasons", asked)
    path = f"/api/v1/games/{game}/seasons/{made['id']}"
    for part in ("", "/standings", "/announcements"):
        assert (await anybody.get(path + part)).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "Spring Cup"},
        {"boards": []},
        {"boards": ["score", "score"]},
        {"ends_at": "2020-01-01"},
        {"tiers": [{"name": "Gold"}]},
        {"tiers": [{"name": "Gold", "from_rank": 2}, {"name": "Silver", "from_rank": 1}]},
        {"tiers": [{"name": "Gold", "from_rank": 1}, {"name": "Silver", "top_percent": "50"}]},
        {"tiers": [{"name": "Gold", "top_percent": "0"}]},
        {"tiers": [{"name": "Gold", "from_rank": 1, "reward": {"text": "x" * 5000}}]},
        {"texts": {"starts": "x" * 2001}},
    ],
    ids=str,
)
async def test_a_season_that_makes_no_sense_is_refused(
    ana: Person, game: str, clock: Ahead, wrong: dict[str, Any]
) -> None:
    asked = season(clock.now(), clock.now() + MINUTE) | wrong
    assert code_of(await ana.call("POST", f"/games/{game}/seasons", asked)) == "invalid"


async def test_a_season_needs_boards_that_exist(ana: Person, game: str, clock: Ahead) -> None:
    asked = season(clock.now(), clock.now() + MINUTE, boards=["no-such-board"])
    assert code_of(await ana.call("POST", f"/games/{game}/seasons", asked)) == "not_found"
