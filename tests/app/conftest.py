"""A running server on each database, and its door."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.app.people import Door, door
from tests.app.serving import Tallybook


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Tallybook]:
    """A server that has to end well when the test is done."""
    running = Tallybook(database_url, tmp_path)
    running.start()
    yield running
    running.close()


@pytest.fixture
async def people(server: Tallybook) -> AsyncIterator[Door]:
    async with door(server.url) as entrance:
        yield entrance
