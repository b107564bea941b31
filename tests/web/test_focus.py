"""Where the keyboard is: in a form that is wrong, after a dialog, on another page."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import DESKTOP, PHONE, Person

pytestmark = pytest.mark.browser


async def enters(person: Person, url: str, name: str) -> None:
    await person.page.goto(url)
    own = person.page.get_by_label("Your name at the table")
    await own.fill(name)
    await person.press(re.compile("^(Go on as guest|Just watch)$"))
    await expect(own).to_have_count(0)


async def sets_a_table(person: Person, url: str) -> None:
    """A table of Hearts with Ana and Ben, played by the keyboard alone."""
    page = person.page
    await enters(person, url, "Ana")
    await page.get_by_role("link", name="New game").first.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await page.get_by_label("Name of the game").fill("Hearts")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/start/*")
    await expect(page.get_by_role("main")).to_be_focused()
    await page.get_by_label("Add a player").fill("Ben")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Start with 2 players").press("Enter")
    await page.wait_for_url("**/r/*")
    await expect(page.get_by_role("main")).to_be_focused()


async def in_dialog(page: Page) -> None:
    """Once the dialog has the focus, Escape is its own."""
    await expect(page.locator("[role=dialog]:focus-within")).to_be_visible()


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


async def test_after_a_dialog_the_keyboard_is_where_it_was(server: Tallybook, browser: Browser) -> None:
    """However a dialog is closed, what opened it has the focus; what is gone leaves it to the page."""
    ana = await Person.comes(browser, DESKTOP)
    page = ana.page
    await sets_a_table(ana, server.url)

    async def opens(what: Locator, *keys: str) -> None:
        await what.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog").locator(":focus")).to_be_visible()
        for key in keys:
            await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_have_count(0)

    cell = page.get_by_role("button", name="Ben: enter Points")
    for keys in (("Escape",), ("7", "Enter")):
        await opens(cell, *keys)
        await expect(cell).to_be_focused()
    past = page.get_by_role("button", name=re.compile("^Ben, Points, Round 1"))
    await opens(past, "8", "Enter")
    await expect(past).to_be_focused()
    for name in ("People", re.compile("^Share")):
        button = page.get_by_role("button", name=name)
        await opens(button, "Escape")
        await expect(button).to_be_focused()

    # Around the table without closing, and back to where it began.
    first = page.get_by_role("button", name="Ana: enter Points")
    await first.press("Enter")
    await page.get_by_role("button", name="OK, then Ben").press("Enter")
    await ana.sees("Ben · Points · Round 1")
    await page.keyboard.press("Escape")
    await expect(first).to_be_focused()

    more = page.get_by_role("button", name="More", exact=True)
    await more.press("Enter")
    await opens(page.get_by_role("menuitem", name="End game"), "Escape")
    await expect(more).to_be_focused()

    dora = await Person.comes(browser, PHONE)
    await enters(dora, page.url, "Dora")
    await expect(dora.page.get_by_role("main")).to_be_focused()
    seat = dora.page.get_by_role("button", name="Take a seat")
    await seat.press("Enter")
    await in_dialog(dora.page)
    await dora.page.keyboard.press("Escape")
    await expect(seat).to_be_focused()
    await seat.press("Enter")
    await dora.page.get_by_role("button", name="I am Ben").press("Enter")
    await dora.sees("You asked for a seat: Ben")
    await expect(dora.page.get_by_role("button", name="Ask for another seat")).to_be_focused()

    await more.press("Enter")
    await page.get_by_role("menuitem", name="End game").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="End game").press("Enter")
    await ana.sees("Ben wins")
    await expect(page.get_by_role("main")).to_be_focused()
    await page.get_by_role("button", name="Rematch").press("Enter")
    await ana.sees("Round 1")
    await expect(page.get_by_role("main")).to_be_focused()
    assert ana.complaints == []
    assert dora.complaints == []


async def test_after_a_dialog_of_the_library_too(server: Tallybook, browser: Browser) -> None:
    """The libraries and the settings give the focus back as well."""
    ana = await Person.comes(browser, DESKTOP)
    page = ana.page
    await sets_a_table(ana, server.url)
    await page.get_by_role("navigation").get_by_role("link", name="Games").press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    more = page.get_by_role("button", name="More: Hearts")
    for item in ("Edit", "Archive"):
        await more.press("Enter")
        await expect(page.locator("[role=menu]:focus-within")).to_be_visible()
        await page.get_by_role("menuitem", name=item).press("Enter")
        await in_dialog(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(more).to_be_focused()
    await page.get_by_role("navigation").get_by_role("link", name="People").press("Enter")
    invite = page.get_by_role("button", name="Invite Ben")
    await invite.press("Enter")
    await ana.sees("Valid once")
    await in_dialog(page)
    await page.keyboard.press("Escape")
    await expect(invite).to_be_focused()
    await page.get_by_role("button", name="Account").press("Enter")
    await page.get_by_role("menuitem", name="Settings").press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    erase = page.get_by_role("button", name="Erase my account")
    await erase.press("Enter")
    await in_dialog(page)
    await page.keyboard.press("Escape")
    await expect(erase).to_be_focused()
    assert ana.complaints == []
