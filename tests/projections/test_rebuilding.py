"""Leaderboards made anew while scores go on coming in."""

import asyncio
import subprocess
import sys

import pytest

from tallybook.careers.events import AchievementUnlocked, ScoreSubmitted
from tallybook.careers.streams import career_id
from tallybook.catalogue.boards import board_id
from tallybook.ledger import rebuild as rebuilding
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.projecting import ProjectionMismatch, slots
from tallybook.ledger.rebuild import rebuild
from tallybook.projections.records.records import Records
from tallybook.projections.records.tables import entries
from tallybook.projections.unlocks import Unlocks
from tallybook.upkeep import following_projections, projections
from tests.ledger.kit import node
from tests.projections.evenings import game, player
from tests.projections.test_everything import content

NAMES = ["records", "unlocks"]
PLAYERS = 5
ROUNDS = 5


def submission(number: int) -> Append[None]:
    of = game(0), player(number % PLAYERS)
    said = ScoreSubmitted(*of, board_id(game(0), "score"), number), AchievementUnlocked(*of, game(7), 1)
    return Append(
        stream=career_id(*of),
        kind="career",
        fold=None,
        decide=lambda _state, _index: said,
    )


async def test_scores_submitted_while_leaderboards_are_made_anew_are_in_both_slots(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", 20)
    declared = projections()
    records = next(each for each in declared if isinstance(each, Records))
    unlocks = next(each for each in declared if isinstance(each, Unlocks))
    heard: list[int] = []
    written = 0
    stop = asyncio.Event()

    async def play(ledger: Ledger) -> None:
        nonlocal written
        while not stop.is_set():
            await ledger.append(submission(written))
            written += 1
            await asyncio.sleep(0.002)  # SQLite's lock is not a queue

    async with node(url, *declared) as ledger:
        for _ in range(60):
            await ledger.append(submission(written))
            written += 1
        before = written
        playing = asyncio.create_task(play(ledger))
        # In another process, with projections of its own.
        other = asyncio.create_task(rebuild(ledger.database, projections(), NAMES, heard.append, grace=1.5))
        while (records.slot, unlocks.slot) != ("b", "b"):
            await asyncio.sleep(0.01)
        while written < before + 20:
            await asyncio.sleep(0.01)
        both = await ledger.database.read(lambda c: [content(c, slot, corrections=False) for slot in "ab"])
        for name in ("entries", "careers", "unlocks", "unlock_counts"):
            assert both[0][name] == both[1][name]
            assert both[1][name]
        assert await other >= 2 * before
        stop.set()
        await playing

        assert heard == sorted(heard)
        last = (written - 1) % PLAYERS
        place = board_id(game(0), "score"), 0, player(last)
        found = await ledger.database.read(lambda c: entries.read(c, records.slot, [place]))
        assert found[place].value == sum(range(last, written, PLAYERS))


async def test_of_rebuilds_at_once_all_that_give_up_say_why_and_one_comes_through(url: str) -> None:
    behind = following_projections()
    names = [projection.name for projection in (*projections(), *behind)]
    async with node(url, *projections(), following=behind) as ledger:
        for number in range(60):
            await ledger.append(submission(number))

        async def entered() -> list[object]:
            live = await ledger.database.read(lambda c: slots(c)["records"].live)
            place = board_id(game(0), "score"), 0
            places = [(*place, player(number)) for number in range(PLAYERS)]
            found = await ledger.database.read(lambda c: entries.read(c, live, places))
            return [found[each].value for each in places if each in found]

        async def again() -> int:
            return await rebuild(
                ledger.database, projections(), names, grace=0, following=following_projections()
            )

        for _ in range(ROUNDS):
            ended = await asyncio.gather(*(again() for _ in range(3)), return_exceptions=True)
            assert all(isinstance(end, int | ProjectionMismatch) for end in ended), ended
            assert any(isinstance(end, int) for end in ended), ended
            assert await entered() == [sum(range(number, 60, PLAYERS)) for number in range(PLAYERS)]


def test_a_rebuild_without_a_server_knows_every_event() -> None:
    def known(module: str) -> str:
        listing = "from tallybook.kernel.events import registry; print(sorted(registry.names))"
        program = f"import {module}; {listing}"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return done.stdout

    assert known("tallybook.upkeep") == known("tallybook.bootstrap.node")
