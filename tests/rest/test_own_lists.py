"""Somebody's own lists are kept between requests, and always what the database has."""

from typing import Any, cast
from uuid import UUID

import pytest

from tallybook.bootstrap.node import Node
from tallybook.database.engine import Database
from tallybook.delivery.own_lists import OwnLists
from tallybook.kernel.randomness import Seed
from tallybook.projections.history import Listed
from tallybook.projections.sessions import SessionDirectory
from tests.rest.kit import Person, enter, register, started

ANA, SESSION = UUID(int=1), UUID(int=7)
BEFORE: list[Listed] = [(1, SESSION)]
AFTER: list[Listed] = [(2, SESSION)]

STEPS = 60
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"limit": 2},
    {"outcome": "won"},
    {"status": "finished", "voided": False},
    {"scope": "own", "players": 2},
)


class Lists(OwnLists):
    """With a database in which Ana, and nobody else, has to do with every session."""

    def __init__(self) -> None:
        super().__init__(cast("Database", self), SessionDirectory())
        self.reads = 0
        self.now = BEFORE

    async def read(self, _transaction: object) -> set[UUID]:
        return {ANA}

    async def list(self) -> list[Listed]:
        self.reads += 1
        return self.now


async def test_a_list_is_read_again_only_when_something_happened() -> None:
    lists = Lists()
    for _ in range(2):
        assert await lists.of(ANA, "all", lists.list) == BEFORE
    assert lists.reads == 1
    lists.now = AFTER
    lists.follow([started(SESSION)])
    for _ in range(2):
        assert await lists.of(ANA, "all", lists.list) == AFTER
    assert lists.reads == 2


async def test_what_changes_while_a_list_is_read_is_in_it_the_next_time() -> None:
    lists = Lists()

    async def overtaken() -> list[Listed]:
        found = await lists.list()
        lists.now = AFTER
        lists.follow([started(SESSION)])
        return found

    assert await lists.of(ANA, "all", overtaken) == BEFORE
    assert await lists.of(ANA, "all", lists.list) == AFTER


async def test_nothing_is_kept_when_it_cannot_be_found_whom_a_change_concerns() -> None:
    class Failing(Lists):
        async def read(self, _transaction: object) -> set[UUID]:
            raise ConnectionError

    lists = Failing()
    await lists.of(ANA, "all", lists.list)
    lists.now = AFTER
    lists.follow([started(SESSION)])
    with pytest.raises(ConnectionError):
        await lists.of(ANA, "all", lists.list)
    assert await lists.of(ANA, "all", lists.list) == AFTER


@pytest.mark.parametrize("seed", range(2))
async def test_kept_lists_are_the_lists_whatever_happens(server: Node, ana: Person, seed: int) -> None:
    """Found by a name that every session has, nothing is kept: both must say the same."""
    draw = Seed(bytes([seed])).random("own lists")
    bea = await register(ana.client, "beatrix")
    cleo = await enter(ana.client, "Cleo")
    game = (await ana.post("/games", {"name": "Azul"}))["id"]
    dora = (await ana.post("/players", {"name": "Dora"}))["id"]
    sessions: list[str] = []
    claims: list[str] = []

    async def open_one() -> None:
        host = draw.choice((ana, bea))
        seats = draw.sample([ana.id, bea.id, cleo.id, dora], draw.randint(1, 3))
        body = {
            "game_id": game,
            "seats": [{"player_id": seat} for seat in seats if seat != dora or host is ana],
        }
        answer = await host.call("POST", "/sessions", body)
        if answer.is_success:
            sessions.append(answer.json()["id"])

    async def claim() -> None:
        if claims:
            await bea.call("DELETE", f"/players/me/claims/{claims.pop()}")
        else:
            code = (await ana.post(f"/players/{dora}/invitation"))["code"]
            claims.append((await bea.post("/players/me/claim", {"code": code}))["id"])

    async def act() -> None:
        score = {"seat": 0, "stat": "Points", "value": draw.randint(0, 9)}
        what, body = draw.choice(
            [
                ("record", score),
                ("end", None),
                ("end", None),
                ("void", {"reason": "a trial"}),
                ("abandon", None),
                (
                    "correct",
                    {"seat": 0, "stat": "Points", "value": draw.randint(0, 9), "reason": "forgotten"},
                ),
                ("seats", {"add": {"player_id": draw.choice((ana, bea, cleo)).id}}),
                ("seats", {"remove": draw.randint(0, 2)}),
                ("seats", {"team": {"seat": 0, "team": draw.choice(("Red", "Blue"))}}),
            ]
        )
        await draw.choice((ana, bea)).call("POST", f"/sessions/{draw.choice(sessions)}/{what}", body)

    for _ in range(STEPS):
        await (open_one if not sessions or draw.random() < 0.25 else claim if draw.random() < 0.1 else act)()
        for person in (ana, bea, cleo):
            asked = draw.choice((*FILTERS, {"opponent_id": draw.choice((ana, bea, cleo)).id}))
            kept = await person.get("/sessions/history", **asked)
            read = await person.get("/sessions/history", **asked, q="azul")
            assert kept["items"] == read["items"], asked
    assert len((await ana.get("/sessions/history"))["items"]) > 3
