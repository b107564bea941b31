"""A whole server's application on SQLite, called in process."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tallybook.bootstrap.node import Node, node
from tallybook.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, sqlite: Callable[[Path], str], cheap_passwords: None) -> Settings:
    secret = "a secret of the tests, long enough"
    return Settings(
        database_url=sqlite(tmp_path),
        secret_keys=(secret,),
        sign_in_limit="1000/minute",
        rate_limit="100000/minute",
        admin_rate_limit="100000/minute",
    )


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Node]:
    async with node(settings) as running:
        yield running


@pytest.fixture
async def client(server: Node) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallybook") as client:
        yield client
