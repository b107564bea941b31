"""Following people, and the feed of what they finished."""

import httpx
import pytest

from tallybook.projections import feed as feeds
from tests.rest.kit import Person, body_of, code_of, register


@pytest.fixture
async def cleo(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "cleo-plays")


@pytest.fixture
async def dora(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "dora-plays")


async def finished(host: Person, *names: str, public: bool) -> str:
    session = await host.opens(*names, public=public)
    await host.post(f"/sessions/{session['id']}/seats", {"add": {"player_id": host.id}})
    await host.post(f"/sessions/{session['id']}/end", {})
    session_id: str = session["id"]
    return session_id


async def feed(person: Person) -> list[str]:
    return [item["id"] for item in (await person.get("/feed"))["items"]]


async def test_accounts_are_followed_once_and_no_longer(cleo: Person, dora: Person, ana: Person) -> None:
    for _ in range(2):
        assert (await ana.call("PUT", f"/players/{cleo.id}/follow")).status_code == 204
    body_of(await dora.call("PUT", f"/players/{cleo.id}/follow"))

    first = await ana.get(f"/players/{cleo.id}/followers", limit=1)
    rest = await ana.get(f"/players/{cleo.id}/followers", limit=1, cursor=first["next_cursor"])
    assert [page["items"][0]["id"] for page in (first, rest)] == [dora.id, ana.id]
    assert rest["next_cursor"] is None
    shown = await ana.get(f"/players/{cleo.id}")
    assert (shown["followers"], shown["following"]) == (2, 0)
    assert [item["id"] for item in (await cleo.get(f"/players/{dora.id}/following"))["items"]] == [cleo.id]

    for _ in range(2):
        assert (await ana.call("DELETE", f"/players/{cleo.id}/follow")).status_code == 204
    assert (await ana.get(f"/players/{cleo.id}"))["followers"] == 1
    for nobody in (ana.id, dora.id):  # a guest, and herself
        assert code_of(await dora.call("PUT", f"/players/{nobody}/follow")) == "forbidden"


@pytest.mark.parametrize("window", [1, feeds.WINDOW])
async def test_the_feed_shows_what_followed_people_finished_in_public_and_everything_of_ones_own(
    cleo: Person, dora: Person, ana: Person, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few public sessions are looked through before those of each person are collected."""
    monkeypatch.setattr(feeds, "WINDOW", window)
    public = await finished(dora, "Ela", public=True)
    await finished(dora, "Fay", public=False)
    await dora.opens("Gil", public=True)  # not finished
    stranger = await finished(ana, "Hal", public=True)
    assert await feed(cleo) == []

    body_of(await cleo.call("PUT", f"/players/{dora.id}/follow"))
    own = await finished(cleo, "Ida", public=False)

    assert await feed(cleo) == [own, public]
    first = await cleo.get("/feed", limit=1)
    rest = await cleo.get("/feed", limit=1, cursor=first["next_cursor"])
    assert [item["id"] for item in (*first["items"], *rest["items"])] == [own, public]
    assert rest["next_cursor"] is None
    assert [seat["name"] for seat in rest["items"][0]["seats"]] == ["Ela", "dora-plays"]
    assert stranger not in await feed(cleo)

    # Who was claimed by somebody one follows plays for the feed too.
    other = await finished(ana, "Dora at Ana's", public=True)
    named = (await ana.get(f"/sessions/{other}"))["seats"][0]["player_id"]
    code = (await ana.post(f"/players/{named}/invitation"))["code"]
    await dora.post("/players/me/claim", {"code": code})
    assert await feed(cleo) == [other, own, public]

    await dora.post(f"/sessions/{public}/void", {"reason": "a mistake"})
    assert await feed(cleo) == [other, own]
