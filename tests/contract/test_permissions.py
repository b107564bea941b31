"""The table of permissions, played cell by cell against the server."""

from typing import Any

import httpx
import msgspec
from starlette.routing import Route

from tallybook.access.matrix import MATRIX
from tallybook.access.routes import (
    ANYBODY,
    CALLERS,
    EVENTS,
    JOIN,
    LISTENED,
    PEOPLE,
    ROUTES,
    Expected,
    at_a_table,
    expected,
    expected_of_topic,
    expected_on_socket,
)
from tallybook.bootstrap.node import Node
from tallybook.delivery.rest.app import openapi_document, routes
from tallybook.kernel.refusals import Refusal
from tallybook.sessions.commands import Correct
from tallybook.sessions.plugins import rules_of
from tallybook.sessions.wire import PLATFORM_COMMANDS
from tests.contract.cast import STATS, Cast, Table, gather_cast
from tests.contract.wire import Socket, socket
from tests.rest.kit import API, PASSWORD, body_of, code_of, enter

PATHS = msgspec.json.decode(openapi_document())["paths"]
MOVES_ON = {"start", "pause", "resume", "end", "rematch"}  # the director does it where the caller may not


def test_every_route_and_every_message_has_its_row() -> None:
    served = {
        f"{method} {route.path}"
        for route in routes().routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert served == set(ROUTES)
    commands = {*PLATFORM_COMMANDS, *rules_of("scoresheet").commands}
    assert {*commands, Correct.name, "rematch", JOIN} == set(EVENTS)
    assert {
        *ROUTES.values(),
        *EVENTS.values(),
        "time.claim",
        "claim.view",
        "session.run",
        "record.vouch",
    } == {
        *MATRIX,
        ANYBODY,
        PEOPLE,
    }


async def test_every_route_answers_everybody_as_the_table_says(
    server: Node, client: httpx.AsyncClient
) -> None:
    cast = await gather_cast(server, client)
    lobby = await cast.table()
    private = {caller: await cast.table() for caller in CALLERS}
    public = {caller: await cast.table(public=True) for caller in CALLERS}
    wrong: list[object] = []
    for route in ROUTES:
        for caller in reversed(list(CALLERS)):  # keys end with the owner's account
            at = [(private[caller], True), (public[caller], False)] if at_a_table(route) else [(lobby, False)]
            for table, hidden in at:
                promised = expected(ROUTES[route], caller, private=hidden)
                found = await play(cast, route, caller, table)
                if found != promised:
                    wrong.append((route, caller, "private" if hidden else "", promised, found))
    assert not wrong, "\n".join(map(str, wrong))


async def play(cast: Cast, route: str, caller: str, table: Table) -> Expected | str:
    """Send a request that nothing but a permission can be in the way of."""
    fields, body = await prepare(cast, route, caller, table)
    method, path = route.split()
    response = await cast.call(caller, method, path.format_map(fields) + fields.get("query", ""), body)
    command = path.rpartition("/")[2]
    if response.is_success:
        if command == "rematch":
            table.next = response.json()["id"]
        if route in ENDS_SIGN_INS:
            await cast.renew(caller)
        if path.endswith("/scores/batch"):
            return str(response.json()["results"][0].get("error", {}).get("code", "ok"))
        return "ok"
    code = code_of(response)
    described = PATHS.get(path, {}).get(method.lower())
    if described is not None:
        named = described["responses"].get(str(response.status_code), described["responses"]["default"])
        assert f"`{code}`" in named["description"], (route, caller, code)
    if command == "move" and "these rules know no" in response.json()["detail"]:
        return "ok"  # a scoresheet has no moves
    if command in MOVES_ON and at_a_table(route):
        done = await cast.director.post(f"/sessions/{table.id}/{command}")
        table.next = done.get("id", "")
    return code if code != "invalid_token" else "unauthenticated"


ENDS_SIGN_INS = {
    f"POST {API}/players/me/password",
    f"DELETE {API}/players/me/sign-ins",
    f"DELETE {API}/players/me/sign-ins/{{id}}",
    f"POST {API}/auth/logout",
}


async def prepare(cast: Cast, route: str, caller: str, table: Table) -> tuple[dict[str, str], Any]:
    """What stands in the path, and the body."""
    person, owner, director = cast.callers[caller], cast.callers["owner"], cast.director
    game = {"id": cast.game}
    room, session = {"id": table.room}, {"id": table.id, "player_id": cast.extra.id}
    match route.replace(API, "").split():
        case ["POST", "/auth/register"]:
            if caller == "guest":  # who becomes an account and is none of the guests any more
                cast.callers[caller] = await enter(cast.client, caller)
            return {}, {"username": f"new-{caller.replace(' ', '-')}", "password": PASSWORD}
        case ["POST", "/auth/login"]:
            return {}, {"username": "the-extra", "password": PASSWORD}
        case ["POST", "/auth/guest"]:
            return {}, {"display_name": "A guest"}
        case ["POST", "/auth/refresh"]:
            entered = body_of(await cast.client.post(f"{API}/auth/guest", json={"display_name": "Another"}))
            return {}, {"refresh_token": entered["refresh_token"]}
        case ["PATCH", "/players/me"]:
            return {}, {"region": "EU"}
        case ["POST", "/players/me/password"]:
            return {}, {"current": PASSWORD, "new": PASSWORD}
        case ["POST", "/players/me/claim"]:
            return {}, {"player_id": await cast.somebody(director)}
        case ["DELETE", "/players/me/claims/{id}"] | ["POST", "/claims/{id}/approve" | "/claims/{id}/reject"]:
            return {"id": await cast.claim()}, None
        case ["DELETE", "/players/me/sign-ins/{id}"]:
            if not person.id:
                return {"id": cast.game}, None
            devices = await person.get("/players/me/sign-ins")
            return {"id": devices["items"][0]["id"]}, None
        case ["DELETE", "/players/me"]:
            return {}, {} if caller == "guest" else {"password": PASSWORD}
        case ["POST", "/players"]:
            return {}, {"name": "Ana"}
        case ["POST", "/games/{id}/achievements"]:
            return game, {"key": f"by-{caller.lower().replace(' ', '-')}", "name": caller}
        case [method, path] if path.startswith("/games/{id}/achievements/"):
            rule = {"type": "nth", "what": "win"}
            changes = {"hidden": True} if method == "PATCH" else None
            return game | {"achievement_id": await cast.achievement(rule=rule)}, changes
        case ["POST", "/achievements/progress"]:
            made = {"achievement_id": await cast.achievement(steps=9), "steps": 1}
            return {}, made | {"player_id": cast.callers["player"].id}
        case ["POST", path] if path.startswith("/achievements/unlock"):
            of = {"achievement_id": await cast.achievement(), "player_id": cast.callers["player"].id}
            return {}, {"unlocks": [of]} if path.endswith("/batch") else of
        case ["GET", "/players/{id}/achievements/{achievement_id}/why"]:
            return {"id": cast.callers["player"].id, "achievement_id": await cast.achievement()}, None
        case ["POST", "/games/{id}/boards"]:
            return game, {"key": f"by-{caller.lower().replace(' ', '-')}"}
        case [method, path] if path.startswith("/games/{id}/boards/{board}"):
            changed = {"name": "Fastest lap"} if method == "PATCH" else None
            return game | {"board": await cast.board()}, changed
        case ["POST", "/games/{id}/scores" | "/v1/games/{id}/scores"]:
            return game, {"score": 1, "player_id": cast.callers["player"].id}
        case ["POST", "/games/{id}/scores/batch"]:
            return game, {"scores": [{"score": 1, "player_id": cast.callers["player"].id}]}
        case [_, path] if path.startswith("/leaderboards/{game_id}"):
            await owner.post(f"/games/{cast.game}/scores", {"score": 1})
            return {"game_id": cast.game, "player_id": owner.id, "query": "?board=score"}, None
        case ["POST", "/games/{id}/seasons"]:
            return game, cast.season(f"by-{caller.lower().replace(' ', '-')}")
        case [method, path] if path.startswith("/games/{id}/seasons/{season_id}"):
            made = await owner.post(f"/games/{cast.game}/seasons", cast.season())
            body = {"PATCH": {"name": "Spring cup"}, "POST": {"text": "Snow at last."}}.get(method)
            return game | {"season_id": made["id"]}, body
        case ["POST", "/games/{id}/stats/report"]:
            return game, {"player_id": cast.callers["player"].id, "values": {"kills": 1}}
        case [method, "/games/{id}/statistics/{key}"]:
            shown = {"name": "Kills", "aggregation": "sum"}
            body_of(await cast.call("owner", "PUT", f"{API}/games/{cast.game}/statistics/kills", shown))
            return game | {"key": "kills"}, shown if method == "PUT" else None
        case ["GET", "/players/{id}/compare/{other}"]:
            return {"id": cast.extra.id, "other": cast.callers["player"].id}, None
        case ["POST", "/players/{id}/invitation"]:
            return {"id": await cast.somebody(owner)}, None
        case [_, path] if path.startswith(("/players/{id}", "/users/{id}")):
            return {"id": cast.extra.id, "role": "community_manager"}, None
        case ["POST", "/games"]:
            return {}, {"name": f"{caller} {route}"}
        case ["PATCH", "/games/{id}"]:
            return game, {"description": f"as changed by {caller}"}
        case ["DELETE", "/games/{id}"]:
            return game | {"query": "?even_in_play=true"}, None
        case ["POST", "/games/{id}/api-keys"]:
            return game, {"name": caller}
        case ["DELETE", "/games/{id}/api-keys/{key_id}"]:
            return game | {"key_id": (await cast.key(cast.game))["id"]}, None
        case ["POST", "/notifications/read"]:
            return {}, {"ids": []}
        case ["POST", "/games/{id}/webhooks"]:
            return game, {"url": "https://game.example/", "events": ["score_submitted"]}
        case [method, path] if path.startswith("/games/{id}/webhooks/"):
            delivery = await cast.delivery() if "{delivery_id}" in path else ""
            hook = {"webhook_id": await cast.webhook(), "delivery_id": delivery}
            return game | hook, {"active": True} if method == "PATCH" else None
        case ["POST", "/games/{id}/stat-sets"]:
            return game, {"name": caller, "stats": STATS}
        case [method, "/stat-sets/{id}"]:
            stats = {"name": f"{method} {caller}", "stats": STATS}
            made = await owner.post(f"/games/{cast.game}/stat-sets", stats)
            return {"id": made["id"]}, {"name": f"changed by {caller}"} if method == "PATCH" else None
        case [_, "/rooms/by-key/{key}" | "/rooms/by-key/{key}/join"]:
            return {"key": table.key}, None
        case ["POST", "/rooms/{id}/ready"]:
            return room, None
        case ["POST", "/rooms/{id}/kick"]:
            return room, {"player_id": cast.extra.id}
        case ["POST", "/rooms/{id}/host"]:
            return room, {"player_id": cast.callers["host"].id}
        case ["POST", "/sessions"]:
            return {}, {"game_id": cast.game, "seats": [{"name": "Ana"}]}
        case ["GET", "/sessions/{id}/state"]:
            return session | {"query": "?at=0"}, None
        case ["POST", "/sessions/{id}/abandon"]:
            return {"id": table.next}, None
        case [_, path] if path.startswith("/sessions/{id}"):
            return session, WRITES.get(path.removesuffix("/preview").rpartition("/")[2])
        case _:
            return game, None


WRITES: dict[str, Any] = {
    "record": {"seat": 0, "stat": "Points", "value": 5},
    "clear": {"seat": 0, "stat": "Points"},
    "seats": {"team": {"seat": 0, "team": "Red"}},
    "correct": {"seat": 0, "stat": "Points", "value": 6, "reason": "counted again"},
    "void": {"reason": "a rehearsal"},
}


async def test_every_message_on_a_socket_is_answered_as_the_table_says(
    server: Node, client: httpx.AsyncClient
) -> None:
    cast = await gather_cast(server, client)
    wrong: list[object] = []
    for caller, person in cast.callers.items():
        table = await cast.table()
        try:
            async with socket(server, person.token) as opened:
                for event in EVENTS:
                    found = await push(cast, opened, event, caller, table)
                    if found != expected_on_socket(event, caller):
                        wrong.append((event, caller, expected_on_socket(event, caller), found))
        except Refusal as refusal:
            let_in = [event for event in EVENTS if expected_on_socket(event, caller) != "unauthenticated"]
            wrong += [(event, caller, refusal.code) for event in let_in]
    assert not wrong, "\n".join(map(str, wrong))


async def test_every_topic_that_is_listened_to_lets_in_whom_the_table_says(
    server: Node, client: httpx.AsyncClient
) -> None:
    cast = await gather_cast(server, client)
    for caller, person in cast.callers.items():
        found = dict.fromkeys(LISTENED, "unauthenticated")
        try:
            async with socket(server, person.token) as opened:
                for topic in LISTENED:
                    id_ = cast.game if topic.startswith("game") else person.id
                    found[topic] = (await opened.ask(topic.format(id=id_), JOIN, {}))["status"]
                somebody = await opened.ask(f"player:{cast.extra.id}", JOIN, {})
                assert somebody["response"]["code"] == "not_found"
        except Refusal:
            pass
        assert found == {topic: expected_of_topic(topic, caller) for topic in LISTENED}, caller


async def push(cast: Cast, opened: Socket, event: str, caller: str, table: Table) -> str:
    """Send a message, and what it was answered; where it was refused the director does it, if it moves on."""
    body = PUSHES.get(event, WRITES.get(event, {}))
    if event in {"add_scorekeeper", "remove_scorekeeper", "kick"}:
        body = {"player_id": cast.extra.id}
    if event == "host":
        body = {"player_id": cast.callers["host"].id}
    reply = await opened.ask(f"room:{table.key}", event, body)
    if reply["status"] != "ok" and event in MOVES_ON:
        await cast.director.post(f"/sessions/{table.id}/{event}")
    if event == "rematch":
        await opened.until(lambda heard: heard[3] == "session_started")
    return "ok" if reply["status"] == "ok" else str(reply["response"].get("code", reply["response"]))


PUSHES: dict[str, Any] = {"take_seat": {"seat": 0}, "clear": WRITES["clear"]}
