"""Coming in and going: what a guest would lose, and why somebody is at the door again."""

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import PHONE, Person
from tests.web.test_focus import enters

pytestmark = pytest.mark.browser


async def test_a_guest_is_asked_before_leaving_the_games_behind(server: Tallybook, browser: Browser) -> None:
    """By signing out and by signing in elsewhere; registering is one press away from both."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    await enters(ana, server.url, "Ana")
    signing_out = page.get_by_role("menuitem", name="Sign out")
    await ana.press("Account")
    await signing_out.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Register first to keep your games")
    await expect(dialog.get_by_role("link", name="Register")).to_be_focused()
    await ana.fits()
    await ana.picture("phone-16-guest-leaves")
    await dialog.get_by_role("link", name="Register").click()
    await expect(page.get_by_role("tabpanel")).to_contain_text("Your games as a guest move into the account")
    await page.get_by_role("tab", name="Sign in").click()
    await expect(page.get_by_role("tabpanel")).to_contain_text("Your games as a guest stay behind")
    await ana.fits()
    await ana.press("Account")
    await signing_out.click()
    await dialog.get_by_role("button", name="Sign out").click()
    await ana.sees("Go on as guest")
    assert ana.complaints == []
