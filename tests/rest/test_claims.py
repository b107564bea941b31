"""Claiming players: who was in a library, or came as a guest, becomes a part of somebody's history."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.rest.kit import API, Person, body_of, code_of, enter, register


@pytest.fixture
async def cleo(anybody: httpx.AsyncClient) -> Person:
    return await register(anybody, "cleo-plays")


async def played(host: Person, *names: str) -> dict[str, Any]:
    """A finished session of these people of the host's library."""
    session = await host.opens(*names)
    await host.post(f"/sessions/{session['id']}/record", {"seat": 0, "stat": "Points", "value": 5})
    await host.post(f"/sessions/{session['id']}/end", {})
    ended: dict[str, Any] = await host.get(f"/sessions/{session['id']}")
    return ended


async def listed(person: Person) -> list[str]:
    return [item["id"] for item in (await person.get("/sessions/history"))["items"]]


async def claims_of(person: Person) -> list[tuple[str, str, str]]:
    items = (await person.get("/players/me/claims"))["items"]
    return [(item["player"]["display_name"], item["status"], item["direction"]) for item in items]


async def test_a_claim_is_asked_approved_and_split_and_history_goes_along(ana: Person, cleo: Person) -> None:
    session = await played(ana, "Cleo", "Dora")
    path = f"/sessions/{session['id']}"
    named = session["seats"][0]["player_id"]
    assert code_of(await cleo.call("GET", path)) == "not_found"

    claim = await cleo.post("/players/me/claim", {"player_id": named})
    assert await cleo.post("/players/me/claim", {"player_id": named}) == claim
    assert (claim["status"], claim["direction"]) == ("pending", "outgoing")
    assert await claims_of(ana) == [("Cleo", "pending", "incoming")]
    assert "claimed_by" not in await ana.get(f"/players/{named}")
    assert await listed(cleo) == []

    approved = await ana.post(f"/claims/{claim['id']}/approve")
    assert approved["status"] == "approved"
    assert await ana.post(f"/claims/{claim['id']}/approve") == approved
    assert (await ana.get(f"/players/{named}"))["claimed_by"] == cleo.id
    assert await listed(cleo) == [session["id"]]
    shown = await cleo.get(path)
    assert [seat["player_id"] for seat in shown["seats"]] == [s["player_id"] for s in session["seats"]]
    assert code_of(await ana.call("POST", f"/claims/{claim['id']}/reject")) == "already_claimed"

    assert (await ana.call("DELETE", f"/players/me/claims/{claim['id']}")).status_code == 204
    assert "claimed_by" not in await ana.get(f"/players/{named}")
    assert await listed(cleo) == []
    assert code_of(await cleo.call("GET", path)) == "not_found"
    assert code_of(await cleo.call("DELETE", f"/players/me/claims/{claim['id']}")) == "not_found"


async def test_who_was_claimed_comes_back_to_the_seat(ana: Person, cleo: Person) -> None:
    session = await ana.opens("Cleo", "Dora")
    code = (await ana.post(f"/players/{session['seats'][0]['player_id']}/invitation"))["code"]
    await cleo.post("/players/me/claim", {"code": code})

    for body in ({}, {"seat": 0}, {"name": "Cleo"}):
        joined = await cleo.post(f"/rooms/by-key/{session['key']}/join", body)
        assert (joined["role"], joined["seat"]) == ("player", 0)
    assert len((await cleo.get(f"/sessions/{session['id']}"))["seats"]) == 2


async def test_what_a_claimed_guest_wrote_is_taken_back_and_the_seat_made_ready_by_the_person(
    cleo: Person, anybody: httpx.AsyncClient
) -> None:
    guest = await enter(anybody, "Cleo")
    game = (await guest.post("/games", {"name": "Go"}))["id"]
    seats = [{"player_id": guest.id}]
    session = await guest.post("/sessions", {"game_id": game, "seats": seats})
    path = f"/sessions/{session['id']}"
    await guest.post(f"{path}/record", {"seat": 0, "stat": "Points", "value": 5})
    await cleo.post("/players/me/claim", {"token": guest.token})

    await cleo.post(f"{path}/undo")
    await cleo.post(f"/rooms/{session['room_id']}/ready", {"ready": True})
    again = {"add": {"player_id": cleo.id}}
    assert code_of(await cleo.call("POST", f"{path}/seats", again)) == "seat_taken"

    assert (await cleo.get(f"{path}/scoreboard"))["seats"][0]["total"] == 0
    assert [seat["ready"] for seat in (await cleo.get(path))["seats"]] == [True]


async def test_only_who_can_sign_in_keeps_the_score_or_runs_the_room(ana: Person, cleo: Person) -> None:
    session = await ana.opens("Cleo", "Dora")
    named, dora = (seat["player_id"] for seat in session["seats"])
    path = f"/sessions/{session['id']}/scorekeepers"
    host = f"/rooms/{session['room_id']}/host"
    for player in (named, dora):
        assert code_of(await ana.call("PUT", f"{path}/{player}")) == "invalid"
        assert code_of(await ana.call("POST", host, {"player_id": player})) == "invalid"
    code = (await ana.post(f"/players/{named}/invitation"))["code"]
    await cleo.post("/players/me/claim", {"code": code})

    assert (await ana.call("PUT", f"{path}/{named}")).is_success
    assert (await ana.call("DELETE", f"{path}/{ana.id}")).is_success
    await ana.post(host, {"player_id": named})
    await cleo.post(f"/sessions/{session['id']}/record", {"seat": 0, "stat": "Points", "value": 5})
    await cleo.post(host, {"player_id": named})


