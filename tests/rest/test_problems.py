"""Whatever goes wrong is answered by a problem document, and tells nothing it should not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tallybook.bootstrap.node import Node
from tests.rest.kit import API, Person, code_of

ID = "01890000-0000-7000-8000-000000000000"

RECORD = "/sessions/{session}/record"
NAMES = ["", " ", "x" * 10_000, "\u200b\u200d", "\u202etac", "a\nb", "\x1b[2J", "a\0"]
NAMES += ["\u3164", "\u115f\u1160", "\uffa0 \u200b", "\u2800", "\u034f\U000e0100", "\U0001d159"]

# fmt: off
# A body, sent to a path by a signed-in caller, and the code it is refused with.
BAD_BODIES: list[tuple[str, bytes, str]] = [
    ("/games", b"", "invalid"),
    ("/games", b"{", "malformed"),
    ("/games", b"[]", "malformed"),
    ("/games", b'"text"', "malformed"),
    ("/games", b"null", "malformed"),
    ("/games", b"\xff\xfe", "malformed"),
    ("/games", b"\xef\xbb\xbf{}", "malformed"),
    ("/games", b'{"name": "G"} {}', "malformed"),
    ("/games", b'{"name": NaN}', "malformed"),
    ("/games", b'{"name": Infinity}', "malformed"),
    ("/games", b'{"name": 1e999}', "malformed"),
    ("/games", b'{"name": "\\ud800"}', "malformed"),
    ("/games", b'{"name": "\\udc00x"}', "malformed"),
    ("/games", b'{"name": "\xed\xa0\x80"}', "malformed"),
    ("/games", b"[" * 30_000, "malformed"),
    ("/games", b'{"name":' * 200 + b"1" + b"}" * 200, "malformed"),
    ("/games", b'{"name": null}', "invalid"),
    ("/games", b'{"name": 5}', "invalid"),
    ("/games", b'{"name": ["G"]}', "invalid"),
    ("/games", b'{"name": "G", "min_players": "2"}', "invalid"),
    ("/games", b'{"name": "G", "min_players": 2.5}', "invalid"),
    ("/games", b'{"name": "G", "min_players": true}', "invalid"),
    ("/games", b'{"name": "G", "min_players": 9007199254740992}', "invalid"),
    ("/games", b'{"name": "G", "min_players": 1' + b"0" * 4_000 + b"}", "invalid"),
    ("/games", b'{"name": "G", "win": "most"}', "invalid"),
    ("/games", b'{"name": "G", "rules": "chess"}', "invalid"),
    ("/games", b'{"name": "G", "owner_id": "me"}', "invalid"),
    ("/games", b'{"name": "G", "\\u0000": 1}', "invalid"),
    ("/games", b'{"name": "G", "command_id": "a b"}', "invalid"),
    ("/games", b'{"name": "' + b"x" * 70_000 + b'"}', "too_large"),
    ("/players", b'{"name": "A", "kind": "account"}', "invalid"),
    ("/auth/register", b'{"username": "ana", "password": "short"}', "invalid"),
    ("/auth/register", b'{"username": "ana", "password": "correct horse", "email": "ana"}', "invalid"),
    ("/auth/register", '{"username": "änä", "password": "correct horse"}'.encode(), "invalid"),
    ("/sessions", b"{}", "invalid"),
    ("/sessions", b'{"game_id": "1"}', "invalid"),
    ("/sessions", f'{{"game_id": "{ID}"}}'.encode(), "not_found"),
    (RECORD, b'{"stat": "Points", "value": 1}', "invalid"),
    (RECORD, b'{"seat": 0, "stat": "Points"}', "invalid"),
    (RECORD, b'{"seat": 0, "stat": "Points", "value": null}', "invalid"),
    (RECORD, b'{"seat": 0, "stat": "Points", "value": "5"}', "wrong_type"),
    (RECORD, b'{"seat": 0, "stat": "Points", "value": 1.5}', "wrong_type"),
    (RECORD, b'{"seat": 0, "stat": "Points", "value": true}', "wrong_type"),
    (RECORD, b'{"seat": 0, "stat": "Points", "delta": 9007199254740992}', "out_of_range"),
    (RECORD, b'{"seat": 7, "stat": "Points", "value": 1}', "unknown_seat"),
    (RECORD, b'{"seat": 0, "stat": "Points\\u0000", "value": 1}', "invalid"),
    (RECORD, b'{"seat": 0, "stat": "Roads", "value": 1}', "unknown_stat"),
    ("/sessions/{session}/undo", b'{"expected_index": 1.5}', "invalid"),
    ("/sessions/{session}/undo", b'{"at": "9999-12-31T23:59:59Z"}', "invalid"),
    ("/sessions/{session}/undo", b'{"at": "1066-10-14T09:00:00Z"}', "invalid"),
    ("/sessions/{session}/undo", b'{"at": "2026-01-31T18:05:00"}', "invalid"),
    ("/sessions/{session}/undo", b'{"at": 1700000000}', "invalid"),
    ("/sessions/{session}/undo", b'{"zone": "Europe/\\u0000"}', "invalid"),
    ("/sessions/{session}/undo", b'{"zone": "Nowhere/At"}', "invalid"),
    ("/sessions/{session}/undo", b'{"zone": "localtime"}', "invalid"),
    ("/sessions/{session}/undo", b'{"zone": ["UTC"]}', "invalid"),
    ("/sessions/{session}/undo", b'{"nonsense": 1}', "invalid"),
    ("/sessions/{session}/end", b'{"result": [{"seat": 7, "place": 1}]}', "unknown_seat"),
    (f"/sessions/{ID}/undo", b"{}", "not_found"),
    ("/sessions/nonsense/undo", b"{}", "not_found"),
]
# fmt: on

BAD_CALLS = [
    ("GET", "/nowhere", "not_found"),
    ("DELETE", "/games", "method_not_allowed"),
    ("GET", "/games/", "not_found"),
    ("GET", "/games?limit=0", "invalid"),
    ("GET", "/games?limit=101", "invalid"),
    ("GET", "/games?limit=many", "invalid"),
    ("GET", "/games?cursor=nonsense", "invalid"),
    ("GET", "/games?cursor=%C3%A9", "invalid"),
    ("GET", "/games?q=%00", "invalid"),
    ("GET", f"/games/{ID.upper()[:-1]}", "not_found"),
    ("GET", f"/games/{ID.replace('-', '')}", "not_found"),
    ("GET", "/games/%00", "not_found"),
    ("GET", f"/players/{ID}", "not_found"),
    ("GET", "/rooms?public=false", "invalid"),
    ("GET", "/rooms/by-key/%00%00%00%00%00%00", "not_found"),
    ("GET", "/rooms/by-key/AAAAAA", "not_found"),
    ("GET", "/sessions/history?from=yesterday", "invalid"),
    ("GET", "/sessions/history?to=9999-12-31", "invalid"),
    ("GET", "/sessions/history?from=2026-02-30", "invalid"),
    ("GET", "/sessions/history?status=lost", "invalid"),
    ("GET", "/sessions/history?game_id=1", "invalid"),
    ("GET", "/sessions/{session}/events?after=-2", "invalid"),
    ("GET", "/sessions/{session}/events?limit=501", "invalid"),
    ("GET", "/sessions/{session}/events?after=99999999999999999999", "invalid"),
    ("GET", "/sessions/{session}/state", "invalid"),
    ("GET", "/sessions/{session}/state?at=1000", "invalid"),
    ("PUT", "/sessions/{session}/scorekeepers/nonsense", "invalid"),
    ("PUT", f"/sessions/{{session}}/scorekeepers/{ID}", "invalid"),
    ("POST", f"/rooms/{ID}/kick", "not_found"),
]


async def test_bad_requests_get_a_stable_code_and_leave_nothing_behind(ana: Person, server: Node) -> None:
    opened = await ana.opens("Cleo")
    session, join = opened["id"], f"/rooms/by-key/{opened['key']}/join"
    before = server.ledger.follower.position
    bodies = [
        *BAD_BODIES,
        *(("/games", _body(name=name), "invalid") for name in NAMES),
        *(("/players", _body(name=name), "invalid") for name in NAMES),
        *(("/auth/guest", _body(display_name=name), "invalid") for name in NAMES),
        *((join, _body(name=name), "invalid") for name in NAMES),
        (f"/rooms/{opened['room_id']}/kick", _body(player_id=ID), "invalid"),
        ("/sessions/{session}/seats", _body(add={"player_id": ID}), "invalid"),
    ]
    for path, body, code in bodies:
        response = await ana.call("POST", path.format(session=session), content=body)
        assert (code_of(response), path, body[:80]) == (code, path, body[:80])
    for method, path, code in BAD_CALLS:
        response = await ana.call(method, path.format(session=session))
        assert (code_of(response), path) == (code, path)
    for command_id in ("", "x" * 65, "a b", "é".encode()):
        headers = {"Authorization": f"Bearer {ana.token}", "Idempotency-Key": command_id}
        response = await ana.client.post(f"{API}/games", json={"name": "G"}, headers=headers)  # type: ignore[arg-type]
        assert code_of(response) == "invalid"
    assert server.ledger.follower.position == before


async def test_a_refusal_names_what_was_sent_and_says_in_words_what_it_should_be(ana: Person) -> None:
    opened = await ana.opens("Cleo")
    game, seats = f"/games/{opened['game_id']}", f"/sessions/{opened['id']}/seats"
    session = {"game_id": opened["game_id"], "name": "A room", "seats": [{"name": "Ana"}, {"name": "\u200b"}]}
    blank, key = "needs at least one visible character", "must be 1 to 40 of a-z, 0-9, - and _"
    report, counted = f"{game}/stats/report", {"kills": {"delta": 1, "by": 1}}
    for path, body, field, message in (
        ("/sessions", session, "seats.1.name", blank),
        (seats, {"add": {"name": ""}}, "add.name", blank),
        (f"{game}/scores", {"score": 1, "team": ""}, "team", blank),
        (f"{game}/scores", {"score": "1e5"}, "score", r"must match ^-?[0-9]{1,15}(\.[0-9]{1,3})?$"),
        (f"{game}/scores", {"score": 1, "board": "b" * 41}, "board", "at most 40 characters"),
        (report, {"values": {"Kills": 1}}, "values", f"{key}, and begin with a letter or a digit"),
        (report, {"values": counted}, "values.by", "is not known here"),
        (report, {"playtime": -1}, "playtime", "must be at least 0"),
        ("/sessions/history?limit=0", None, "limit", "must be at least 1"),
        ("/sessions/history?limit=few", None, "limit", "must be a whole number, not text"),
    ):
        response = await ana.call("GET" if body is None else "POST", path, body)
        assert code_of(response) == "invalid"
        assert response.json()["errors"] == [{"field": field, "message": message}]
    items = (await ana.post(f"{game}/scores/batch", {"scores": [None, 5, "x", []]}))["results"]
    assert [item["error"]["code"] for item in items] == ["malformed"] * 4


def _body(**fields: Any) -> bytes:
    return httpx.Request("POST", "http://tallybook", json=fields).content


async def test_bodies_that_do_not_say_their_length_are_measured(ana: Person) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    response = await ana.call("POST", "/games", content=endless())
    assert (response.status_code, code_of(response)) == (413, "too_large")


async def test_wide_names_are_kept_as_they_are(ana: Person) -> None:
    for name in ("x" * 100, "שח", "🎲" * 100, "e\u0301" * 100, "a\u200db"):
        game = await ana.post("/games", {"name": name})
        assert len(game["name"]) <= 100


async def test_without_a_token_nothing_is_told(anybody: httpx.AsyncClient) -> None:
    for path in ("/players/me", "/games", "/rooms", f"/sessions/{ID}", "/sessions/history"):
        response = await anybody.get(API + path)
        assert (code_of(response), response.headers["www-authenticate"]) == ("unauthenticated", "Bearer")
    for header in ("Bearer nonsense", "Basic YTpi", "Bearer", "Bearer " + "x" * 5_000):
        response = await anybody.get(f"{API}/players/me", headers={"Authorization": header})
        assert (response.status_code, code_of(response)) == (401, "invalid_token")


async def test_guessing_a_password_ends_in_a_pause(anybody: httpx.AsyncClient) -> None:
    login = {"username": "nobody", "password": "a guess"}
    for _ in range(3):
        assert code_of(await anybody.post(f"{API}/auth/login", json=login)) == "invalid_credentials"
    response = await anybody.post(f"{API}/auth/login", json=login)
    assert (response.status_code, code_of(response)) == (429, "rate_limited")
    assert 0 < int(response.headers["retry-after"]) <= 61


async def test_a_fault_of_ours_leaks_nothing_but_a_trace_id(ana: Person, app: FastAPI) -> None:
    async def faulty() -> None:
        raise ZeroDivisionError("a secret detail")

    app.add_api_route(f"{API}/faulty", faulty)

    response = await ana.call("GET", "/faulty")

    assert (response.status_code, code_of(response)) == (500, "internal")
    assert "secret" not in response.text


async def test_a_database_that_is_away_is_said_to_be(ana: Person, app: FastAPI) -> None:
    async def away() -> None:
        raise ConnectionRefusedError

    app.add_api_route(f"{API}/away", away)

    response = await ana.call("GET", "/away")

    assert (response.status_code, code_of(response)) == (503, "unavailable")
    assert response.headers["retry-after"] == "1"


async def test_probes_and_answers_carry_their_headers(anybody: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        response = await anybody.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_caller_who_hangs_up_while_sending_leaves_no_error(
    app: FastAPI, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    game = (await ana.post("/games", {"name": "Asteroids"}))["id"]
    sent: list[object] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": f"{API}/games/{game}/scores",
        "raw_path": b"", "query_string": b"", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
        "server": ("tallybook", 80), "headers": [(b"authorization", f"Bearer {ana.token}".encode())],
        "state": {},
    }  # fmt: skip
    await app(scope, receive, send)

    assert (sent, caplog.records) == ([], [])
