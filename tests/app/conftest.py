"""Servers on each database: one that a test may kill, and one that tests share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.app.people import Door, door
from tests.app.serving import Tallybook
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres


@pytest.fixture
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tallybook]:
    """A server of the test's own, which has to end well when the test is done."""
    running = Tallybook(database_url, tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="session", params=["sqlite", "postgresql", "mariadb"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tallybook]:
    """A server for tests that only use it; nothing of what it went through may have upset it."""
    folder = tmp_path_factory.mktemp("shared")
    database_url = f"sqlite:///{folder}/tallybook.db"
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres_server")
        database_url = postgres.create_database()
    elif request.param == "mariadb":
        mariadb: MariaDB = request.getfixturevalue("mariadb_server")
        database_url = mariadb.create_database()
    running = Tallybook(database_url, folder)
    running.start()
    yield running
    running.close()


@pytest.fixture
async def people(shared: Tallybook) -> AsyncIterator[Door]:
    async with door(shared.url) as entrance:
        yield entrance
