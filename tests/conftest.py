"""Fixtures for every test: real servers, and databases that are fresh for each test that asks."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.server import Absent, Server

S = TypeVar("S", bound=Server)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys first: they are long, and at the end they keep one process busy and the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def started(kind: Callable[[], S]) -> Iterator[S]:
    """The body of a server fixture: skip where the program is absent, but fail in CI."""
    try:
        server = kind()
    except Absent as absent:
        if os.environ.get("CI"):
            pytest.fail(str(absent), pytrace=False)
        pytest.skip(str(absent))
    with server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for each test process, started by the first test that needs it."""
    yield from started(partial(Postgres, in_memory=True))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """One MariaDB for each test process, started by the first test that needs it."""
    yield from started(MariaDB)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """One Redis for each test process, started by the first test that needs it."""
    yield from started(Redis)


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def mariadb_url(mariadb_server: MariaDB) -> Iterator[str]:
    """An empty MariaDB database."""
    url = mariadb_server.create_database()
    yield url
    mariadb_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind in turn, as `TALLYBOOK_DATABASE_URL` would say it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tallybook.db"
    url: str = request.getfixturevalue("postgres_url" if request.param == "postgresql" else "mariadb_url")
    return url
