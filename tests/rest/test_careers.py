"""Reported statistics, dashboards, trends, comparisons, ratings and previews as REST answers them."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from tallybook.kernel.clock import SystemClock, to_datetime
from tests.rest.kit import Person, body_of, code_of, register
from tests.rest.test_statistics import plays

MINUTE, HOUR = 60_000, 3_600_000


def now_utc() -> datetime:
    return to_datetime(SystemClock().now())


async def key_of(owner: Person, client: httpx.AsyncClient, game: str) -> Person:
    """A game server."""
    key = (await owner.post(f"/games/{game}/api-keys", {"name": "server"}))["secret"]
    return Person(client, key, "")


def by_key(game: Any) -> dict[str, Any]:
    return {each["key"]: each for each in game["statistics"]}


async def test_reports_add_up_as_the_game_declares(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Doom"}))["id"]
    report = f"/games/{game}/stats/report"
    for key, aggregation in {"kills": "sum", "best_lap": "min", "height": "max", "aim": "average"}.items():
        declared = {"name": key.capitalize(), "aggregation": aggregation}
        assert body_of(await ana.call("PUT", f"/games/{game}/statistics/{key}", declared))["key"] == key

    first = {"kills": 3, "best_lap": "61.5", "height": 10, "aim": 50, "level": 7, "gold": {"delta": 5}}
    await bea.post(report, {"values": first, "playtime": 90 * MINUTE})
    second = {
        "kills": {"delta": 2},
        "best_lap": "59.25",
        "height": 4,
        "aim": 75,
        "level": 2,
        "gold": {"delta": -1},
    }
    written = await bea.post(report, {"values": second, "playtime": 45 * MINUTE}, command_id="again")
    assert await bea.post(report, {"values": second, "playtime": 45 * MINUTE}, command_id="again") == written

    statistics = await ana.get(f"/players/{bea.id}/statistics")
    (doom,) = statistics["games"]
    assert (doom["game_id"], doom["playtime"], doom["playtime_ms"]) == (game, 2.25, 135 * MINUTE)
    assert (doom["achievements"], doom["completion"], doom["rating"]) == (0, None, None)
    found = by_key(doom)
    assert {key: each["value"] for key, each in found.items()} == {
        "kills": 5, "best_lap": "59.25", "height": 10, "aim": "62.5", "level": 2, "gold": 4,
    }  # fmt: skip
    assert found["height"]["highest"]["index"] == 0
    assert found["best_lap"]["lowest"]["index"] == 1
    assert (found["level"]["name"], found["level"]["aggregation"]) == (None, "latest")
    assert (found["gold"]["aggregation"], found["kills"]["name"]) == ("sum", "Kills")


async def test_a_definition_may_not_contradict_what_was_reported(ana: Person) -> None:
    game = (await ana.post("/games", {"name": "Doom"}))["id"]
    path = f"/games/{game}/statistics/gold"
    await ana.post(f"/games/{game}/stats/report", {"values": {"gold": {"delta": 5}}})

    refused = await ana.call("PUT", path, {"name": "Gold", "aggregation": "average"})

    assert (code_of(refused), refused.status_code) == ("contradicts_records", 409)
    assert code_of(await ana.call("GET", path)) == "not_found"
    body_of(await ana.call("PUT", path, {"name": "Gold", "aggregation": "sum"}))
    assert (await ana.get(f"/games/{game}/statistics"))["items"] == [await ana.get(path)]
    await ana.call("DELETE", path)
    assert code_of(await ana.call("DELETE", path)) == "not_found"


async def test_who_may_report_and_what_is_refused(
    ana: Person, bea: Person, anybody: httpx.AsyncClient
) -> None:
    game = (await ana.post("/games", {"name": "Doom"}))["id"]
    other = (await bea.post("/games", {"name": "Quake"}))["id"]
    server, foreign = await key_of(ana, anybody, game), await key_of(bea, anybody, other)
    ranked = {"name": "Wins", "aggregation": "sum", "authority": "server"}
    await ana.call("PUT", f"/games/{game}/statistics/wins", ranked)

    async def refused(caller: Person, body: Any) -> str:
        return code_of(await caller.call("POST", f"/games/{game}/stats/report", body))

    wins = {"player_id": bea.id, "values": {"wins": 1}}
    assert await refused(bea, wins) == "forbidden"
    assert await refused(bea, {"player_id": ana.id, "values": {"level": 1}}) == "forbidden"
    assert await refused(foreign, wins) == "not_found"
    assert await refused(server, {"values": {"wins": 1}}) == "invalid"
    assert await refused(server, {"player_id": game, "values": {"wins": 1}}) == "not_found"
    for bad in ({}, {"values": {"No": 1}}, {"values": {"a": None}}, {"values": {"a": 1.5}}, {"playtime": -1}):
        assert await refused(bea, bad) == "invalid", bad
    assert await refused(bea, {"values": {"a": "1e3"}}) == "wrong_type"
    assert await refused(bea, {"values": {"a": "1" * 19}}) == "out_of_range"
    tomorrow = (now_utc() + timedelta(days=1)).isoformat()
    assert await refused(bea, {"values": {"a": 1}, "at": tomorrow}) == "invalid"
    long_ago = {"player_id": bea.id, "values": {"a": 1}, "at": "2001-01-01T00:00:00Z"}
    assert await refused(server, long_ago) == "forbidden"
    await server.post(f"/games/{game}/stats/report", wins)
    (doom,) = (await bea.get(f"/players/{bea.id}/statistics"))["games"]
    assert by_key(doom)["wins"]["value"] == 1


async def test_records_and_streaks_name_their_sessions_and_follow_corrections(
    ana: Person, bea: Person
) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    sessions = [await plays(ana, game, bea, scores) for scores in ((5, 3), (9, 4), (2, 8))]

    async def records() -> Any:
        (azul,) = (await bea.get(f"/players/{ana.id}/statistics"))["games"]
        return azul["streaks"], {each["record"]: each for each in azul["records"]}

    streaks, found = await records()
    assert streaks == {"current": 0, "longest": 2}
    assert (found["highest_score"]["value"], found["highest_score"]["session_id"]) == (9, sessions[1])
    assert (found["lowest_score"]["value"], found["lowest_score"]["session_id"]) == (2, sessions[2])
    streak = found["longest_streak"]
    assert [streak[name] for name in ("value", "first_session_id", "session_id")] == [2, *sessions[:2]]
    ended = [(await ana.get(f"/sessions/{session}"))["ended_at"] for session in sessions[:2]]
    assert [streak["first_at"], streak["at"]] == ended

    await ana.post(f"/sessions/{sessions[1]}/void", {"reason": "a trial"})
    streaks, found = await records()
    assert streaks == {"current": 0, "longest": 1}
    assert (found["highest_score"]["value"], found["highest_score"]["session_id"]) == (5, sessions[0])


async def test_ratings_follow_results_and_corrections(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Go"}))["id"]
    sessions = [await plays(ana, game, bea, scores) for scores in ((5, 3), (9, 4))]

    listed = (await ana.get(f"/games/{game}/ratings"))["items"]

    assert [(each["player_id"], each["name"], each["rank"]) for each in listed] == [
        (ana.id, "Ana", None),
        (bea.id, "Bea", None),
    ]
    rating = listed[0]["rating"]
    assert rating["rating"] > 1500
    assert rating["provisional"]
    assert rating["sessions"] == 2
    stats = (await ana.get(f"/players/{ana.id}/stats"))["games"][0]
    assert (stats["rating"], stats["provisional"]) == (rating["rating"], True)
    first = body_of(await ana.call("GET", f"/games/{game}/ratings?limit=1"))
    second = await ana.get(f"/games/{game}/ratings", limit=1, cursor=first["next_cursor"])
    assert first["items"] + second["items"] == listed
    assert second["next_cursor"] is None

    for session in sessions:
        await ana.post(
            f"/sessions/{session}/correct", {"result": [{"seat": 1, "place": 1}], "reason": "swapped"}
        )
    turned = (await ana.get(f"/games/{game}/ratings"))["items"]
    assert [each["player_id"] for each in turned] == [bea.id, ana.id]
    assert turned[0]["rating"] == rating
    assert (await ana.get(f"/players/{ana.id}/stats"))["games"][0]["rating"] == turned[1]["rating"]["rating"]


async def test_the_dashboard_adds_up_games_and_achievements(ana: Person, bea: Person) -> None:
    doom = (await ana.post("/games", {"name": "Doom"}))["id"]
    azul = (await ana.post("/games", {"name": "Azul"}))["id"]
    medals = [
        await ana.post(f"/games/{doom}/achievements", {"key": key, "name": key, "points": 10})
        for key in ("one", "two", "three")
    ]
    for medal in medals[:2]:
        await bea.post("/achievements/unlock", {"player_id": bea.id, "achievement_id": medal["id"]})
    await ana.post("/achievements/unlock", {"player_id": ana.id, "achievement_id": medals[1]["id"]})
    await bea.post(f"/games/{doom}/stats/report", {"playtime": 2 * HOUR})
    await plays(ana, azul, bea, (5, 3))

    dashboard = await ana.get(f"/players/{bea.id}/dashboard")

    assert {name: dashboard[name] for name in ("total_achievements", "total_points", "games_owned")} == {
        "total_achievements": 2, "total_points": 20, "games_owned": 2,
    }  # fmt: skip
    assert 2 <= dashboard["total_playtime"] < 2.1
    assert dashboard["average_completion"] == 66.7
    assert [each["key"] for each in dashboard["recent_achievements"]] == ["two", "one"]
    compared = await ana.get(f"/players/{bea.id}/compare/{ana.id}")
    assert [side["name"] for side in compared["players"]] == ["Bea", "Ana"]
    assert compared["head_to_head"] == {"played": 1, "won": 0, "lost": 1, "tied": 0}
    shared = {each["game_id"]: each["shared_achievements"] for each in compared["games"]}
    assert shared == {doom: [medals[1]["id"]], azul: []}
    assert compared["shared_achievements"] == 1
    assert code_of(await ana.call("GET", f"/players/{bea.id}/compare/{doom}")) == "not_found"


async def test_those_whom_somebody_follows_are_compared(ana: Person, anybody: httpx.AsyncClient) -> None:
    bea = await register(anybody, "bea", display_name="Bea")
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    await plays(ana, game, bea, (5, 3))
    body_of(await ana.call("PUT", f"/players/{bea.id}/follow"))

    compared = await ana.get("/players/me/friends/compare")

    assert (compared["me"]["player_id"], compared["me"]["won"]) == (ana.id, 1)
    assert [(each["name"], each["won"]) for each in compared["items"]] == [("Bea", 0)]
    assert compared["next_cursor"] is None


async def test_the_trend_has_every_period_and_what_fell_into_it(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Doom"}))["id"]
    now = now_utc()
    for days, kills in ((9, 4), (9, 1), (0, 2)):
        at = (now - timedelta(days=days)).isoformat()
        body = {"values": {"kills": {"delta": kills}, "level": kills}, "playtime": HOUR, "at": at}
        await bea.post(f"/games/{game}/stats/report", body)
    await plays(ana, game, bea, (3, 5))
    path = f"/players/{bea.id}/statistics/history"
    first = (now - timedelta(days=9)).date()

    trend = await ana.get(path, game_id=game, **{"from": first.isoformat(), "to": now.date().isoformat()})

    items = trend["items"]
    assert [item["begins"] for item in items] == [(first + timedelta(days=n)).isoformat() for n in range(10)]
    assert (items[0]["playtime"], items[0]["values"]) == (2.0, {"kills": 5, "level": 1})
    assert items[1] == items[1] | {"playtime": 0, "played": 0, "values": {}}
    assert (items[9]["played"], items[9]["won"], items[9]["values"]["kills"]) == (1, 1, 2)
    monthly = (await ana.get(path, interval="month"))["items"]
    assert all(item["begins"].endswith("-01") for item in monthly)
    assert sum(item["played"] for item in monthly) == 1
    for wrong in (
        "?from=2026-02-01&to=2026-01-01",
        "?from=1970-01-01",
        "?from=1960-01-01&to=1960-02-01",
        "?to=9999-12-31",
        "?to=0001-01-01",
        "?from=9999-12-01&to=9999-12-31&interval=month",
    ):
        assert code_of(await ana.call("GET", path + wrong)) == "invalid", wrong
    assert code_of(await ana.call("GET", f"/players/{game}/statistics/history")) == "not_found"


async def test_what_a_claimed_player_had_belongs_to_the_person(
    ana: Person, anybody: httpx.AsyncClient
) -> None:
    game = (await ana.post("/games", {"name": "Doom"}))["id"]
    named = (await ana.post("/players", {"name": "Cleo"}))["id"]
    cleo = await register(anybody, "cleo")
    for caller, player_id in ((cleo, cleo.id), (ana, named)):
        body = {"player_id": player_id, "values": {"kills": {"delta": 3}}, "playtime": HOUR}
        await caller.post(f"/games/{game}/stats/report", body)

    claim = await cleo.post("/players/me/claim", {"player_id": named})
    await ana.post(f"/claims/{claim['id']}/approve")

    for player_id in (cleo.id, named):
        statistics = await ana.get(f"/players/{player_id}/statistics")
        assert statistics["player_id"] == cleo.id
        (doom,) = statistics["games"]
        assert (by_key(doom)["kills"]["value"], doom["playtime"]) == (6, 2.0)


async def test_a_preview_says_what_a_correction_changes_and_changes_nothing(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Go"}))["id"]
    rule = {"type": "nth", "what": "win", "n": 2}
    medal = {"key": "twice", "name": "Twice", "rule": rule, "revoke": True}
    await ana.post(f"/games/{game}/achievements", medal)
    first, second = [await plays(ana, game, bea, scores) for scores in ((5, 3), (9, 4))]
    wins = {"source": "session", "of": "won", "operator": "sum"}
    await ana.post(f"/games/{game}/boards", {"key": "wins", "name": "Wins", "definition": wins})
    paths = [f"/games/{game}/ratings", f"/leaderboards/{game}?board=wins", f"/sessions/{first}"]
    paths += [f"/players/{who.id}/{what}" for who in (ana, bea) for what in ("stats", "statistics")]

    async def everything() -> list[Any]:
        return [await ana.get(path) for path in paths]

    def settled(ratings: Any, board: Any, *_: Any) -> bool:
        return [each["rating"]["sessions"] for each in ratings["items"]] == [2, 2] and board["total"] == 2

    while not (await ana.get(f"/players/{ana.id}/dashboard"))["total_achievements"]:
        pass  # what a rule unlocks follows, as do ratings and what a new board is filled with
    while not settled(*(before := await everything())):
        pass
    correction = {"result": [{"seat": 1, "place": 1}], "reason": "swapped"}
    preview = await ana.post(f"/sessions/{first}/correct/preview", correction)
    voided = await ana.post(f"/sessions/{first}/void/preview", {"reason": "a trial"})

    assert await everything() == before
    assert [each["after"]["winner"] for each in preview["standings"]] == [False, True]
    lines = {(each["player_id"], each["game_id"]): each for each in preview["statistics"]}
    assert lines.keys() == {(who.id, where) for who in (ana, bea) for where in (None, game)}
    hers = lines[ana.id, game]
    assert [hers[when]["won"] for when in ("before", "after")] == [2, 1]
    assert [hers[when]["longest_streak"] for when in ("before", "after")] == [2, 1]
    entries = {each["member_id"]: (each["before"], each["after"]) for each in preview["boards"]}
    assert entries == {ana.id: (2, 1), bea.id: (0, 1)}
    assert [each["after"] for each in voided["standings"]] == [None, None]
    for each in (preview, voided):
        assert [(a["player_id"], a["key"], a["change"]) for a in each["achievements"]] == [
            (ana.id, "twice", "revoked")
        ]

    foreseen = {each["player_id"]: each["after"] for each in preview["ratings"]}
    await ana.post(f"/sessions/{first}/correct", correction | {"expected_index": preview["index"]})
    rated = (await ana.get(f"/games/{game}/ratings"))["items"]
    assert {each["player_id"]: each["rating"]["rating"] for each in rated} == foreseen
    stale = {"reason": "again", "expected_index": preview["index"]}
    assert code_of(await ana.call("POST", f"/sessions/{first}/void/preview", stale)) == "stale"
    assert (
        code_of(await bea.call("POST", f"/sessions/{second}/void/preview", {"reason": "no"})) == "forbidden"
    )
