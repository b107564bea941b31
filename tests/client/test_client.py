"""The Python client against a real server, and against a network that fails."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import httpx
import msgspec
import pytest

from tallybook.client import (
    AsyncClient,
    Change,
    Client,
    Conflict,
    Invalid,
    NotFound,
    Score,
    ServerTrouble,
    TooMany,
    Unauthenticated,
    Unlock,
    Unreachable,
    Unreadable,
)
from tallybook.kernel.clock import SystemClock, to_datetime
from tests.client.conftest import Game


@pytest.fixture
def client(game: Game) -> Iterator[Client]:
    with Client(game.url, game.key, game.id) as opened:
        yield opened


def test_a_score_comes_back_with_its_rank(client: Client) -> None:
    board = "laps"
    ana, ben = (client.new_guest(name).player.id for name in ("Ana", "Ben"))
    first = client.submit_score(ana, Decimal("48.27"), board=board, metadata={"skis": "red"})
    assert (first.rank, first.previous, first.updated) == (1, None, True)
    assert first.entry is not None
    assert first.entry.score == Decimal("48.27")
    faster = client.submit_score(ben, Decimal("47.9"), board=board)
    slower = client.submit_score(ana, Decimal(50), board=board)
    assert (faster.rank, slower.rank, slower.updated) == (1, 2, False)
    assert slower.previous is not None
    assert slower.previous.score == Decimal("48.27")

    page = client.leaderboard(board, metadata=True)
    assert [(line.player_id, line.points, line.rank) for line in page.rankings] == [
        (ben, Decimal("47.90"), 1),
        (ana, Decimal("48.27"), 2),
    ]
    assert page.rankings[1].metadata == {"skis": "red"}
    assert client.leaderboard(board, players=[ana]).total == 1
    assert [line.player_id for line in client.around(ana, board).rankings] == [ben, ana]
    standing = client.standing(ana, board)
    assert (standing.rank, standing.percentile, standing.total) == (2, 0.0, 2)
    assert [board.key for board in client.boards().items] == ["laps", "points", "score"]


def test_a_list_longer_than_a_page_is_read_to_its_end(client: Client) -> None:
    players = [client.new_guest(f"Player {number}").player.id for number in range(103)]
    scores = [Score(player_id=player, score=number) for number, player in enumerate(players)]
    bad = Score(player_id=uuid4(), score=1)
    results = client.submit_scores([*scores, bad]).results
    assert [result.error for result in results[:-1]] == [None] * 103
    assert results[-1].error is not None
    assert results[-1].error.code == "not_found"
    listed = [line.player_id for line in client.rankings()]
    assert listed == players[::-1]


def test_the_same_key_is_the_same_score(client: Client) -> None:
    ana = client.new_guest("Ana").player.id
    once = client.submit_score(ana, 5, key="match-7")
    again = client.submit_score(ana, 5, key="match-7")
    assert (once.entry, again.entry) == (once.entry, once.entry)
    with pytest.raises(Conflict) as refused:
        client.submit_score(ana, 6, key="match-7")
    assert refused.value.code == "idempotency_conflict"


def test_achievements_are_unlocked_once_and_by_steps(game: Game, client: Client) -> None:
    ana, ben = (client.new_guest(name).player.id for name in ("Ana", "Ben"))
    yesterday = to_datetime(SystemClock().now()) - timedelta(days=1)
    unlocked = client.unlock(ana, game.first, timestamp=yesterday)
    assert (unlocked.already, unlocked.achievement.key) == (False, "first-run")
    assert unlocked.new_rank == 1
    assert client.unlock(ana, game.first).already
    assert not client.progress(ana, game.hundred, 99).unlocked
    assert client.progress(ana, game.hundred, 1).unlocked
    results = client.unlock_many(
        [
            Unlock(player_id=ben, achievement_id=game.first),
            Unlock(player_id=ben, achievement_id=uuid4()),
            Unlock(player_id=ana, achievement_id=game.first),
        ]
    ).results
    assert [(each.success, each.already, each.code) for each in results] == [
        (True, False, None),
        (False, None, "not_found"),
        (True, True, None),
    ]
    assert {achievement.key for achievement in client.achievements()} == {"first-run", "hundred-gates"}
    assert client.standing(ana, "points").points == 60


def test_statistics_are_reported(client: Client) -> None:
    ana = client.new_guest("Ana").player.id
    first = client.report_stats(ana, {"top_speed": Decimal("71.5"), "falls": Change(1)}, playtime=61_000)
    second = client.report_stats(ana, {"falls": Change(2)})
    assert second.index == first.index + 1


def test_a_refusal_says_which(game: Game, client: Client) -> None:
    ana = client.new_guest("Ana").player.id
    with pytest.raises(NotFound) as unknown:
        client.submit_score(ana, 1, board="no-such-board")
    assert (unknown.value.status, unknown.value.code) == (404, "not_found")
    assert unknown.value.trace_id
    with pytest.raises(Invalid) as wrong:
        client.leaderboard(limit=1000)
    assert [problem.field for problem in wrong.value.errors] == ["limit"]
    with Client(game.url, "tb_nobody", game.id) as stranger, pytest.raises(Unauthenticated):
        stranger.submit_score(ana, 1)


async def test_the_asynchronous_client_does_the_same(game: Game) -> None:
    async with AsyncClient(game.url, game.key, game.id) as client:
        guests = await asyncio.gather(*(client.new_guest(f"Async {n}") for n in range(5)))
        entered = await asyncio.gather(
            *(client.submit_score(guest.player.id, 1_000 + n) for n, guest in enumerate(guests))
        )
        assert all(each.updated for each in entered)
        best = [line async for line in client.rankings()]
        assert [line.player_id for line in best[:5]] == [guest.player.id for guest in guests[::-1]]
        assert {achievement.key async for achievement in client.achievements()} >= {"first-run"}
        with pytest.raises(NotFound):
            await client.standing(uuid4())


def test_the_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert methods(Client) == methods(AsyncClient)


def test_the_client_brings_nothing_of_the_server_along() -> None:
    listed = "import sys, tallybook.client; print(*(m for m in sys.modules if m.startswith('tallybook')))"
    printed = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    ours = set(printed.stdout.split())
    assert ours >= {"tallybook.client.synchronous"}
    assert {name for name in ours if not name.startswith("tallybook.client")} == {"tallybook"}


# A network that fails


GUEST = {
    "player": {"id": str(uuid4()), "display_name": "Ana", "kind": "guest"},
    "access_token": "a",
    "refresh_token": "r",
    "expires_in": 3600,
}
Answer = Callable[[httpx.Request], httpx.Response]


class Script:
    """A network that does one thing after another; the last one for ever. It notes what was sent."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []
        self.pauses: list[float] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> Client:
        transport = httpx.MockTransport(self.handle)
        return Client("http://tallybook", "tb_x", "g", transport=transport, sleep=self.pauses.append)


