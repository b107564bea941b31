"""How often somebody may call: told with every answer, and refused in good form."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tallybook.bootstrap.node import Node, node
from tallybook.settings import Settings
from tests.rest.kit import API, code_of, enter, register

LIMIT = 20


@pytest.fixture
async def server(url: str) -> AsyncIterator[Node]:
    settings = Settings(
        database_url=url,
        secret_keys=("a secret of the tests, long enough",),
        rate_limit=f"{LIMIT}/hour",
        key_rate_limit="7/hour",
    )
    async with node(settings) as running:
        yield running


async def test_every_answer_says_what_is_left_and_the_last_straw_is_refused(
    anybody: httpx.AsyncClient,
) -> None:
    ana, bea = await enter(anybody, "Ana"), await enter(anybody, "Bea")
    found = await ana.call("GET", "/games")
    missing = await ana.call("HEAD", "/games/nothing")
    malformed = await ana.call("POST", "/games", {"name": ""})
    assert [answer.headers["ratelimit-remaining"] for answer in (found, missing, malformed)] == [
        str(LIMIT - 1),
        str(LIMIT - 2),
        str(LIMIT - 3),
    ]
    assert (found.headers["ratelimit-limit"], found.headers["ratelimit-reset"]) == (str(LIMIT), "180")

    for _ in range(LIMIT - 3):
        assert (await ana.call("GET", "/players/me")).status_code == 200
    refused = await ana.call("POST", "/games", {"name": "One too many"})

    assert (refused.status_code, code_of(refused)) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 180
    assert refused.headers["ratelimit-remaining"] == "0"
    assert (await bea.call("GET", "/games")).json()["items"] == []
    assert (await bea.call("GET", "/players/me")).status_code == 200


async def test_an_api_key_has_a_bucket_of_its_own(anybody: httpx.AsyncClient) -> None:
    ana = await register(anybody, "ana")
    game = await ana.post("/games", {"name": "Go"})
    made = await ana.post(f"/games/{game['id']}/api-keys", {"name": "server"})
    headers = {"Authorization": f"Bearer {made['secret']}"}

    answers = [await anybody.get(f"{API}/games/{game['id']}", headers=headers) for _ in range(8)]

    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    assert answers[0].headers["ratelimit-limit"] == "7"


async def test_who_sends_no_token_or_a_bad_one_is_counted_by_address(anybody: httpx.AsyncClient) -> None:
    for _ in range(100):
        bad = await anybody.get(f"{API}/games", headers={"Authorization": "Bearer nonsense"})
        assert code_of(bad) == "invalid_token"
        assert (await anybody.get(f"{API}/games")).status_code == 401
    for path in ("login", "guest", "refresh", "register"):
        assert code_of(await anybody.post(f"{API}/auth/{path}", json={})) == "rate_limited"

    for path in ("/healthz", "/readyz", "/metrics", "/", f"{API}/openapi.json"):
        answer = await anybody.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert "ratelimit-limit" not in answer.headers
