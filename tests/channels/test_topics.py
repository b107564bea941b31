"""Joining, talking and leaving, as Phoenix does it."""

import asyncio

import pytest

from tallybook.delivery.channels.limits import Limits
from tests.channels.raw import HEARTBEAT, Raw, upgrade
from tests.channels.serving import Serving, serving

UNMATCHED = {"status": "error", "response": {"reason": "unmatched topic"}}
OK = {"status": "ok", "response": {}}


async def test_a_member_is_answered_before_it_hears_of_its_own_doing(server: Serving) -> None:
    async with await Raw.connect(server.port) as ana, await Raw.connect(server.port) as ben:
        await ana.join()
        await ben.join(ref="9")
        ana.send(["1", "2", "room:ABC", "record", {"value": 7}])
        reply = ["1", "2", "room:ABC", "phx_reply", {"status": "ok", "response": {"index": 0}}]
        event = [None, None, "room:ABC", "event", {"index": 0, "value": 7}]
        board = [None, None, "room:ABC", "scoreboard", {"index": 0}]
        assert await ana.until("phx_reply") == reply
        assert [await ana.message(), await ana.message()] == [event, board]
        assert [await ben.until("event"), await ben.message()] == [event, board]


async def test_old_clients_speak_of_the_same_in_objects(server: Serving) -> None:
    async with await Raw.connect(server.port, upgrade(vsn=None)) as socket:
        socket.send({"topic": "room:ABC", "event": "phx_join", "payload": {}, "ref": "1"})
        reply = await socket.message()
        assert reply == {
            "topic": "room:ABC",
            "event": "phx_reply",
            "ref": "1",
            "payload": {"status": "ok", "response": {"index": -1, "padding": ""}},
        }
        assert (await socket.message())["event"] == "presence_state"
        assert (await socket.message())["event"] == "presence_diff"
        server.rooms.record("ABC", 1)
        event = {"topic": "room:ABC", "event": "event", "ref": None, "payload": {"index": 0, "value": 1}}
        assert await socket.message() == event