def refusal(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"code": code, "detail": "wait", "trace_id": "t", "status": status}
    return httpx.Response(status, content=msgspec.json.encode(body), headers=headers)


def test_what_was_lost_on_the_way_is_sent_again_under_the_same_key() -> None:
    network = Script(
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        refusal(503, "overloaded", **{"Retry-After": "3"}),
        httpx.Response(200, json=GUEST),
    )
    assert network.client().new_guest("Ana").player.display_name == "Ana"
    assert len(set(network.keys)) == 1
    assert len(network.keys) == 4
    assert 0.1 <= network.pauses[0] <= 0.2
    assert 0.2 <= network.pauses[1] <= 0.4
    assert network.pauses[2] == 3


def test_a_client_gives_up_when_it_is_to_wait_too_long_or_hears_nothing() -> None:
    patience = Script(refusal(429, "rate_limited", **{"Retry-After": "3600"}))
    with pytest.raises(TooMany):
        patience.client().new_guest("Ana")
    assert patience.pauses == []
    silence = Script(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable):
        silence.client().new_guest("Ana")
    assert len(silence.keys) == 5
    proxy = Script(httpx.Response(502, text="<h1>Bad gateway</h1>"))
    with pytest.raises(ServerTrouble):
        proxy.client().new_guest("Ana")


def test_a_refusal_is_not_sent_again() -> None:
    network = Script(refusal(400, "invalid"))
    with pytest.raises(Invalid):
        network.client().new_guest("")
    assert len(network.keys) == 1


@pytest.mark.parametrize(
    "page",
    [
        b"<h1>Sign in to the hotel's network</h1>",
        b'{"player": "Ana"}',
        b'{"code": "\xff"}',
        b"",
    ],
)
async def test_an_answer_that_is_not_tallybooks_is_told_so_and_not_asked_for_again(
    page: bytes,
) -> None:
    network = Script(httpx.Response(200, content=page))
    with pytest.raises(Unreadable):
        network.client().boards()
    with pytest.raises(Unreadable):
        network.client().submit_score(uuid4(), 5)
    assert len(network.keys) == 2
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=page))
    async with AsyncClient("http://tallybook", "tb_x", "g", transport=transport) as client:
        with pytest.raises(Unreadable):
            await client.submit_score(uuid4(), 5)
    with pytest.raises(ServerTrouble):
        Script(httpx.Response(500, content=page)).client().new_guest("Ana")


def test_an_answer_that_is_broken_on_its_way_is_no_answer() -> None:
    network = Script(httpx.DecodingError("not what it is encoded as"), httpx.Response(200, json=GUEST))
    assert network.client().new_guest("Ana").player.display_name == "Ana"
    assert len(set(network.keys)) == 1
