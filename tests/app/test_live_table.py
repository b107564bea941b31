"""A table as people live it: devices and spectators over sockets and REST, up to the rematch."""

import asyncio
from typing import Any

import pytest

from tests.app.people import POINTS, Device, Door, Json, Person, Refused

NOTE: Json = {"name": "Note", "data_type": "text", "scope": "table"}


async def assert_in_step(person: Person, device: Device, session_id: str) -> None:
    """The device has heard every event since it joined, once, in order, chained; its board is the newest."""
    board = await person.get(f"/sessions/{session_id}/scoreboard")
    assert await device.board(board["index"], session_id) == board
    joined = device.joined["index"] if device.joined["session_id"] == session_id else -1
    events = (await person.get(f"/sessions/{session_id}/events?after={joined}&limit=500"))["events"]
    told = device.events
    first = next(n for n, event in enumerate(told) if event["index"] == joined + 1)
    assert [e for e in told if e in events] == events
    previous = joined
    for event in events:
        assert event["prev_index"] == previous
        previous = event["index"]
    assert told[first:][: len(events)] == events


async def test_two_devices_and_a_spectator_play_a_game_and_its_rematch(people: Door) -> None:
    ana, ben, cleo = [await people.guest(name) for name in ("Ana", "Ben", "Cleo")]
    session = await ana.open({"name": "Ben"}, stats=(POINTS, NOTE))
    key, first = session["key"], session["id"]
    async with (
        ana.device(key) as a,
        ben.device(key.lower(), last_index=-1) as b,
        cleo.device(key, spectator=True) as c,
    ):
        assert [d.joined["role"] for d in (a, b, c)] == ["scorekeeper", "spectator", "spectator"]
        assert [e["type"] for e in b.joined["events"]] == ["session_created.v1", "session_started.v1"]
        roles = {ana.id: ["scorekeeper"], ben.id: ["spectator"], cleo.id: ["spectator"]}
        for device in (a, c):
            await device.until_here(roles)

        # Every kind of write, by its sender's name; the reply comes before what everybody is told.
        one = {"seat": 0, "stat": "Points", "value": 5, "command_id": "tap-1"}
        index = (await a.push("record", **one))["index"]
        await a.board(index)
        after = [message[3] for message in a.heard if message[3] in {"phx_reply", "event", "scoreboard"}]
        assert after[-3:] == ["phx_reply", "event", "scoreboard"]
        assert (await a.push("record", **one)) == {"index": index}
        with pytest.raises(Refused, match="idempotency_conflict"):
            await a.push("record", **one | {"value": 6})
        with pytest.raises(Refused, match="stale"):
            await a.push("record", seat=0, stat="Points", value=1, expected_index=index - 1)
        await a.push("record", seat=1, stat="Points", delta=7, expected_index=index)
        await a.push("undo")
        await a.push("redo")
        await a.push("clear", seat=0, stat="Points")
        await a.push("record", seat=None, stat="Note", value="Zoë’s house 😀")
        await a.push("next_round")
        index = (await a.push("record", seat=1, stat="Points", value=3))["index"]
        board = await c.board(index)
        assert [seat["total"] for seat in board["seats"]] == [0, 10]
        assert board["table"]["Note"]["total"] == "Zoë’s house 😀"
        assert any(event["data"].get("value") == "Zoë’s house 😀" for event in c.events)

        # A spectator may not write; one who claims a seat becomes a player once that is approved.
        with pytest.raises(Refused, match="forbidden"):
            await b.push("record", seat=1, stat="Points", value=1)
        assert (await ben.post(f"/rooms/by-key/{key}/join", name="ben"))["role"] == "spectator"
        index = (await a.push("seats", approve={"seat": 1, "player_id": ben.id}))["index"]
        assert (await b.board(index))["seats"][1]["player_id"] == ben.id
        await c.until_here(roles | {ben.id: ["player"]})

        # A new name is on the next board.
        await ana.ask("PATCH", "/players/me", {"display_name": "Ana María"})
        index = (await a.push("record", seat=0, stat="Points", value=4))["index"]
        assert (await c.board(index))["seats"][0]["name"] == "Ana María"

        await a.push("end")
        with pytest.raises(Refused, match="session_finished"):
            await a.push("record", seat=0, stat="Points", value=1)
        await a.push("correct", seat=0, stat="Points", value=40, round=2, reason="misread the dice")
        await ana.post(f"/sessions/{first}/correct", result=[{"seat": 1, "winner": True}], reason="a bet")
        index = (await a.push("void", reason="only a test"))["index"]
        finished = await ana.get(f"/sessions/{first}")
        assert (finished["voided"], finished["result"]["given"]) == (True, True)
        for person, device in ((ana, a), (ben, b), (cleo, c)):
            await assert_in_step(person, device, first)

        # The rematch moves everybody: the same topic, the same seats, writes to the new session.
        second = (await a.push("rematch", command_id="again"))["session_id"]
        assert (await a.push("rematch", command_id="again"))["session_id"] == second
        for device in (a, b, c):
            await device.until_moved(second)
        with pytest.raises(Refused, match="session_finished"):
            await a.push("record", seat=0, stat="Points", value=9, session_id=first)
        assert (await a.push("record", **one, session_id=first))["index"] == 2  # sent again, late
        await a.push("record", seat=1, stat="Points", value=9)
        await a.push("seats", add={"player_id": cleo.id})
        for person, device in ((ana, a), (ben, b), (cleo, c)):
            await assert_in_step(person, device, second)
        await b.until_here({ana.id: ["scorekeeper"], ben.id: ["player"], cleo.id: ["player"]})

        # Sent out: the channel closes, and there is no way back.
        await a.push("kick", player_id=cleo.id)
        await c.until(lambda: [m for m in c.heard if m[3] == "phx_close"])
        with pytest.raises(Refused, match="forbidden"):
            await c.join(f"room:{key}")
        with pytest.raises(Refused, match="not_found"):
            await cleo.get(f"/sessions/{second}")
        await a.until_here({ana.id: ["scorekeeper"], ben.id: ["player"]})
    listed = (await ana.get("/sessions/history"))["items"]
    assert [item["id"] for item in listed] == [second, first]


