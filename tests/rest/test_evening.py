"""An evening of games over REST: people, games, a session from its first point to the rematch."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.rest.kit import API, Person, body_of, code_of, enter

PASSWORD = "correct horse"


async def test_a_guest_becomes_an_account_and_keeps_her_library(anybody: AsyncClient, ana: Person) -> None:
    added = await ana.post("/players", {"name": "Cleo"}, command_id="1")
    assert await ana.post("/players", {"name": "Cleo"}, command_id="1") == added

    account = {"username": "Ana", "password": PASSWORD, "email": "ana@example.org"}
    registered = await ana.post("/auth/register", account)

    assert registered["player"]["id"] == ana.id
    assert (registered["token_type"], registered["expires_in"]) == ("Bearer", 3600)
    assert (registered["player"]["kind"], registered["player"]["region"]) == ("account", None)
    login = {"username": "ANA", "password": PASSWORD}
    for path in (f"{API}/auth/login", "/auth/login"):
        signed_in = body_of(await anybody.post(path, json=login))
        again = Person(anybody, signed_in["access_token"], signed_in["player"]["id"])
        assert (await again.get("/players"))["items"] == [added]
    renewed = body_of(
        await anybody.post(f"{API}/auth/refresh", json={"refresh_token": signed_in["refresh_token"]})
    )
    assert renewed["player"] == signed_in["player"]
    assert (await again.call("POST", "/auth/logout")).status_code == 204
    over = await anybody.post(f"{API}/auth/refresh", json={"refresh_token": renewed["refresh_token"]})
    assert (over.status_code, code_of(over)) == (401, "invalid_token")


async def test_games_and_stat_sets_belong_to_who_made_them(ana: Person, bea: Person) -> None:
    game = await ana.post("/games", {"name": "Catan", "max_players": 4}, command_id="1")
    path = f"/games/{game['id']}"

    assert await ana.post("/games", {"name": "Catan", "max_players": 4}, command_id="1") == game
    assert code_of(await ana.call("POST", "/games", {"name": "catan"})) == "name_taken"
    assert code_of(await bea.call("PATCH", path, {"name": "Mine"})) == "forbidden"
    assert body_of(await ana.call("PATCH", path, {"win": "lowest"}))["win"] == "lowest"
    assert body_of(await bea.client.get(API + path))["name"] == "Catan"  # needs no token

    stats = [{"name": "Points", "data_type": "integer", "scoring": True}]
    of_bea = await bea.post(f"{path}/stat-sets", {"name": "Mine", "stats": stats})
    assert (await ana.get(f"{path}/stat-sets"))["items"] == []
    assert (await bea.get(f"{path}/stat-sets"))["items"] == [of_bea]
    one = f"/stat-sets/{of_bea['id']}"
    assert code_of(await ana.call("DELETE", one)) == "not_found"
    of_ana = await ana.post(f"{path}/stat-sets", {"name": "Ours", "stats": stats})
    assert await bea.get(f"/stat-sets/{of_ana['id']}") == of_ana
    assert code_of(await bea.call("DELETE", f"/stat-sets/{of_ana['id']}")) == "forbidden"
    assert body_of(await bea.call("PATCH", one, {"name": "Ours"}))["name"] == "Ours"
    assert (await bea.call("DELETE", one)).status_code == 204
    assert code_of(await bea.call("GET", one)) == "not_found"

    assert (await ana.call("DELETE", path)).status_code == 204
    assert (await ana.get("/games"))["items"] == []
    assert (await ana.get("/games", archived=True))["items"][0]["id"] == game["id"]


async def test_lists_are_read_page_by_page(ana: Person) -> None:
    for name in ("A", "B", "C"):
        await ana.post("/games", {"name": name})

    first = await ana.get("/games", limit=2)
    rest = await ana.get("/games", limit=2, cursor=first["next_cursor"])

    assert [game["name"] for game in [*first["items"], *rest["items"]]] == ["C", "B", "A"]
    assert rest["next_cursor"] is None


async def test_a_session_is_scored_ended_corrected_and_played_again(ana: Person) -> None:
    session = await ana.opens("Cleo", "Dora")
    path = f"/sessions/{session['id']}"
    assert (session["status"], session["scorekeepers"]) == ("playing", [ana.id])
    assert [seat["name"] for seat in session["seats"]] == ["Cleo", "Dora"]

    cell = {"seat": 0, "stat": "Points"}
    written = await ana.post(f"{path}/record", cell | {"value": 5}, command_id="1")
    assert await ana.post(f"{path}/record", cell | {"value": 5}, command_id="1") == written
    await ana.post(f"{path}/record", cell | {"delta": 2, "expected_index": written["index"]})
    stale = await ana.call("POST", f"{path}/record", cell | {"delta": 2, "expected_index": 0})
    assert code_of(stale) == "stale"
    await ana.post(f"{path}/undo")
    await ana.post(f"{path}/redo")
    head = await ana.post(f"{path}/next-round")
    assert await ana.post(f"{path}/clear", {"seat": 1, "stat": "Points"}) == head
    await ana.post(f"{path}/record", {"seat": 1, "stat": "Points", "value": 3})
    await ana.post(f"{path}/seats", {"add": {"player_id": ana.id}})
    board = await ana.get(f"{path}/scoreboard")
    assert [(seat["name"], seat["total"], seat["rank"]) for seat in board["seats"]] == [
        ("Cleo", 7, 1),
        ("Dora", 3, 2),
        ("Ana", 0, 3),
    ]
    earlier = await ana.get(f"{path}/state", at=written["index"])
    assert [seat["total"] for seat in earlier["seats"]] == [5, 0]

    await ana.post(f"{path}/end")
    over = await ana.call("POST", f"{path}/record", cell | {"value": 9})
    assert (over.status_code, code_of(over)) == (409, "session_finished")
    await ana.post(f"{path}/correct", cell | {"value": 1, "round": 1, "reason": "a slip"})
    result = (await ana.get(path))["result"]
    assert [(seat["name"], seat["place"]) for seat in result["seats"]][:2] == [("Cleo", 2), ("Dora", 1)]
    given = [{"seat": 0, "winner": True}]
    await ana.post(f"{path}/correct", {"result": given, "reason": "so they say"})
    assert (await ana.get(path))["result"]["given"]
    assert code_of(await ana.call("POST", f"{path}/correct", {"reason": "no"})) == "invalid"
    await ana.post(f"{path}/correct", {"result": "computed", "reason": "they said nonsense"})
    assert (await ana.get(path))["result"] == result
    events = await ana.get(f"{path}/events", after=-1, limit=500)
    assert [event["index"] for event in events["events"]] == list(range(events["events"][-1]["index"] + 1))
    assert not events["more"]

    rematch = await ana.post(f"{path}/rematch")
    assert (rematch["key"], rematch["previous"]) == (session["key"], session["id"])
    history = await ana.get("/sessions/history", game_id=session["game_id"])
    assert [each["id"] for each in history["items"]] == [rematch["id"], session["id"]]
    assert (await ana.get("/sessions/history", status="finished"))["items"][0]["id"] == session["id"]
    assert (await ana.get("/sessions/history", **{"from": "2100-01-01"}))["items"] == []


async def test_a_refresh_is_answered_again_under_its_key(anybody: AsyncClient) -> None:
    guest = body_of(await anybody.post(f"{API}/auth/guest", json={"display_name": "Ana"}))
    path, body = f"{API}/auth/refresh", {"refresh_token": guest["refresh_token"]}

    lost = body_of(await anybody.post(path, json=body, headers={"Idempotency-Key": "1"}))
    again = body_of(await anybody.post(path, json=body | {"command_id": "1"}))

    assert again["refresh_token"] == lost["refresh_token"]
    assert code_of(await anybody.post(path, json=body)) == "invalid_token"


async def test_a_rematch_is_refused_when_the_session_before_it_has_moved(ana: Person) -> None:
    session = await ana.opens("Cleo")
    path = f"/sessions/{session['id']}"
    ended = await ana.post(f"{path}/end")

    behind = await ana.call("POST", f"{path}/rematch", {"expected_index": ended["index"] - 1})
    assert (behind.status_code, code_of(behind)) == (409, "stale")
    body = {"expected_index": ended["index"]}
    rematch = await ana.post(f"{path}/rematch", body, command_id="1")
    await ana.post(f"{path}/void", {"reason": "the wrong game"})
    assert (await ana.post(f"{path}/rematch", body, command_id="1"))["id"] == rematch["id"]


async def test_a_session_that_is_not_open_yet_has_no_index_to_expect(ana: Person) -> None:
    game = await ana.post("/games", {"name": "Go"})

    refused = await ana.call("POST", "/sessions", {"game_id": game["id"], "expected_index": 0})

    assert (refused.status_code, code_of(refused)) == (400, "invalid")
    assert refused.json()["errors"][0]["field"] == "expected_index"
    await ana.post("/sessions", {"game_id": game["id"], "expected_index": -1})


@pytest.mark.parametrize("field", ["name", "public", "max_players"])
async def test_a_room_that_is_there_is_not_opened_as_another_one(ana: Person, field: str) -> None:
    game = await ana.post("/games", {"name": "Go"})
    room = {"name": "The kitchen", "public": True, "max_players": 4}
    first = await ana.post("/sessions", room | {"game_id": game["id"]})
    await ana.post(f"/sessions/{first['id']}/abandon")
    again = room | {"game_id": game["id"], "room_id": first["room_id"]}

    other = {"name": "The garden", "public": False, "max_players": 5}[field]
    refused = await ana.call("POST", "/sessions", again | {field: other})

    assert (refused.status_code, code_of(refused)) == (400, "invalid")
    assert refused.json()["errors"][0]["field"] == field
    assert (await ana.post("/sessions", again))["key"] == first["key"]


async def test_a_private_room_does_not_exist_until_one_has_its_key(ana: Person, bea: Person) -> None:
    session = await ana.opens("Cleo")
    path, record = f"/sessions/{session['id']}", {"seat": 0, "stat": "Points", "value": 5}
    for refused in (
        await bea.call("GET", path),
        await bea.call("GET", f"{path}/scoreboard"),
        await bea.call("GET", f"{path}/events"),
        await bea.call("POST", f"{path}/record", record),
    ):
        assert (refused.status_code, code_of(refused)) == (404, "not_found")

    joined = await bea.post(f"/rooms/by-key/{session['key'].lower()}/join")

    assert (joined["role"], joined["session_id"]) == ("spectator", session["id"])
    assert (await bea.get(path))["id"] == session["id"]
    assert code_of(await bea.call("POST", f"{path}/record", record)) == "forbidden"
    await ana.call("PUT", f"{path}/scorekeepers/{bea.id}")
    await bea.post(f"{path}/record", record)
    await ana.call("DELETE", f"{path}/scorekeepers/{bea.id}")
    assert code_of(await bea.call("POST", f"{path}/record", record)) == "forbidden"
    await ana.post(f"/rooms/{session['room_id']}/kick", {"player_id": bea.id})
    assert code_of(await bea.call("GET", path)) == "not_found"
    assert code_of(await bea.call("POST", f"/rooms/by-key/{session['key']}/join")) == "forbidden"


async def test_whoever_opens_the_next_session_of_a_room_leaves_it_to_its_host(
    ana: Person, bea: Person
) -> None:
    first = await ana.opens("Cleo")
    join = f"/rooms/by-key/{first['key']}/join"
    another = {key: first[key] for key in ("game_id", "room_id")} | {"seats": [{"player_id": bea.id}]}
    assert code_of(await bea.call("POST", "/sessions", another)) == "not_found"
    await bea.post(join, {"spectator": True})
    assert code_of(await bea.call("POST", "/sessions", another)) == "forbidden"
    await bea.post(join, {"name": "Bea"})
    assert code_of(await bea.call("POST", "/sessions", another)) == "in_play"
    await ana.post(f"/sessions/{first['id']}/end")

    second = await bea.post("/sessions", another | {"command_id": "second"})

    assert (await bea.post("/sessions", another | {"command_id": "second"}))["id"] == second["id"]
    assert (second["previous"], second["scorekeepers"]) == (first["id"], [ana.id])
    assert (await bea.get(f"/rooms/by-key/{first['key']}"))["host_id"] == ana.id
    assert (
        code_of(await bea.call("POST", f"/rooms/{first['room_id']}/host", {"player_id": bea.id}))
        == "forbidden"
    )
    await ana.post(f"/sessions/{second['id']}/end")
    third = await ana.post("/sessions", another | {"seats": [{"name": "Cleo"}, {"player_id": bea.id}]})
    assert third["scorekeepers"] == [ana.id]
    await ana.post(f"/sessions/{third['id']}/end")
    await ana.call("DELETE", "/players/me")
    fourth = await bea.post(f"/sessions/{third['id']}/rematch")
    await bea.post(f"/sessions/{fourth['id']}/record", {"seat": 0, "stat": "Points", "value": 1})
    assert (await bea.get(f"/rooms/by-key/{first['key']}"))["host_id"] == bea.id


async def test_who_is_sent_out_stays_out_of_the_room_until_its_host_lets_them_in(
    ana: Person, bea: Person
) -> None:
    first = await ana.opens("Cleo")
    join = f"/rooms/by-key/{first['key']}/join"
    kick = f"/rooms/{first['room_id']}/kick"
    another = {key: first[key] for key in ("game_id", "room_id")}

    async def out(session: dict[str, str]) -> None:
        assert code_of(await bea.call("GET", f"/sessions/{session['id']}")) == "not_found"
        assert code_of(await bea.call("POST", join, {"name": "Bea"})) == "forbidden"
        await ana.post(f"/sessions/{session['id']}/end")

    await bea.post(join)
    await ana.post(kick, {"player_id": bea.id})
    await out(first)
    second = await ana.post(f"/sessions/{first['id']}/rematch")
    await out(second)
    third = await ana.post("/sessions", another | {"seats": [{"name": "Cleo"}]})
    dora = await enter(ana.client, "Dora")
    await dora.post(join, {"name": "Dora"})
    await out(third)

    invited = another | {"seats": [{"player_id": bea.id}]}
    assert code_of(await dora.call("POST", "/sessions", invited)) == "forbidden"
    fourth = await ana.post("/sessions", invited)

    assert (await bea.get(f"/sessions/{fourth['id']}"))["previous"] == third["id"]
    assert (await bea.post(join))["role"] == "player"


async def test_public_rooms_are_listed_and_looked_up(ana: Person, bea: Person) -> None:
    game = await ana.post("/games", {"name": "Go"})
    body = {"game_id": game["id"], "name": "Game night", "public": True}
    session = await ana.post("/sessions", body, command_id="1")
    await ana.opens("Cleo")  # private

    listed = (await bea.get("/rooms", public="true", q="NIGHT"))["items"]

    assert [room["key"] for room in listed] == [session["key"]]
    assert (listed[0]["name"], listed[0]["host_id"]) == ("Game night", ana.id)
    assert (await bea.get(f"/rooms/by-key/{session['key']}"))["session"]["id"] == session["id"]
    again = await ana.post("/sessions", body, command_id="1")
    assert again["id"] == session["id"]

    await ana.post(f"/rooms/{session['room_id']}/kick", {"player_id": bea.id})
    assert len((await bea.get("/rooms"))["items"]) == 1  # who was sent out of one still sees the list


async def test_my_own_profile_is_mine_to_change(anybody: AsyncClient) -> None:
    ana = await enter(anybody, "Ana")

    changed = body_of(await ana.call("PATCH", "/players/me", {"display_name": "Ana-Maria", "region": "eu"}))

    assert (changed["display_name"], changed["region"]) == ("Ana-Maria", "EU")
    assert await ana.get("/players/me") == changed
    shown = await ana.get(f"/players/{ana.id}")
    assert shown["display_name"] == "Ana-Maria"
    assert not shown.keys() & {"email", "settings", "roles", "active", "last_seen"}


async def test_a_name_may_be_given_a_seat_and_is_in_the_library_from_then_on(ana: Person) -> None:
    session = await ana.opens("Cleo")
    path = f"/sessions/{session['id']}"

    await ana.post(f"{path}/seats", {"add": {"name": "Dora", "team": "Blue"}}, command_id="1")
    await ana.post(f"{path}/seats", {"add": {"name": "Dora", "team": "Blue"}}, command_id="1")

    seats = (await ana.get(path))["seats"]
    assert [(seat["name"], seat.get("team")) for seat in seats] == [("Cleo", None), ("Dora", "Blue")]
    assert seats[1]["player_id"] in {player["id"] for player in (await ana.get("/players"))["items"]}
    cleo = seats[0]["player_id"]
    bots: list[dict[str, Any]] = [{"player_id": cleo, "is_bot": True}, {"bot": "easy"}]
    for refused in ({"name": "Dora", "player_id": cleo}, *bots):
        assert code_of(await ana.call("POST", f"{path}/seats", {"add": refused})) == "invalid"


async def test_whoever_asked_for_a_seat_may_take_the_request_back(
    ana: Person, bea: Person, anybody: AsyncClient
) -> None:
    cleo = await enter(anybody, "Cleo")
    session = await ana.opens("Bea", "Dora")
    path = f"/sessions/{session['id']}"
    for who in (bea, cleo):
        await who.post(f"/rooms/by-key/{session['key']}/join", {"seat": 0})
    hers = {"decline": {"seat": 0, "player_id": bea.id}}
    assert code_of(await cleo.call("POST", f"{path}/seats", hers)) == "forbidden"
    assert code_of(await bea.call("POST", f"{path}/seats", hers | {"remove": 1})) == "invalid"
    spelled = {"decline": {"seat": 0, "player_id": bea.id.upper()}}
    await bea.post(f"{path}/seats", spelled)
    assert [request["player_id"] for request in (await ana.get(path))["requests"]] == [cleo.id]
