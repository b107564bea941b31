"""People who call the API, and something that happens to a session."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tallybook.kernel.events import Recorded
from tallybook.sessions.events import SessionStarted

API = "/api/v1"
PASSWORD = "a horse, a battery"


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    client: httpx.AsyncClient
    token: str
    id: str

    async def call(
        self, method: str, path: str, body: Any = None, *, command_id: str | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        if command_id is not None:
            headers["Idempotency-Key"] = command_id
        if body is not None:
            options["json"] = body
        return await self.client.request(method, API + path, headers=headers, **options)

    async def get(self, path: str, **query: Any) -> Any:
        """What a path answers, which must be well."""
        return body_of(await self.call("GET", path, params=query or None))

    async def post(self, path: str, body: Any = None, *, command_id: str | None = None) -> Any:
        return body_of(await self.call("POST", path, body, command_id=command_id))

    async def opens(self, *names: str, public: bool = False) -> Any:
        """A new session of a new game, with these people from the library at the table."""
        game = await self.post("/games", {"name": f"A game for {', '.join(names)}"})
        seats = [{"name": name} for name in names]
        return await self.post("/sessions", {"game_id": game["id"], "seats": seats, "public": public})


def body_of(response: httpx.Response) -> Any:
    assert response.is_success, response.text
    return response.json() if response.content else None


def code_of(response: httpx.Response) -> str:
    """The code of a refusal, which must be a whole problem document."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert problem.keys() >= {"type", "title", "status", "code", "detail", "trace_id"}
    assert (problem["status"], problem["trace_id"]) == (response.status_code, response.headers["x-trace-id"])
    code: str = problem["code"]
    return code


async def enter(client: httpx.AsyncClient, name: str) -> Person:
    """Come in as a guest."""
    signed_in = body_of(await client.post(f"{API}/auth/guest", json={"display_name": name}))
    return Person(client, signed_in["access_token"], signed_in["player"]["id"])


async def register(client: httpx.AsyncClient, username: str, **fields: str) -> Person:
    """Somebody with an account, whose password is `PASSWORD`."""
    body = {"username": username, "password": PASSWORD, **fields}
    signed_in = body_of(await client.post(f"{API}/auth/register", json=body))
    return Person(client, signed_in["access_token"], signed_in["player"]["id"])


async def game_of(ana: Person, name: str = "Asteroids") -> str:
    return str((await ana.post("/games", {"name": name}))["id"])


def lines(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A list as usernames, points and ranks."""
    return [(line["username"], line["points"], line["rank"]) for line in answer["rankings"]]


def started(session_id: UUID) -> Recorded:
    """It began to be played, as the ledger would tell it."""
    name = "session_started.v1"
    return Recorded(session_id, 1, 1, name, b"{}", None, None, None, 0, b"", SessionStarted())