async def test_what_is_refused_says_why_and_a_crash_ends_one_topic_only(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join("room:ABC", "1")
        await socket.join("room:DEF", "2")
        socket.send(["1", "3", "room:ABC", "refuse", {}])
        refusal = {"reason": "it is not your turn", "code": "move_rejected"}
        assert (await socket.until("phx_reply"))[4] == {"status": "error", "response": refusal}
        socket.send(["1", "4", "room:ABC", "fault", {}])
        fault = {"reason": "Something went wrong on the server", "code": "internal"}
        assert (await socket.until("phx_reply"))[4] == {"status": "error", "response": fault}
        socket.send(["1", "5", "room:ABC", "crash", {}])
        assert await socket.until("phx_error") == [
            "1",
            "1",
            "room:ABC",
            "phx_error",
            {"reason": "channel_crash"},
        ]
        socket.send(["1", "6", "room:ABC", "echo", {}])
        assert await socket.until("phx_reply") == [None, "6", "room:ABC", "phx_reply", UNMATCHED]
        socket.send(["2", "7", "room:DEF", "echo", {"still": "here"}])
        assert (await socket.until("phx_reply"))[4]["response"] == {"still": "here"}
        await socket.join("room:ABC", "8")


async def test_a_refused_or_crashed_join_is_an_error_reply(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        socket.send(["1", "1", "room:ABC", "phx_join", {"refuse": True}])
        refusal = {"reason": "you may not come in", "code": "forbidden"}
        answer = ["1", "1", "room:ABC", "phx_reply", {"status": "error", "response": refusal}]
        assert await socket.message() == answer
        socket.send(["2", "2", "room:ABC", "phx_join", {"crash": True}])
        assert (await socket.message())[4]["response"]["code"] == "internal"
        socket.send(["3", "3", "nothing:ABC", "phx_join", {}])
        assert await socket.message() == [None, "3", "nothing:ABC", "phx_reply", UNMATCHED]
        socket.send(["4", "4", "room", "phx_join", {}])
        assert (await socket.message())[4] == UNMATCHED
        assert server.endpoint.hub.topics == 0


async def test_leaving_is_answered_then_closed_and_leaving_nothing_is_fine(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join()
        socket.send(["1", "2", "room:ABC", "phx_leave", {}])
        assert await socket.until("phx_reply") == ["1", "2", "room:ABC", "phx_reply", OK]
        assert await socket.message() == ["1", "1", "room:ABC", "phx_close", {}]
        assert not server.rooms.members
        socket.send(["1", "3", "room:ABC", "phx_leave", {}])
        assert await socket.message() == ["1", "3", "room:ABC", "phx_reply", OK]
        socket.send([None, "4", "phoenix", "tea", {}])
        assert (await socket.message())[4] == UNMATCHED


async def test_a_second_join_replaces_the_first_and_late_messages_to_that_are_dropped(
    server: Serving,
) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join(ref="1")
        await socket.until("presence_diff")
        socket.send(["2", "2", "room:ABC", "phx_join", {}])
        assert await socket.message() == ["1", "1", "room:ABC", "phx_close", {}]
        assert (await socket.message())[:4] == ["2", "2", "room:ABC", "phx_reply"]
        socket.send(["1", "3", "room:ABC", "echo", {"stale": True}])
        socket.send([None, "4", "room:ABC", "echo", {"stale": False}])
        reply = await socket.until("phx_reply")
        assert reply == [
            "2", "4", "room:ABC", "phx_reply", {"status": "ok", "response": {"stale": False}}
        ]  # fmt: skip
        assert len(server.rooms.members) == 1


async def test_messages_sent_before_the_join_is_answered_wait_for_it(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        socket.send(["1", "1", "room:ABC", "phx_join", {"wait": True}])
        socket.send(["1", "2", "room:ABC", "echo", {"n": 1}])
        socket.send(["1", "3", "room:ABC", "phx_leave", {}])
        socket.send(HEARTBEAT)
        assert (await socket.message())[1] == "h"  # others need not wait
        server.rooms.gate.set()
        replies = [await socket.until("phx_reply") for _ in range(3)]
        assert [reply[1] for reply in replies] == ["1", "2", "3"]
        assert (await socket.until("phx_close"))[1] == "1"


async def test_a_join_that_takes_too_long_or_is_overtaken_comes_to_nothing() -> None:
    async with (
        serving(limits=Limits(join_seconds=0.1, waiting_messages=1)) as server,
        await Raw.connect(server.port) as socket,
    ):
        socket.send(["1", "1", "room:ABC", "phx_join", {"wait": True}])
        socket.send(["2", "2", "room:ABC", "phx_join", {"wait": True}])
        socket.send(["2", "3", "room:ABC", "echo", {}])
        socket.send(["2", "4", "room:ABC", "echo", {}])
        assert await socket.message() == ["1", "1", "room:ABC", "phx_reply", UNMATCHED]
        assert await socket.message() == ["1", "1", "room:ABC", "phx_close", {}]
        assert (await socket.message())[4]["response"]["code"] == "overloaded"
        reply = await socket.message()
        assert (reply[1], reply[4]["response"]["code"]) == ("2", "unavailable")
        assert await socket.message() == [None, "3", "room:ABC", "phx_reply", UNMATCHED]
        assert server.endpoint.hub.topics == 0
        socket.send(["5", "5", "room:ABC", "phx_join", {"wait": True}])
        await server.rooms.joining.wait()
    # hung up in the middle of a join: `serving` sees that nothing is left


async def test_what_was_said_behind_a_join_that_is_overtaken_is_answered_all_the_same(
    server: Serving,
) -> None:
    async with await Raw.connect(server.port) as socket:
        socket.send(["1", "1", "room:ABC", "phx_join", {"wait": True}])
        socket.send(["1", "2", "room:ABC", "record", {"value": 7}])
        socket.send(["1", "3", "room:ABC", "phx_leave", {}])
        socket.send(["4", "4", "room:ABC", "phx_join", {}])
        assert await socket.message() == ["1", "1", "room:ABC", "phx_reply", UNMATCHED]
        assert await socket.message() == [None, "2", "room:ABC", "phx_reply", UNMATCHED]
        assert await socket.message() == ["1", "3", "room:ABC", "phx_reply", OK]
        assert await socket.message() == ["1", "1", "room:ABC", "phx_close", {}]
        joined = await socket.message()
        assert (joined[:4], joined[4]["status"]) == (["4", "4", "room:ABC", "phx_reply"], "ok")
        assert len(server.rooms.members) == 1


@pytest.mark.parametrize("by_itself", [False, True])
async def test_who_is_sent_out_while_coming_in_is_told_so(server: Serving, by_itself: bool) -> None:
    async with await Raw.connect(server.port) as socket:
        socket.send(["1", "1", "room:ABC", "phx_join", {"wait": True, "kicked": by_itself}])
        socket.send(["1", "2", "room:ABC", "echo", {}])
        await server.rooms.joining.wait()
        if by_itself:
            server.rooms.gate.set()
        else:
            server.rooms.coming[0].close()
        refused = await socket.message()
        assert (refused[1], refused[4]["response"]["code"]) == ("1", "forbidden")
        assert await socket.message() == [None, "2", "room:ABC", "phx_reply", UNMATCHED]
        assert await socket.message() == ["1", "1", "room:ABC", "phx_close", {}]
        await socket.join(ref="3")


async def test_what_happens_during_a_join_follows_its_reply_without_gap_or_repetition(
    server: Serving,
) -> None:
    server.rooms.record("ABC", "before")
    async with await Raw.connect(server.port) as socket:
        socket.send(["1", "1", "room:ABC", "phx_join", {"wait": True, "role": "spectator"}])
        await server.rooms.joining.wait()
        for value in ("during", "secret", "too"):
            server.rooms.record("ABC", value)
        server.endpoint.hub.broadcast("room:ABC", "event", lambda _: b'{"value":"before"}', position=0)
        server.rooms.gate.set()
        await asyncio.sleep(0)
        server.rooms.record("ABC", "after")
        assert (await socket.message())[4]["response"]["index"] == 0
        assert (await socket.message())[3] == "presence_state"
        events = [(await socket.until("event"))[4] for _ in range(3)]
        assert [event["value"] for event in events] == ["during", "too", "after"]


async def test_each_class_of_viewers_sees_its_own_and_may_change(server: Serving) -> None:
    async with await Raw.connect(server.port) as player, await Raw.connect(server.port) as spectator:
        await player.join()
        await spectator.join(role="spectator")
        server.rooms.record("ABC", "secret")
        server.rooms.record("ABC", "open")
        assert (await player.until("event"))[4]["value"] == "secret"
        assert (await spectator.until("event"))[4]["value"] == "open"
        spectator.send(["1", "2", "room:ABC", "become", {"role": "player"}])
        assert (await spectator.until("phx_reply"))[4] == OK
        server.rooms.record("ABC", "secret")
        assert (await spectator.until("event"))[4]["value"] == "secret"


async def test_a_topic_has_one_spelling_inside_and_the_clients_own_outside(server: Serving) -> None:
    async with await Raw.connect(server.port) as loud, await Raw.connect(server.port) as quiet:
        await loud.join("room:ABC")
        await quiet.join("room:abc")
        server.rooms.record("ABC", 1)
        assert (await loud.until("event"))[2] == "room:ABC"
        assert (await quiet.until("event"))[2] == "room:abc"


async def test_a_member_can_be_shown_out(server: Serving) -> None:
    async with await Raw.connect(server.port) as socket:
        await socket.join()
        socket.send(["1", "2", "room:ABC", "kick", {}])
        assert await socket.until("bye") == ["1", None, "room:ABC", "bye", {"reason": "kicked"}]
        assert await socket.message() == ["1", "1", "room:ABC", "phx_close", {}]
        assert not server.rooms.members
