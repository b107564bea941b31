"""Leaderboards over REST: submissions, lists, periods, corrections, and what is refused."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from tallybook.bootstrap.node import Node
from tallybook.kernel.clock import SystemClock, iso
from tallybook.kernel.events import Recorded
from tallybook.projections.records import filling, reading
from tallybook.projections.records.entries import Entry
from tallybook.reactions.filling import Filling
from tests.rest.achievements.achieving import until
from tests.rest.kit import API, Person, body_of, code_of, enter, register
from tests.rest.test_statistics import plays


async def game_of(ana: Person, name: str = "Asteroids") -> str:
    return str((await ana.post("/games", {"name": name}))["id"])


def lines(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(line["username"], line["points"], line["rank"]) for line in answer["rankings"]]


async def test_a_submission_answers_its_rank_and_what_stood_before(ana: Person, bea: Person) -> None:
    game = await game_of(ana)
    best = {"key": "best", "definition": {"second": "lowest"}}
    await ana.post(f"/games/{game}/boards", best)
    path = f"/games/{game}/scores"

    first = await ana.post(path, {"board": "best", "score": 50, "second": 90, "metadata": {"car": "red"}})
    assert (first["rank"], first["updated"], first["previous"]) == (1, True, None)
    assert first["entry"]["metadata"] == {"car": "red"}
    assert (await bea.post(path, {"board": "best", "score": 50, "second": 80}))["rank"] == 1
    worse = await ana.post(path, {"board": "best", "score": 49, "second": 1})
    assert (worse["rank"], worse["updated"], worse["entry"]["score"], worse["entry"]["second"]) == (
        2, False, 50, 90,
    )  # fmt: skip
    assert worse["previous"]["score"] == 50

    added = [await ana.post(path, {"action": "headshot", "score": 15}) for _ in range(2)]
    assert [each["entry"]["score"] for each in added] == [15, 30]
    top = await bea.get(f"/leaderboards/{game}", board="best", metadata="true")
    assert lines(top) == [("Bea", 50, 1), ("Ana", 50, 2)]
    assert top["rankings"][1]["metadata"] == {"car": "red"}
    standing = await bea.get(f"/leaderboards/{game}/player/{ana.id}", board="best")
    assert (standing["rank"], standing["percentile"], standing["entry"]["count"]) == (2, 0, 2)
    assert standing["previous"] is None
    summed = await bea.get(f"/leaderboards/{game}/player/{ana.id}", board="score")
    assert (summed["points"], summed["previous"]) == (30, 15)


async def test_a_second_number_says_nothing_on_a_board_without_a_second_criterion(
    ana: Person, bea: Person
) -> None:
    game = await game_of(ana)
    for operator in ("sum", "average", "best"):
        await ana.post(f"/games/{game}/boards", {"key": operator, "definition": {"operator": operator}})
        same = 0 if operator == "sum" else 5
        for who, score, second in ((ana, 5, 1), (bea, 5, 1), (ana, same, 2)):
            said = {"board": operator, "score": score, "second": second}
            told = await who.post(f"/games/{game}/scores", said)
        assert (told["updated"], told["rank"]) == (False, 1)
        top = await ana.get(f"/leaderboards/{game}", board=operator)
        assert [line["username"] for line in top["rankings"]] == ["Ana", "Bea"]
        standing = await ana.get(f"/leaderboards/{game}/player/{ana.id}", board=operator)
        assert standing["previous"] is None


async def test_the_largest_scores_are_exact_averaged_and_added_up(ana: Person) -> None:
    game, most = await game_of(ana), 2**53 - 1
    for decimals in range(4):
        key, definition = f"mean-{decimals}", {"operator": "average", "decimals": decimals}
        await ana.post(f"/games/{game}/boards", {"key": key, "definition": definition})
        for score in (most, most - 1):
            told = await ana.post(f"/games/{game}/scores", {"board": key, "score": score})
            if score == most or decimals < 2:
                assert told["entry"]["score"] == (f"{most}.000" if score == most else f"{most - 1}.500")
    for _ in range(2):
        told = await ana.post(f"/games/{game}/scores", {"score": most})
        await ana.post(f"/games/{game}/stats/report", {"values": {"gold": {"delta": most}}})
    assert told["entry"]["score"] == str(2 * most)
    assert lines(await ana.get(f"/leaderboards/{game}", board="score")) == [("Ana", str(2 * most), 1)]
    (figures,) = (await ana.get(f"/players/{ana.id}/statistics"))["games"]
    assert figures["statistics"][0]["value"] == str(2 * most)


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


async def test_pages_follow_cursors_and_lines_around_somebody_are_those_of_the_list(
    ana: Person, server: Node
) -> None:
    game = await game_of(ana)
    people = [(await ana.post("/players", {"name": f"P{n:02}"}))["id"] for n in range(25)]
    items = [{"player_id": each, "score": n // 2} for n, each in enumerate(people)]
    answered = (await ana.post(f"/games/{game}/scores/batch", {"scores": [*items, {"score": "x"}]}))[
        "results"
    ]
    assert [each.get("error", {}).get("code") for each in answered] == [None] * 25 + ["invalid"]

    for _ in range(2):  # once from SQL, and once the index is ready
        pages, cursor = [], None
        while True:
            more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
            page = await ana.get(f"/leaderboards/{game}", board="score", limit="7", **more)
            pages.append(page)
            if (cursor := page["next_cursor"]) is None:
                break
        listed = [line for page in pages for line in page["rankings"]]
        assert [line["player_id"] for line in listed] == sorted(
            people, key=lambda each: (-(people.index(each) // 2), people.index(each))
        )
        assert [line["rank"] for line in listed[:5]] == [1, 2, 2, 4, 4]
        around = await ana.get(f"/leaderboards/{game}/around/{people[10]}", board="score", limit="5")
        place = [line["player_id"] for line in listed].index(people[10])
        assert around["rankings"] == listed[place - 2 : place + 3]
        some = ",".join(people[3:6])
        assert [
            line["rank"]
            for line in (await ana.get(f"/leaderboards/{game}", board="score", players=some))["rankings"]
        ] == [1, 1, 3]
        await server.ranks.index.loaded()


@pytest.mark.parametrize("goes", ["up", "down", "away"])
async def test_every_list_goes_on_behind_a_place_whatever_became_of_who_stood_there(
    ana: Person, goes: str
) -> None:
    game = await game_of(ana)
    path, latest = f"/games/{game}/scores", {"key": "latest", "definition": {"operator": "latest"}}
    await ana.post(f"/games/{game}/boards", latest)
    people = [await register(ana.client, f"player-{n}") for n in range(6)]
    for n, each in enumerate(people):
        body_of(await ana.call("PUT", f"/players/{each.id}/follow"))
        body_of(await each.call("PATCH", "/players/me", {"region": "EU"}))
        told = await ana.post(path, {"board": "latest", "player_id": each.id, "score": 100 - n})
    players = ",".join(each.id for each in people)
    now: list[dict[str, str]] = [
        {"friends": "true"}, {"region": "EU"}, {"players": players, "region": "EU"}, {"players": players}, {},
    ]  # fmt: skip
    narrowed = [*now, {"friends": "true", "as_of": told["entry"]["at"]}]

    async def points(of: dict[str, str], cursor: str | None = None) -> tuple[list[int], str | None]:
        more = {} if cursor is None else {"cursor": cursor}
        page = await ana.get(f"/leaderboards/{game}", board="latest", limit="2", **of, **more)
        return [line["points"] for line in page["rankings"]], page["next_cursor"]

    begun = [await points(of) for of in narrowed]
    assert [first for first, _ in begun] == [[100, 99]] * len(narrowed)
    if goes == "away":
        body_of(await ana.call("DELETE", f"/players/{people[1].id}/follow"))
        body_of(await people[1].call("PATCH", "/players/me", {"region": "US"}))
    else:
        moved = {"board": "latest", "player_id": people[1].id, "score": 200 if goes == "up" else 0}
        await ana.post(path, moved)
    for of, (_, cursor) in zip(narrowed, begun, strict=True):
        rest: list[int] = []
        while cursor is not None:
            more, cursor = await points(of, cursor)
            rest += more
        assert rest == [98, 97, 96, 95] + [0] * (goes == "down" and of in now), of


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


async def test_merged_people_stand_as_one_and_split_again(ana: Person) -> None:
    bea = await register(ana.client, "bea", display_name="Bea")
    game = await game_of(ana)
    named = (await ana.post("/players", {"name": "Cleo"}))["id"]
    for score, who in ((5, named), (4, bea.id)):
        await ana.post(f"/games/{game}/scores", {"score": score, "player_id": who})
    claim = await bea.post("/players/me/claim", {"player_id": named})
    await ana.post(f"/claims/{claim['id']}/approve", {})

    assert lines(await ana.get(f"/leaderboards/{game}", board="score")) == [("Bea", 9, 1)]
    more = await bea.post(f"/games/{game}/scores", {"score": 1})
    assert (more["entry"]["score"], more["rank"], more["updated"]) == (10, 1, True)
    assert more["previous"]["score"] == 9
    await ana.call("DELETE", f"/players/me/claims/{claim['id']}")
    assert lines(await ana.get(f"/leaderboards/{game}", board="score")) == [("Cleo", 5, 1), ("Bea", 5, 1)]


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


async def test_a_place_in_a_region_is_found_without_reading_the_region(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked of one place is the same as in the whole list, and takes no longer where it is long."""
    game = await game_of(ana)
    best = {"key": "best", "definition": {"second": "lowest", "minimum": 2}}
    await ana.post(f"/games/{game}/boards", best)
    people = [await enter(ana.client, f"P{n}") for n in range(14)]
    read = list[object]()

    def counted(*given: Any) -> Any:
        read.append(given)
        return Entry(*given)

    path, asked = f"/leaderboards/{game}", {"board": "best", "region": "EU"}
    needed = []
    for many in (5, 14):
        for n, each in enumerate(people[:many]):
            body_of(await each.call("PATCH", "/players/me", {"region": "US" if n == 3 else "EU"}))
            score = {"board": "best", "player_id": each.id, "score": n // 2, "second": n % 2}
            scores = [score, *[score] * (n != 2)]
            await ana.post(f"/games/{game}/scores/batch", {"scores": scores})
        whole = (await ana.get(path, **asked))["rankings"]
        for at, line in enumerate(whole):
            standing = await ana.get(f"{path}/player/{line['player_id']}", **asked)
            worse = sum(other["rank"] > line["rank"] for other in whole)
            assert (standing["rank"], standing["points"], standing["total"], standing["percentile"]) == (
                line["rank"], line["points"], len(whole), round(100 * worse / len(whole), 2),
            )  # fmt: skip
            near = await ana.get(f"{path}/around/{line['player_id']}", limit="3", **asked)
            start = max(0, min(at - 1, len(whole) - 3))
            assert near["rankings"] == whole[start : start + 3]
        for n in (2, 3):  # with too few scores the first time, and of another region
            answers = [
                await ana.call("GET", f"{path}/{what}/{people[n].id}", params=asked)
                for what in ("player", "around")
            ]
            listed = people[n].id in [line["player_id"] for line in whole]
            assert [answer.is_success for answer in answers] == [listed] * 2
        with monkeypatch.context() as patched:
            patched.setattr(reading, "Entry", counted)
            read.clear()
            await ana.get(f"{path}/player/{people[0].id}", **asked)
            await ana.get(f"{path}/around/{people[0].id}", limit="3", **asked)
            needed.append(len(read))
    assert needed[0] == needed[1]