VALUES: list[tuple[Json, list[Json], Any]] = [
    ({"data_type": "decimal", "scoring": True}, [{"value": "9.50"}, {"delta": "-0.25"}], "9.25"),
    ({"data_type": "duration", "scoring": True}, [{"value": 61_000}, {"delta": 500}], 61_500),
    ({"data_type": "boolean"}, [{"value": True}, {"value": False}], False),
    ({"data_type": "choice", "choices": ["elf", "dwarf"]}, [{"value": "elf"}, {"value": "dwarf"}], "dwarf"),
    ({"data_type": "text"}, [{"value": "first"}, {"value": "سلام\n次の行"}], "سلام\n次の行"),
]


async def test_every_type_of_stat_is_shown_alike_on_sockets_boards_events_and_results(people: Door) -> None:
    ana = await people.guest("Ana")
    stats = tuple({"name": f"{stat['data_type']}", **stat} for stat, _, _ in VALUES)
    session = await ana.open(stats=stats)
    async with ana.device(session["key"]) as a:
        for stat, writes, _ in VALUES:
            for write in writes:
                index = (await a.push("record", seat=0, stat=stat["data_type"], **write))["index"]
        board = await a.board(index)
        shown = {name: score["total"] for name, score in board["seats"][0]["values"].items()}
        assert shown == {stat["data_type"]: value for stat, _, value in VALUES}
        assert board["seats"][0]["total"] == "61509.25"
        await a.push("end")
        await assert_in_step(ana, a, session["id"])
    result = (await ana.get(f"/sessions/{session['id']}"))["result"]["seats"][0]
    assert (result["values"], result["score"]) == (shown, "61509.25")
    earlier = await ana.get(f"/sessions/{session['id']}/state?at={index}")
    assert earlier == board


async def test_teams_share_their_rank_and_a_cooperative_table_says_how_it_came_out(people: Door) -> None:
    ana = await people.guest("Ana")
    seats: list[Json] = [{"name": name, "team": team} for name, team in (("Ben", "sea"), ("Cleo", "land"))]
    session = await ana.open(*seats)
    path = f"/sessions/{session['id']}"
    async with ana.device(session["key"]) as a:
        await a.push("seats", team={"seat": 0, "team": "land"})
        for seat, value in ((0, 4), (1, 5), (2, 3)):
            await a.push("record", seat=seat, stat="Points", value=value)
        index = (await a.push("end"))["index"]
        assert [seat["rank"] for seat in (await a.board(index))["seats"]] == [1, 2, 1]
    result = (await ana.get(path))["result"]
    assert [seat["winner"] for seat in result["seats"]] == [True, False, True]

    together = await ana.open({"name": "Ben"}, win="cooperative")
    path = f"/sessions/{together['id']}"
    given = [{"seat": 0, "winner": True}, {"seat": 1, "winner": True}]
    await ana.post(f"{path}/end", result=given)
    result = (await ana.get(path))["result"]
    assert (result["given"], [seat["winner"] for seat in result["seats"]]) == (True, [True, True])


async def test_a_burst_of_writes_from_two_devices_reaches_everybody_complete(people: Door) -> None:
    ana, cleo = await people.guest("Ana"), await people.guest("Cleo")
    session = await ana.open({"name": "Ben"})
    async with (
        ana.device(session["key"]) as one,
        ana.device(session["key"]) as two,
        cleo.device(session["key"]) as watching,
    ):
        refs = [
            (device, await device.begin("record", {"seat": number % 2, "stat": "Points", "delta": 1}))
            for number in range(150)
            for device in (one, two)
        ]
        indexes = await asyncio.gather(*(device.reply(ref) for device, ref in refs))
        assert sorted(reply["index"] for reply in indexes) == list(range(2, 302))
        for person, device in ((ana, one), (ana, two), (cleo, watching)):
            await assert_in_step(person, device, session["id"])
            boards = [board["index"] for board in device.of("scoreboard")]
            assert boards == sorted(boards)
