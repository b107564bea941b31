"""A server with the web app, and Chromium to look at it with."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tallybook.delivery.web.app import built
from tests.app.serving import Tallybook

expect.set_options(timeout=30_000)  # milliseconds, for a page that tries again now and then on a busy machine
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def _absent(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Tallybook]:
    """A server over the embedded database."""
    if not built():
        _absent("the web app is not built: run `make setup`")
    running = Tallybook(f"sqlite:///{tmp_path}/tallybook.db", tmp_path)
    running.start()
    yield running
    running.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        _absent("Chromium is not installed (Debian: chromium)")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        await running.close()
