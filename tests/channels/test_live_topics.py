"""The topics `game:{id}` and `player:{id}`: whom they let in, and what they tell."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import pytest

from tallybook.access.actor import Actor
from tallybook.bus.memory import Exchange, MemoryBus
from tallybook.delivery.channels.games import GameTopics
from tallybook.delivery.channels.hub import REFRESH_SECONDS, Hub
from tallybook.delivery.channels.limits import Limits
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.players import PlayerTopics
from tallybook.delivery.channels.socket import ChannelSocket
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import not_found
from tests.bus.waiting import until
from tests.contract.wire import LINES

GAME, ANA, ANA_ONCE, BEN = (new_id() for _ in range(4))


@dataclass
class Board:
    """A list of numbers, which can be held up and be away."""

    places: list[int] = field(default_factory=list)
    reads: int = 0
    away: bool = False
    ends_in: list[float] = field(default_factory=list)  # as the next reads say
    gates: list[asyncio.Event] = field(default_factory=list)  # at which the next reads are held up

    async def top(self, game_id: UUID) -> tuple[bytes, float | None]:
        assert game_id == GAME
        self.reads += 1
        if self.away:
            raise ConnectionError("the database is away")
        read = msgspec.json.encode(self.places)
        if self.gates:
            await self.gates.pop(0).wait()
        return read, self.ends_in.pop(0) if self.ends_in else None


async def see(actor: Actor, game_id: UUID) -> None:
    if game_id != GAME:
        raise not_found("game")


class Scored:
    """What a score leaves in the ledger, as far as these topics look."""


@dataclass
class News:
    event: object = field(default_factory=Scored)


class Line:
    """A client's side of a socket."""

    def __init__(self, hub: Hub, topics: GameTopics | PlayerTopics, actor: Actor) -> None:
        prefix = "game" if isinstance(topics, GameTopics) else "player"
        self.heard: asyncio.Queue[list[object]] = asyncio.Queue()
        self.socket = ChannelSocket(
            {prefix: topics}, hub, Limits(), actor=actor, wire=LINES, outbox=Outbox(self._hear)
        )

    def _hear(self, data: bytes) -> None:
        for line in data.splitlines():
            self.heard.put_nowait(msgspec.json.decode(line))

    async def ask(self, topic: str, event: str = "phx_join") -> object:
        self.socket.text(msgspec.json.encode(["1", "1", topic, event, {}]))
        return (await self.heard.get())[4]

    async def until(self, rankings: object) -> None:
        while await self.told() != ("scoreboard", {"rankings": rankings}):
            pass

    async def told(self) -> object:
        _, _, _, event, payload = await self.heard.get()
        return event, payload


@contextmanager
def line(
    hub: Hub, topics: GameTopics | PlayerTopics, actor: Actor | None = None, *, alone: bool = True
) -> Iterator[Line]:
    opened = Line(hub, topics, actor or Actor(BEN))
    try:
        yield opened
    finally:
        opened.socket.closed()
        assert hub.topics == 0 or not alone


def scored(games: GameTopics) -> None:
    games.follow([News()])  # type: ignore[list-item]  # all that is looked at


async def test_a_board_is_told_when_it_changes_and_not_otherwise() -> None:
    hub, board = Hub(), Board([3])
    games = GameTopics(hub, see, board, {Scored})
    scored(games)
    assert board.reads == 0  # nobody follows it
    with line(hub, games) as follower:
        joined = {"status": "ok", "response": {"rankings": [3]}}
        assert await follower.ask(f"game:{GAME}") == joined
        for places in ([5, 3], [8, 5, 3]):
            board.places = places
            scored(games)
            assert await follower.told() == ("scoreboard", {"rankings": places})
        scored(games)  # of another game
        games.follow([News(object())])  # type: ignore[list-item]  # all that is looked at
        reads = board.reads
        while board.reads == reads:
            await asyncio.sleep(0)
        board.places = [9]
        scored(games)
        assert await follower.told() == ("scoreboard", {"rankings": [9]})
    await asyncio.sleep(0)
    scored(games)


@pytest.mark.parametrize("order", [["join", "news"], ["news", "join"]], ids=" before ".join)
async def test_a_board_that_was_read_before_a_join_does_not_follow_its_reply(order: list[str]) -> None:
    hub, board = Hub(), Board([3])
    games = GameTopics(hub, see, board, {Scored})
    gates = {"news": asyncio.Event(), "join": asyncio.Event()}
    with line(hub, games) as follower:
        await follower.ask(f"game:{GAME}")
        with line(hub, games, alone=False) as late:
            board.places, board.gates = [5, 3], [gates["news"]]
            scored(games)
            await until(lambda: not board.gates)
            board.places, board.gates = [8, 5, 3], [gates["join"]]
            joining = asyncio.create_task(late.ask(f"game:{GAME}"))
            await until(lambda: not board.gates)
            for each in order:
                gates[each].set()
                await (joining if each == "join" else follower.until([5, 3]))
            assert await joining == {"status": "ok", "response": {"rankings": [8, 5, 3]}}
            board.places = [9]
            scored(games)
            assert await late.told() == ("scoreboard", {"rankings": [9]})


async def test_a_board_is_told_when_its_period_ends_and_nobody_looks_once_all_are_gone() -> None:
    hub, board = Hub(), Board([3], ends_in=[0.0] * 50)
    games = GameTopics(hub, see, board, {Scored})
    with line(hub, games) as follower:
        await follower.ask(f"game:{GAME}")
        board.places = []
        await follower.until([])
        board.ends_in = [3600.0]
        await until(lambda: not board.ends_in)
        (followed,) = games._followed.values()
        end = followed._end
        assert end is not None
        assert not end.cancelled()
    assert end.cancelled()


