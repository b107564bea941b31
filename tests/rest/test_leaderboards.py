"""Leaderboards over REST: submissions, lists and places."""

from typing import Any

import pytest

from tallybook.bootstrap.node import Node
from tallybook.projections.records import reading
from tallybook.projections.records.entries import Entry
from tests.rest.kit import Person, body_of, enter, game_of, lines, register


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
