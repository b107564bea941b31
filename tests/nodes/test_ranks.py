"""Ranks on two nodes: what one has acknowledged the other ranks at once, whatever becomes of Redis."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from tallybook import operating
from tallybook.access.actor import Actor
from tallybook.bootstrap.node import node
from tallybook.delivery.unlocking import AchievementDesk, Unlock, Unlocked
from tallybook.kernel.ids import new_id
from tallybook.kernel.randomness import Seed
from tallybook.migrations import upgrade
from tallybook.settings import Settings
from tests.app.people import Door, Person, door
from tests.app.serving import Tallybook
from tests.app.test_backup import unheard
from tests.servers.redis import Redis

ROUNDS = 8
PLAYERS = 6
SEED = Seed(bytes(32))
Json = dict[str, Any]


@dataclass
class Board:
    """Two boards of one game, over the same scores, and what they must say."""

    game: str
    servers: list[Person]  # the game's server, calling each node
    players: list[str]
    best: dict[str, int]
    latest: dict[str, int]

    async def score(self, node: int, player: str, score: int) -> None:
        """Submit a score on one node; its answer has the rank, and the other node agrees at once."""
        for board, kept in (("best", self.best), ("latest", self.latest)):
            body = {"player_id": player, "score": score, "board": board}
            answer = await self.servers[node].post(f"/games/{self.game}/scores", **body)
            kept[player] = max(score, kept.get(player, score)) if board == "best" else score
            assert answer["entry"]["score"] == kept[player]
            assert answer["rank"] == await self.rank(1 - node, board, player)

    async def rank(self, node: int, board: str, player: str) -> int:
        """A player's rank, which top, around and standing of a node agree about."""
        kept = getattr(self, board)
        person, path = self.servers[node], f"/leaderboards/{self.game}"
        rank: int = 1 + sum(other > kept[player] for other in kept.values())
        standing = await person.get(f"{path}/player/{player}?board={board}")
        assert (standing["rank"], standing["points"]) == (rank, kept[player])
        assert standing["total"] == len(kept)
        worse = sum(other < kept[player] for other in kept.values())
        assert standing["percentile"] == round(100 * worse / len(kept), 2)
        around = await person.get(f"{path}/around/{player}?board={board}&limit=3")
        assert (player, rank, kept[player]) in lines(around)
        await self.agrees(node, board)
        return rank

    async def agrees(self, node: int, board: str) -> None:
        """The whole list is as it must be."""
        kept = getattr(self, board)
        top = await self.servers[node].get(f"/leaderboards/{self.game}?board={board}")
        expected = {(who, 1 + sum(v > value for v in kept.values()), value) for who, value in kept.items()}
        assert set(lines(top)) == expected
        assert len(lines(top)) == top["total"] == len(kept)


def lines(found: Json) -> list[tuple[str, int, int]]:
    return [(line["player_id"], line["rank"], line["points"]) for line in found["rankings"]]


async def board_of(here: Door, there: Door, number: int) -> Board:
    ana = await here.guest("Ana")
    game = (await ana.post("/games", name=f"Game {number}"))["id"]
    for key in ("best", "latest"):
        await ana.post(f"/games/{game}/boards", key=key, name=key, definition={"operator": key})
    secret = (await ana.post(f"/games/{game}/api-keys", name="server"))["secret"]
    players = [(await ana.post("/players", name=f"P{n}"))["id"] for n in range(PLAYERS)]
    servers = [Person(here.http, "", secret), Person(there.http, "", secret)]
    return Board(game, servers, players, {}, {})


@pytest.fixture
async def boards(nodes: list[Tallybook]) -> AsyncIterator[list[Board]]:
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(door(node.url)) for node in nodes]
        yield [await board_of(here, there, number) for number in range(4)]


async def play(boards: list[Board], seed: int) -> None:
    """Scores on both nodes, on all boards at the same time."""

    async def one(board: Board, at: int) -> None:
        random = SEED.random(seed, at)
        for _ in range(ROUNDS):
            await board.score(random.randrange(2), random.choice(board.players), random.randrange(40))

    await asyncio.gather(*(one(board, at) for at, board in enumerate(boards)))


async def measured(person: Person, name: str) -> float:
    text = (await person.http.get("/metrics")).text
    return float(next(line for line in text.splitlines() if line.startswith(name)).rpartition(" ")[2])


async def ready(board: Board, node: int) -> None:
    """Return when a question was answered from the index."""
    name = 'tallybook_ranking_answers_total{from="index"}'
    before = await measured(board.servers[node], name)
    async with asyncio.timeout(20):
        while await measured(board.servers[node], name) == before:
            await board.agrees(node, "best")
            await board.rank(node, "best", next(iter(board.best)))


@contextmanager
def frozen(redis: Redis) -> Iterator[None]:
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)


async def test_ranks_on_one_node_are_right_at_once_on_the_other_whatever_redis_does(
    boards: list[Board], redis_server: Redis
) -> None:
    await play(boards, 1)
    for board in boards:
        await ready(board, 0)
        await ready(board, 1)
    await play(boards, 2)

    redis_server.cli("save")
    await play(boards, 3)
    redis_server.cli("flushall")
    await play(boards, 4)
    redis_server.stop(crashing=True)  # what it saved comes back: older than what was answered since
    await play(boards[:1], 5)
    redis_server.start()
    await play(boards, 6)
    with frozen(redis_server):
        await play(boards[:1], 7)
    await play(boards, 8)
    for board in boards:
        await ready(board, 0)
        await ready(board, 1)


