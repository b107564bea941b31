"""Where the keyboard is: in a form that is wrong."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import PHONE, Person

pytestmark = pytest.mark.browser


async def enters(person: Person, url: str, name: str) -> None:
    await person.page.goto(url)
    own = person.page.get_by_label("Your name at the table")
    await own.fill(name)
    await person.press(re.compile("^(Go on as guest|Just watch)$"))
    await expect(own).to_have_count(0)


async def test_a_form_leads_to_what_is_wrong_in_it(server: Tallybook, browser: Browser) -> None:
    """The first wrong field has the focus and is in view; a refusal is where one pressed the button."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    await enters(ana, server.url, "Ana")
    await page.goto(f"{server.url}/new-game")
    game = page.get_by_label("Name of the game")
    await game.fill("Hearts")
    await ana.press("Create and play")
    await page.wait_for_url("**/start/*")

    await page.goto(f"{server.url}/new-game")
    names = page.get_by_role("textbox", name="Name", exact=True)
    for name in ("Colour", "Time", "Notes"):
        await ana.press("Add a stat")
        await expect(names.last).to_be_focused()
        await expect(names.last).to_be_in_viewport()
        await names.last.fill(name)
    await page.get_by_label("Type").nth(1).select_option(label="Choice")
    await ana.press("Create and play")
    await expect(game).to_be_focused()
    await expect(page.get_by_text("Needs a name")).to_be_in_viewport()
    await game.fill("Hearts")
    await ana.press("Create and play")
    await expect(page.get_by_label("Choices")).to_be_focused()
    await expect(page.get_by_text("At least two choices")).to_be_in_viewport()
    await ana.picture("phone-13-wrong-field")
    await page.get_by_label("Choices").fill("Red, Blue")
    await ana.press("Create and play")
    await expect(page.get_by_text("This name is taken already")).to_be_in_viewport()
    await ana.press("Remove Colour")
    await expect(page.get_by_role("button", name="Add a stat")).to_be_focused()
    assert ana.complaints == []
