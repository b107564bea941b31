"""Whatever was tapped gets into the ledger, whatever becomes of the page and the network."""

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.network import Network
from tests.web.test_evening import PHONE, Person
from tests.web.test_focus import enters, sets_a_table

pytestmark = pytest.mark.browser


async def test_taps_outlive_their_page(server: Tallybook, browser: Browser) -> None:
    """A reload at once, and one without the network, somewhere else: the points are there, once."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    network = await Network.of(page)
    await sets_a_table(ana, server.url)
    dora = await Person.comes(browser, PHONE)
    await enters(dora, page.url, "Dora")
    for _ in range(3):
        await ana.press("Ana: plus 1")
    await page.reload()
    await expect(page.get_by_role("button", name="Ana, Points, Round 1: 3")).to_be_visible()

    await network.lose()
    for _ in range(2):
        await ana.press("Ben: plus 1")
    await ana.sees("not sent yet")
    await page.reload()
    await ana.sees("not sent yet")
    await ana.picture("phone-15-unsent")
    await page.get_by_role("link", name="Tallybook").click()
    await ana.sees("Hello Ana")
    await page.reload()
    await ana.sees("Hello Ana")
    network.away = False
    await dora.sees_row("1", "3", "2")
    assert ana.complaints == []


async def test_pages_open_without_the_network(server: Tallybook, browser: Browser) -> None:
    """They are loaded while there is nothing else to do; what they would show has to wait."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    async with (
        page.expect_request_finished(lambda request: "new-game-page" in request.url),
        page.expect_request_finished(lambda request: "feed-page" in request.url),
    ):
        await enters(ana, server.url, "Ana")
    await page.context.set_offline(True)
    await page.get_by_role("link", name="New game").first.click()
    await expect(page.get_by_label("Name of the game")).to_be_visible()
    await ana.press("Pages")
    await page.get_by_role("menuitem", name="Feed").click()
    await expect(page.get_by_role("heading", name="Feed")).to_be_visible()
    assert ana.complaints == []
