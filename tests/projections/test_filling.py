"""Boards take in what happened before they were defined, at once or in pieces, and come out the same."""

import asyncio

import pytest

from tallybook.careers.events import ScoreSubmitted
from tallybook.careers.streams import career_id
from tallybook.catalogue.boards import Definition, board_id
from tallybook.catalogue.events import BoardDefined, BoardFilled, BoardPeriodBegun
from tallybook.projections.records import filling
from tests.projections.evenings import BEGIN, MINUTE, Evening, game, player
from tests.projections.test_records import check


def submits(evening: Evening, who: int, score: int, key: str = "first", *, at: int | None = None) -> None:
    submitted = ScoreSubmitted(
        game=game(0), player=player(who), board=board_id(game(0), key), score=score, team="red"
    )
    evening.happens(career_id(game(0), player(who)), submitted, at)


def fills(evening: Evening, upto: int | None, key: str = "first") -> None:
    evening.happens(game(0), BoardFilled(board_id(game(0), key), upto))


@pytest.mark.parametrize("teams", [False, True])
def test_a_long_past_is_taken_in_by_pieces_while_scores_go_on(
    url: str, teams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "PIECE", 0)
    evening = Evening()
    summed = Definition(operator="sum", teams=teams)
    for score in range(1, 5):
        submits(evening, score % 2, score)
    evening.happens(game(0), BoardDefined(board_id(game(0), "first"), "first", summed))
    submits(evening, 0, 10)
    fills(evening, 3)
    submits(evening, 1, 20)
    evening.merges(1, 0)
    fills(evening, 2)
    fills(evening, 6)
    submits(evening, 0, 40)
    fills(evening, None)
    submits(evening, 1, 80)
    for sizes in ([1], [3], [100]):
        asyncio.run(check(url, evening, sizes))


def test_results_corrected_while_a_board_takes_in_a_long_past(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "PIECE", 0)
    evening = Evening()
    won = Definition(operator="sum", source="session", of="won")
    best = Definition(source="session", of="score")
    evening.happens(game(0), BoardDefined(board_id(game(0), "first"), "first", won))
    fills(evening, None)
    for scores in ([1, 2], [3, 4], [5, 6], [7, 8]):
        evening.plays(0, scores, players=[0, 1])
    evening.happens(game(0), BoardDefined(board_id(game(0), "other"), "other", best))
    fills(evening, 6, "other")
    evening.corrects(0, [9, 1])
    evening.corrects(1, [20, 1])
    evening.corrects(3, [30, 1])
    evening.voids(3)
    evening.plays(0, [10, 11], players=[0, 1])
    fills(evening, 9, "other")
    evening.corrects(4, [12, 1])
    evening.voids(2)
    fills(evening, None, "other")
    evening.corrects(1, [2, 3])
    for sizes in ([1], [4], [100]):
        asyncio.run(check(url, evening, sizes))


def test_what_came_of_a_period_before_it_was_begun_goes_into_it(url: str) -> None:
    evening = Evening()
    manual = Definition(operator="sum", schedule="manual")
    evening.happens(game(0), BoardDefined(board_id(game(0), "first"), "first", manual))
    submits(evening, 0, 1)
    submits(evening, 1, 2)
    submits(evening, 1, 4, at=BEGIN + 7 * MINUTE)
    submits(evening, 0, 8)
    begun = BEGIN + 4 * MINUTE + MINUTE // 2
    evening.happens(game(0), BoardPeriodBegun(board_id(game(0), "first"), begun))
    submits(evening, 0, 16)
    submits(evening, 1, 32, at=BEGIN + 2 * MINUTE)
    for sizes in ([1], [3], [100]):
        asyncio.run(check(url, evening, sizes))
