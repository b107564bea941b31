"""An installation of two nodes over PostgreSQL and Redis, and one of several workers on one port."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.serving import Tallybook
from tests.servers.redis import Redis


@pytest.fixture
def shared(redis_server: Redis) -> dict[str, str]:
    """What all processes of an installation are told alike."""
    return {"TALLYBOOK_REDIS_URL": redis_server.url, "TALLYBOOK_SECRET_KEYS": secrets.token_urlsafe(48)}


@pytest.fixture
def nodes(postgres_url: str, shared: dict[str, str], tmp_path: Path) -> Iterator[list[Tallybook]]:
    """Two nodes of their own over one database; both have to end well."""
    made: list[Tallybook] = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Tallybook(postgres_url, folder, **shared))
        made[-1].start()
    yield made
    for node in made:
        node.close()


@pytest.fixture
def workers(postgres_url: str, shared: dict[str, str], tmp_path: Path) -> Iterator[Tallybook]:
    """One server of three processes."""
    server = Tallybook(postgres_url, tmp_path, "--workers", "3", **shared)
    server.start()
    yield server
    server.close()
