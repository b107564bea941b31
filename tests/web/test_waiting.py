"""A page whose server goes away behind it keeps what somebody has entered."""

import re

import pytest
from playwright.async_api import Browser, Route, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import PHONE, Person
from tests.web.test_focus import enters

pytestmark = pytest.mark.browser


async def test_what_is_entered_outlives_a_look_that_failed(server: Tallybook, browser: Browser) -> None:
    """Whoever comes back to the page has it look again; without an answer it stays as it is."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    asked: list[str] = []

    async def fails(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=404, json={"code": "not_found", "detail": "no such thing"})

    await page.clock.install()
    await enters(ana, server.url, "Ana")
    await page.get_by_role("link", name="New game").first.click()
    await page.get_by_label("Name of the game").fill("Hearts")
    await ana.press("Create and play")
    await page.wait_for_url("**/start/*")
    await page.get_by_label("Add a player").fill("Ben")
    await ana.press(re.compile("^Add$"))
    await page.get_by_label("Add a player").fill("Cle")

    await page.clock.fast_forward(60_000)
    await page.route("**/api/v1/**", fails)
    async with page.expect_response(lambda response: "/sessions/history" in response.url):
        await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("button", name="Start with 2 players")).to_be_visible()
    await expect(page.get_by_label("Add a player")).to_have_value("Cle")
    assert asked != []
    assert ana.complaints == []
