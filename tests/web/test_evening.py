"""A game night in two browsers: one scores on a phone, the other follows on a large screen."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.app.serving import Tallybook
from tests.web.network import Network

PICTURES = Path("test-results")
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
CUT_OFF = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const seen = (what) => [...document.querySelectorAll(what)].filter((part) => part.checkVisibility());
  const room = (select, { paddingLeft, paddingRight }) =>
    select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  const cut = (select) => {
    const style = getComputedStyle(select);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    return [...select.options].filter(({ text }) => pen.measureText(text).width > room(select, style));
  };
  return [
    ...seen("select").flatMap(cut),
    ...seen("button *").filter((part) => part.textContent.trim() !== ""
      && part.scrollWidth > part.clientWidth + 1
      && !["visible", "auto"].includes(getComputedStyle(part).overflowX)
      && getComputedStyle(part).textOverflow !== "ellipsis"),
  ].map((part) => part.textContent);
}"""

pytestmark = pytest.mark.browser


class Person:
    """Somebody with a browser of their own; what the page complained of is remembered."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def comes(cls, browser: Browser, size: dict[str, int], *, dark: bool = False) -> "Person":
        context = await browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
        )
        return cls(await context.new_page())

    async def press(self, name: str | re.Pattern[str]) -> None:
        await self.page.get_by_role("button", name=name).first.click()

    async def sees(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def sees_row(self, *cells: str) -> None:
        """A row of the score sheet: the round, then what each player has."""
        name = " ".join(cells)
        await expect(self.page.get_by_role("row", name=name, exact=True).first).to_be_visible()

    async def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    async def fits(self) -> None:
        """Nothing is wider than the screen, no button cuts its words, no select those one can choose."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{self.page.url} scrolls sideways"
        assert await self.page.evaluate(CUT_OFF) == []


async def test_a_whole_game_is_scored_on_a_phone_while_a_second_browser_follows(
    server: Tallybook, browser: Browser
) -> None:
    """Guest, game, table, scoring, correction, undo, a crash in between, end, rematch: as people do it."""
    ana = await Person.comes(browser, PHONE)
    await ana.page.goto(server.url)
    await ana.picture("phone-1-entry")
    await ana.page.get_by_label("Your name at the table").fill("Ana")
    await ana.press("Go on as guest")
    await ana.sees("No games yet")
    await ana.fits()
    await ana.picture("phone-2-home")
    await ana.page.get_by_role("link", name="New game").first.click()
    await ana.page.get_by_label("Name of the game").fill("Farkle")
    await ana.fits()
    await ana.picture("phone-3-new-game")
    await ana.press("Create and play")
    await ana.page.get_by_label("Add a player").fill("Ben")
    await ana.press(re.compile("^Add$"))
    await ana.picture("phone-4-start")
    await ana.press("Start with 2 players")
    await ana.page.wait_for_url("**/r/*")
    key = ana.page.url.rpartition("/")[2]

    dora = await Person.comes(browser, DESKTOP, dark=True)
    await dora.page.goto(f"{server.url}/r/{key.lower()}")
    await dora.page.get_by_label("Your name at the table").fill("Dora")
    await dora.press("Just watch")
    await dora.sees("You are watching")

    # Rapid taps are one entry, and everybody sees it.
    undo, redo = (ana.page.get_by_role("button", name=name) for name in ("Undo", "Redo"))
    await expect(undo).to_be_disabled()
    for _ in range(3):
        await ana.press("Ana: plus 1")
    await dora.sees_row("1", "3", "·")
    await ana.press("Ben: enter Points")
    for digit in ("1", "2", "Add another number", "1", "1"):
        await ana.press(re.compile(f"^{digit}$"))
    await ana.picture("phone-5-number-pad")
    await ana.press(re.compile("^OK$"))
    await dora.sees_row("1", "3", "23")
    await expect(redo).to_be_disabled()
    await undo.click()
    await dora.sees_row("1", "3", "·")
    await redo.click()
    await dora.sees_row("1", "3", "23")
    await expect(redo).to_be_disabled()
    await ana.press("Next round")
    await dora.sees("Round 2")

    # The server dies while points are entered; nothing is lost, and both come back by themselves.
    server.kill()
    await ana.press("Ana: plus 1")
    await ana.sees(re.compile("not sent yet"))
    await ana.picture("phone-6-away")
    server.start()
    await dora.sees_row("2", "1", "·")
    await ana.fits()
    await ana.picture("phone-7-table")
    await dora.picture("desktop-1-watching")

    await ana.press("More")
    await ana.page.get_by_role("menuitem", name="End game").click()
    await ana.page.get_by_role("dialog").get_by_role("button", name="End game").click()
    await ana.sees("Ben wins")
    await dora.sees("Ben wins")
    await ana.fits()
    await ana.picture("phone-8-result")
    await dora.picture("desktop-2-result")

    await ana.press("Rematch")
    await ana.sees("Round 1")
    await dora.sees_row("1", "·", "·")
    assert ana.complaints == []
    assert dora.complaints == []


