"""The library over REST: games and people, found and sorted, archived and brought back."""

import base64
from typing import Any

import msgspec
import pytest

from tallybook.kernel.clock import SystemClock, iso
from tests.rest.kit import API, Person, body_of, code_of

POINTS = {"name": "Points", "data_type": "integer", "scoring": True}


async def pages(person: Person, path: str, **query: Any) -> list[str]:
    """The names of a whole list, read two by two."""
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await person.get(path, limit=2, **query, **cursor)
        names += [item.get("name") or item["display_name"] for item in page["items"]]
        if page["next_cursor"] is None:
            return names
        cursor = {"cursor": page["next_cursor"]}


async def plays(person: Person, game: str, *names: str) -> Any:
    games = (await person.get("/games", q=game, mine=False))["items"]
    seats = [{"name": name} for name in names]
    return await person.post("/sessions", {"game_id": games[0]["id"], "seats": seats})


async def test_my_games_are_those_i_made_and_those_i_have_played(ana: Person, bea: Person) -> None:
    for name in ("Zug um Zug", "Ähnlich", "Go"):
        await ana.post("/games", {"name": name})
    await bea.post("/games", {"name": "Hearts"})
    assert await pages(bea, "/games", q="zug", mine=False) == ["Zug um Zug"]

    await plays(bea, "Hearts", "Cleo")
    session = await plays(bea, "Zug", "Cleo")
    await bea.post(f"/sessions/{session['id']}/seats", {"add": {"player_id": ana.id}})
    await plays(ana, "Ähnlich", "Dora")
    # Who was taken out of a table has not played there.
    await bea.post("/games", {"name": "Whist"})
    session = await plays(bea, "Whist", "Cleo")
    await bea.post(f"/sessions/{session['id']}/seats", {"add": {"player_id": ana.id}})
    await bea.post(f"/sessions/{session['id']}/seats", {"remove": 1})

    assert await pages(ana, "/games") == ["Go", "Ähnlich", "Zug um Zug"]
    assert await pages(ana, "/games", sort="recent") == ["Ähnlich", "Zug um Zug", "Go"]
    everybodys = await pages(ana, "/games", sort="recent", mine=False)
    assert everybodys == ["Ähnlich", "Zug um Zug", "Whist", "Hearts", "Go"]
    assert await pages(bea, "/games") == ["Whist", "Hearts", "Zug um Zug"]
    assert await pages(bea, "/games", sort="recent") == ["Whist", "Zug um Zug", "Hearts"]
    by_name = await pages(ana, "/games", mine=False, sort="name")
    assert by_name == ["Ähnlich", "Go", "Hearts", "Whist", "Zug um Zug"]


async def test_games_are_read_together_by_their_ids(ana: Person, bea: Person) -> None:
    """Anybody's, archived ones as well, and none of what is not there."""
    go = await ana.post("/games", {"name": "Go"})
    whist = await bea.post("/games", {"name": "Whist"})
    await bea.call("DELETE", f"/games/{whist['id']}")
    await ana.post("/games", {"name": "Hearts"})
    assert await pages(ana, "/games", ids=[go["id"], whist["id"], ana.id]) == ["Whist", "Go"]
    assert code_of(await ana.call("GET", "/games", params={"ids": [ana.id] * 101})) == "invalid"


async def test_my_library_of_players_is_searched_and_sorted_by_whom_i_met_last(
    ana: Person, bea: Person
) -> None:
    await ana.opens("Zoë Ädler", "Cleo", "Ben Adam")
    await bea.opens("Somebody else")
    await ana.post("/players", {"name": "Dora"})
    await ana.opens("Cleo")

    assert await pages(ana, "/players", sort="recent") == ["Cleo", "Ben Adam", "Zoë Ädler", "Dora"]
    assert await pages(ana, "/players", sort="name") == ["Ben Adam", "Cleo", "Dora", "Zoë Ädler"]
    assert await pages(ana, "/players") == ["Dora", "Ben Adam", "Cleo", "Zoë Ädler"]
    assert await pages(ana, "/players", q="AD", sort="name") == ["Ben Adam", "Zoë Ädler"]
    assert await pages(ana, "/players", q="somebody") == []


