"""A database with the ledger's tables, empty, of each kind in turn."""

import asyncio
from pathlib import Path

import pytest

from tallybook.database.schema import metadata
from tests.ledger.kit import create_tables, tables
from tests.servers.postgres import Postgres


@pytest.fixture(scope="session")
def ledger_postgres_url(postgres_server: Postgres) -> str:
    """A PostgreSQL database whose tables are made once: making them costs more than most tests."""
    url = postgres_server.create_database()
    asyncio.run(create_tables(url))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        path = f"sqlite:///{tmp_path}/tallybook.db"
        asyncio.run(create_tables(path))
        return path
    url: str = request.getfixturevalue("ledger_postgres_url")
    server: Postgres = request.getfixturevalue("postgres_server")
    everything = ", ".join([*metadata.tables, *tables.tables])
    server.sql(f"TRUNCATE {everything}", database=url.rpartition("/")[2])
    return url
