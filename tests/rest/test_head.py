"""HEAD is answered wherever GET is, by the same headers and without a body."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from tests.rest.kit import API, Person

OF_THIS_ANSWER = {"x-trace-id", "ratelimit-remaining", "ratelimit-reset"}


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        f"{API}/openapi.json",
        f"{API}/players/me",
        f"{API}/games",
        f"{API}/sessions/{{session}}/scoreboard",
        f"{API}/sessions/nonsense/scoreboard",
        f"{API}/auth/login",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_head_is_get_without_the_body(app: FastAPI, ana: Person, path: str, signed_in: bool) -> None:
    sent: list[Message] = []

    async def heard(scope: Scope, receive: Receive, send: Send) -> None:
        async def hear(message: Message) -> None:
            sent.append(message)
            await send(message)

        await app(scope, receive, hear)

    path = path.format(session=(await ana.opens("Cleo"))["id"])
    headers = {"Authorization": f"Bearer {ana.token}"} if signed_in else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(heard), base_url="http://test") as client:
        whole = await client.get(path, headers=headers)
        sent.clear()
        bare = await client.head(path, headers=headers)

    assert bare.status_code == whole.status_code
    assert bare.headers.keys() == whole.headers.keys()
    assert {name: bare.headers[name] for name in bare.headers.keys() - OF_THIS_ANSWER} == {
        name: whole.headers[name] for name in whole.headers.keys() - OF_THIS_ANSWER
    }
    assert b"".join(message.get("body", b"") for message in sent) == b""


async def test_a_path_that_answers_get_says_so_of_head(ana: Person) -> None:
    refused = await ana.call("DELETE", "/games")

    assert refused.headers["allow"] == "GET, HEAD, POST"
