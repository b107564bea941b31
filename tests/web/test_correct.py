"""After the end: a wrong value, another winner, a game that should not count, each seen before it is done."""

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import PHONE, Person
from tests.web.test_librarian import sign_in, some_evenings

pytestmark = pytest.mark.browser


async def test_a_result_is_corrected_with_its_consequences_in_sight(
    server: Tallybook, browser: Browser
) -> None:
    some_evenings(server.url)
    anna = await Person.comes(browser, PHONE)
    page = anna.page
    dialog = page.get_by_role("dialog")
    await sign_in(anna, server.url)
    await page.goto(f"{server.url}/history?q=hearts")
    await page.get_by_role("main").get_by_role("listitem").last.get_by_role("link").click()
    await anna.sees("Anna wins")

    async def choose(what: str) -> None:
        await anna.press("Correct")
        await page.get_by_role("menuitem", name=what).click()

    async def confirm(name: str = "Correct") -> None:
        await dialog.get_by_role("button", name=name).click()
        await expect(dialog).to_have_count(0)

    await choose("A value in the sheet")
    await anna.sees("Tap the value that is wrong.")
    await anna.fits()
    await anna.press("Ben, Points, Round 1: 4")
    for pressed in ("1", "2", "OK"):
        await dialog.get_by_role("button", name=pressed, exact=True).click()
    await expect(dialog.get_by_text("Ben, Points, Round 1: 12")).to_be_visible()
    await expect(dialog.get_by_text("Place 1, 9, Won → Place 2, 9")).to_be_visible()
    await expect(dialog.get_by_text("Won 2 → 1")).to_be_visible()
    await anna.fits()
    await anna.picture("phone-13-correction")
    await confirm()
    await anna.sees("Ben wins")
    await anna.sees_row("Σ", "9", "12")
    await expect(page.get_by_text("Tap the value that is wrong.")).to_have_count(0)

    await choose("Who won")
    await dialog.get_by_text("Anna").click()
    await anna.press("See what changes")
    await confirm()
    await anna.sees("Anna wins")
    await choose("Who won")
    await anna.press("What the totals say")
    await confirm()
    await anna.sees("Ben wins")

    await choose("Declare void")
    await anna.sees("This cannot be taken back.")
    await expect(dialog.get_by_text("Place 2, 9 → counts no longer")).to_be_visible()
    await page.keyboard.press("Escape")
    await choose("Declare void")
    await dialog.get_by_label("Why").fill("A trial of the cards")
    await confirm("Declare void")
    await anna.sees("This result was declared void")
    await expect(page.get_by_role("button", name="Correct")).to_have_count(0)
    assert anna.complaints == []
