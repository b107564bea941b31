"""Tables as they come about by hand only after a long evening: set by the API, looked at in the browser."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.app import people
from tests.app.people import Json
from tests.app.serving import Tallybook
from tests.web.test_evening import DESKTOP, PHONE, Person

pytestmark = pytest.mark.browser


@pytest.fixture
async def http(server: Tallybook) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as client:
        yield client


class Guest(Person):
    """Somebody with a browser and a way around it."""

    api: people.Person
    signed_in: Json

    @classmethod
    async def named(
        cls, name: str, browser: Browser, http: httpx.AsyncClient, size: dict[str, int] = PHONE
    ) -> "Guest":
        guest = await cls.comes(browser, size)
        assert isinstance(guest, cls)
        guest.signed_in = given = await people.Person(http).post("/auth/guest", display_name=name)
        guest.api = people.Person(http, given["player"]["id"], given["access_token"])
        kept = {
            "access": given["access_token"],
            "refresh": given["refresh_token"],
            "renewAt": 2**52,
            "player": given["player"],
        }
        word = json.dumps(json.dumps(kept))
        await guest.page.add_init_script(f"localStorage.setItem('tallybook.sign-in', {word})")
        return guest

    async def goes(self, path: str) -> None:
        await self.page.goto(f"{self.api.http.base_url}".rstrip("/") + path)

    async def records(self, session: Json, *values: int | str, stat: str = "Points") -> None:
        """A value for each seat, in their order."""
        for seat, value in enumerate(values):
            await self.api.post(f"/sessions/{session['id']}/record", seat=seat, stat=stat, value=value)


async def ends(guest: Guest, session: Json, *, wins: list[bool] | None = None) -> None:
    body: Json = {}
    if wins is not None:
        body["result"] = [{"seat": seat, "winner": winner} for seat, winner in enumerate(wins)]
    await guest.api.post(f"/sessions/{session['id']}/end", **body)


async def test_a_team_wins_by_what_it_has_together(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """List, sheet and result show the sums of the teams, and the crown is where the board has it."""
    ana = await Guest.named("Ana", browser, http)
    game = await ana.api.post("/games", name="Doppelkopf", win="highest")
    seats = [{"name": "Ben", "team": "Red"}, {"name": "Cleo", "team": "Blue"}, {"name": "Dora"}]
    session = await ana.api.post(
        "/sessions",
        game_id=game["id"],
        stats=[people.POINTS],
        seats=[{"player_id": ana.api.id, "team": "Blue"}, *seats[:2], {**seats[2], "team": "Red"}],
    )
    await ana.records(session, 5, 9, 6, 0)
    await ana.goes(f"/r/{session['key']}")
    await expect(ana.page.get_by_text("Blue: 11")).to_have_count(2)
    await ana.sees_row("Team", "11", "9", "11", "9")
    await ana.fits()
    await ana.picture("phone-15-teams")
    await ends(ana, session)
    await ana.sees("Ana and Cleo win")
    places = ana.page.get_by_role("list").filter(has_text="Ben").first
    await expect(places.get_by_role("listitem")).to_have_text(
        ["1.Blue11", "AAna5", "CCleo6", "2.Red9", "BBen9", "DDora0"]
    )
    await ana.fits()
    await ana.picture("phone-16-teams-result")
    await ana.goes(f"/s/{session['id']}")
    await ana.page.get_by_role("tab", name="Course").click()
    heads = ana.page.get_by_role("columnheader").filter(has=ana.page.locator("svg"))
    await expect(heads).to_have_text([re.compile("Ana"), re.compile("Cleo")])
    assert ana.complaints == []


async def test_nobody_is_called_the_winner_where_nobody_was_beaten(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """A draw is called one, and who played alone has played; together one won with names."""
    ana = await Guest.named("Ana", browser, http)
    for more, values, wins, headline, stars in (
        (["Ben"], (5, 5), None, "A draw between Ana and Ben", 0),
        ([], (7,), None, "Finished", 0),
        (["Ben", "Cleo"], (5, 5, 1), None, "Ana and Ben win", 2),
        (["Ben"], (5, 5), [True, True], "You won together!", 2),
    ):
        win = "highest" if wins is None else "cooperative"
        session = await ana.api.open(*({"name": name} for name in more), win=win)
        await ana.records(session, *values)
        await ends(ana, session, wins=wins)
        await ana.goes(f"/s/{session['id']}")
        await expect(ana.page.get_by_role("heading", name=headline)).to_be_visible()
        for name in ("Ana", *more):
            await expect(ana.page.get_by_role("link", name=name)).to_be_visible()
        await ana.goes("/history")
        line = ana.page.get_by_role("main").get_by_role("listitem").first
        await expect(line).to_contain_text("Ana")
        assert (await line.inner_text()).count("★") == stars
    assert ana.complaints == []


async def test_a_seat_with_values_goes_after_a_question_only(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """It says how many values go with it."""
    ana = await Guest.named("Ana", browser, http)
    session = await ana.api.open({"name": "Ben"}, {"name": "Cleo"})
    await ana.records(session, 5, 9)
    await ana.goes(f"/r/{session['key']}")
    await ana.press("People")
    dialog = ana.page.get_by_role("dialog")
    for name, asked in (("Ben", True), ("Cleo", False)):
        await ana.press(f"Actions for {name}")
        await ana.page.get_by_role("menuitem", name="Remove the seat").click()
        if asked:
            await ana.sees("1 value goes with it.")
            await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
            await ana.fits()
            await ana.picture("phone-17-remove-a-seat")
            await dialog.get_by_role("button", name="Cancel").click()
            await expect(dialog.get_by_text("Ben")).to_be_visible()
            await ana.press("Actions for Ben")
            await ana.page.get_by_role("menuitem", name="Remove the seat").click()
            await dialog.get_by_role("button", name="Remove", exact=True).click()
        await expect(dialog.get_by_role("listitem").filter(has_text=name)).to_have_count(0)
    assert ana.complaints == []


async def test_whoever_gave_the_score_away_gives_the_game_up_and_no_more(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """The host governs, the scorekeeper pauses and ends; nobody is offered what is refused."""
    ana = await Guest.named("Ana", browser, http, DESKTOP)
    ben = await Guest.named("Ben", browser, http)
    session = await ana.api.open({"player_id": ben.api.id})
    await ana.api.ask("PUT", f"/sessions/{session['id']}/scorekeepers/{ben.api.id}")
    await ana.api.ask("DELETE", f"/sessions/{session['id']}/scorekeepers/{ana.api.id}")
    for person, offered in ((ana, ["Give up game"]), (ben, ["Pause", "End game"])):
        await person.goes(f"/r/{session['key']}")
        await person.press("More")
        await expect(person.page.get_by_role("menuitem")).to_have_text(offered)
    assert ana.complaints == []
    assert ben.complaints == []


CORNER = """() => {
  const box = document.querySelector("[role=region]:has(table)").getBoundingClientRect();
  return document.elementFromPoint(box.left + 20, box.top + 12).closest("thead") !== null;
}"""


async def test_rounds_move_away_below_the_head_of_the_sheet(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    ana = await Guest.named("Ana", browser, http)
    session = await ana.api.open({"name": "Ben"})
    path = f"/sessions/{session['id']}/record"
    for number in range(1, 21):
        await ana.api.post(path, seat=0, stat="Points", value=number, round=number)
    await ends(ana, session)
    await ana.goes(f"/s/{session['id']}")
    sheet = ana.page.get_by_role("region")
    await sheet.scroll_into_view_if_needed()
    await expect(sheet.get_by_role("row", name="20 20 ·")).to_be_in_viewport()
    for top in (0, 60, 200):
        await sheet.evaluate("(box, top) => { box.scrollTop = top; }", top)
        assert await ana.page.evaluate(CORNER), top
    assert ana.complaints == []


BROKEN = """() => {
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const broken = [];
  while (walk.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    const text = walk.currentNode.textContent;
    const lines = new Set([...range.getClientRects()].map((part) => Math.round(part.top)));
    if (/^[\\d:.]{4,}$/.test(text) && lines.size > 1) broken.push(text);
  }
  return broken;
}"""
LONG_NAME = "Maximiliana Featherstonehaugh-Cholmondeley zu Hohenlohe"


async def test_long_numbers_and_names_have_room_on_a_phone(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """No number is broken into two lines, and no name squeezed by one; the question at the end holds both."""
    ana = await Guest.named("Alexandrina", browser, http)
    named = [{"name": name} for name in ("Maximilian", LONG_NAME, "Bo")]
    scores = await ana.api.open(*named)
    await ana.records(scores, 1234, 1234567, 1234567890, 123456789012345)
    times = await ana.api.open(*named, stats=({"name": "Time", "data_type": "duration", "scoring": True},))
    await ana.records(times, 40_040, 39_640_041, 59_123, 40_040, stat="Time")
    for session, last in ((scores, "123456789012345"), (times, "0:40.04")):
        await ana.goes(f"/r/{session['key']}")
        await expect(ana.page.get_by_role("cell").last).to_have_text(last)
        assert await ana.page.evaluate(BROKEN) == []
        name = ana.page.get_by_role("listitem").get_by_text("Alexandrina")
        assert await name.evaluate("name => name.scrollHeight <= name.clientHeight + 1")
        await ana.fits()
        await ana.picture(f"phone-18-long-{'times' if session is times else 'scores'}")
    await ana.press("More")
    await ana.page.get_by_role("menuitem", name="End game").click()
    label = ana.page.get_by_role("dialog").get_by_text(LONG_NAME)
    await expect(label).to_be_visible()
    assert await label.evaluate("name => name.getBoundingClientRect().right < innerWidth")
    await ends(ana, scores)
    await ana.goes(f"/s/{scores['id']}")
    name = ana.page.get_by_role("link", name=LONG_NAME)
    await expect(name).to_be_visible()
    assert await name.evaluate("name => name.getBoundingClientRect().width") > 100
    assert await ana.page.evaluate(BROKEN) == []
    await ana.fits()
    assert ana.complaints == []


async def test_a_long_sheet_opens_where_it_is_played(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """The round that is played is in view, and so is the next one when it begins; the page stays."""
    ana = await Guest.named("Ana", browser, http, DESKTOP)
    session = await ana.api.open({"name": "Ben"})
    for _ in range(29):
        await ana.api.post(f"/sessions/{session['id']}/next-round")
    await ana.goes(f"/r/{session['key']}")
    await expect(ana.page.get_by_role("rowheader", name="30", exact=True)).to_be_in_viewport()
    await ana.press("Next round")
    await expect(ana.page.get_by_role("rowheader", name="31", exact=True)).to_be_in_viewport()
    assert await ana.page.evaluate("scrollY") == 0
    assert ana.complaints == []


async def test_going_back_closes_what_is_open_and_stays_at_the_table(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """The number pad, the next player's, a dialog asked for by the address: each is closed, no page left."""
    ana = await Guest.named("Ana", browser, http)
    dora = await Guest.named("Dora", browser, http)
    session = await ana.api.open({"name": "Ben"})
    for guest, path, name in (
        (ana, "", "Ana: enter Points"),
        (ana, "", "People"),
        (dora, "?seat", "Take a seat"),
    ):
        page = guest.page
        dialog = page.get_by_role("dialog")
        await guest.goes("/history")
        await guest.goes(f"/r/{session['key']}{path}")
        if path == "":
            await guest.press(name)
        await expect(dialog).to_be_visible()
        if name == "Ana: enter Points":
            await guest.press("OK, then Ben")
            await expect(dialog).to_contain_text("Ben")
        await page.go_back()
        await expect(dialog).to_have_count(0)
        await expect(page).to_have_url(f"{server.url}/r/{session['key']}")
        await guest.press(name)
        await expect(page.locator("[role=dialog]:focus-within")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await page.wait_for_function("!history.state?.dialog")
        await page.go_back()
        await expect(page).to_have_url(f"{server.url}/history")
        assert guest.complaints == []


async def test_only_seats_of_names_are_offered_and_another_may_be_asked_for(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """Who sits there with a device of their own is nobody else; a request for the wrong seat is mended."""
    ana = await Guest.named("Ana", browser, http)
    eve = await Guest.named("Eve", browser, http)
    dora = await Guest.named("Dora", browser, http)
    session = await ana.api.open({"name": "Ben"}, {"name": "Cleo"}, {"player_id": eve.api.id})
    await dora.goes(f"/r/{session['key']}?seat")
    offers = dora.page.get_by_role("dialog").get_by_role("button", name=re.compile("^(I am|Add me)"))
    await expect(offers).to_have_text([re.compile("I am Ben"), re.compile("I am Cleo"), "Add me as Dora"])
    await dora.fits()
    await dora.press("I am Ben")
    await dora.sees("You asked for a seat: Ben")
    await dora.fits()
    await dora.picture("phone-19-asked")
    await dora.press("Ask for another seat")
    await dora.press("I am Cleo")
    await dora.sees("You asked for a seat: Cleo")
    requests = (await ana.api.get(f"/sessions/{session['id']}"))["requests"]
    assert [request["seat"] for request in requests] == [2]
    assert dora.complaints == []


async def test_a_lost_connection_moves_nothing_under_the_thumb(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """What says so lies over the head of the page."""
    ana = await Guest.named("Ana", browser, http)
    session = await ana.api.open({"name": "Ben"})
    await ana.goes(f"/r/{session['key']}")
    target = ana.page.get_by_role("button", name="Ana: plus 1")
    await expect(target).to_be_visible()
    before = await target.bounding_box()
    await ana.page.context.set_offline(True)
    await ana.sees("Connection lost")
    await target.click()
    await ana.sees(re.compile("not sent yet"))
    assert await target.bounding_box() == before
    await ana.fits()
    await ana.picture("phone-20-away")
    await ana.page.context.set_offline(False)
    await expect(ana.page.get_by_role("note")).to_have_count(0)
    assert ana.complaints == []


async def test_a_long_name_leaves_room_for_what_stands_beside_it(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    """The crown before a name keeps its size, and beside one stat the next is seen."""
    ana = await Guest.named("Maximiliane Wilhelmina Featherstonehaugh-Cholmondeley", browser, http)
    stats = [{**people.POINTS, "name": name} for name in ("Longest continuous route bonus points", "Ports")]
    session = await ana.api.open({"name": "Ben"}, stats=tuple(stats))
    await ana.records(session, 9, 4, stat=stats[0]["name"])
    await ana.goes(f"/r/{session['key']}")
    await expect(ana.page.locator("label").filter(has_text="Ports")).to_be_in_viewport(ratio=0.9)
    crown = await ana.page.locator("thead svg").bounding_box()
    assert crown is not None
    assert crown["width"] == crown["height"]
    await ana.fits()
    await ana.picture("phone-17-long-names")
    assert ana.complaints == []


async def test_the_stat_that_is_looked_at_stays_when_the_page_is_loaded_again_and_when_the_game_ends(
    server: Tallybook, browser: Browser, http: httpx.AsyncClient
) -> None:
    ana = await Guest.named("Ana", browser, http)
    session = await ana.api.open({"name": "Ben"}, stats=(people.POINTS, {**people.POINTS, "name": "Ports"}))
    await ana.goes(f"/r/{session['key']}")
    ports = ana.page.get_by_role("region", name="Score sheet: Ports")
    await ana.page.locator("label").filter(has_text="Ports").click()
    await expect(ports).to_be_visible()
    await ana.page.reload()
    await expect(ports).to_be_visible()
    await ana.api.post(f"/sessions/{session['id']}/end")
    await ana.sees("Rematch")
    await expect(ports).to_be_visible()
    assert ana.complaints == []