async def test_a_guest_takes_the_seat_that_bears_her_name(server: Tallybook, browser: Browser) -> None:
    """ "I am Ben" needs a scorekeeper's word, and then the seat and its points are hers."""
    ana = await Person.comes(browser, DESKTOP)
    await ana.page.goto(server.url)
    await ana.page.get_by_label("Your name at the table").fill("Ana")
    await ana.press("Go on as guest")
    await ana.page.get_by_role("link", name="New game").first.click()
    await ana.page.get_by_label("Name of the game").fill("Hearts")
    await ana.press("Create and play")
    await ana.page.get_by_label("Add a player").fill("Ben")
    await ana.press(re.compile("^Add$"))
    await ana.press("Start with 2 players")
    await ana.page.wait_for_url("**/r/*")
    await ana.press("Ben: plus 1")
    ben = await Person.comes(browser, PHONE, dark=True)
    await ben.page.goto(ana.page.url)
    await ben.page.get_by_label("Your name at the table").fill("Benjamin Featherstonehaugh")
    await ben.press("Take a seat")
    await ben.sees("I am Ben")
    await ben.fits()
    await ben.press("I am Ben")
    await ben.sees("You asked for a seat")
    await ben.fits()
    await ben.press("Take back")
    await ben.sees("You are watching.")
    await expect(ben.page.get_by_role("main")).to_be_focused()
    await ben.press("Take a seat")
    await ben.press("I am Ben")
    await ben.sees("You asked for a seat")
    await ana.press("People")
    await ana.sees("Benjamin Featherstonehaugh says: I am Ben")
    await ana.picture("desktop-3-people")
    await ana.press("Agree")
    await expect(ben.page.get_by_text("You asked for a seat")).to_have_count(0)
    await ben.sees("Benjamin Featherstonehaugh")
    await ben.picture("phone-9-seated")
    assert ana.complaints == []
    assert ben.complaints == []


async def test_what_came_too_late_is_named_and_put_into_the_result(
    server: Tallybook, browser: Browser
) -> None:
    """Ana has no network while the game is ended elsewhere: she is told what was lost, and mends it."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    network = await Network.of(page)
    await page.goto(server.url)
    await page.get_by_label("Your name at the table").fill("Ana")
    await ana.press("Go on as guest")
    await page.get_by_role("link", name="New game").first.click()
    await page.get_by_label("Name of the game").fill("Hearts")
    await ana.press("Create and play")
    await page.get_by_label("Add a player").fill("Ben")
    await ana.press(re.compile("^Add$"))
    await ana.press("Start with 2 players")
    await page.wait_for_url("**/r/*")
    await ana.press("Ana: plus 1")
    elsewhere = await page.context.new_page()
    await elsewhere.goto(page.url)
    await expect(elsewhere.get_by_text("Still missing: Ben")).to_be_visible()

    await network.lose()
    for _ in range(2):
        await ana.press("Ben: plus 1")
    await ana.sees(re.compile("not sent yet"))
    await elsewhere.get_by_role("button", name="More").click()
    await elsewhere.get_by_role("menuitem", name="End game").click()
    await elsewhere.get_by_role("dialog").get_by_role("button", name="End game").click()
    await expect(elsewhere.get_by_text("Ana wins").first).to_be_visible()
    network.away = False
    await ana.sees("Ben, Points, Round 1: +2")
    await ana.sees("The session ended before it was sent.")
    await ana.fits()
    await ana.picture("phone-14-too-late")
    await ana.press("Correct the result")
    await ana.sees("Ben wins")
    await expect(elsewhere.get_by_text("Ben wins").first).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert ana.complaints == []