async def test_a_score_that_is_taken_back_is_taken_back_for_who_came_meanwhile() -> None:
    hub, board = Hub(), Board([3])
    games = GameTopics(hub, see, board, {Scored})
    with line(hub, games) as follower:
        await follower.ask(f"game:{GAME}")
        board.places = [5, 3]
        scored(games)
        await follower.until([5, 3])
        with line(hub, games, alone=False) as late:
            board.places = [8]
            await late.ask(f"game:{GAME}")
            board.places = [5, 3]  # before anybody was told
            scored(games)
            assert await late.told() == ("scoreboard", {"rankings": [5, 3]})


async def test_many_changes_leave_at_most_ten_times_a_second_and_the_newest_arrives() -> None:
    hub, board = Hub(), Board()
    games = GameTopics(hub, see, board, {Scored})
    with line(hub, games) as follower:
        await follower.ask(f"game:{GAME}")
        loop = asyncio.get_running_loop()
        start = loop.time()
        for place in range(200):
            board.places = [place]
            scored(games)
            await asyncio.sleep(0.001)
        told: list[object] = []
        while not told or told[-1] != ("scoreboard", {"rankings": [199]}):
            told.append(await follower.told())
        assert len(told) <= (loop.time() - start) / REFRESH_SECONDS + 1.5  # timers are coarse


async def test_a_board_that_cannot_be_read_is_told_when_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallybook.delivery.channels.games.LOOK_AGAIN", 0.01)
    hub, board = Hub(), Board()
    games = GameTopics(hub, see, board, {Scored})
    with line(hub, games) as follower:
        await follower.ask(f"game:{GAME}")
        board.places, board.away = [7], True
        scored(games)
        while board.reads < 3:
            await asyncio.sleep(0)
        board.away = False
        assert await follower.told() == ("scoreboard", {"rankings": [7]})


async def test_only_a_game_that_is_seen_can_be_followed_and_nothing_is_said_there() -> None:
    hub, board = Hub(), Board()
    games = GameTopics(hub, see, board, {Scored})
    with line(hub, games) as follower:
        for name in (f"game:{BEN}", "game:nothing"):
            refused = await follower.ask(name)
            assert isinstance(refused, dict)
            assert refused["response"]["code"] == "not_found"
        board.away = True
        refused = await follower.ask(f"game:{GAME}")
        assert isinstance(refused, dict)
        assert refused["response"]["code"] == "internal"
        board.away = False
        await follower.ask(f"game:{str(GAME).upper()}")
        refused = await follower.ask(f"game:{str(GAME).upper()}", "record")
        assert isinstance(refused, dict)
        assert refused["response"]["code"] == "invalid"


async def test_a_person_hears_of_every_player_it_is_and_of_nobody_else() -> None:
    hub = Hub()
    players = PlayerTopics(hub)
    ana = Actor(ANA, merged=frozenset({ANA_ONCE}))
    with line(hub, players, ana) as hers, line(hub, players) as his:
        refused = await hers.ask(f"player:{BEN}")
        assert isinstance(refused, dict)
        assert refused["response"]["code"] == "not_found"
        assert await hers.ask(f"player:{ANA}") == {"status": "ok", "response": {}}
        await his.ask(f"player:{BEN}")
        players.tell([ANA_ONCE], "notification", {"id": ANA_ONCE})
        players.tell([ANA, ANA_ONCE], "leaderboard.updated", {"new_rank": 1})
        players.tell([BEN], "notification", {"id": BEN})
        assert await hers.told() == ("notification", {"id": str(ANA_ONCE)})
        assert await hers.told() == ("leaderboard.updated", {"new_rank": 1})
        assert await his.told() == ("notification", {"id": str(BEN)})
        assert hers.heard.empty()
        hers.socket.closed()
    players.tell([ANA, BEN], "notification", {})


async def on_two_nodes(hub: Hub) -> tuple[PlayerTopics, MemoryBus, PlayerTopics, MemoryBus]:
    """The topics and the bus of the node of a hub, and of another one."""
    exchange = Exchange()
    here, there = MemoryBus(exchange), MemoryBus(exchange)
    await asyncio.gather(here.start(), there.start())
    return PlayerTopics(hub, here), here, PlayerTopics(Hub(), there), there


async def test_a_person_is_told_on_whichever_node_it_is() -> None:
    hub = Hub()
    players, _, elsewhere, _ = await on_two_nodes(hub)
    with line(hub, players, Actor(ANA)) as hers:
        await hers.ask(f"player:{ANA}")
        elsewhere.tell([ANA], "notification", {"from": "afar"})
        players.tell([ANA], "notification", {"from": "here"})
        assert await hers.told() == ("notification", {"from": "here"})
        assert await hers.told() == ("notification", {"from": "afar"})
        assert hers.heard.empty()


async def test_what_the_bus_lost_is_told_once_it_is_there_again_and_only_once() -> None:
    hub = Hub()
    players, here, elsewhere, there = await on_two_nodes(hub)
    with line(hub, players, Actor(ANA)) as hers:
        await hers.ask(f"player:{ANA}")
        elsewhere.tell([ANA], "notification", 1)
        assert await hers.told() == ("notification", 1)
        there.disconnect()
        elsewhere.tell([ANA], "notification", 2)
        here.disconnect()
        there.connect()  # nobody hears it: this node is back later
        elsewhere.tell([ANA], "notification", 3)
        here.connect()
        elsewhere.tell([ANA], "notification", 4)
        heard = [await hers.told() for _ in range(3)]
        assert sorted(heard, key=repr) == [("notification", number) for number in (2, 3, 4)]
        assert hers.heard.empty()
