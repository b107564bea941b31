"""Who is there: what is told always adds up to what is so."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tallybook.delivery.channels.presence import Roster
from tests.channels.raw import Raw
from tests.channels.serving import Serving

State = dict[str, dict[str, list[dict[str, Any]]]]


def merge(state: State, difference: dict[str, State]) -> None:
    """What the official client does with a difference, less its callbacks."""
    for key, came in difference["joins"].items():
        metas = state.setdefault(key, {"metas": []})["metas"]
        refs = {meta["phx_ref"] for meta in came["metas"]}
        assert refs.isdisjoint(meta["phx_ref"] for meta in metas), "told twice"
        metas.extend(came["metas"])
    for key, left in difference["leaves"].items():
        refs = {meta["phx_ref"] for meta in left["metas"]}
        assert refs <= {meta["phx_ref"] for meta in state[key]["metas"]}, "left before it came"
        state[key]["metas"] = [meta for meta in state[key]["metas"] if meta["phx_ref"] not in refs]
        if not state[key]["metas"]:
            del state[key]


@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "tell", "look"]), st.integers(0, 3))))
def test_a_state_and_the_differences_after_it_give_the_state(steps: list[tuple[str, int]]) -> None:
    roster = Roster()
    here: dict[str, str] = {}
    seen: list[State] = [{}]  # each by someone who looked at some moment
    for step, number in steps:
        if step == "join":
            here[roster.join(f"p{number}", b'{"role":"player"}')] = f"p{number}"
        elif step == "leave" and len(here) > number:
            ref = list(here)[number]
            del here[ref]
            roster.leave(ref)
        elif step == "tell":
            difference = json.loads(roster.difference())
            for state in seen:
                merge(state, difference)
        elif step == "look":
            seen.append(json.loads(roster.state()))
    difference = json.loads(roster.difference())
    for state in seen:
        merge(state, difference)
        assert {meta["phx_ref"]: key for key, people in state.items() for meta in people["metas"]} == here
        assert state == json.loads(roster.state()) or not here
    assert not roster.changed


async def test_everybody_is_told_who_comes_changes_and_goes(server: Serving) -> None:
    async with await Raw.connect(server.port) as ana:
        await ana.join()
        state: State = (await ana.until("presence_state"))[4]
        async with await Raw.connect(server.port) as phone, await Raw.connect(server.port) as laptop:
            await phone.join()
            await laptop.join(role="spectator")
            while sum(len(people["metas"]) for people in state.values()) < 3:
                merge(state, (await ana.until("presence_diff"))[4])
            (key,) = state  # three devices, one player
            laptop.send(["1", "2", "room:ABC", "become", {"role": "scorekeeper"}])
            difference = (await ana.until("presence_diff"))[4]
            assert [difference["joins"][key]["metas"][0]["role"]] == ["scorekeeper"]
            assert [difference["leaves"][key]["metas"][0]["role"]] == ["spectator"]
            merge(state, difference)
        while sum(len(people["metas"]) for people in state.values()) > 1:
            merge(state, (await ana.until("presence_diff"))[4])
