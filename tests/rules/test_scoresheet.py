"""What happens on a scoresheet, told as history, command, outcome."""

import pytest

from tallybook.kernel.events import Event, event
from tallybook.kernel.randomness import Seed
from tallybook.kernel.refusals import Refusal
from tallybook.rules.protocol import CellScore, MoveRejected, Stat, StatScore, Viewer, Win
from tallybook.rules.scoresheet.commands import NextRound, Redo, Undo
from tallybook.rules.scoresheet.events import (
    RoundStarted,
    ValueCleared,
    ValueRecorded,
    WriteRedone,
    WriteUndone,
)
from tests.rules.sheets import ANA, BEN, POINTS, RULES, Table


def refusal(table: Table, name: str, **body: object) -> str:
    with pytest.raises(Refusal) as refused:
        table.do(name, **body)  # type: ignore[arg-type]
    return refused.value.code


def missing(table: Table) -> list[int]:
    return list(table.board.missing)


def test_every_write_says_what_its_cell_became() -> None:
    table = Table(POINTS, Stat("fire", scope="table"))
    assert table.record(0, 5) == ValueRecorded(0, "points", 5)
    assert table.add(0, 3) == ValueRecorded(0, "points", 8, delta=3)
    assert table.add(None, -2, stat="fire") == ValueRecorded(None, "fire", -2, delta=-2)
    assert table.do("clear", seat=0, stat="points") == ValueCleared(0, "points")
    assert table.carry_out("clear", seat=0, stat="points") == []
    assert table.carry_out("clear", seat=1, stat="points", round=2) == []
    assert table.do("undo") == WriteUndone(undone=3, seat=0, stat="points", value=8)
    assert table.do("redo") == WriteRedone(redone=3, seat=0, stat="points")
    assert table.do("next_round") == RoundStarted(2)
    assert table.do("undo") == WriteUndone(undone=6, round=1)


def test_stats_and_seats_must_be_those_of_the_session() -> None:
    table = Table(POINTS, Stat("fire", scope="table"))
    assert refusal(table, "record", seat=0, stat="Points", value=1) == "unknown_stat"
    assert refusal(table, "record", seat=3, stat="points", value=1) == "unknown_seat"
    assert refusal(table, "record", seat=None, stat="points", value=1) == "unknown_seat"
    assert refusal(table, "clear", seat=0, stat="fire") == "unknown_seat"


def test_a_round_is_named_only_once_rounds_are_used() -> None:
    table = Table()
    table.record(0, 5)
    assert table.line(0).values["points"].by_round == (CellScore(None, 5),)
    table.do("next_round")
    assert table.record(0, 7) == ValueRecorded(0, "points", 7, round=2)
    assert table.record(0, 6, round=1) == ValueRecorded(0, "points", 6, round=1)
    assert table.line(0).values["points"] == StatScore(13, (CellScore(1, 6), CellScore(2, 7)))
    for beyond in (0, 1001):
        assert refusal(table, "record", seat=0, stat="points", value=1, round=beyond) == "out_of_range"


def test_a_named_round_in_the_first_round_is_the_same_cell() -> None:
    table = Table()
    table.record(0, 5)
    table.record(0, 6, round=1)
    assert table.line(0).values["points"].by_round == (CellScore(1, 6),)
    assert table.do("undo") == WriteUndone(undone=1, seat=0, stat="points", round=1, value=5)


def test_empty_is_not_zero() -> None:
    table = Table(POINTS, Stat("bonus", scoring=True), Stat("note", "text"))
    table.record(0, 0)
    table.record(0, 0, stat="bonus")
    table.record(1, 4)
    assert missing(table) == [1, 2]
    assert [line.total for line in table.board.seats] == [0, 4, 0]
    assert dict(table.line(2).values) == {}
    table.do("clear", seat=0, stat="points")
    assert missing(table) == [0, 1, 2]
    table.do("next_round")
    assert missing(table) == [0, 1, 2]


