"""Broadcasts: merged where only the newest matters, rendered as little as possible."""

import asyncio
import json
import time
from itertools import pairwise

import pytest

from tallybook.delivery.channels import hub as hub_module
from tallybook.delivery.channels.contract import Render, Viewer
from tallybook.delivery.channels.frames import V2
from tallybook.delivery.channels.hub import REFRESH_SECONDS, Hub
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.topic import Subscription


class Follower:
    """A subscription whose socket writes into a list."""

    def __init__(self, hub: Hub, viewer: Viewer = None, topic: str = "room:A", *, since: int = -1) -> None:
        self.written: list[bytes] = []
        self.arrived = asyncio.Event()
        self.subscription = Subscription(Outbox(self.write), V2, topic, "1")
        hub.subscribe(topic, self.subscription)
        hub.start(self.subscription, viewer, since, presence=False)

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self.arrived.set()


def constant(payload: bytes) -> Render:
    return lambda _: payload


@pytest.fixture
def hub() -> Hub:
    return Hub()


async def test_what_is_sent_in_one_turn_leaves_in_one_write_in_order(hub: Hub) -> None:
    follower = Follower(hub)
    for number in range(3):
        hub.broadcast("room:A", "event", constant(b'{"n":%d}' % number))
        hub.push(follower.subscription, follower.subscription.encode("mine", b'{"n":%d}' % number))
    await follower.arrived.wait()
    (written,) = follower.written
    assert [written.count(b"event"), written.count(b"mine")] == [3, 3]
    assert written.index(b'"mine",{"n":0}') < written.index(b'"event",{"n":1}')


async def test_a_payload_is_rendered_once_a_class_and_only_for_those_present(hub: Hub) -> None:
    followers = [Follower(hub, viewer) for viewer in ("red", "red", "blue")]
    rendered: list[Viewer] = []

    def render(viewer: Viewer) -> bytes:
        rendered.append(viewer)
        return b"{}"

    hub.broadcast("room:A", "event", render)
    hub.broadcast("room:B", "event", render)
    assert sorted(map(str, rendered)) == ["blue", "red"]
    await followers[2].arrived.wait()
    assert followers[0].written == followers[1].written == followers[2].written


async def test_what_a_join_has_read_ahead_is_not_sent_to_it_again(hub: Hub) -> None:
    ahead, behind = Follower(hub, since=7), Follower(hub, since=6)
    for position in (7, 8):
        hub.broadcast("room:A", "event", constant(b'{"n":%d}' % position), position=position)
    await ahead.arrived.wait()
    await behind.arrived.wait()
    assert [b'{"n":7}' in follower.written[0] for follower in (ahead, behind)] == [False, True]
    assert all(b'{"n":8}' in follower.written[0] for follower in (ahead, behind))


async def test_of_many_boards_in_a_tenth_of_a_second_the_first_and_the_newest_arrive(hub: Hub) -> None:
    follower = Follower(hub)
    loop = asyncio.get_running_loop()
    start = loop.time()
    rendered: list[int] = []

    def refresh(number: int) -> None:
        def render(_: Viewer) -> bytes:
            rendered.append(number)
            return b'{"n":%d}' % number

        hub.refresh("room:A", "scoreboard", render)

    for number in range(1_000):
        refresh(number)
    while len(follower.written) < 2:
        follower.arrived.clear()
        await follower.arrived.wait()
    assert loop.time() - start > 0.9 * REFRESH_SECONDS
    assert rendered == [0, 999]
    assert [json.loads(data[2:])[4]["n"] for data in follower.written] == [0, 999]


@pytest.mark.parametrize("along", [3600.0, 0.02])
async def test_a_board_that_may_leave_does_so_with_the_next(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, along: float
) -> None:
    monkeypatch.setattr(hub_module, "REFRESH_SECONDS", 0.01)
    monkeypatch.setattr(hub_module, "ALONG_SECONDS", along)
    follower, loop = Follower(hub), asyncio.get_running_loop()
    left: list[float] = []
    errors: list[object] = []
    loop.set_exception_handler(lambda _, context: errors.append(context))

    def render(_: Viewer) -> bytes:
        if not left:
            time.sleep(0.005)  # so long that the next would leave too soon if it were counted from before
        left.append(loop.time())
        return b"{}"

    async with asyncio.timeout(30):
        while len(follower.written) < 10:
            hub.refresh("room:A", "scoreboard", render)
            await asyncio.sleep(0)
    assert all(later >= earlier + 0.01 for earlier, later in pairwise(left))  # a difference would be rounded
    assert not errors


async def test_a_topic_is_forgotten_with_its_last_follower_and_so_are_its_boards(hub: Hub) -> None:
    follower, other = Follower(hub), Follower(hub, topic="room:B")
    hub.refresh("room:A", "scoreboard", constant(b"{}"))
    hub.refresh("room:A", "scoreboard", lambda _: pytest.fail("nobody is there to see it"))
    hub.refresh("room:B", "scoreboard", constant(b"{}"))
    hub.refresh("room:B", "scoreboard", constant(b"{}"))
    hub.track(follower.subscription, "ana", b"{}")
    hub.unsubscribe(follower.subscription)
    hub.unsubscribe(follower.subscription)
    assert "room:A" not in hub
    while len(other.written) < 2:  # by then the board would have left
        other.arrived.clear()
        await other.arrived.wait()
