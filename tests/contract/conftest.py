"""A whole server's application on SQLite, called in process."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from tallybook.accounts import passwords
from tallybook.bootstrap.node import Node, node
from tallybook.settings import Settings
from tests.ledger.kit import create_tables


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", cheap)
    url = f"sqlite:///{tmp_path}/tallybook.db"
    asyncio.run(create_tables(url))
    secret = "a secret of the tests, long enough"
    return Settings(
        database_url=url,
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
