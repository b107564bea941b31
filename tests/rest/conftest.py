"""A whole server's application, called without a socket, on each kind of database in turn."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tallybook.bootstrap.node import Node, node
from tallybook.settings import Settings
from tests.rest.kit import Person, enter


@pytest.fixture(autouse=True)
def passwords(cheap_passwords: None) -> None:
    """Nobody here waits for one."""


@pytest.fixture
async def server(url: str) -> AsyncIterator[Node]:
    secret = "a secret of the tests, long enough"
    settings = Settings(
        database_url=url,
        secret_keys=(secret,),
        sign_in_limit="3/minute",
        rate_limit="100000/minute",
        webhooks_to_private=True,
    )
    async with node(settings) as running:
        yield running


@pytest.fixture
def app(server: Node) -> FastAPI:
    return server.app


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallybook") as client:
        yield client


@pytest.fixture
async def ana(anybody: httpx.AsyncClient) -> Person:
    return await enter(anybody, "Ana")


@pytest.fixture
async def bea(anybody: httpx.AsyncClient) -> Person:
    return await enter(anybody, "Bea")
