"""The past of leaderboards: what a new one takes in, and lists as they were."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tallybook.bootstrap.node import Node
from tallybook.kernel.clock import SystemClock, iso
from tallybook.kernel.events import Recorded
from tallybook.projections.records import filling, reading
from tallybook.reactions.filling import Filling
from tests.rest.achievements.achieving import until
from tests.rest.kit import Person, game_of, lines
from tests.rest.test_statistics import plays


async def test_a_board_defined_later_counts_what_was_there_and_sessions_with_their_corrections(
    ana: Person, bea: Person
) -> None:
    game = await game_of(ana)
    await ana.post(f"/games/{game}/scores", {"score": 7, "action": "jump"})
    session = await plays(ana, game, bea, (5, 3))
    await plays(ana, game, bea, (1, 9))

    jumps = {"key": "jumps", "definition": {"source": "action", "of": "jump", "operator": "count"}}
    await ana.post(f"/games/{game}/boards", jumps)
    points = {"key": "stat", "definition": {"source": "session", "of": "Points", "operator": "sum"}}
    await ana.post(f"/games/{game}/boards", points)

    assert lines(await ana.get(f"/leaderboards/{game}", board="jumps")) == [("Ana", 1, 1)]
    assert lines(await ana.get(f"/leaderboards/{game}", board="stat")) == [("Bea", 12, 1), ("Ana", 6, 2)]
    before = (await ana.get(f"/sessions/{session}"))["ended_at"]
    await ana.post(
        f"/sessions/{session}/correct", {"seat": 0, "stat": "Points", "value": 20, "reason": "miscounted"}
    )
    assert lines(await ana.get(f"/leaderboards/{game}", board="stat")) == [("Ana", 21, 1), ("Bea", 12, 2)]
    earlier = await ana.get(f"/leaderboards/{game}", board="stat", as_of=before)
    assert lines(earlier) == [("Ana", 5, 1), ("Bea", 3, 2)]
    await ana.post(f"/sessions/{session}/void", {"reason": "a trial"})
    assert lines(await ana.get(f"/leaderboards/{game}", board="stat")) == [("Bea", 9, 1), ("Ana", 1, 2)]
    entry = (await ana.get(f"/leaderboards/{game}/player/{ana.id}", board="stat"))["entry"]
    assert "session_id" in entry


async def test_a_long_past_comes_in_by_and_by_and_is_never_half_a_list_in_the_index(
    ana: Person, server: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await game_of(ana)
    people = [(await ana.post("/players", {"name": f"P{n}"}))["id"] for n in range(6)]
    items = [{"player_id": people[n % 6], "score": n, "action": "jump"} for n in range(40)]
    await ana.post(f"/games/{game}/scores/batch", {"scores": items})
    monkeypatch.setattr(filling, "PIECE", 3)
    definition = {"source": "action", "of": "jump", "operator": "sum"}
    await ana.post(f"/games/{game}/boards", {"key": "jumps", "definition": definition})
    await ana.post(f"/games/{game}/scores", {"player_id": people[0], "score": 1000, "action": "jump"})
    await until(ana, f"/games/{game}/boards/jumps", lambda found: found["filled"] is None)
    sums = {each: sum(range(n, 40, 6)) + 1000 * (n == 0) for n, each in enumerate(people)}
    for _ in range(2):  # once from SQL, and once the index is ready
        top = await ana.get(f"/leaderboards/{game}", board="jumps")
        assert {line["player_id"]: line["points"] for line in top["rankings"]} == sums
        assert "filled" not in top
        await server.ranks.index.loaded()

    definition["schedule"] = "manual"
    await ana.call("PATCH", f"/games/{game}/boards/jumps", {"definition": definition})
    await until(ana, f"/games/{game}/boards/jumps", lambda found: found["filled"] is None)
    await ana.post(f"/games/{game}/boards/jumps/periods", {})
    begun = await ana.get(f"/games/{game}/boards/jumps")
    assert begun["filled"] is None  # nothing of the new period was there: nothing was to be made anew
    await ana.post(f"/games/{game}/scores", {"player_id": people[1], "score": 5, "action": "jump"})
    top = await ana.get(f"/leaderboards/{game}", board="jumps")
    assert [(line["player_id"], line["points"]) for line in top["rankings"]] == [(people[1], 5)]
    before = await ana.get(f"/leaderboards/{game}", board="jumps", period="previous")
    assert {line["player_id"]: line["points"] for line in before["rankings"]} == sums


async def test_a_score_for_a_board_that_takes_in_a_long_past_gets_its_turn(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, goes_on, react = await game_of(ana), asyncio.Event(), Filling.react

    async def held(self: Filling, events: Sequence[Recorded]) -> bool:
        await goes_on.wait()
        return await react(self, events)

    monkeypatch.setattr(filling, "PIECE", 3)
    monkeypatch.setattr(Filling, "react", held)
    await ana.post(f"/games/{game}/boards", {"key": "best"})
    await ana.post(f"/games/{game}/scores/batch", {"scores": [{"board": "best", "score": 1}] * 9})
    await ana.call("PATCH", f"/games/{game}/boards/best", {"definition": {"operator": "sum"}})
    told = await ana.post(f"/games/{game}/scores", {"board": "best", "score": 5})
    assert told == {"entry": None, "rank": None, "previous": None, "updated": False}
    top = await ana.get(f"/leaderboards/{game}", board="best")
    assert (top["rankings"], top["filled"]) == ([], 0)
    goes_on.set()
    await until(ana, f"/games/{game}/boards/best", lambda found: found["filled"] is None)
    standing = await ana.get(f"/leaderboards/{game}/player/{ana.id}", board="best")
    assert (standing["points"], standing["rank"]) == (14, 1)


async def test_a_list_as_it_was_is_that_of_its_period_and_of_who_played_then(
    ana: Person, bea: Person
) -> None:
    game = await game_of(ana)
    boards: dict[str, dict[str, Any]] = {
        "daily": {"source": "action", "of": "run", "operator": "sum", "schedule": "daily"},
        "teams": {"operator": "latest", "teams": True},
        "kills": {"source": "stat", "of": "kills", "operator": "best"},
    }
    for key, definition in boards.items():
        await ana.post(f"/games/{game}/boards", {"key": key, "definition": definition})
    path, yesterday = f"/games/{game}/scores", iso(SystemClock().now() - 86_400_000_000)
    for person, score, more in (
        (ana, 5, {}), (bea, 7, {}), (ana, 4, {}), (ana, 100, {"player_id": bea.id, "at": yesterday}),
    ):  # fmt: skip
        await person.post(path, {"action": "run", "score": score} | more)
    for person, score in ((bea, 3), (ana, 9), (bea, 6)):
        await person.post(path, {"board": "teams", "score": score, "team": "Reds"})
    asked = [
        {"board": key, "period": period}
        for key in ("daily", "teams", "kills", "score", "points")
        for period in ("current", *(["previous"] if key == "daily" else []))
    ]

    async def read(**more: str) -> list[Any]:
        found = [await ana.get(f"/leaderboards/{game}", **each, **more) for each in asked]
        return [(each["rankings"], each["period"]) for each in found]

    moment = iso(SystemClock().now())
    live = await read()
    assert [line["points"] for line in live[0][0]] == [9, 7]
    assert [line["points"] for line in live[1][0]] == [100]
    assert [line["points"] for line in live[2][0]] == [6]
    for where in ({"action": "run"}, {"board": "teams", "team": "Blues"}):
        await bea.post(path, where | {"score": 1_000})
    assert await read() != live
    assert await read(as_of=moment) == live


async def test_lists_as_they_were_are_made_one_at_a_time_and_once_for_all_who_ask_for_the_same(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await game_of(ana)
    moments = []
    for score in (1, 2, 3):
        told = await ana.post(f"/games/{game}/scores", {"score": score})
        moments.append(told["entry"]["at"])
        while iso(SystemClock().now() // 1000 * 1000) <= moments[-1]:  # SQLite counts milliseconds
            await asyncio.sleep(0)
    made, under_way, entries_at = 0, 0, reading.entries_at

    def one(*arguments: Any, **named: Any) -> Any:
        nonlocal made, under_way
        made, under_way = made + 1, under_way + 1
        assert under_way == 1
        try:
            return entries_at(*arguments, **named)
        finally:
            under_way -= 1

    monkeypatch.setattr(reading, "entries_at", one)

    async def points(moment: str) -> list[int]:
        answer = await ana.get(f"/leaderboards/{game}", board="score", as_of=moment)
        return [line["points"] for line in answer["rankings"]]

    assert await asyncio.gather(*(points(moments[1]) for _ in range(8))) == [[3]] * 8
    assert made == 1
    assert await asyncio.gather(*map(points, moments)) == [[1], [3], [6]]
    assert made in {3, 4}  # the one that was there may have been asked for first