def test_a_stat_that_cannot_be_added_shows_its_latest_round() -> None:
    table = Table(Stat("won", "boolean"))
    table.record(0, True, stat="won", round=3)
    table.record(0, False, stat="won", round=2)
    assert table.line(0).values["won"] == StatScore(True, (CellScore(2, False), CellScore(3, True)))


def test_undo_takes_back_only_the_callers_own_write() -> None:
    table = Table()
    table.record(0, 5, ANA)
    table.add(0, 3, BEN)
    table.do("undo", ANA)
    assert table.cell(0) == 3  # Ben's addition stays, now to an empty cell
    table.do("redo", ANA)
    assert table.cell(0) == 8
    table.do("undo", BEN)
    assert table.cell(0) == 5


def test_undoing_what_another_overwrote_changes_nothing_to_see() -> None:
    table = Table()
    table.record(0, 5, ANA)
    table.record(0, 9, BEN)
    assert table.do("undo", ANA) == WriteUndone(undone=0, seat=0, stat="points", value=9)
    assert table.do("undo", BEN) == WriteUndone(undone=1, seat=0, stat="points")
    assert table.cell(0) is None


def test_there_is_nothing_to_undo_or_redo_but_own_writes() -> None:
    table = Table()
    table.record(0, 5, ANA)
    assert refusal(table, "undo", actor=BEN) == "nothing_to_undo"
    assert refusal(table, "redo") == "nothing_to_redo"
    table.do("undo")
    assert refusal(table, "undo") == "nothing_to_undo"


def test_a_new_write_ends_the_redo_of_its_writer_alone() -> None:
    table = Table()
    for actor in (ANA, BEN):
        table.record(0, 5, actor)
        table.do("undo", actor)
    table.record(1, 1, ANA)
    assert refusal(table, "redo", actor=ANA) == "nothing_to_redo"
    table.do("redo", BEN)
    assert table.cell(0) == 5


def test_an_undo_that_would_break_the_bounds_is_refused() -> None:
    table = Table(Stat("lives", minimum=0))
    table.add(0, 5, ANA, stat="lives")
    table.add(0, -4, BEN, stat="lives")
    assert refusal(table, "undo", actor=ANA) == "out_of_range"
    assert table.cell(0, "lives") == 1


def test_a_loaded_sheet_redoes_in_the_order_it_was_undone() -> None:
    table = Table()
    for seat in (0, 1):
        table.record(seat, 5)
    for _ in range(2):
        table.do("undo")
    table.sheet = RULES.load(RULES.dump(table.sheet))
    table.do("redo")
    assert [table.cell(seat) for seat in (0, 1)] == [5, None]


def test_two_people_start_a_round_and_one_takes_it_back() -> None:
    table = Table()
    table.do("next_round", actor=ANA)
    table.do("next_round", actor=BEN)
    assert table.do("undo", ANA) == WriteUndone(undone=0, round=2)
    assert table.board.round == 2


def test_there_are_at_most_1000_rounds() -> None:
    table = Table()
    for _ in range(999):
        table.do("next_round")
    assert refusal(table, "next_round") == "out_of_range"
    table.do("undo", ANA)
    table.do("next_round", actor=BEN)
    assert refusal(table, "redo") == "out_of_range"


def ranks(table: Table) -> list[int]:
    return [line.rank for line in table.board.seats]


@pytest.mark.parametrize(
    ("win", "expected", "winners"),
    [
        ("highest", [1, 2, 2, 4], [0]),
        ("lowest", [4, 2, 2, 1], [3]),
        ("none", [1, 2, 2, 4], []),
        ("cooperative", [1, 1, 1, 1], []),
    ],
)
def test_equals_share_a_rank_and_the_next_one_is_skipped(
    win: Win, expected: list[int], winners: list[int]
) -> None:
    table = Table(win=win, seats=4)
    for seat, value in enumerate([9, 5, 5, -1]):
        table.record(seat, value)
    assert ranks(table) == expected
    outcome = RULES.outcome(table.sheet)
    assert [placing.seat for placing in outcome.placings if placing.winner] == winners


