"""The same databases as the ledger's own tests, and each of them opened."""

from collections.abc import AsyncIterator

import pytest

from tallybook.database.engine import Database, open_database
from tests.ledger.conftest import mariadb, postgresql, url

__all__ = ["mariadb", "postgresql", "url"]


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()
