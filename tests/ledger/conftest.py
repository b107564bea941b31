"""A database with the ledger's tables, empty, of each kind in turn."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.database.schema import metadata
from tallybook.ledger import batch
from tests.ledger.kit import create_tables, tables
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres


@pytest.fixture(scope="session")
def postgresql(postgres_server: Postgres) -> Callable[[], str]:
    """Gives the same PostgreSQL database, emptied: making its tables costs more than most tests."""
    url = postgres_server.create_database()
    asyncio.run(create_tables(url))
    everything = ", ".join([*metadata.tables, *tables.tables])

    def emptied() -> str:
        postgres_server.sql(f"TRUNCATE {everything}", database=url.rpartition("/")[2])
        return url

    return emptied


@pytest.fixture(scope="session")
def mariadb(mariadb_server: MariaDB) -> Callable[[], str]:
    """Gives the same MariaDB database, emptied."""
    url = mariadb_server.create_database()
    asyncio.run(create_tables(url))
    everything = "".join(f"DELETE FROM {name};" for name in [*metadata.tables, *tables.tables])

    def emptied() -> str:
        mariadb_server.sql(everything, database=url.rpartition("/")[2])
        return url

    return emptied


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    # A node that does not wait until it knows itself to be alone is wrong more often, and has to notice.
    monkeypatch.setattr(batch, "UNDISTURBED", 0)
    if request.param != "sqlite":
        emptied: Callable[[], str] = request.getfixturevalue(request.param)
        return emptied()
    path = f"sqlite:///{tmp_path}/tallybook.db"
    asyncio.run(create_tables(path))
    return path
