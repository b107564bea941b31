"""What the pages tell their readers to type must work, and print what they say."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.serving import Tallybook, environment
from tests.channels.phoenix import FOLDER as NODE
from tests.docs.pages import follow, pages

PROGRAMS = ("bash", "curl", "jq", "node")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tallybook]:
    """One server for all pages, in whose folder they happen; so no two of them register the same username."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{missing} not installed", pytrace=False)
    if missing:
        pytest.skip(f"{missing} not installed")
    folder = tmp_path_factory.mktemp("pages")
    modules = folder / "node_modules"  # what `npm install phoenix ws socket.io-client` would fetch
    modules.mkdir()
    for name, kept in (
        ("phoenix", "phoenix-newest"),
        ("ws", "ws"),
        ("socket.io-client", "socket.io-client-newest"),
    ):
        (modules / name).symlink_to(NODE / "node_modules" / kept)
    running = Tallybook(f"sqlite:///{folder}/data/tallybook.db", folder)
    running.start()
    yield running
    running.close()


@pytest.mark.parametrize("page", pages(), ids=str)
async def test_a_page_does_what_it_says(page: Path, server: Tallybook) -> None:
    shell = environment(server.database_url) | {"no_proxy": "127.0.0.1"}
    shell["PATH"] = f"{Path(sys.executable).parent}:{shell['PATH']}"
    await follow(page, server, shell)
