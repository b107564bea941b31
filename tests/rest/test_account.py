"""One's account over REST: profile, devices, password; roles by admins; API keys of a game."""

from typing import Any

import httpx
import pytest

from tallybook.bootstrap.node import Node
from tests.rest.kit import API, Person, body_of, code_of, enter

PASSWORD = "correct horse"
PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


async def sign_in(
    client: httpx.AsyncClient, username: str, *, agent: str = "", password: str = PASSWORD
) -> Person:
    credentials = {"username": username, "password": password}
    signed_in = body_of(
        await client.post(f"{API}/auth/login", json=credentials, headers={"User-Agent": agent})
    )
    return Person(client, signed_in["access_token"], signed_in["player"]["id"])


async def register(client: httpx.AsyncClient, username: str, **more: Any) -> Person:
    account = {"username": username, "password": PASSWORD} | more
    signed_in = body_of(await client.post(f"{API}/auth/register", json=account))
    return Person(client, signed_in["access_token"], signed_in["player"]["id"])


@pytest.fixture
async def admin(server: Node, anybody: httpx.AsyncClient) -> Person:
    await server.accounts.create_admin("admin", PASSWORD)
    return await sign_in(anybody, "admin")


async def test_what_is_private_about_me_is_shown_to_me_alone(
    anybody: httpx.AsyncClient, bea: Person, caplog: pytest.LogCaptureFixture
) -> None:
    ana = await register(anybody, "Ana", email="ana@example.org")
    settings = {"theme": "dark", "boards": [{"zoom": 1.5}]}
    changed = body_of(await ana.call("PATCH", "/players/me", {"settings": settings}))

    assert changed == await ana.get("/players/me")
    assert (changed["email"], changed["settings"]) == ("ana@example.org", settings)
    assert (changed["roles"], changed["active"]) == (["player"], True)
    assert changed["last_seen"] <= changed["updated_at"]
    private = {"email", "settings", "roles", "active", "last_seen", "updated_at"}
    for shown in (await bea.get(f"/players/{ana.id}"), await ana.get(f"/players/{ana.id}")):
        assert not shown.keys() & private
    refused: tuple[dict[str, Any], ...] = (
        {"settings": {"x": "x" * 8_200}},
        {"settings": []},
        {"settings": {"x": None}},
        {"email": "x"},
    )
    for bad in refused:
        assert code_of(await ana.call("PATCH", "/players/me", bad)) == "invalid"
    assert "ana@example.org" not in caplog.text


async def test_a_lost_phone_is_signed_out_from_elsewhere(anybody: httpx.AsyncClient) -> None:
    await register(anybody, "ana")
    phone = await sign_in(anybody, "ana", agent=PHONE)
    laptop = await sign_in(anybody, "ana")

    listed = (await laptop.get("/players/me/sign-ins"))["items"]
    assert [each["current"] for each in listed] == [True, False, False]
    lost = next(each for each in listed if each["device"] == "Firefox on Android")
    assert lost.keys() == {"id", "device", "created_at", "last_used_at", "expires_at", "current"}
    for _ in range(2):
        await laptop.call("DELETE", f"/players/me/sign-ins/{lost['id']}", command_id="1")

    assert code_of(await phone.call("GET", "/players/me")) == "invalid_token"
    body_of(await laptop.call("DELETE", "/players/me/sign-ins"))
    assert len((await laptop.get("/players/me/sign-ins"))["items"]) == 1
    gone = await laptop.call("DELETE", f"/players/me/sign-ins/{lost['id']}")
    assert code_of(gone) == "not_found"


async def test_the_password_is_changed_by_who_knows_it(anybody: httpx.AsyncClient, bea: Person) -> None:
    ana, other = await register(anybody, "ana"), await sign_in(anybody, "ana")
    change = {"current": PASSWORD, "new": "battery staple"}

    for wrong, field in (("ANA", "new"), ("password1", "new")):
        refusal = await ana.call("POST", "/players/me/password", change | {"new": wrong})
        assert [error["field"] for error in refusal.json()["errors"]] == [field]
    wrong_one = await ana.call("POST", "/players/me/password", change | {"current": "a guess"})
    assert code_of(wrong_one) == "invalid_credentials"
    await ana.post("/players/me/password", change)

    assert code_of(await other.call("GET", "/players/me")) == "invalid_token"
    assert await sign_in(anybody, "ana", password="battery staple")
    assert code_of(await bea.call("POST", "/players/me/password", change)) == "forbidden"


