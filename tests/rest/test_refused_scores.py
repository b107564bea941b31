"""Scores and boards that are refused, and what is nobody's to say."""

from typing import Any

import msgspec

from tallybook.kernel.clock import SystemClock, iso
from tests.rest.kit import API, Person, body_of, code_of, game_of


async def test_what_is_wrong_is_refused_with_its_code_and_writes_nothing(ana: Person, bea: Person) -> None:
    game, other = await game_of(ana), await game_of(bea, "Breakout")
    path = f"/games/{game}/scores"
    await ana.post(f"/games/{game}/boards", {"key": "daily", "definition": {"schedule": "daily"}})
    await ana.post(f"/games/{game}/boards", {"key": "ours", "definition": {"server": True, "decimals": 1}})
    wrong: list[tuple[Any, str]] = [
        ({"score": 10**18}, "invalid"),
        ({"score": "-1000000000000000000"}, "invalid"),
        ({"score": 1.5}, "invalid"),
        ({"score": "0.5"}, "invalid"),
        ({}, "invalid"),
        ({"score": 1, "board": "none"}, "not_found"),
        ({"score": 1, "board": "ours"}, "forbidden"),
        ({"score": 1, "player_id": ana.id}, "forbidden"),
        ({"score": 1, "at": "2199-01-01T00:00:00Z"}, "invalid"),
        ({"score": 1, "board": "daily", "at": "2026-01-01T00:00:00Z"}, "period_closed"),
        ({"score": 1, "metadata": {"x": "y" * 3000}}, "invalid"),
    ]
    for body, code in wrong:
        assert code_of(await bea.call("POST", path, body)) == code, body
    key = (await bea.post(f"/games/{other}/api-keys", {"name": "server"}))["secret"]
    headers = {"Authorization": f"Bearer {key}"}
    refused = await bea.client.post(f"/api/v1{path}", json={"score": 1, "player_id": bea.id}, headers=headers)
    assert code_of(refused) == "not_found"
    assert (await ana.get(f"/leaderboards/{game}", board="score"))["total"] == 0
    bodies = [{"score": 3, "command_id": "once"}, {"score": 4, "command_id": "again"}]
    first = [await bea.post(path, body) for body in bodies]
    assert [await bea.post(path, body) for body in bodies] == first
    assert [
        each["result"] for each in (await bea.post(f"{path}/batch", {"scores": bodies}))["results"]
    ] == first
    assert code_of(await bea.call("POST", path, {"score": 4, "command_id": "once"})) == "idempotency_conflict"
    lower = await ana.call("PATCH", f"/games/{game}/boards/ours", {"definition": {"decimals": 0}})
    assert code_of(lower) == "contradicts_records"
    assert code_of(await bea.call("POST", f"/games/{game}/boards", {"key": "x"})) == "forbidden"


async def test_a_players_word_changes_neither_a_servers_board_nor_a_period_that_is_over(
    ana: Person, bea: Person
) -> None:
    game = await game_of(ana)
    yesterday = iso(SystemClock().now() - 86_400_000_000)
    for key, definition in {
        "cheat": {"source": "action", "of": "run", "server": True},
        "gems": {"source": "stat", "of": "gems", "server": True},
        "runs": {"source": "action", "of": "run", "schedule": "daily"},
        "found": {"source": "stat", "of": "gems", "schedule": "daily"},
        "medals": {"source": "points", "schedule": "daily"},
    }.items():
        await ana.post(f"/games/{game}/boards", {"key": key, "definition": definition})
    made = await ana.post(f"/games/{game}/achievements", {"key": "medal", "name": "Medal", "points": 5})
    refused = {"key": "x", "definition": {"source": "session", "of": "won", "server": True}}
    assert code_of(await ana.call("POST", f"/games/{game}/boards", refused)) == "invalid"

    async def says(who: Person, number: int, at: str) -> None:
        named = {"player_id": bea.id, "at": at}
        await who.post(f"/games/{game}/scores", {"score": number, "action": "run", **named})
        await who.post(f"/games/{game}/stats/report", {"values": {"gems": number}, **named})

    async def listed(key: str, **at: str) -> list[int]:
        found = await ana.get(f"/leaderboards/{game}", board=key, **at)
        return [line["points"] for line in found["rankings"]]

    await says(bea, 7, yesterday)
    await bea.post("/achievements/unlock", {"achievement_id": made["id"], "timestamp": yesterday})
    for key in ("cheat", "gems"):
        assert await listed(key) == []
    for key in ("runs", "found", "medals"):
        assert await listed(key, period=yesterday) == [] == await listed(key)
    assert await listed("points") == [5]
    await says(ana, 8, yesterday)
    for key in ("cheat", "gems"):
        assert await listed(key) == [8]
    for key in ("runs", "found"):
        assert await listed(key, period=yesterday) == [8]


