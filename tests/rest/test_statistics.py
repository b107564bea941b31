"""Figures of players, as they are answered over REST."""

from typing import Any

import httpx

from tests.rest.kit import API, Person, body_of, code_of, enter


async def plays(ana: Person, game: str, bea: Person, scores: tuple[int, int], **more: Any) -> str:
    """A finished session of two; its id."""
    opened = {"game_id": game, "seats": [{"player_id": ana.id}, {"player_id": bea.id}], **more}
    session = await ana.post("/sessions", opened)
    for seat, score in enumerate(scores):
        await ana.post(f"/sessions/{session['id']}/record", {"seat": seat, "stat": "Points", "value": score})
    await ana.post(f"/sessions/{session['id']}/end")
    return str(session["id"])


async def test_wins_scores_and_streaks_follow_results_corrections_and_voids(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    sessions = [await plays(ana, game, bea, scores) for scores in ((5, 3), (9, 4), (2, 8))]
    path = f"/players/{ana.id}/stats"

    stats = await bea.get(path)

    assert stats["totals"] | {"sessions": ""} == stats["totals"] | {
        "played": 3, "won": 2, "lost": 1, "tied": 0, "win_rate": 0.6667,
        "current_streak": 0, "longest_streak": 2, "h_index": 1, "sessions": "",
    }  # fmt: skip
    azul = stats["games"][0]
    assert (azul["game_id"], azul["wins"]) == (game, 2)
    assert (azul["best"], azul["average"], azul["worst"]) == (9, "5.3333", 2)
    assert [(each["players"], each["played"]) for each in stats["player_counts"]] == [(2, 3)]
    against = stats["head_to_head"][0]
    assert [against[name] for name in ("player_id", "name", "won", "lost")] == [bea.id, "Bea", 2, 1]

    before = (await ana.get(f"/sessions/{sessions[2]}"))["ended_at"]
    correction = {"seat": 0, "stat": "Points", "value": 20, "reason": "miscounted"}
    await ana.post(f"/sessions/{sessions[2]}/correct", correction)
    await ana.post(f"/sessions/{sessions[0]}/void", {"reason": "a trial"})

    totals = (await ana.get(path))["totals"]
    assert [totals[name] for name in ("played", "won", "current_streak")] == [2, 2, 2]
    assert (await bea.get(f"/players/{bea.id}/stats"))["totals"]["lost"] == 2
    counted = body_of(await ana.call("GET", totals["sessions"].removeprefix(API)))
    assert [item["id"] for item in counted["items"]] == [sessions[2], sessions[1]]
    earlier = (await ana.get(path, as_of=before))["totals"]
    assert [earlier[name] for name in ("played", "won", "current_streak")] == [3, 2, 0]
    assert code_of(await ana.call("GET", f"{path}?as_of=2199-01-01")) == "invalid"
    assert code_of(await ana.call("GET", f"/players/{game}/stats")) == "not_found"


async def test_with_whom_one_plays_is_told_to_who_may_see_the_session(
    anybody: httpx.AsyncClient, ana: Person, bea: Person
) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    cleo, dov = [await enter(anybody, name) for name in ("Cleo", "Dov")]
    before = (await ana.get(f"/sessions/{await plays(ana, game, bea, (5, 3))}"))["ended_at"]
    await plays(ana, game, cleo, (1, 2))
    await plays(cleo, game, ana, (7, 2), public=True)

    async def told(reader: Person, **query: str) -> Any:
        found = await reader.get(f"/players/{ana.id}/stats", **query)
        assert found["totals"]["played"] in {1, 3}
        for each in found["head_to_head"]:
            listed = await reader.get(each["sessions"].removeprefix("/api/v1"))
            assert "as_of" in query or len(listed["items"]) == each["played"]
        return {each["name"]: (each["played"], each["won"]) for each in found["head_to_head"]}

    assert await told(ana) == {"Bea": (1, 1), "Cleo": (2, 0)}
    assert await told(cleo) == {"Cleo": (2, 0)}
    assert await told(bea) == {"Bea": (1, 1), "Cleo": (1, 0)}
    assert await told(dov) == {"Cleo": (1, 0)}
    assert await told(dov, game_id=game) == {"Cleo": (1, 0)}
    assert await told(dov, as_of=before) == {}
    assert await told(bea, as_of=before) == {"Bea": (1, 1)}
    compared = f"/players/{ana.id}/compare/{bea.id}"
    assert [(await who.get(compared))["head_to_head"]["played"] for who in (ana, bea, dov)] == [1, 1, 0]
