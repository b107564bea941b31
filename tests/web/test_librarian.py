"""After the games: from the history to a session, from there to a profile, and back by every figure."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import DESKTOP, PHONE, Person

ACCOUNT = {"username": "anna", "password": "a long walk home", "display_name": "Anna"}

pytestmark = pytest.mark.browser


@contextmanager
def anna_by_herself(url: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Anna, new and without the app: her id, and how to post something as her."""
    with httpx.Client(base_url=f"{url}/api/v1") as client:

        def post(path: str, body: Any = None) -> Any:
            answer = client.post(path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        signed_in = post("/auth/register", ACCOUNT)
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        yield signed_in["player"]["id"], post


def some_evenings(url: str) -> None:
    """Anna beat Ben twice at Hearts and lost once at Go, over the API."""
    with anna_by_herself(url) as (anna, post):
        seats = [{"player_id": anna}, {"name": "Ben"}]
        games = {name: post("/games", {"name": name})["id"] for name in ("Hearts", "Go")}
        for name, scores in (("Hearts", (9, 4)), ("Hearts", (7, 6)), ("Go", (1, 3))):
            session = post("/sessions", {"game_id": games[name], "seats": seats})
            for seat, score in enumerate(scores):
                post(f"/sessions/{session['id']}/record", {"seat": seat, "stat": "Points", "value": score})
            post(f"/sessions/{session['id']}/end")


async def sign_in(person: Person, url: str) -> None:
    await person.page.goto(url)
    await person.page.get_by_role("tab", name="Sign in").click()
    await person.page.get_by_label("Username").fill(ACCOUNT["username"])
    await person.page.get_by_label("Password").first.fill(ACCOUNT["password"])
    await person.page.get_by_role("tabpanel").get_by_role("button", name="Sign in").click()
    await person.sees("Hello Anna")


async def test_every_figure_of_a_profile_leads_to_its_sessions(server: Tallybook, browser: Browser) -> None:
    """History, search, a session stepped through, the profile behind a name, and from a figure back."""
    some_evenings(server.url)
    anna = await Person.comes(browser, PHONE)
    page = anna.page
    await sign_in(anna, server.url)

    await anna.press("Pages")
    await page.get_by_role("menuitem", name="History").click()
    sessions = page.get_by_role("main").get_by_role("listitem")
    await expect(sessions).to_have_count(3)
    await page.get_by_label("Search").fill("hearts")
    await expect(sessions).to_have_count(2)
    await anna.fits()
    await anna.picture("phone-10-history")

    await sessions.last.get_by_role("link").click()
    await anna.sees("Anna wins")
    await page.get_by_role("tab", name="Course").click()
    start = page.get_by_role("button", name="To the start")
    await start.press("Enter")
    await anna.sees(re.compile("Step 1 of"))
    await expect(start).to_be_disabled()
    await expect(start).to_be_focused()
    await expect(page.get_by_role("row", name="1 ·")).to_be_visible()
    await anna.press("Play back")
    await anna.sees_row("Σ", "9", "4")
    await anna.fits()
    await anna.picture("phone-11-course")
    await page.get_by_role("tab", name="Chart").click()
    await anna.sees("Running totals")
    await page.reload()
    await anna.sees("Running totals")

    await page.get_by_role("link", name="Anna").click()
    await page.wait_for_url("**/players/*")
    await anna.sees("Head to head")
    won = page.get_by_role("link", name=re.compile("^Won"))
    await expect(won).to_have_text("Won2")
    await expect(page.get_by_role("link", name=re.compile("^Win rate"))).to_have_text("Win rate67%")
    await anna.fits()
    await anna.picture("phone-12-profile")
    await won.click()
    await expect(sessions).to_have_count(2)
    await anna.press("Remove the filter: Won")
    await expect(sessions).to_have_count(3)

    await page.goto(f"{server.url}/players/me")
    hearts = page.get_by_role("table").first.get_by_role("row", name=re.compile("^Hearts"))
    streak, best = hearts.get_by_role("link", name="2").last, hearts.get_by_role("link", name="9")
    await expect(best).to_have_attribute("href", re.compile("^/s/"))
    await streak.click()
    await expect(sessions).to_have_count(2)
    await page.go_back()
    await best.click()
    await anna.sees("Anna wins")
    assert anna.complaints == []


async def test_the_library_and_the_account_are_kept_from_a_desktop(
    server: Tallybook, browser: Browser
) -> None:
    """A game goes and comes back, a person is invited, a name is changed, the account erased."""
    some_evenings(server.url)
    anna = await Person.comes(browser, DESKTOP, dark=True)
    page = anna.page
    await sign_in(anna, server.url)

    await page.get_by_role("navigation").get_by_role("link", name="Games").click()
    await anna.press("More: Hearts")
    await page.get_by_role("menuitem", name="Archive").click()
    await page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    await expect(page.get_by_text("Hearts")).to_have_count(0)
    await page.get_by_text("Archived", exact=True).click()
    await anna.press("More: Hearts")
    await page.get_by_role("menuitem", name="Bring back").click()
    await anna.sees("Nothing in the archive")
    await anna.picture("desktop-4-games")

    await page.get_by_role("searchbox").fill("go")
    await page.wait_for_url("**/games?show=archived&q=go")
    await anna.sees("No game of this name")

    await page.get_by_role("navigation").get_by_role("link", name="People").click()
    await page.get_by_role("tab", name="Followers").click()
    await anna.sees("Nobody follows you yet")
    await page.get_by_role("tab", name="Who is who").click()
    await page.get_by_role("navigation").get_by_role("link", name="Feed").click()
    await page.go_back()
    await expect(page.get_by_role("tab", name="Who is who")).to_have_attribute("aria-selected", "true")
    await page.go_back()
    await expect(page.get_by_role("searchbox")).to_have_value("go")
    await page.go_forward()
    await page.get_by_role("tab", name="People").click()
    await anna.press("Invite Ben")
    await anna.sees("Valid once")
    await page.keyboard.press("Escape")
    await anna.picture("desktop-5-people")

    await anna.press("Account")
    await page.get_by_role("menuitem", name="Settings").click()
    await page.get_by_label("Name shown to others").fill("Annabel")
    await anna.press(re.compile("^Save$"))
    await anna.sees("Saved")
    await anna.sees("this device")
    await anna.picture("desktop-6-settings")
    await anna.press("Erase my account")
    await page.get_by_label("Your password").fill(ACCOUNT["password"])
    await anna.press("Erase for good")
    await anna.sees("Go on as guest")
    assert anna.complaints == []
