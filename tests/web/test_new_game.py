"""A new game that does not come about at once."""

import re

import pytest
from playwright.async_api import Browser, Route, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import PHONE, Person
from tests.web.test_focus import enters

pytestmark = pytest.mark.browser


async def test_a_game_whose_stats_failed_is_gone_on_with(server: Tallybook, browser: Browser) -> None:
    """What is wrong is told before anything is made; what failed on the way leaves no second game behind."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    await enters(ana, server.url, "Ana")
    await page.goto(f"{server.url}/new-game")
    name = page.get_by_label("Name of the game")
    await name.fill("Harts")
    await page.get_by_text("Limits (optional)").click()
    await page.get_by_label("Minimum").fill("9")
    await page.get_by_label("Maximum").fill("5")
    await ana.press("Create and play")
    await expect(page.get_by_text("Above the maximum")).to_be_visible()
    await page.get_by_label("Minimum").fill("1")

    async def fails(route: Route) -> None:
        await route.abort()

    await page.route("**/stat-sets", fails)
    await ana.press("Create and play")
    await ana.sees("The server does not answer")
    await page.unroute("**/stat-sets", fails)
    await name.fill("Hearts")
    await ana.press("Create and play")
    await page.wait_for_url("**/start/*")
    await ana.sees("Play Hearts")
    await page.goto(f"{server.url}/games")
    await expect(page.get_by_text(re.compile("Hearts|Harts"))).to_have_count(1)
    assert ana.complaints == []