def test_a_team_is_ranked_once_by_its_sum() -> None:
    table = Table(seats=4, teams={0: "red", 1: "blue", 2: "red"})
    for seat, value in enumerate([1, 7, 8, 8]):
        table.record(seat, value)
    assert ranks(table) == [1, 3, 1, 2]
    assert [placing.winner for placing in RULES.outcome(table.sheet).placings] == [True, False, True, False]


def test_who_shares_the_first_place_shares_the_win() -> None:
    table = Table()
    table.record(0, 5)
    table.record(1, 5)
    placings = RULES.outcome(table.sheet).placings
    assert [(placing.place, placing.winner, placing.score) for placing in placings] == [
        (1, True, 5),
        (1, True, 5),
        (3, False, None),
    ]


@pytest.mark.parametrize(
    ("win", "places", "winners"),
    [
        ("highest", [3, 1, 2, 3], [1]),
        ("lowest", [3, 2, 1, 3], [2]),
        ("none", [3, 1, 2, 3], []),
        ("cooperative", [1, 1, 1, 1], []),
    ],
)
def test_who_has_no_score_comes_after_those_who_have_one(
    win: Win, places: list[int], winners: list[int]
) -> None:
    table = Table(win=win, seats=4)
    for seat, value in enumerate([6, 3] if win == "lowest" else [-3, -6], start=1):  # 0 would be better
        table.record(seat, value)
    placings = RULES.outcome(table.sheet).placings
    assert [placing.place for placing in placings] == places
    assert [placing.seat for placing in placings if placing.winner] == winners
    assert [placing.score is None for placing in placings] == [True, False, False, True]


def test_a_team_has_the_score_of_those_who_scored_for_it() -> None:
    table = Table(win="lowest", seats=5, teams={0: "red", 1: "blue", 2: "red", 3: "blue"})
    table.record(0, 3)
    placings = RULES.outcome(table.sheet).placings
    assert [(placing.place, placing.winner) for placing in placings] == [
        (1, True),
        (2, False),
        (1, True),
        (2, False),
        (2, False),
    ]


def test_nobody_wins_where_nothing_was_scored() -> None:
    assert not any(placing.winner for placing in RULES.outcome(Table().sheet).placings)


def test_a_removed_seat_leaves_the_board_and_keeps_its_cells() -> None:
    table = Table()
    table.record(1, 5)
    without = RULES.reseat(table.sheet, [table.seats[2], table.seats[0]])
    assert [line.seat for line in RULES.scoreboard(without).seats] == [2, 0]
    again = RULES.reseat(without, table.seats)
    assert RULES.scoreboard(again) == table.board


@event("test_scoresheet.secret.v1")
class Secret(Event, frozen=True):
    pass


def test_everybody_sees_a_scoresheet_and_nothing_unknown_of_it() -> None:
    table = Table()
    event = table.record(0, 5)
    for viewer in (Viewer(), Viewer(0), Viewer(over=True)):
        assert RULES.view(table.sheet, event, viewer) == event
        assert RULES.view(table.sheet, Secret(), viewer) is None
    assert RULES.view_state(table.sheet, Viewer()) is table.sheet


def test_what_is_legal_needs_no_further_choice_and_no_bot_plays() -> None:
    table = Table()
    seat = table.seats[0]
    assert RULES.legal(table.sheet, seat) == [NextRound()]
    table.record(0, 1, seat.player_id)
    assert RULES.legal(table.sheet, seat) == [NextRound(), Undo()]
    table.do("undo", seat.player_id)
    assert RULES.legal(table.sheet, seat) == [NextRound(), Redo()]
    with pytest.raises(MoveRejected):
        RULES.bot(table.sheet, seat, Seed(b"").random())
