"""A game on a server whose clock can be put forward."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection

from tallybook.bootstrap.node import Node, node
from tallybook.ledger.lock import Tail, tail
from tallybook.reactions import seasons
from tallybook.settings import Settings
from tests.rest.kit import Person
from tests.rest.seasons.running import Ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    clock = Ahead()

    def put_forward(connection: Connection) -> Tail:
        found = tail(connection)
        return found._replace(now=found.now + (clock.ahead if clock.database is None else clock.database))

    monkeypatch.setattr(seasons, "tail", put_forward)
    return clock


@pytest.fixture
async def server(url: str, clock: Ahead) -> AsyncIterator[Node]:
    settings = Settings(database_url=url, secret_keys=("a secret of the tests, long enough",))
    async with node(settings, clock) as running:
        yield running


@pytest.fixture
async def game(ana: Person) -> str:
    made: str = (await ana.post("/games", {"name": "Slalom"}))["id"]
    return made
