"""Each of the databases, opened."""

from collections.abc import AsyncIterator

import pytest

from tallybook.database.engine import Database, open_database


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()
