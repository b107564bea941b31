"""Achievements over HTTP: defined, unlocked once, hidden, earned by rules, explained, taken back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tallybook.bootstrap.node import Node
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.kernel.clock import SystemClock
from tallybook.ledger.read import events_after
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.unlocks import Unlocks
from tallybook.reactions.unlocking import Unlocking
from tests.rest.kit import Person, body_of, code_of, enter, register

NOBODY = "00000000-0000-7000-8000-000000000000"
POINTS = [{"name": "Points", "data_type": "integer", "scoring": True}]
LONG_AGO = "1999-12-31T23:59:59.500000Z"


@pytest.fixture
async def owner(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "a-developer")


@pytest.fixture
async def game(owner: Person) -> str:
    made: str = (await owner.post("/games", {"name": "Jump"}))["id"]
    return made


@pytest.fixture
async def key(anybody: httpx.AsyncClient, owner: Person, game: str) -> Person:
    secret = (await owner.post(f"/games/{game}/api-keys", {"name": "A server"}))["secret"]
    return Person(anybody, secret, "")


async def defined(owner: Person, game: str, key: str, **fields: Any) -> Any:
    return await owner.post(f"/games/{game}/achievements", {"key": key, "name": key.title(), **fields})


async def unlock(person: Person, achievement: Any, **fields: Any) -> httpx.Response:
    body = {"achievement_id": achievement["id"], **fields}
    return await person.call("POST", "/achievements/unlock", body)


async def plays(host: Person, game: str, scores: dict[str, int], rounds: int = 1) -> str:
    """A finished session; each score is written in the last of so many rounds, 1 for all in those before."""
    seats = [{"player_id": player} for player in scores]
    session: str = (await host.post("/sessions", {"game_id": game, "stats": POINTS, "seats": seats}))["id"]
    for seat, score in enumerate(scores.values()):
        await host.post(f"/sessions/{session}/record", {"seat": seat, "stat": "Points", "value": score})
    await host.post(f"/sessions/{session}/end")
    return session


async def until(person: Person, path: str, holds: Any) -> Any:
    """What a path answers once something has become of it behind the ledger."""
    async with asyncio.timeout(20):
        while not holds(found := await person.get(path)):
            await asyncio.sleep(0.01)
    return found


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


async def test_a_rule_unlocks_when_it_was_earned_and_a_correction_takes_it_back(
    owner: Person, ana: Person, bea: Person, game: str
) -> None:
    rule = {
        "all": [{"type": "streak", "wins": 2}, {"type": "in_one_session", "stat": "Points", "at_least": 9}]
    }
    strict = await defined(owner, game, "strict", rule=rule, revoke=True, points=5)
    kind = await defined(owner, game, "kind", rule=rule)
    tiers = [{"key": "one", "steps": 1}, {"key": "three", "steps": 3}]
    wins = {"type": "stat", "stat": "wins", "at_least": 3}
    winner = await defined(owner, game, "winner", rule=wins, tiers=tiers)
    assert code_of(await unlock(ana, strict)) == "forbidden"
    await plays(ana, game, {ana.id: 5, bea.id: 3})
    path = f"/players/{ana.id}/achievements"
    (mine,) = (await until(ana, path, lambda found: found["total"] == 1))["achievements"]
    assert (mine["id"], mine["progress"]) == (winner["id"], {"steps": 0, "of": 3, "tier": "one"})
    why = await ana.get(f"{path}/{strict['id']}/why")
    assert [(part["have"], part["need"]) for part in why["missing"]] == [(1, 2), (5, 9)]
    second = await plays(ana, game, {ana.id: 9, bea.id: 3})
    listed = await until(ana, path, lambda found: found["total"] == 3)
    ended = (await ana.get(f"/sessions/{second}"))["ended_at"]
    assert {each["unlocked_at"] for each in listed["achievements"] if each["id"] != winner["id"]} == {ended}
    why = await ana.get(f"{path}/{strict['id']}/why")
    assert (why["by"], why["missing"]) == ("rule", [])
    assert f"/api/v1/sessions/{second}" in [event["session"] for event in why["events"]]
    correction = {"seat": 0, "stat": "Points", "value": 2, "reason": "misread"}
    await ana.post(f"/sessions/{second}/correct", correction)
    listed = await until(ana, path, lambda found: found["total"] == 2)
    assert {each["id"] for each in listed["achievements"]} == {kind["id"], winner["id"]}
    assert (await ana.get(f"{path}/{strict['id']}/why"))["revoked_at"] is not None
    await ana.post(f"/sessions/{second}/correct", correction | {"value": 20})
    await until(ana, path, lambda found: found["total"] == 3)
    theirs = (await bea.get(f"/players/{bea.id}/achievements"))["achievements"]
    assert [each["id"] for each in theirs] == [winner["id"]]  # who won for a while, and keeps it


async def test_what_is_earned_nevertheless_is_dated_anew_and_nobody_hears_of_it_again(
    owner: Person, ana: Person, bea: Person, key: Person, game: str
) -> None:
    rule = {"type": "nth", "what": "win"}
    first, vouched, kind = [
        await defined(owner, game, name, rule=rule, points=5, revoke=name != "kind")
        for name in ("first", "vouched", "kind")
    ]
    body_of(await unlock(key, vouched, player_id=ana.id, timestamp=LONG_AGO))
    sessions = [await plays(ana, game, {ana.id: 5, bea.id: 3}) for _ in range(3)]
    ended = [(await ana.get(f"/sessions/{session}"))["ended_at"] for session in sessions]
    path = f"/players/{ana.id}/achievements"

    async def earned(achievement: Any) -> Any:
        why = await ana.get(f"{path}/{achievement['id']}/why")
        linked = [event["session"].rpartition("/")[2] for event in why["events"] if event["session"]]
        return why["unlocked_at"], linked

    await until(ana, path, lambda found: found["total"] == 3)
    unmoved = [await earned(vouched), await earned(kind)]
    assert (unmoved[0], unmoved[1]) == ((LONG_AGO, []), (ended[0], sessions[:1]))
    for number in (0, 1):
        assert await earned(first) == (ended[number], sessions[number : number + 1])
        preview = await ana.post(f"/sessions/{sessions[number]}/void/preview", {"reason": "a trial"})
        assert [(a["key"], a["change"]) for a in preview["achievements"]] == [("first", "redated")]
        await ana.post(f"/sessions/{sessions[number]}/void", {"reason": "a trial"})
        moved = f"{path}/{first['id']}/why"
        await until(ana, moved, lambda why, at=ended[number + 1]: why["unlocked_at"] == at)
    assert await earned(first) == (ended[2], sessions[2:])
    assert [await earned(vouched), await earned(kind)] == unmoved
    listed = (await ana.get(path))["achievements"]
    assert [each["computed_rarity"]["unlocked"] for each in listed] == [1, 1, 1]
    board = (await ana.get(f"/leaderboards/{game}?board=points"))["rankings"]
    assert [each["points"] for each in board] == [15]
    later = await defined(owner, game, "later")
    body_of(await unlock(ana, later))
    inbox = await until(ana, "/notifications", lambda found: later["id"] in str(found))
    told = [each["data"]["achievement_id"] for each in inbox["items"] if "achievement" in each["kind"]]
    assert sorted(told) == sorted(each["id"] for each in (first, vouched, kind, later))
    await ana.post(f"/sessions/{sessions[2]}/void", {"reason": "a trial"})
    await until(ana, path, lambda found: found["total"] == 3)
    assert (await ana.get(f"{path}/{first['id']}/why"))["unlocked"] is False


async def test_events_that_come_again_unlock_nothing_again(
    server: Node, owner: Person, ana: Person, bea: Person, game: str
) -> None:
    rule = {"any": [{"type": "nth", "what": "score"}, {"type": "streak", "wins": 2}]}
    tiers = [{"key": "one", "steps": 1}, {"key": "two", "steps": 2}]
    await defined(owner, game, "either", rule=rule, revoke=True)
    await defined(owner, game, "often", rule={"type": "stat", "stat": "played", "at_least": 2}, tiers=tiers)
    for _ in range(2):
        await plays(ana, game, {ana.id: 5, bea.id: 3})
    path = f"/players/{ana.id}/achievements"
    for person, total in ((ana, 2), (bea, 1)):
        theirs = f"/players/{person.id}/achievements"
        await until(
            person, theirs, lambda found, n=total: "'tier': 'two'" in str(found) and found["total"] == n
        )
    listed = await ana.get(path)
    database, unlocks = server.ledger.database, Unlocks()
    definitions = AchievementDefinitions(server.ledger, SystemClock())
    again = Unlocking(database, definitions, server.ledger, SessionDirectory(), unlocks)
    told = await database.read(lambda connection: events_after(connection, 0, 1_000))
    for events in (told, told[3:], told[-2:]):
        assert await again.react(events) is False
    assert len(await database.read(lambda connection: events_after(connection, 0, 1_000))) == len(told)
    assert await ana.get(path) == listed


async def test_a_new_rule_is_filled_in_over_the_past_at_first_as_a_rehearsal(
    owner: Person, ana: Person, bea: Person, game: str
) -> None:
    first = await plays(ana, game, {ana.id: 5, bea.id: 3})
    await plays(ana, game, {ana.id: 1, bea.id: 3})
    await ana.post(f"/games/{game}/stats/report", {"values": {"coins": 4}, "playtime": 60_000})
    comeback = await defined(owner, game, "won", rule={"type": "nth", "what": "win"})
    rich = await defined(
        owner,
        game,
        "rich",
        rule={"any": [{"type": "stat", "stat": "coins", "at_least": 4}, {"type": "streak", "wins": 5}]},
    )
    path = f"/games/{game}/achievements/{comeback['id']}/backfill"
    told = await owner.post(path, {"dry_run": True})
    assert told == {"players": 2, "would_unlock": 2, "share": 1.0, "dry_run": True}
    assert (await ana.get(f"/players/{ana.id}/achievements"))["total"] == 0
    assert await owner.post(path, {"dry_run": False}) == told | {"dry_run": False}
    assert await owner.post(path, {"dry_run": False}) == told | {
        "would_unlock": 0,
        "share": 0.0,
        "dry_run": False,
    }
    (mine,) = (await ana.get(f"/players/{ana.id}/achievements"))["achievements"]
    assert mine["unlocked_at"] == (await ana.get(f"/sessions/{first}"))["ended_at"]
    path = f"/games/{game}/achievements/{rich['id']}/backfill"
    assert (await owner.post(path, {"dry_run": False}))["would_unlock"] == 1
    assert code_of(await ana.call("POST", path, {})) == "forbidden"


async def test_a_rule_sees_a_statistic_as_it_is_kept_whatever_time_a_report_says(
    owner: Person, ana: Person, game: str
) -> None:
    rule = {"type": "stat", "stat": "kills", "at_least": 5}
    await defined(owner, game, "live", rule=rule)
    told = (({"kills": 4}, "2026-01-02T00:00:00Z"), ({"kills": {"delta": 2}}, "2026-01-01T00:00:00Z"))
    for values, at in told:
        await ana.post(f"/games/{game}/stats/report", {"values": values, "at": at})
    path = f"/players/{ana.id}/achievements"
    await until(ana, path, lambda found: found["total"] == 1)
    (there,) = (await ana.get(f"/players/{ana.id}/statistics"))["games"]
    assert [each["value"] for each in there["statistics"]] == [6]
    later = await defined(owner, game, "later", rule=rule)
    await owner.post(f"/games/{game}/achievements/{later['id']}/backfill", {"dry_run": False})
    listed = (await ana.get(path))["achievements"]
    assert [each["unlocked_at"] for each in listed] == ["2026-01-02T00:00:00.000000Z"] * 2


async def test_comebacks_are_seen_in_the_rounds(owner: Person, ana: Person, bea: Person, game: str) -> None:
    behind = await defined(owner, game, "behind", rule={"type": "comeback", "behind_by": 10})
    last = await defined(owner, game, "last", rule={"type": "comeback", "last_at_half": True})
    seats = [{"player_id": ana.id}, {"player_id": bea.id}]
    session = await ana.post("/sessions", {"game_id": game, "stats": POINTS, "seats": seats})
    path = f"/sessions/{session['id']}"
    for number, scores in enumerate(((1, 5), (1, 7), (20, 0), (3, 1)), 1):
        for seat, value in enumerate(scores):
            written = {"seat": seat, "stat": "Points", "value": value, "round": number}
            await ana.post(f"{path}/record", written)
    await ana.post(f"{path}/end")
    mine = await until(ana, f"/players/{ana.id}/achievements", lambda found: found["total"] == 2)
    assert {each["id"] for each in mine["achievements"]} == {behind["id"], last["id"]}


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