async def test_a_game_in_play_is_archived_only_by_somebody_who_knows(ana: Person, bea: Person) -> None:
    session = await ana.opens("Cleo")
    path = f"/games/{session['game_id']}"
    assert code_of(await bea.call("DELETE", path)) == "forbidden"
    refused = await ana.call("DELETE", path)
    assert (refused.status_code, code_of(refused)) == (409, "in_play")

    assert (await ana.call("DELETE", path, params={"even_in_play": True})).status_code == 204

    await ana.post(f"/sessions/{session['id']}/record", {"seat": 0, "stat": "Points", "value": 3})
    game = {"game_id": session["game_id"]}
    assert code_of(await ana.call("POST", "/sessions", game)) == "invalid"
    assert body_of(await ana.client.get(API + path))["archived"]
    assert code_of(await bea.call("POST", f"{path}/restore")) == "forbidden"
    assert not (await ana.post(f"{path}/restore"))["archived"]
    await ana.post(f"/sessions/{session['id']}/end")
    assert (await ana.call("DELETE", path)).status_code == 204


async def test_a_cursor_leads_on_in_its_own_list_alone(ana: Person) -> None:
    for name in ("A", "B", "C"):
        game = await ana.post("/games", {"name": name})
        await ana.post("/players", {"name": name})
    cursor = (await ana.get("/games", limit=1))["next_cursor"]
    assert (await ana.get("/games", limit=2, cursor=cursor))["next_cursor"] is None

    others = (
        "/players",
        "/games?sort=name",
        "/games?q=A",
        f"/games/{game['id']}/stat-sets",
        "/rooms",
        "/feed",
    )
    mine = (f"/players/{ana.id}/followers", "/players/me/sign-ins", "/players/me/claims")
    for path in (*others, *mine):
        response = await ana.call("GET", f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
        assert (response.status_code, code_of(response)) == (400, "invalid")


async def test_an_altered_cursor_is_refused_or_leads_somewhere(ana: Person, bea: Person) -> None:
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    await ana.post("/games", {"name": "Hex"})
    for each in (ana, bea):
        await each.post(f"/games/{game}/scores", {"score": 5})
    for _ in range(2):
        body = {"game_id": game, "seats": [{"player_id": ana.id}, {"player_id": bea.id}], "public": True}
        session = (await ana.post("/sessions", body))["id"]
        await ana.post(f"/sessions/{session}/end", {"result": [{"seat": 0, "winner": True}]})

    board = f"/leaderboards/{game}?board=score"
    both = f"{ana.id},{bea.id}"
    for path in (
        *("/feed", "/games", "/games?sort=name", "/sessions/history", f"/games/{game}/ratings"),
        *(board, f"{board}&players={both}", f"{board}&as_of={iso(SystemClock().now())}"),
    ):
        path += f"{'&' if '?' in path else '?'}limit=1"
        cursor = base64.urlsafe_b64decode(body_of(await ana.call("GET", path))["next_cursor"])
        places = [(n, byte) for n in range(8, len(cursor)) for byte in (0x00, 0x80, 0xD3, 0xFF)]
        altered = [cursor[:n] + bytes([byte]) + cursor[n + 1 :] for n, byte in places]
        for other in (*altered, *_sized(cursor)):
            response = await ana.call("GET", f"{path}&cursor={base64.urlsafe_b64encode(other).decode()}")
            assert response.is_success or code_of(response) == "invalid", (path, other)


def _sized(cursor: bytes) -> list[bytes]:
    """The cursor with each of its parts shorter, longer, smaller and larger."""
    of_list, *parts = msgspec.msgpack.decode(cursor)
    found = []
    for n, part in enumerate(parts):
        text = isinstance(part, bytes)
        others = [b"", part[1:], part + b"x", b"\xff" * len(part)] if text else [-1, 1 << 63]
        found += [[of_list, *parts[:n], other, *parts[n + 1 :]] for other in others]
    return [msgspec.msgpack.encode(each) for each in found]


@pytest.mark.parametrize(
    ("stat", "field"),
    [
        ({"data_type": "choice"}, "stats.1.choices"),
        ({"data_type": "choice", "choices": ["Red", "red"]}, "stats.1.choices.1"),
        ({"data_type": "integer", "choices": ["Red"]}, "stats.1.choices"),
        ({"data_type": "integer", "minimum": 3, "maximum": 2}, "stats.1.minimum"),
        ({"data_type": "decimal", "minimum": "0.2", "maximum": "0.10"}, "stats.1.minimum"),
        ({"data_type": "integer", "step": 0}, "stats.1.step"),
        ({"data_type": "text", "minimum": 1}, "stats.1.minimum"),
        ({"data_type": "boolean", "scoring": True}, "stats.1.scoring"),
        ({"data_type": "integer", "scope": "table", "scoring": True}, "stats.1.scoring"),
        ({"data_type": "integer", "name": "POINTS"}, "stats.1.name"),
        ({"data_type": "integer", "name": "Ｐoints"}, "stats.1.name"),
    ],
)
async def test_a_stat_that_makes_no_sense_is_refused_with_its_field(
    ana: Person, stat: dict[str, Any], field: str
) -> None:
    game = await ana.post("/games", {"name": "Go"})

    response = await ana.call(
        "POST",
        f"/games/{game['id']}/stat-sets",
        {"name": "All", "stats": [POINTS, {"name": "Other", **stat}]},
    )

    assert (response.status_code, code_of(response)) == (400, "invalid")
    assert response.json()["errors"][0]["field"] == field


async def test_a_stat_set_holds_every_type_with_its_bounds(ana: Person) -> None:
    game = await ana.post("/games", {"name": "Go"})
    stats: list[dict[str, Any]] = [
        {"name": "Points", "data_type": "integer", "scoring": True, "minimum": -5, "maximum": 5, "step": 5},
        {"name": "Weight", "data_type": "decimal", "scoring": True, "minimum": "0.5", "step": "0.25"},
        {"name": "Time", "data_type": "duration", "minimum": 0},
        {"name": "Won", "data_type": "boolean"},
        {"name": "Note", "data_type": "text"},
        {"name": "Colour", "data_type": "choice", "choices": ["Red", "Blue"]},
        {"name": "Weather", "data_type": "text", "scope": "table"},
    ]

    made = await ana.post(f"/games/{game['id']}/stat-sets", {"name": "All", "stats": stats})

    assert [
        {field: kept[field] for field in sent} for sent, kept in zip(stats, made["stats"], strict=True)
    ] == stats
    assert await ana.get(f"/stat-sets/{made['id']}") == made


async def test_stats_can_be_sent_back_as_they_were_received(ana: Person) -> None:
    game = await ana.post("/games", {"name": "Go"})
    bounded = {"name": "Weight", "data_type": "decimal", "minimum": "0.5"}
    sets = f"/games/{game['id']}/stat-sets"
    made = await ana.post(sets, {"name": "All", "stats": [POINTS, bounded]})

    changed = await ana.call("PATCH", f"/stat-sets/{made['id']}", {"stats": made["stats"]})
    session = await ana.post("/sessions", {"game_id": game["id"], "stats": body_of(changed)["stats"]})

    assert body_of(changed)["stats"] == session["stats"] == made["stats"]
    assert all(None not in stat.values() for stat in made["stats"])


async def test_names_are_taken_in_any_case_and_form(ana: Person) -> None:
    game = await ana.post("/games", {"name": "Ｃafé"})
    for name in ("café", "CAFE\u0301", " Café "):
        assert code_of(await ana.call("POST", "/games", {"name": name})) == "name_taken"
    sets = f"/games/{game['id']}/stat-sets"
    await ana.post(sets, {"name": "Straße", "stats": [POINTS]})
    assert code_of(await ana.call("POST", sets, {"name": "STRASSE", "stats": [POINTS]})) == "name_taken"
    await ana.post("/players", {"name": "Zoë"})
    assert code_of(await ana.call("POST", "/players", {"name": "ZOE\u0308"})) == "name_taken"


async def test_the_calendar_counts_finished_sessions_by_the_days_of_a_zone(ana: Person, bea: Person) -> None:
    for others in ((), ("Ben",), ("Dora",)):
        session = await ana.opens("Cleo", *others)
        await ana.post(f"/sessions/{session['id']}/end")
    await ana.post(f"/sessions/{session['id']}/void", {"reason": "a joke"})
    await ana.post(f"/sessions/{session['id']}/rematch")  # which is not over yet
    cleo = session["seats"][0]["player_id"]

    calendar = await bea.get(f"/players/{cleo}/calendar", zone="Pacific/Kiritimati")

    assert (calendar["player_id"], calendar["zone"]) == (cleo, "Pacific/Kiritimati")
    day = calendar["days"][0]
    assert sum(day["played"] for day in calendar["days"]) == 2
    assert calendar["from"] < day["day"] <= calendar["to"]
    behind = body_of(await ana.call("GET", day["sessions"].removeprefix(API)))
    assert [each["status"] for each in behind["items"]] == ["finished"] * day["played"]
    assert (await ana.get(f"/players/{cleo}/calendar", to="2001-12-31"))["days"] == []
    for query in ({"zone": "Mars/Base"}, {"zone": "../etc/passwd"}, {"to": "9999-12-31"}, {"to": "soon"}):
        assert code_of(await ana.call("GET", f"/players/{cleo}/calendar", params=query)) == "invalid"
