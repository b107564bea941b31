"""Lists of sessions and the timeline of one, as their readers may see them."""

from typing import Any, cast
from uuid import UUID

import pytest

from tallybook.accounts.names import Names
from tallybook.bootstrap.node import Node
from tallybook.database.engine import Database
from tallybook.delivery.naming import Naming
from tallybook.delivery.summaries import Summaries
from tallybook.projections.matching import MOST
from tallybook.projections.sessions import SessionDirectory
from tests.rest.kit import Person, body_of, code_of, enter, started

SESSION = UUID(int=7)


async def ids(person: Person, **query: Any) -> list[str]:
    return [item["id"] for item in (await person.get("/sessions/history", **query))["items"]]


async def played(host: Person, game: str, *seats: dict[str, Any], **more: Any) -> str:
    """A finished session in which the first seat wins."""
    session = await host.post("/sessions", {"game_id": game, "seats": list(seats), **more})
    path = f"/sessions/{session['id']}"
    for seat in range(len(seats)):
        await host.post(f"{path}/record", {"seat": seat, "stat": "Points", "value": 10 - seat})
    await host.post(f"{path}/end")
    return str(session["id"])


async def test_lists_hold_what_the_reader_may_see_and_was_asked_for(
    ana: Person, bea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleo = await enter(ana.client, "Cleo")
    azul = (await ana.post("/games", {"name": "Azul"}))["id"]
    rescue = (await ana.post("/games", {"name": "Sea Rescue", "win": "cooperative"}))["id"]
    me, she = {"player_id": ana.id}, {"player_id": bea.id}
    duel = await played(ana, azul, me, she)
    alone = await played(ana, azul, me)
    public = await played(ana, azul, she, {"name": "Émile"}, public=True, name="Friday night")
    saved = await played(ana, rescue, me, she, {"name": "Dora"})
    open_ = (await ana.post("/sessions", {"game_id": azul, "seats": [me], "public": True}))["id"]
    everything = [open_, saved, public, alone, duel]

    assert await ids(ana) == everything
    assert await ids(ana, player_id=ana.id) == [open_, saved, alone, duel]
    assert await ids(bea) == [saved, public, duel]
    assert await ids(cleo) == []
    # Of others, what is finished in public rooms.
    assert await ids(cleo, player_id=bea.id) == [public]
    assert await ids(cleo, game_id=azul) == await ids(cleo, scope="visible") == [public]
    assert await ids(bea, player_id=ana.id) == [saved, duel]

    assert await ids(ana, mode="solo") == [open_, alone]
    assert await ids(ana, mode="cooperative") == [saved]
    assert await ids(ana, players=3) == [saved]
    assert await ids(ana, status="playing") == [open_]
    assert await ids(ana, outcome="won") == [duel]
    assert await ids(ana, outcome="lost", player_id=bea.id) == [saved, duel]
    assert await ids(ana, opponent_id=bea.id) == [saved, duel]
    seats = (await ana.get(f"/sessions/{public}"))["seats"]
    emile = next(seat["player_id"] for seat in seats if seat["name"] == "Émile")
    # Whoever of the two has played less leads to what both have played.
    for player, opponent, outcome in ((bea.id, emile, "won"), (emile, bea.id, "lost")):
        asked = {"player_id": player, "opponent_id": opponent}
        assert await ids(bea, **asked) == await ids(bea, **asked, outcome=outcome, game_id=azul) == [public]
        assert await ids(bea, **asked, outcome="tied") == await ids(bea, **asked, game_id=rescue) == []
        assert await ids(cleo, **asked) == [public]
    ended = (await ana.get(f"/sessions/{alone}"))["ended_at"]
    assert await ids(ana, **{"from": ended}) == [open_, saved, public, alone]
    assert await ids(ana, to=ended) == [duel]

    for most in (MOST, 0):  # names that are looked up, and names that are too many for it
        monkeypatch.setattr("tallybook.projections.matching.MOST", most)
        for reader, q, found in (
            (ana, "azu", [open_, public, alone, duel]),
            (ana, "éMILE", [public]),
            (ana, "friday", [public]),
            (ana, "bea", [saved, public, duel]),
            (ana, "100%", []),
            (cleo, "bea", []),
        ):
            assert await ids(reader, q=q) == found
        assert await ids(cleo, q="bea", scope="visible") == [public]
        assert await ids(ana, q="dora", player_id=bea.id) == [saved]

    await ana.post(f"/sessions/{duel}/void", {"reason": "a trial"})
    items = (await ana.get("/sessions/history"))["items"]
    assert [item["id"] for item in items if item["voided"]] == [duel]
    assert await ids(ana, voided="false", status="finished") == [saved, public, alone]


async def test_a_cursor_leads_through_its_own_list_and_no_other(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    sessions = [await played(ana, game, {"player_id": ana.id}) for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        part = await ana.get("/sessions/history", **query)
        seen += [item["id"] for item in part["items"]]
        cursor = part["next_cursor"]
    assert seen == sessions[::-1]

    cursor = (await ana.get("/sessions/history", limit=2))["next_cursor"]
    for path in (f"/sessions/history?cursor={cursor}&game_id={game}", f"/games?cursor={cursor}"):
        assert code_of(await ana.call("GET", path)) == "invalid"


async def test_a_claimed_player_brings_the_history_along_and_a_split_takes_it_back(
    ana: Person, bea: Person
) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    session = await played(ana, game, {"name": "Bee"}, {"player_id": ana.id})
    bee = (await ana.get(f"/sessions/{session}"))["seats"][0]["player_id"]
    registered = {"username": "beatrix", "password": "correct horse"}
    answer = await bea.call("POST", "/auth/register", registered)
    bea = Person(bea.client, answer.json()["access_token"], bea.id)
    code = (await ana.post(f"/players/{bee}/invitation"))["code"]
    claim = await bea.post("/players/me/claim", {"code": code})

    assert await ids(bea) == await ids(bea, outcome="won") == [session]
    for who in (bea.id, bee):
        stats = await ana.get(f"/players/{who}/stats")
        assert (stats["player_id"], stats["totals"]["won"]) == (bea.id, 1)
    against = (await ana.get(f"/players/{ana.id}/stats"))["head_to_head"]
    assert [(each["player_id"], each["lost"]) for each in against] == [(bea.id, 1)]

    await bea.call("DELETE", f"/players/me/claims/{claim['id']}")
    assert await ids(bea) == []
    assert (await ana.get(f"/players/{bee}/stats"))["totals"]["won"] == 1
    assert (await ana.get(f"/players/{bea.id}/stats"))["totals"]["played"] == 0


async def test_a_timeline_says_what_each_event_did_and_how_it_stood_then(ana: Person, bea: Person) -> None:
    session = await ana.opens("Cleo", "Dora")
    path = f"/sessions/{session['id']}"
    await ana.post(f"{path}/record", {"seat": 1, "stat": "Points", "value": 5})
    await ana.post(f"{path}/record", {"seat": 1, "stat": "Points", "delta": 3})
    await ana.post(f"{path}/undo")
    await ana.post(f"{path}/next-round")
    await ana.post(f"{path}/record", {"seat": 0, "stat": "Points", "value": 4})
    await ana.post(f"{path}/end")
    correction = {"seat": 0, "stat": "Points", "value": 9, "round": 2, "reason": "miscounted"}
    await ana.post(f"{path}/correct", correction)

    timeline = await ana.get(f"{path}/timeline")

    told = [
        (step["kind"], step["seat"], step["round"], step["before"], step["after"],
         [seat["total"] for seat in step["totals"]])
        for step in timeline["steps"]
    ]  # fmt: skip
    assert told == [
        ("session_created", None, None, None, None, [0, 0]),
        ("session_started", None, None, None, None, [0, 0]),
        ("value_recorded", 1, 1, None, 5, [0, 5]),
        ("value_recorded", 1, 1, 5, 8, [0, 8]),
        ("write_undone", 1, 1, 8, 5, [0, 5]),
        ("round_started", None, 2, None, None, [0, 5]),
        ("value_recorded", 0, 2, None, 4, [4, 5]),
        ("session_finished", None, None, None, None, [4, 5]),
        ("value_recorded", 0, 2, 4, 9, [9, 5]),
        ("result_corrected", None, None, None, None, [9, 5]),
    ]
    assert [seat["name"] for seat in timeline["seats"]] == ["Cleo", "Dora"]
    part = await ana.get(f"{path}/timeline", after=2, limit=3)
    assert (part["steps"], part["more"]) == (timeline["steps"][3:6], True)
    assert code_of(await bea.call("GET", f"{path}/timeline")) == "not_found"
    item = (await ana.get("/sessions/history"))["items"][0]
    assert [(seat["score"], seat["winner"]) for seat in item["seats"]] == [(9, True), (5, False)]


async def test_a_new_name_is_shown_in_everything_played_before(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    await played(ana, game, {"player_id": ana.id}, {"player_id": bea.id})
    for name in ("Bea", "Beatrix", 'Bea "B." \\ Bee'):
        body_of(await bea.call("PATCH", "/players/me", {"display_name": name}))
        for _ in range(2):
            (item,) = (await ana.get("/sessions/history"))["items"]
            assert item["seats"][1]["name"] == name


async def test_a_list_shows_at_once_what_a_session_has_become(ana: Person) -> None:
    session = await ana.opens("Dora", "Emil")
    path = f"/sessions/{session['id']}"
    await ana.post(f"{path}/record", {"seat": 0, "stat": "Points", "value": 5})

    async def shown() -> Any:
        (item,) = (await ana.get("/sessions/history"))["items"]
        return item["status"], [seat["score"] for seat in item["seats"]], item["voided"]

    assert await shown() == ("playing", [None, None], False)
    await ana.post(f"{path}/end")
    assert await shown() == ("finished", [5, None], False)
    correction = {"seat": 1, "stat": "Points", "value": 8, "reason": "forgotten"}
    await ana.post(f"{path}/correct", correction)
    assert await shown() == ("finished", [5, 8], False)
    await ana.post(f"{path}/void", {"reason": "a trial"})
    assert await shown() == ("finished", [5, 8], True)


async def test_what_changes_while_it_is_read_is_read_again(server: Node) -> None:
    texts = ["as it was", "as it is"]

    class Changing:
        """A database in which the session changes while it is read for the first time."""

        async def glance(self, *_: object) -> list[tuple[UUID, str]]:
            if len(texts) == 2:
                summaries.follow([started(SESSION)])
            return [(SESSION, texts.pop(0))]

    naming = Naming(Names(server.ledger.database))
    summaries = Summaries(cast("Database", Changing()), SessionDirectory(), naming)
    for text in ("as it was", "as it is", "as it is"):
        assert await summaries.of([SESSION]) == [text]


async def test_lists_and_figures_say_whether_scores_are_times(ana: Person) -> None:
    race = (await ana.post("/games", {"name": "Hill race", "win": "lowest"}))["id"]
    heat = {"name": "Heat", "data_type": "duration", "scoring": True}
    aside = {"name": "Laps", "data_type": "integer", "scoring": False}
    for stats, scores in (([heat, aside], "duration"), ([heat, aside | {"scoring": True}], "number")):
        timed = {"game_id": race, "seats": [{"player_id": ana.id}], "stats": stats}
        session = await ana.post("/sessions", timed)
        await ana.post(f"/sessions/{session['id']}/record", {"seat": 0, "stat": "Heat", "value": 41_250})
        await ana.post(f"/sessions/{session['id']}/end")
        newest = (await ana.get("/sessions/history", game_id=race))["items"][0]
        assert (newest["score_type"], newest["seats"][0]["score"]) == (scores, 41_250)
        for moment in ({}, {"as_of": newest["ended_at"]}):
            (figures,) = (await ana.get(f"/players/{ana.id}/stats", **moment))["games"]
            assert (figures["solo"]["score_type"], figures["solo"]["best"]) == (scores, 41_250)
            assert figures["score_type"] == "number"  # none was played against anybody