async def test_an_invitation_counts_once_and_only_the_newest(
    ana: Person, cleo: Person, anybody: httpx.AsyncClient
) -> None:
    named = (await ana.post("/players", {"name": "Cleo"}))["id"]
    old = (await ana.post(f"/players/{named}/invitation"))["code"]
    new = (await ana.post(f"/players/{named}/invitation"))["code"]
    other = await register(anybody, "someone-else")
    assert code_of(await other.call("POST", f"/players/{named}/invitation")) == "forbidden"

    assert code_of(await cleo.call("POST", "/players/me/claim", {"code": old})) == "not_found"
    answers = await asyncio.gather(
        *(each.call("POST", "/players/me/claim", {"code": new.lower()}) for each in (cleo, other))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    claim = next(answer.json() for answer in answers if answer.is_success)
    winner = cleo if claim["claimant"]["id"] == cleo.id else other
    assert await winner.post("/players/me/claim", {"code": new}) == claim
    assert (await winner.call("DELETE", f"/players/me/claims/{claim['id']}")).status_code == 204
    assert code_of(await winner.call("POST", "/players/me/claim", {"code": new})) == "not_found"
    await winner.post("/players/me/claim", {"code": (await ana.post(f"/players/{named}/invitation"))["code"]})
    assert code_of(await cleo.call("POST", f"/players/{named}/invitation")) == "forbidden"
    assert code_of(await ana.call("POST", f"/players/{named}/invitation")) == "already_claimed"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_a_guest_is_claimed_with_a_token_and_can_register_no_more(
    cleo: Person, anybody: httpx.AsyncClient, which: str
) -> None:
    signed_in = body_of(await anybody.post(f"{API}/auth/guest", json={"display_name": "Cleo"}))
    guest = Person(anybody, signed_in["access_token"], signed_in["player"]["id"])
    session = await played(guest, "Dora")

    claim = await cleo.post("/players/me/claim", {"token": signed_in[which]})

    assert (claim["status"], claim["player"]["id"]) == ("approved", guest.id)
    assert await cleo.post("/players/me/claim", {"token": signed_in[which]}) == claim
    assert await listed(cleo) == [session["id"]]
    await cleo.post(f"/sessions/{session['id']}/void", {"reason": "hosted by a part of me"})
    body = {"username": "cleo-again", "password": "a horse, a battery"}
    assert code_of(await guest.call("POST", "/auth/register", body)) == "forbidden"


async def test_what_cannot_be_claimed_is_refused(ana: Person, bea: Person, cleo: Person) -> None:
    named = (await ana.post("/players", {"name": "Cleo"}))["id"]
    theirs = (await ana.post("/players", {"name": "Theirs"}))["id"]
    other = await register(cleo.client, "someone-else")
    code = (await ana.post(f"/players/{theirs}/invitation"))["code"]
    await other.post("/players/me/claim", {"code": code})

    async def refusal(person: Person, body: dict[str, Any]) -> str:
        return code_of(await person.call("POST", "/players/me/claim", body))

    assert await refusal(bea, {"player_id": named}) == "forbidden"  # a guest
    assert await refusal(cleo, {"player_id": cleo.id}) == "not_claimable"
    assert await refusal(cleo, {"player_id": other.id}) == "not_claimable"
    assert await refusal(cleo, {"player_id": ana.id}) == "not_claimable"  # a guest, without a token
    assert await refusal(cleo, {"player_id": theirs}) == "already_claimed"
    assert await refusal(cleo, {"token": other.token}) == "not_claimable"
    assert await refusal(cleo, {"token": "nonsense"}) == "invalid"
    assert await refusal(cleo, {"code": "ABCD"}) == "not_found"
    assert await refusal(cleo, {}) == "invalid"
    claim = await cleo.post("/players/me/claim", {"player_id": named})
    for person in (bea, cleo, other):
        assert code_of(await person.call("POST", f"/claims/{claim['id']}/approve")) == "not_found"
    rejected = await ana.post(f"/claims/{claim['id']}/reject")
    assert rejected["status"] == "rejected"
    assert code_of(await other.call("DELETE", f"/players/me/claims/{claim['id']}")) == "not_found"
    assert (await cleo.call("DELETE", f"/players/me/claims/{claim['id']}")).status_code == 204
    assert await claims_of(cleo) == []


async def test_an_owner_is_a_player_of_the_own_library_at_once(cleo: Person) -> None:
    named = (await cleo.post("/players", {"name": "Me"}))["id"]
    assert (await cleo.post("/players/me/claim", {"player_id": named}))["status"] == "approved"
    assert await claims_of(cleo) == [("Me", "approved", "outgoing")]