async def test_both_nodes_write_the_same_players_and_the_last_score_counts_everywhere(
    boards: list[Board],
) -> None:
    board = boards[0]
    await board.score(0, board.players[0], 1)
    await ready(board, 0)
    for number in range(20):
        answers = await asyncio.gather(
            *(
                server.post(f"/games/{board.game}/scores", player_id=player, score=score, board="latest")
                for player in board.players
                for server, score in zip(board.servers, (2 * number, 2 * number + 1), strict=True)
            )
        )
        assert len(answers) == 2 * PLAYERS
        tops = [
            lines(await server.get(f"/leaderboards/{board.game}?board=latest")) for server in board.servers
        ]
        assert tops[0] == tops[1]
        for player, rank, points in tops[0]:
            standing = await board.servers[number % 2].get(
                f"/leaderboards/{board.game}/player/{player}?board=latest"
            )
            assert (standing["rank"], standing["points"], standing["entry"]["score"]) == (
                rank,
                points,
                points,
            )


async def test_what_a_node_committed_and_never_brought_is_ranked_by_the_other(
    boards: list[Board], nodes: list[Tallybook], redis_server: Redis
) -> None:
    board = boards[0]
    for number, player in enumerate(board.players):
        await board.score(0, player, number)
    await ready(board, 1)
    player = board.players[0]
    redis_server.cli("client", "pause", "60000", "write")  # calls wait, and go when their connection does
    body = {"player_id": player, "score": 100, "board": "best"}
    sent = board.servers[0].send("POST", f"/games/{board.game}/scores", msgspec.json.encode(body))
    submitting = asyncio.create_task(sent)
    board.best[player] = 100
    async with asyncio.timeout(20):
        while not submitting.done():
            top = await board.servers[1].get(f"/leaderboards/{board.game}?board=best")
            if lines(top)[0] == (player, 1, 100):
                break
    nodes[0].kill()
    await asyncio.gather(submitting, return_exceptions=True)
    redis_server.cli("client", "unpause")
    await board.rank(1, "best", player)
    await ready(board, 1)


async def test_a_restored_ledger_has_ranks_of_its_own_in_the_same_redis(
    boards: list[Board], nodes: list[Tallybook], shared: dict[str, str], tmp_path: Path
) -> None:
    board = boards[0]
    for number, player in enumerate(board.players):
        await board.score(0, player, number)
    await ready(board, 0)
    copied = replace(board, best=dict(board.best), latest=dict(board.latest))
    await operating.backup(
        Settings(database_url=nodes[0].database_url), tmp_path / "copy", with_keys=False, progress=unheard
    )
    await board.score(0, board.players[0], 100)
    await ready(board, 0)

    url = f"sqlite:///{tmp_path}/restored.db"
    await operating.restore(Settings(database_url=url), tmp_path / "copy", unheard)
    restored = Tallybook(url, tmp_path, **shared)
    await asyncio.to_thread(restored.start)
    try:
        async with door(restored.url) as entrance:
            copied.servers = [Person(entrance.http, "", board.servers[0].token)] * 2
            await ready(copied, 0)
            await copied.score(0, board.players[1], 50)
            await ready(copied, 0)
    finally:
        await asyncio.to_thread(restored.close)
    await board.rank(0, "best", board.players[0])


async def test_who_has_what_another_node_has_just_unlocked_is_told_the_rank_with_it(
    postgres_url: str, redis_server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=postgres_url, redis_url=redis_server.url, secret_keys=("x" * 40,))
    await upgrade(postgres_url)
    brought = asyncio.Event()
    async with node(settings) as a, node(settings) as b, AsyncExitStack() as stack:
        transport = httpx.ASGITransport(a.app)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://a"))
        ana = await Door(http).guest("Ana")
        game = (await ana.post("/games", name="Asteroids"))["id"]
        low, high = [
            (await ana.post(f"/games/{game}/achievements", key=f"k{n}", name=f"No. {n}", points=n))["id"]
            for n in (1, 2)
        ]
        first, second = [(await ana.post("/players", name=name))["id"] for name in ("Ben", "Cleo")]
        await ana.post("/achievements/unlock", achievement_id=high, player_id=first)
        key = Actor.of_key(new_id(), frozenset({UUID(game)}))
        desks = [each.app.services.achievement_desk for each in (a, b)]

        async def unlock(desk: AchievementDesk, player_id: str, achievement_id: str) -> Unlocked:
            asked = Unlock(achievement_id=UUID(achievement_id), player_id=UUID(player_id))
            return await desk.unlock(key, asked, None)

        while not b.ranks.index.from_index:
            assert (await unlock(desks[1], first, high)).new_rank == 1

        async def late(*given: Any, **named: Any) -> bool:
            await brought.wait()
            return await apply(*given, **named)

        apply = a.ranks.index._ranking.apply
        monkeypatch.setattr(a.ranks.index._ranking, "apply", late)
        monkeypatch.setattr(a.ledger._bus, "publish", lambda *_: None)
        before = a.ledger.follower.position
        unlocking = asyncio.create_task(unlock(desks[0], second, low))
        while a.ledger.follower.position == before:
            await asyncio.sleep(0)
        told = await unlock(desks[1], second, low)
        brought.set()
        assert (told.already, told.new_rank) == (True, 2)
        assert (await unlocking).new_rank == 2
