"""Every page passes axe: in light on a phone, in dark on a desktop."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Tallybook
from tests.web.test_evening import DESKTOP, PHONE, Person
from tests.web.test_librarian import ACCOUNT, sign_in, some_evenings

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
FAULTS = "async () => (await axe.run()).violations.map(({id, nodes}) => [id, nodes[0].html])"

pytestmark = pytest.mark.browser


def pages(url: str) -> list[str]:
    """Where somebody can be who has played."""
    with httpx.Client(base_url=f"{url}/api/v1") as client:
        known = {name: ACCOUNT[name] for name in ("username", "password")}
        signed_in = client.post("/auth/login", json=known).json()
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        session: dict[str, Any] = client.get("/sessions/history").json()["items"][0]
        open_ = {"game_id": session["game_id"], "seats": [{"name": "Ben"}]}
        table = client.post("/sessions", json=open_).json()
    fixed = ["/", "/history", "/games", "/people", "/feed", "/settings", "/new-game", "/nowhere"]
    player, game = signed_in["player"]["id"], session["game_id"]
    return [*fixed, f"/players/{player}", f"/s/{session['id']}", f"/r/{table['key']}", f"/start/{game}"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESKTOP, True)])
async def test_axe_finds_no_fault(
    server: Tallybook, browser: Browser, size: dict[str, int], *, dark: bool
) -> None:
    some_evenings(server.url)
    anna = await Person.comes(browser, size, dark=dark)
    faults: dict[str, Any] = {}

    async def look(at: str) -> None:
        await anna.page.goto(server.url + at)
        await expect(anna.page.get_by_role("heading", level=1)).to_have_count(1)
        await expect(anna.page.locator(".mantine-Skeleton-root")).to_have_count(0)
        await anna.page.evaluate(AXE.read_text())
        if found := await anna.page.evaluate(FAULTS):
            faults[at] = found

    await look("/")
    await sign_in(anna, server.url)
    for page in pages(server.url):
        await look(page)
    assert faults == {}
