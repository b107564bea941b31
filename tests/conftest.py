"""Fixtures for every test: real servers, and databases that are fresh for each test that asks."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from argon2 import PasswordHasher

from tallybook.accounts import passwords
from tallybook.database.schema import metadata
from tallybook.ledger import batch
from tests.ledger.kit import create_tables, tables
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


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Gives a new SQLite database with all tables, in a folder: to make them costs more than most tests."""
    made = tmp_path_factory.mktemp("sqlite") / "tallybook.db"
    asyncio.run(create_tables(f"sqlite:///{made}"))

    def copied(folder: Path) -> str:
        return f"sqlite:///{shutil.copy(made, folder)}"

    return copied


@pytest.fixture(scope="session")
def postgresql(postgres_server: Postgres) -> Callable[[], str]:
    """Gives the same PostgreSQL database with all tables, emptied."""
    return _emptied(postgres_server)


@pytest.fixture(scope="session")
def mariadb(mariadb_server: MariaDB) -> Callable[[], str]:
    """Gives the same MariaDB database with all tables, emptied."""
    return _emptied(mariadb_server)


def _emptied(server: Postgres | MariaDB) -> Callable[[], str]:
    url = server.create_database()
    asyncio.run(create_tables(url))
    # A few rows are sooner deleted than a hundred tables truncated.
    everything = "".join(f"DELETE FROM {name};" for name in [*metadata.tables, *tables.tables])

    def emptied() -> str:
        server.sql(everything, database=url.rpartition("/")[2])
        return url

    return emptied


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of each kind in turn with all tables, empty, for nodes within the test's own process."""
    # A node that does not wait until it knows itself to be alone is wrong more often, and has to notice.
    monkeypatch.setattr(batch, "UNDISTURBED", 0)
    given = request.getfixturevalue(request.param)
    made: str = given(tmp_path) if request.param == "sqlite" else given()
    return made


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time: how long they withstand somebody who guesses is not what is tested."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", cheap)
