"""After the end: a wrong value, another winner, a game that should not count, each seen before it is done."""

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_accessible import AXE
from tests.web.test_evening import PHONE, Person
from tests.web.test_librarian import anna_by_herself, sign_in, some_evenings

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
        void = page.get_by_role("menuitem", name="Declare void")
        await expect(void).to_have_css("color", "rgb(201, 42, 42)")  # red, as what cannot be taken back is
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


PALE = (
    """async () => (await axe.run({runOnly: "color-contrast"})).violations.map(({nodes}) => nodes[0].html)"""
)


def a_long_evening(url: str) -> str:
    """The path of a session of eight, of which two stats were counted."""
    with anna_by_herself(url) as (anna, post):
        stats = [
            {"name": name, "data_type": "integer", "scope": "player", "scoring": True}
            for name in ("Fields", "Wells")
        ]
        body = {
            "game_id": post("/games", {"name": "Agricola"})["id"],
            "stats": stats,
            "seats": [
                {"player_id": anna},
                *({"name": f"Guest {at}"} for at in range(7)),
            ],
        }
        session = post("/sessions", body)["id"]
        post(f"/sessions/{session}/record", {"seat": 0, "stat": "Wells", "value": 9})
        post(f"/sessions/{session}/end")
        return f"/s/{session}"


async def test_what_to_do_and_what_went_wrong_are_seen_on_a_phone(
    server: Tallybook, browser: Browser
) -> None:
    """However long the result, the sheet comes into view; who is offline is told so; and one stays there."""
    path = a_long_evening(server.url)
    anna = await Person.comes(browser, PHONE)
    page = anna.page
    dialog = page.get_by_role("dialog")
    await sign_in(anna, server.url)
    await page.emulate_media(reduced_motion="reduce")  # nothing is pale for fading in
    await page.goto(server.url + path)
    await page.get_by_role("tab", name="Course").click()
    await anna.press("Correct")
    declare_void = page.get_by_role("menuitem", name="Declare void")
    await expect(declare_void).to_be_visible()
    await page.evaluate(AXE.read_text())
    assert await page.evaluate(PALE) == []
    await declare_void.click()
    await expect(dialog.get_by_role("button", name="Declare void")).to_be_enabled()
    await dialog.get_by_role("button", name="Declare void").scroll_into_view_if_needed()
    assert await page.evaluate(PALE) == []
    await page.keyboard.press("Escape")
    await anna.press("Correct")
    await page.get_by_role("menuitem", name="A value in the sheet").click()
    await expect(page.get_by_role("note").get_by_text("Tap the value that is wrong.")).to_be_in_viewport()
    await expect(page.get_by_role("region", name="Score sheet: Fields")).to_be_in_viewport()
    await page.locator("label").filter(has_text="Wells").click()

    await page.context.set_offline(offline=True)
    await anna.press("Anna, Wells, Round 1: 9")
    for pressed in ("1", "2", "OK"):
        await dialog.get_by_role("button", name=pressed, exact=True).click()
    await expect(dialog.get_by_text("The server does not answer")).to_be_visible()
    await page.context.set_offline(offline=False)
    await dialog.get_by_role("button", name="Try again").click()
    await expect(dialog.get_by_text("Place 1, 9, Won → Place 1, 12, Won")).to_be_visible()
    await page.context.set_offline(offline=True)
    await dialog.get_by_role("button", name="Correct").click()
    await expect(dialog.get_by_text("The server does not answer")).to_be_visible()
    await page.context.set_offline(offline=False)
    await dialog.get_by_role("button", name="Correct").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("region", name="Score sheet: Wells")).to_contain_text("12")
    assert anna.complaints == []