async def test_what_no_game_would_send_is_refused_alike_everywhere(ana: Person, bea: Person) -> None:
    game = await game_of(ana)
    made = await ana.post(f"/games/{game}/achievements", {"key": "medal", "name": "Medal"})
    await ana.post(f"/games/{game}/boards", {"key": "cups", "definition": {"teams": True}})
    scores, reports = f"/games/{game}/scores", f"/games/{game}/stats/report"
    nested = b'{"score": 1, "metadata": {"x": ' + b"[" * 5000 + b"]" * 5000 + b"}}"
    raw: list[tuple[str, bytes, str]] = [
        (scores, b'{"score": 1, "board": "a\\u0000"}', "invalid"),
        (scores, b'{"score": 1, "board": "cups", "team": "\\ud800"}', "malformed"),
        (scores, b'{"score": 1, "board": "cups", "team": "a\\u0000"}', "invalid"),
        (scores, b'{"score": 1, "metadata": {"x": "' + b"y" * 1_000_000 + b'"}}', "too_large"),
        (scores, nested, "malformed"),
        (scores, b'{"score": 1e400}', "malformed"),
        (scores, b'{"score": NaN}', "malformed"),
        (scores, b'{"score": true}', "invalid"),
        (scores, b"[1]", "malformed"),
        (scores + "/batch", msgspec.json.encode({"scores": [{"score": 1}] * 1001}), "invalid"),
        (reports, b'{"values": {"a\\u0000": 1}}', "invalid"),
        (reports, b'{"values": {"a": 1e400}}', "malformed"),
        (reports, b'{"playtime": -1}', "invalid"),
        ("/achievements/unlock", b'{"achievement_id": "\\u0000"}', "invalid"),
        ("/achievements/unlock/batch", msgspec.json.encode({"unlocks": [made] * 1001}), "invalid"),
    ]
    for path, content, code in raw:
        headers = {"Authorization": f"Bearer {bea.token}", "Content-Type": "application/json"}
        answered = await bea.client.post(f"{API}{path}", content=content, headers=headers)
        assert code_of(answered) == code, (path, content[:60], answered.text)

    rare = {"key": "rare", "definition": {"schedule": "0 0 29 2 *"}}
    await ana.post(f"/games/{game}/boards", rare)
    assert (await ana.get(f"/leaderboards/{game}", board="rare", period="1971-01-01"))["total"] == 0
    assert code_of(await ana.call("GET", f"/leaderboards/{game}?board=rare&region=%00")) == "invalid"
    assert code_of(await ana.call("DELETE", f"/games/{game}/statistics/%00")) == "not_found"

    # The widest numbers are exact, also added up; of a batch what is wrong is left out and named.
    most, exact = 2**53 - 1, "0.001"
    await ana.post(f"/games/{game}/boards", {"key": "fine", "definition": {"decimals": 3}})
    items: list[dict[str, Any]] = [{"score": most}] * 12 + [{"score": str(-(10**18))}, {"score": "1e3"}]
    answered = (await bea.post(f"{scores}/batch", {"scores": items}))["results"]
    assert [each.get("error", {}).get("code") for each in answered] == [None] * 12 + ["invalid"] * 2
    standing = await ana.get(f"/leaderboards/{game}/player/{bea.id}", board="score")
    assert int(standing["points"]) == 12 * most
    assert (await bea.post(scores, {"board": "fine", "score": exact}))["entry"]["score"] == exact

    body_of(await ana.call("DELETE", f"/games/{game}"))
    assert code_of(await bea.call("POST", scores, {"score": 1})) == "archived"
    answered = (await bea.post(f"{scores}/batch", {"scores": [{"score": 1}]}))["results"]
    assert [each["error"]["code"] for each in answered] == ["archived"]
    report = {"values": {"kills": 1}}
    assert code_of(await bea.call("POST", f"/games/{game}/stats/report", report)) == "archived"
