"""Achievements over HTTP: defined, unlocked once, hidden, claimed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tallybook.bootstrap.node import Node
from tallybook.kernel.events import Recorded
from tallybook.projections.records import reading
from tallybook.projections.records.contributions import Contribution, of_career
from tests.rest.achievements.achieving import LONG_AGO, defined, unlock
from tests.rest.kit import Person, body_of, code_of, enter, register

NOBODY = "00000000-0000-7000-8000-000000000000"


async def test_a_plain_one_is_unlocked_once_at_the_players_own_time(
    owner: Person, ana: Person, bea: Person, game: str
) -> None:
    first = await defined(owner, game, "first", points=10, icon="🏆", rarity="rare")
    assert (first["points"], first["rarity"], first["authority"], first["steps"]) == (
        10,
        "rare",
        "client",
        None,
    )
    done = body_of(await unlock(ana, first, player_id=ana.id, timestamp=LONG_AGO))
    assert (done["success"], done["already"], done["achievement"]["key"]) == (True, False, "first")
    again = body_of(await unlock(ana, first, timestamp="2026-01-01T00:00:00Z"))
    assert (again["success"], again["already"]) == (True, True)
    listed = await bea.get(f"/players/{ana.id}/achievements", game_id=game)
    assert listed["total"] == 1
    (mine,) = listed["achievements"]
    assert (mine["id"], mine["unlocked_at"], mine["name"]) == (first["id"], LONG_AGO, "First")
    assert mine["computed_rarity"] == {"unlocked": 1, "players": 1, "share": None, "label": None}
    why = await ana.get(f"/players/{ana.id}/achievements/{first['id']}/why")
    assert (why["unlocked"], why["by"], why["missing"]) == (True, "client", [])
    assert [event["type"] for event in why["events"]] == ["achievement_unlocked.v1"]
    assert code_of(await bea.call("GET", f"/players/{ana.id}/achievements/{first['id']}/why")) == "forbidden"


async def test_an_unlock_says_what_rank_its_points_make(
    owner: Person, ana: Person, bea: Person, key: Person, game: str
) -> None:
    small, great = [await defined(owner, game, name, points=n) for name, n in (("small", 10), ("great", 20))]
    climbed = await defined(owner, game, "climbed", points=40, steps=2)

    async def rank(person: Person, achievement: Any, **fields: Any) -> Any:
        answered = body_of(await unlock(person, achievement, **fields))
        board = await owner.get(f"/leaderboards/{game}?board=points")
        (listed,) = [each["rank"] for each in board["rankings"] if each["player_id"] == ana.id]
        return answered["new_rank"], listed

    assert await rank(ana, small) == (1, 1)
    assert await rank(bea, great) == (1, 2)
    assert await rank(ana, small) == (2, 2)  # again: it is what it has become
    assert await rank(key, great, player_id=ana.id, timestamp=LONG_AGO) == (1, 1)
    for step in (1, 2):
        made = await bea.post("/achievements/progress", {"achievement_id": climbed["id"], "steps": 1})
        assert made["new_rank"] == 3 - step


async def test_a_command_id_gives_the_first_result_and_a_race_unlocks_once(
    owner: Person, ana: Person, game: str
) -> None:
    made = await defined(owner, game, "raced", points=3)
    body = {"achievement_id": made["id"], "player_id": ana.id}
    for _ in range(2):
        answered = await ana.post("/achievements/unlock", body, command_id="once")
        assert (answered["success"], answered["already"]) == (True, False)
    other = await defined(owner, game, "other")
    conflict = {**body, "achievement_id": other["id"]}
    refused = await ana.call("POST", "/achievements/unlock", conflict, command_id="once")
    assert code_of(refused) == "idempotency_conflict"
    raced = await defined(owner, game, "truly-raced")
    answers = await asyncio.gather(*(unlock(ana, raced) for _ in range(20)))
    assert sorted(body_of(answer)["already"] for answer in answers) == [False, *[True] * 19]


async def test_steps_add_up_and_reach_tiers(owner: Person, ana: Person, game: str) -> None:
    tiers = [{"key": "bronze", "steps": 3, "points": 5}, {"key": "gold", "steps": 10, "points": 20}]
    runner = await defined(owner, game, "runner", tiers=tiers)
    assert (runner["points"], runner["steps"]) == (25, 10)

    async def make(steps: int, command_id: str | None = None) -> Any:
        body = {"achievement_id": runner["id"], "steps": steps}
        return await ana.post("/achievements/progress", body, command_id=command_id)

    first = made = await make(2, "first")
    assert (made["unlocked"], made["progress"]) == (False, {"steps": 2, "of": 10, "tier": None})
    why = await ana.get(f"/players/{ana.id}/achievements/{runner['id']}/why")
    assert why["missing"] == [{"condition": {"type": "steps"}, "have": 2, "need": 3, "met": False}]
    assert (await ana.get(f"/players/{ana.id}/achievements", unlocked="false"))["total"] == 1
    made = await make(2)
    assert (made["unlocked"], made["progress"]) == (True, {"steps": 4, "of": 10, "tier": "bronze"})
    made = await make(99)
    assert made["progress"] == {"steps": 10, "of": 10, "tier": "gold"}
    assert (await make(1))["already"] is True
    again = await make(2, "first")
    assert [again[name] for name in ("already", "unlocked", "progress")] == [False, False, first["progress"]]
    plain = await defined(owner, game, "plain")
    wrong = await ana.call("POST", "/achievements/progress", {"achievement_id": plain["id"], "steps": 1})
    assert code_of(wrong) == "invalid"


async def test_whose_word_counts(
    owner: Person, ana: Person, bea: Person, key: Person, anybody: httpx.AsyncClient, game: str
) -> None:
    judged = await defined(owner, game, "judged", authority="server")
    free = await defined(owner, game, "free")
    assert code_of(await unlock(ana, judged)) == "forbidden"
    assert code_of(await unlock(bea, free, player_id=ana.id)) == "forbidden"
    assert code_of(await unlock(key, judged)) == "invalid"
    assert body_of(await unlock(key, judged, player_id=ana.id))["already"] is False
    assert body_of(await unlock(owner, free, player_id=ana.id))["already"] is False
    other = (await owner.post("/games", {"name": "Another"}))["id"]
    secret = (await owner.post(f"/games/{other}/api-keys", {"name": "Another"}))["secret"]
    assert code_of(await unlock(Person(anybody, secret, ""), judged, player_id=ana.id)) == "not_found"
    assert code_of(await unlock(key, judged, player_id=NOBODY)) == "not_found"
    assert code_of(await unlock(ana, {"id": NOBODY})) == "not_found"
    soon = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()  # noqa: TID251  # the server's clock is real
    for timestamp in (soon, "1969-12-31T23:59:59Z", "yesterday", "2026-01-01T00:00:00"):
        assert code_of(await unlock(bea, free, timestamp=timestamp)) == "invalid"
    body_of(await owner.call("DELETE", f"/games/{game}/achievements/{free['id']}"))
    assert code_of(await unlock(bea, free)) == "archived"
    body_of(await owner.call("DELETE", f"/games/{game}"))
    assert code_of(await unlock(key, judged, player_id=bea.id)) == "archived"
    await owner.post(f"/games/{game}/restore")
    assert body_of(await unlock(key, judged, player_id=bea.id))["already"] is False
    assert (await ana.get(f"/players/{ana.id}/achievements"))["total"] == 2


async def test_one_bad_item_of_a_batch_is_named_and_the_others_land(
    owner: Person, ana: Person, bea: Person, key: Person, game: str
) -> None:
    made = await defined(owner, game, "made")
    items = [
        {"achievement_id": made["id"], "player_id": ana.id, "timestamp": LONG_AGO},
        {"achievement_id": made["id"], "player_id": NOBODY},
        {"achievement_id": made["id"], "player_id": ana.id},
        "what",
        {"achievement_id": made["id"], "player_id": bea.id, "colour": "red"},
        {"achievement_id": made["id"], "player_id": bea.id},
    ]
    results = (await key.post("/achievements/unlock/batch", {"unlocks": items}))["results"]
    assert [result["success"] for result in results] == [True, False, True, False, False, True]
    assert [result.get("already") for result in results] == [False, None, True, None, None, False]
    assert [results[n]["code"] for n in (1, 3, 4)] == ["not_found", "invalid", "invalid"]
    assert (results[1]["player_id"], results[4]["errors"][0]["field"]) == (NOBODY, "colour")
    many = {"unlocks": [{"achievement_id": made["id"], "player_id": ana.id, "timestamp": LONG_AGO}] * 1_000}
    results = (await key.post("/achievements/unlock/batch", many))["results"]
    assert [result["already"] for result in results] == [True] * 1_000
    assert (
        code_of(await ana.call("POST", "/achievements/unlock/batch", {"unlocks": items[5:]})) == "forbidden"
    )


async def test_a_hidden_one_says_nothing_to_who_has_it_not(
    owner: Person, ana: Person, bea: Person, key: Person, game: str
) -> None:
    texts = {"de": {"name": "Königsmörder", "description": "Töte den König."}}
    hidden = await defined(owner, game, "regicide", name="Regicide", hidden=True, points=50, texts=texts)
    path = f"/games/{game}/achievements/{hidden['id']}"
    body_of(await unlock(ana, hidden))
    for person, seen in ((ana, True), (bea, False), (owner, True), (key, True)):
        shown = await person.get(path, lang="de")
        assert shown["name"] == ("Königsmörder" if seen else None)
        assert (shown["points"], shown["key"]) == (50, "regicide" if seen else None)
        if person is not key:
            (listed,) = (await person.get(f"/players/{ana.id}/achievements"))["achievements"]
            assert listed["name"] == ("Regicide" if person is ana else None)
    assert "regicide" not in str(await bea.get(f"/games/{game}/achievements"))
    for person, said in ((ana, ("regicide", "Königsmörder", 50)), (bea, (None, None, 50))):
        (recent,) = (await person.get(f"/players/{ana.id}/dashboard", lang="de"))["recent_achievements"]
        assert (recent["key"], recent["name"], recent["points"]) == said
    unseen = await bea.call("GET", f"/players/{bea.id}/achievements/{hidden['id']}/why")
    assert code_of(unseen) == "not_found"


async def test_definitions_are_read_strictly_and_do_not_contradict_what_players_have(
    owner: Person, ana: Person, game: str
) -> None:
    path = f"/games/{game}/achievements"
    tier = {"key": "one", "steps": 3}
    wins = {"type": "stat", "stat": "wins", "at_least": 3}
    mistakes: list[dict[str, Any]] = [
        {"key": "Not A Slug"},
        {"points": -1},
        {"icon": "javascript:alert(1)"},
        {"icon": "//elsewhere.example/x.png"},
        {"texts": {"Deutsch": {"name": "x"}}},
        {"tiers": [tier, tier]},
        {"tiers": [tier], "steps": 3},
        {"tiers": [tier], "points": 3},
        {"rarity": "unheard-of"},
        {"rule": {"type": "unheard_of"}},
        {"rule": {"all": []}},
        {"rule": {"type": "nth", "what": "win", "n": 0}},
        {"rule": {**wins, "at_least": 0.5}},
        {"rule": {**wins, "of": "scores"}},
        {"rule": {"type": "comeback"}},
        {"rule": wins, "authority": "client"},
        {"rule": wins, "steps": 3},
        {"rule": {**wins, "at_least": 4}, "tiers": [tier]},
        {"colour": "red"},
    ]
    for wrong in mistakes:
        response = await owner.call("POST", path, {"key": "wrong", "name": "Wrong", **wrong})
        assert code_of(response) == "invalid", wrong
    walker = await defined(owner, game, "walker", steps=10)
    assert code_of(await owner.call("POST", path, {"key": "walker", "name": "Again"})) == "name_taken"
    assert code_of(await ana.call("PATCH", f"{path}/{walker['id']}", {"points": 1})) == "forbidden"
    await ana.post("/achievements/progress", {"achievement_id": walker["id"], "steps": 4})

    async def change(**fields: Any) -> httpx.Response:
        return await owner.call("PATCH", f"{path}/{walker['id']}", fields)

    assert code_of(await change(steps=4)) == "contradicts_records"
    assert code_of(await change(tiers=[tier])) == "contradicts_records"
    assert code_of(await change(clear=["steps"])) == "contradicts_records"
    assert body_of(await change(steps=5, points=7))["steps"] == 5
    done = await ana.post("/achievements/progress", {"achievement_id": walker["id"], "steps": 1})
    assert done["unlocked"] is True
    assert code_of(await change(steps=20)) == "contradicts_records"
    assert body_of(await change(archived=True, name="Wanderer"))["archived"] is True
    assert (await ana.get(path))["items"] == []
    assert [each["name"] for each in (await ana.get(path, archived="true"))["items"]] == ["Wanderer"]


async def test_a_claimed_guests_achievements_are_the_persons(
    server: Node, anybody: httpx.AsyncClient, owner: Person, game: str
) -> None:
    both, one = await defined(owner, game, "both"), await defined(owner, game, "one", steps=5)
    ana, guest = await register(anybody, "ana"), await enter(anybody, "Guest")
    body_of(await unlock(ana, both, timestamp="2020-01-01T00:00:00Z"))
    body_of(await unlock(guest, both, timestamp=LONG_AGO))
    await guest.post("/achievements/progress", {"achievement_id": one["id"], "steps": 4})
    await ana.post("/players/me/claim", {"token": guest.token})
    listed = await ana.get(f"/players/{guest.id}/achievements")
    assert [(each["id"], each["unlocked_at"]) for each in listed["achievements"]] == [(both["id"], LONG_AGO)]
    assert listed["achievements"][0]["computed_rarity"]["unlocked"] == 1
    made = await ana.post("/achievements/progress", {"achievement_id": one["id"], "steps": 1})
    assert (made["unlocked"], made["progress"]["steps"]) == (True, 5)
    assert (await ana.get(f"/players/{ana.id}/achievements"))["total"] == 2


async def test_what_an_unlock_of_a_merged_person_reads_does_not_grow_with_the_scores(
    owner: Person, anybody: httpx.AsyncClient, game: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, guest = await register(anybody, "ana"), await enter(anybody, "Guest")
    await ana.post("/players/me/claim", {"token": guest.token})
    read = list[Recorded]()

    def counted(recorded: Recorded) -> Iterator[Contribution]:
        read.append(recorded)
        return of_career(recorded)

    needed = []
    for number, many in enumerate((1, 30)):
        scores = [{"score": 1, "player_id": player} for player in (ana.id, guest.id)] * many
        await owner.post(f"/games/{game}/scores/batch", {"scores": scores})
        medal = await defined(owner, game, f"medal-{number}", points=5)
        with monkeypatch.context() as patched:
            patched.setattr(reading, "of_career", counted)
            read.clear()
            done = body_of(await unlock(owner, medal, player_id=guest.id))
        assert done["new_rank"] == 1
        needed.append(len(read))
    assert needed == [1, 2]  # the unlocks there are
