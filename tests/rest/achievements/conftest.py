"""A game with its developer, and a key of its server."""

import httpx
import pytest

from tests.rest.kit import Person, register


@pytest.fixture
async def owner(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "a-developer")


@pytest.fixture
async def game(owner: Person) -> str:
    made: str = (await owner.post("/games", {"name": "Jump"}))["id"]
    return made


@pytest.fixture
async def key(anybody: httpx.AsyncClient, owner: Person, game: str) -> Person:
    secret = (await owner.post(f"/games/{game}/api-keys", {"name": "A server"}))["secret"]
    return Person(anybody, secret, "")