async def test_admins_grant_take_and_suspend_and_nobody_else_does(
    anybody: httpx.AsyncClient, admin: Person, bea: Person
) -> None:
    ana = await register(anybody, "ana")
    for path in (f"/players/{ana.id}/roles/developer", f"/players/{ana.id}/suspension"):
        for method in ("PUT", "DELETE"):
            assert code_of(await bea.call(method, path)) == "forbidden"

    for _ in range(2):
        body_of(await admin.call("PUT", f"/players/{ana.id}/roles/developer"))
    assert (await ana.get("/players/me"))["roles"] == ["player", "developer"]
    body_of(await admin.call("DELETE", f"/players/{ana.id}/roles/developer"))
    assert code_of(await admin.call("PUT", f"/players/{ana.id}/roles/emperor")) == "invalid"
    assert code_of(await admin.call("DELETE", f"/players/{admin.id}/roles/admin")) == "last_admin"

    body_of(await admin.call("PUT", f"/players/{ana.id}/suspension"))
    assert code_of(await ana.call("GET", "/players/me")) == "invalid_token"
    body_of(await admin.call("DELETE", f"/players/{ana.id}/suspension"))
    assert await sign_in(anybody, "ana")


async def test_an_api_key_sees_its_game_and_what_is_played_of_it_and_nothing_else(
    anybody: httpx.AsyncClient, ana: Person, bea: Person, admin: Person
) -> None:
    session = await ana.opens("Cleo")
    game, path = session["game_id"], f"/sessions/{session['id']}"
    other = await bea.opens("Dora", public=True)
    assert code_of(await bea.call("POST", f"/games/{game}/api-keys", {"name": "mine"})) == "forbidden"

    made = await ana.post(f"/games/{game}/api-keys", {"name": "arena"}, command_id="1")
    again = await ana.post(f"/games/{game}/api-keys", {"name": "arena"}, command_id="1")
    assert again == {key: value for key, value in made.items() if key != "secret"}
    key = Person(anybody, made["secret"], "")

    for read in (f"/games/{game}", f"/games/{game}/stat-sets", path, f"{path}/scoreboard", f"{path}/events"):
        await key.get(read)
    unknown = (
        f"/games/{other['game_id']}",
        f"/games/{other['game_id']}/stat-sets",
        f"/sessions/{other['id']}",
    )
    for read in unknown:
        assert code_of(await key.call("GET", read)) == "not_found"
    for method, do in (
        ("GET", "/players/me"),
        ("GET", "/games"),
        ("POST", "/games"),
        ("POST", f"{path}/end"),
    ):
        assert code_of(await key.call(method, do, {} if method == "POST" else None)) == "forbidden"

    listed = (await admin.get(f"/games/{game}/api-keys"))["items"]
    assert [(each["id"], each["name"]) for each in listed] == [(made["id"], "arena")]
    assert "secret" not in listed[0]
    body_of(await admin.call("DELETE", f"/games/{game}/api-keys/{made['id']}"))
    for read in (f"/games/{game}", "/players/me"):
        assert code_of(await key.call("GET", read)) == "invalid_token"


async def test_a_refused_registration_names_the_field(anybody: httpx.AsyncClient) -> None:
    good = {"username": "ana", "password": PASSWORD}
    for bad, field in (
        ({"username": "Adm1n"}, "username"),
        ({"display_name": "Аdmin"}, "display_name"),
        ({"password": "12345678"}, "password"),
        ({"password": "x" * 50_000}, "password"),
        ({"email": "nowhere"}, "email"),
    ):
        refusal = await anybody.post(f"{API}/auth/register", json=good | bad)
        assert (code_of(refusal), [error["field"] for error in refusal.json()["errors"]]) == (
            "invalid",
            [field],
        )
    enormous = await anybody.post(f"{API}/auth/register", json=good | {"password": "x" * 1_000_000})
    assert code_of(enormous) == "too_large"
    assert (await enter(anybody, "Ana")).id
