"""Coming in and going: what a guest would lose, and why somebody is at the door again."""

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import PHONE, Person
from tests.web.test_focus import enters
from tests.web.test_librarian import ACCOUNT, sign_in, some_evenings

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


async def test_whose_sign_in_was_ended_is_told_so(server: Tallybook, browser: Browser) -> None:
    """Ended from elsewhere, the door says it and knows the username; signing out oneself says nothing."""
    some_evenings(server.url)
    anna = await Person.comes(browser, PHONE)
    page = anna.page
    await sign_in(anna, server.url)
    elsewhere = await Person.comes(browser, PHONE)
    await sign_in(elsewhere, server.url)
    await elsewhere.page.goto(f"{server.url}/settings")
    await elsewhere.press("Sign out all others")
    await expect(elsewhere.page.get_by_role("button", name="Sign out all others")).to_have_count(0)

    await page.reload()
    await expect(page.get_by_text("Your sign-in has ended. Sign in again.")).to_be_visible()
    await expect(page.get_by_label("Username")).to_have_value("anna")
    await anna.fits()
    await anna.picture("phone-17-ended")
    await page.get_by_label("Password").first.fill(ACCOUNT["password"])
    await page.get_by_role("tabpanel").get_by_role("button", name="Sign in").click()
    await anna.sees("Hello Anna")
    await anna.press("Account")
    await page.get_by_role("menuitem", name="Sign out").click()
    await anna.sees("Go on as guest")
    await expect(page.get_by_text("Your sign-in has ended")).to_have_count(0)
    assert anna.complaints == []


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "Take a seat"), ("de-DE", "Nur zuschauen")])
async def test_the_door_of_a_table_fits_a_phone(
    server: Tallybook, browser: Browser, locale: str, words: str
) -> None:
    """No word of a button is cut off, in either language."""
    context = await browser.new_context(viewport={"width": 360, "height": 740}, locale=locale)
    ana = Person(await context.new_page())
    await ana.page.goto(f"{server.url}/r/ABCDEF")
    await ana.sees(words)
    await ana.fits()
    await ana.picture(f"phone-18-door-{locale}")


async def test_a_refused_registration_says_why_at_its_field(server: Tallybook, browser: Browser) -> None:
    """In the words of the form, until something in it is changed."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    await page.goto(server.url)
    await page.get_by_role("tab", name="Register").click()
    await page.get_by_label("Username").fill("anna")
    password = page.get_by_label("Password").first
    await password.fill("password")
    await page.get_by_role("tabpanel").get_by_role("button", name="Register").click()
    await expect(page.get_by_role("alert")).to_contain_text("Password: Too easy to guess")
    await expect(password).to_have_attribute("aria-invalid", "true")
    await ana.picture("phone-19-refused")
    await password.fill(ACCOUNT["password"])
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.get_by_role("tabpanel").get_by_role("button", name="Register").click()
    await ana.sees("Hello anna")
    assert ana.complaints == []


async def test_a_guest_who_registers_is_signed_in_once(server: Tallybook, browser: Browser) -> None:
    """The guest's own sign-in ends; nothing is left that looks like another device."""
    ana = await Person.comes(browser, PHONE)
    page = ana.page
    await enters(ana, server.url, "Ana")
    await page.goto(f"{server.url}/enter")
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("Password").first.fill(ACCOUNT["password"])
    async with page.expect_response("**/auth/logout") as ended:
        await page.get_by_role("tabpanel").get_by_role("button", name="Register").click()
    assert (await ended.value).ok
    await ana.sees("Hello Ana")
    await page.goto(f"{server.url}/settings")
    await ana.sees("this device")
    await expect(page.get_by_role("button", name="Sign out all others")).to_have_count(0)
    assert ana.complaints == []
