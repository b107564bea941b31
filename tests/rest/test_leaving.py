"""Taking one's data along, and being forgotten."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Connection, select

from tallybook.accounts.erasure import Erasure
from tallybook.accounts.tables import credentials, emails, players, sign_ins
from tallybook.bootstrap.node import Node, node
from tallybook.database.schema import metadata
from tallybook.kernel.clock import SystemClock, iso
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.tables import texts
from tallybook.settings import Settings
from tests.ledger.kit import count, verified
from tests.reactions.receiver import receiving
from tests.rest.kit import API, PASSWORD, Person, body_of, code_of, enter, register


@pytest.fixture
async def cleo(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "cleo-plays", display_name="Cleo Patra", email="cleo@example.org")


async def with_a_season(host: Person, game: str) -> str:
    """A season of a game that has begun, with something said about it; the path of its announcements."""
    now = SystemClock().now()
    times = {"starts_at": iso(now - 1_000_000), "ends_at": iso(now + 3_600_000_000)}
    texts = {"starts": f"to the start, says {host.id}", "ends": f"all over, says {host.id}"}
    asked = {"key": "spring", "name": "Spring", "boards": ["score"], "texts": texts} | times
    made = await host.post(f"/games/{game}/seasons", asked)
    path = f"/games/{game}/seasons/{made['id']}/announcements"
    async with asyncio.timeout(20):
        while not (await host.get(path))["items"]:  # the start is announced by itself
            await asyncio.sleep(0.05)
    await host.post(path, {"text": f"news of {host.id}"})
    return path


async def with_remarks(host: Person, *others: Person) -> dict[str, Any]:
    """A session that is being played, with a text by everybody who keeps the score there."""
    game = await host.post("/games", {"name": "A game of remarks"})
    stats = [{"name": "Points", "data_type": "integer", "scoring": True}]
    for number in range(1 + len(others)):
        stats += [{"name": f"{what} {number}", "data_type": "text"} for what in ("Remark", "Verdict")]
    asked = {"game_id": game["id"], "stats": stats, "seats": [{"name": "Ana"}, {"player_id": host.id}]}
    session: dict[str, Any] = await host.post("/sessions", asked)
    path = f"/sessions/{session['id']}"
    for number, person in enumerate((host, *others)):
        if person is not host:
            body_of(await host.call("PUT", f"{path}/scorekeepers/{person.id}"))
        for what, text in (("Remark", f"a remark of {person.id}"), ("Verdict", "a good game")):
            await person.post(f"{path}/record", {"seat": 0, "stat": f"{what} {number}", "value": text})
    return session


def remarks(board: dict[str, Any]) -> dict[str, Any]:
    values = board["seats"][0]["values"]
    return {name: value["total"] for name, value in values.items() if name != "Points"}


async def test_who_leaves_is_forgotten_and_what_others_played_stays(
    cleo: Person, ana: Person, server: Node
) -> None:
    session = await with_remarks(cleo, ana)
    path = f"/sessions/{session['id']}"
    named = session["seats"][0]["player_id"]
    alone = await cleo.opens("Dora")
    follower = await register(cleo.client, "a-follower")
    body_of(await follower.call("PUT", f"/players/{cleo.id}/follow"))

    assert code_of(await cleo.call("DELETE", "/players/me", {})) == "invalid_credentials"
    assert code_of(await cleo.call("DELETE", "/players/me", {"password": "another"})) == "invalid_credentials"
    gone = await cleo.call("DELETE", "/players/me", {"password": PASSWORD})

    assert gone.status_code == 204
    assert code_of(await cleo.call("GET", "/players/me")) == "invalid_token"
    login = {"username": "cleo-plays", "password": PASSWORD}
    assert code_of(await cleo.client.post(f"{API}/auth/login", json=login)) == "invalid_credentials"
    for player_id in (cleo.id, named):
        shown = await ana.get(f"/players/{player_id}")
        assert (shown["display_name"], shown["username"]) == ("Former player", None)
    assert (await follower.get(f"/players/{follower.id}/following"))["items"] == []
    assert code_of(await follower.call("PUT", f"/players/{cleo.id}/follow")) == "forbidden"
    # Her game goes on in other hands; what only she kept going is abandoned.
    assert (await ana.get(path))["host_id"] == ana.id
    assert remarks(await ana.get(f"{path}/scoreboard")) == {
        "Remark 0": None,
        "Remark 1": f"a remark of {ana.id}",
        "Verdict 0": "a good game",  # in words that somebody else wrote too
        "Verdict 1": "a good game",
    }
    await ana.post(f"{path}/record", {"seat": 1, "stat": "Points", "value": 7})
    await ana.post(f"{path}/end", {})
    assert [seat["name"] for seat in (await ana.get(path))["seats"]] == ["Former player"] * 2
    assert (await ana.get(f"/games/{session['game_id']}"))["archived"]
    events = await server.ledger.events(UUID(alone["id"]))
    assert events[-1].type == "session_abandoned.v1"
    assert (await verified(server.ledger)).sound
    # She has her seats where she played, and gets no others.
    another = await ana.opens("Ela")
    for player_id in (cleo.id, named):
        asked = {"game_id": another["game_id"], "seats": [{"player_id": player_id}]}
        assert code_of(await ana.call("POST", "/sessions", asked)) == "not_found"
        seats = f"/sessions/{another['id']}/seats"
        assert code_of(await ana.call("POST", seats, {"add": {"player_id": player_id}})) == "invalid"
    assert (await ana.get(f"/sessions/{another['id']}"))["index"] == another["index"]

    again = await register(cleo.client, "cleo-plays", email="cleo@example.org")
    assert again.id != cleo.id


async def test_nothing_private_is_left_in_the_database(cleo: Person, server: Node) -> None:
    session = await with_remarks(cleo)
    await with_a_season(cleo, session["game_id"])
    hook = {"url": "https://cleo.example/hook", "events": ["session_finished"]}
    await cleo.post(f"/games/{session['game_id']}/webhooks", hook)
    body_of(await cleo.call("PATCH", "/players/me", {"settings": {"theme": "a dark one"}}))
    body_of(await cleo.call("DELETE", "/players/me", {"password": PASSWORD}))

    def everything(connection: Connection) -> str:
        assert [count(connection, table) for table in (credentials, emails, sign_ins, texts)] == [0] * 4
        return repr([connection.execute(table.select()).all() for table in metadata.sorted_tables])

    stored = await server.ledger.database.read(everything)
    for private in (
        "cleo-plays",
        "Cleo Patra",
        "cleo@example.org",
        "a remark of",
        "a good game",
        "a dark one",
        f"says {cleo.id}",
        f"news of {cleo.id}",
        "cleo.example/hook",
    ):
        assert private not in stored


async def test_nothing_is_said_by_who_has_left_and_nobody_is_called_for_them(
    cleo: Person, ana: Person, server: Node
) -> None:
    await server.roles.make_admin("cleo-plays")  # so that she has a say in Ana's game, too
    await register(cleo.client, "another-admin")
    await server.roles.make_admin("another-admin")
    login = {"username": "cleo-plays", "password": PASSWORD}
    signed_in = body_of(await cleo.client.post(f"{API}/auth/login", json=login))
    cleo = Person(cleo.client, signed_in["access_token"], cleo.id)
    hers, anas = [(await each.post("/games", {"name": "Go"}))["id"] for each in (cleo, ana)]
    of_hers, of_anas = await with_a_season(cleo, hers), await with_a_season(ana, anas)
    await cleo.post(of_anas, {"text": "a word of Cleo's"})
    async with receiving() as receiver, receiving() as other:
        hook = {"url": receiver.url, "events": ["session_finished"]}
        for game in (hers, anas):
            await cleo.post(f"/games/{game}/webhooks", hook)
        await ana.post(f"/games/{anas}/webhooks", hook | {"url": other.url})
        opening = {"seats": [{"name": "Dora"}]}
        played = [await ana.post("/sessions", opening | {"game_id": game}) for game in (hers, anas)]

        document = json.loads((await cleo.call("GET", "/players/me/export")).content)
        body_of(await cleo.call("DELETE", "/players/me", {"password": PASSWORD}))

        for session in played:
            await ana.post(f"/sessions/{session['id']}/end", {})
        async with asyncio.timeout(20):
            (heard,) = await other.took(1)
        assert (heard.data["stream"], receiver.posts) == (played[1]["id"], [])
    assert (await ana.get(of_hers))["items"] == []
    assert [each["text"] for each in (await ana.get(of_anas))["items"]] == [
        f"news of {ana.id}",
        f"to the start, says {ana.id}",
    ]
    assert [each["url"] for each in (await ana.get(f"/games/{anas}/webhooks"))["items"]] == [other.url]

    assert {(each["game_id"], each["url"]) for each in document["webhooks"]} == {
        (game, receiver.url) for game in (hers, anas)
    }
    assert [each["texts"]["ends"] for each in document["seasons"]] == [f"all over, says {cleo.id}"]
    assert [each["text"] for each in document["announcements"]] == [
        f"to the start, says {cleo.id}",
        f"news of {cleo.id}",
        "a word of Cleo's",
    ]


async def test_other_nodes_hear_of_it_and_those_that_start_later_know(
    cleo: Person, server: Node, url: str
) -> None:
    settings = Settings(database_url=url, secret_keys=("a secret of the tests, long enough",))

    def accepted(other: Node) -> bool:
        try:
            return bool(other.accounts.verify(cleo.token))
        except Refusal:
            return False

    async with node(settings) as other:
        assert accepted(other)
        body_of(await cleo.call("DELETE", "/players/me", {"password": PASSWORD}))
        async with asyncio.timeout(20):
            while accepted(other):
                await asyncio.sleep(0.01)
    async with node(settings) as later:
        assert not accepted(later)


async def test_what_another_device_writes_meanwhile_goes_too(
    cleo: Person, ana: Person, server: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/sessions/{(await with_remarks(ana, cleo))['id']}"
    erase = Erasure._erase_one

    async def late(self: Erasure, player_id: UUID, actor: UUID) -> None:
        if player_id == actor:
            said = {"seat": 0, "stat": "Remark 1", "value": "a word of Cleo's"}
            await cleo.post(f"{path}/record", said)
            await cleo.post("/players", {"name": "A friend of Cleo's"})
        await erase(self, player_id, actor)

    monkeypatch.setattr(Erasure, "_erase_one", late)
    assert (await cleo.call("DELETE", "/players/me", {"password": PASSWORD})).status_code == 204

    def left(connection: Connection) -> tuple[Sequence[str], Sequence[str]]:
        said = connection.execute(select(texts.c.text)).scalars().all()
        return said, connection.execute(select(players.c.display_name)).scalars().all()

    assert "Cleo" not in str(await server.ledger.database.read(left))


async def test_a_guest_leaves_without_a_password(anybody: httpx.AsyncClient) -> None:
    guest = await enter(anybody, "A guest")
    assert (await guest.call("DELETE", "/players/me")).status_code == 204
    assert code_of(await guest.call("GET", "/players/me")) == "invalid_token"


async def test_claimed_players_are_forgotten_with_their_person_and_others_claims_are_kept(
    cleo: Person, ana: Person
) -> None:
    hers = (await ana.post("/players", {"name": "Cleo at Ana's"}))["id"]
    code = (await ana.post(f"/players/{hers}/invitation"))["code"]
    await cleo.post("/players/me/claim", {"code": code})
    theirs = (await cleo.post("/players", {"name": "Bea at Cleo's"}))["id"]
    code = (await cleo.post(f"/players/{theirs}/invitation"))["code"]
    bea = await register(cleo.client, "bea-plays")
    await bea.post("/players/me/claim", {"code": code})

    await cleo.call("DELETE", "/players/me", {"password": PASSWORD})

    assert (await ana.get(f"/players/{hers}"))["display_name"] == "Former player"
    kept = await ana.get(f"/players/{theirs}")
    assert (kept["display_name"], kept["claimed_by"]) == ("Bea at Cleo's", bea.id)


async def test_an_export_holds_everything_about_a_person_and_nothing_secret(
    cleo: Person, ana: Person
) -> None:
    session = await with_remarks(cleo, ana)
    path = f"/sessions/{session['id']}"
    await cleo.post(f"{path}/end", {})
    hers = await ana.opens("Cleo at Ana's")
    code = (await ana.post(f"/players/{hers['seats'][0]['player_id']}/invitation"))["code"]
    await cleo.post("/players/me/claim", {"code": code})
    friend = await register(cleo.client, "a-friend")
    body_of(await cleo.call("PUT", f"/players/{friend.id}/follow"))
    private = await ana.opens("Nobody's business")
    of_game = f"/games/{session['game_id']}"
    await cleo.post(f"{of_game}/achievements", {"key": "first", "name": "The first of all"})
    await cleo.post(f"{of_game}/boards", {"key": "falls", "name": "Most falls"})
    body_of(await cleo.call("PUT", f"{of_game}/statistics/falls", {"name": "Falls", "aggregation": "sum"}))
    named = {"game_id": session["game_id"], "seats": [], "name": "Cleo's evening"}
    evening = await cleo.post("/sessions", named)

    answered = await cleo.call("GET", "/players/me/export")

    assert answered.headers["content-type"] == "application/json"
    document = json.loads(answered.content)
    assert document["profile"] == await cleo.get("/players/me")
    assert document["profile"]["email"] == "cleo@example.org"
    assert [each["display_name"] for each in document["library"]] == ["Ana"]
    assert [each["display_name"] for each in document["also"]] == ["Cleo at Ana's"]
    assert [each["username"] for each in document["following"]] == ["a-friend"]
    assert [each["status"] for each in document["claims"]] == ["approved"]
    assert [each["name"] for each in document["games"]] == ["A game of remarks"]
    assert len(document["sign_ins"]) == 1
    assert sorted(each["text"] for each in document["texts"]) == ["a good game", f"a remark of {cleo.id}"]
    assert {each["session_id"] for each in document["texts"]} == {session["id"]}
    exported = {each["header"]["session_id"]: each for each in document["sessions"]}
    assert exported.keys() == {session["id"], hers["id"], evening["id"]}
    for name, kept in (
        ("achievements", "The first of all"),
        ("boards", "Most falls"),
        ("statistics", "Falls"),
    ):
        assert [each["name"] for each in document[name]] == [kept]
    assert {(each["session_id"], each["name"]) for each in document["rooms"]} == {
        (session["id"], None),
        (evening["id"], "Cleo's evening"),
    }
    assert private["id"] not in answered.text
    events = (await cleo.get(f"{path}/events"))["events"]
    assert [(each["index"], each["type"]) for each in exported[session["id"]]["events"]] == [
        (each["index"], each["type"]) for each in events
    ]
    for secret in ("password_hash", "secret", "argon2"):
        assert secret not in answered.text


async def test_a_career_is_taken_along_and_what_is_left_of_it_names_nobody(
    cleo: Person, ana: Person, anybody: httpx.AsyncClient, server: Node
) -> None:
    game = (await ana.post("/games", {"name": "Slalom"}))["id"]
    key = Person(anybody, (await ana.post(f"/games/{game}/api-keys", {"name": "server"}))["secret"], "")
    medal = await ana.post(f"/games/{game}/achievements", {"key": "medal", "name": "Medal", "points": 5})
    path = f"/games/{game}/scores"
    await cleo.post(path, {"board": "score", "score": 3, "metadata": {"said": "by Cleo"}})
    of_cleo = {"board": "score", "score": 9, "player_id": cleo.id, "metadata": {"said": "by the server"}}
    await key.post(path, of_cleo)
    await ana.post(path, {"board": "score", "score": 4, "metadata": {"said": "by Ana"}})
    await cleo.post(f"/games/{game}/stats/report", {"values": {"falls": 2}, "playtime": 60_000})
    await cleo.post("/achievements/unlock", {"achievement_id": medal["id"]})

    document = json.loads((await cleo.call("GET", "/players/me/export")).content)
    (career,) = document["careers"]
    assert (career["game_id"], career["player_id"]) == (game, cleo.id)
    assert [each["type"] for each in career["events"]] == [
        "score_submitted.v1", "score_submitted.v1", "stats_reported.v1", "achievement_unlocked.v1",
    ]  # fmt: skip
    assert sorted(career["texts"].values()) == ['{"said":"by Cleo"}', '{"said":"by the server"}']
    assert document["texts"] == []

    board = {"board": "score", "metadata": "true"}
    before = await ana.get(f"/leaderboards/{game}", **board)
    assert [line["metadata"]["said"] for line in before["rankings"]] == ["by the server", "by Ana"]
    assert (await cleo.call("DELETE", "/players/me", {"password": PASSWORD})).status_code == 204

    after = await ana.get(f"/leaderboards/{game}", **board)
    lines = [(line["username"], line["points"], line.get("metadata")) for line in after["rankings"]]
    assert lines == [("Former player", 12, None), ("Ana", 4, {"said": "by Ana"})]
    standing = await ana.get(f"/leaderboards/{game}/player/{cleo.id}", board="score")
    assert (standing["rank"], "metadata" in standing["entry"]) == (1, False)
    left = await server.ledger.database.read(lambda connection: connection.execute(texts.select()).all())
    assert [row.text for row in left] == ['{"said":"by Ana"}']
    assert (await verified(server.ledger)).sound
    # Her token is worth nothing any more, and no server can add to what she has.
    assert code_of(await cleo.call("POST", path, {"board": "score", "score": 10})) == "invalid_token"
    assert code_of(await key.call("POST", path, of_cleo | {"score": 99})) == "not_found"
    again = {"player_id": cleo.id, "achievement_id": medal["id"]}
    assert code_of(await key.call("POST", "/achievements/unlock", again)) == "not_found"
    more = {"player_id": cleo.id, "values": {"falls": 1}}
    assert code_of(await key.call("POST", f"/games/{game}/stats/report", more)) == "not_found"


async def test_the_last_admin_stays_until_there_is_another(cleo: Person, server: Node) -> None:
    await server.roles.make_admin("cleo-plays")
    mine = await cleo.opens("Dora")
    assert code_of(await cleo.call("DELETE", "/players/me", {"password": PASSWORD})) == "last_admin"
    assert (await cleo.get(f"/sessions/{mine['id']}"))["status"] == "playing"  # nothing was given up
    await register(cleo.client, "another-admin")
    await server.roles.make_admin("another-admin")
    body_of(await cleo.call("DELETE", "/players/me", {"password": PASSWORD}))


async def test_what_erasing_a_library_looks_through_does_not_grow_with_it(
    anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no index by which those who do nothing could be found where they have done nothing."""
    execute, everywhere = Connection.execute, list[str]()

    def noted(self: Connection, statement: Any, *given: Any, **options: Any) -> Any:
        words = str(statement)
        if " LIKE " in words or "rooms.created_by" in words or "room_members.player_id" in words:
            everywhere.append(words)
        return execute(self, statement, *given, **options)

    needed = []
    for many in (1, 12):
        host = await register(anybody, f"host-of-{many}")
        for number in range(many):
            await host.post("/players", {"name": f"Dora {number}"})
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "execute", noted)
            everywhere.clear()
            body_of(await host.call("DELETE", "/players/me", {"password": PASSWORD}))
            needed.append(len(everywhere))
    assert needed[0] == needed[1]
