"""A game with secrets as the platform's guest: its start, its end, and who sees what."""

from collections.abc import Iterator
from typing import Any

import pytest

from tallybook.kernel.randomness import Seed
from tallybook.kernel.refusals import Refusal
from tallybook.rules.protocol import Viewer
from tallybook.sessions.commands import Start
from tallybook.sessions.decide import decide
from tallybook.sessions.events import SeatTaken, SessionFinished
from tallybook.sessions.plugins import hosted
from tallybook.sessions.redaction import view_event, view_state, viewer_of, viewers
from tests.sessions.guess import Dealt, Game, Guessed, GuessRules
from tests.sessions.tables import ANA, BEN, CLEO, FOLD, HOST, Table, creation


@pytest.fixture
def table() -> Iterator[Table]:
    hosted()["guess"] = GuessRules()
    yield Table(creation(ANA, BEN, rules="guess", stats=()))
    del hosted()["guess"]


def refusal(table: Table, name: str, **body: Any) -> str:
    with pytest.raises(Refusal) as refused:
        table.do(name, **body)
    return refused.value.code


def test_a_rules_game_waits_for_the_start_and_fixes_its_seats(table: Table) -> None:
    assert table.json["status"] == "waiting"
    assert [line["total"] for line in table.board["seats"]] == [0, 0]
    table.do("kick", player_id=str(BEN))
    assert [seat["name"] for seat in table.json["seats"]] == ["Ana"]
    table.do("join_seat", actor=CLEO)
    table.do("start")
    assert table.json["status"] == "playing"
    assert refusal(table, "join_seat", actor=HOST) == "in_play"
    assert refusal(table, "seats", remove=0) == "in_play"
    table.do("take_seat", actor=HOST, seat=0)
    assert table.do("seats", approve={"seat": 0, "player_id": str(HOST)}) == [SeatTaken(0, HOST, ANA)]
    table.do("guess", actor=HOST, number=4)


def test_the_same_seed_deals_the_same(table: Table) -> None:
    first, second, other = (
        decide(table.session, Start(), actor=HOST, index=1, seed=Seed(secret))[1:]
        for secret in (b"1", b"1", b"2")
    )
    assert first == second != other


def test_the_rules_refuse_in_their_own_words_and_end_the_game(table: Table) -> None:
    table.do("start")
    assert refusal(table, "guess", actor=CLEO, number=1) == "move_rejected"
    assert refusal(table, "record", seat=0, stat="points", value=1) == "not_found"
    assert refusal(table, "end") == "move_rejected"  # undecided
    table.do("guess", actor=ANA, number=3)
    guessed, finished = table.do("guess", actor=BEN, number=8)
    assert guessed == Guessed(1, 8)
    assert isinstance(finished, SessionFinished)
    assert [seat.winner for seat in finished.result.seats] == [False, True]
    assert refusal(table, "correct", reason="no", result="computed", seat=1) == "invalid"
    table.do("correct", reason="cheated", result=[{"seat": 0, "winner": True}])
    assert [seat["winner"] for seat in table.json["result"]["seats"]] == [True, False]


def test_an_undecided_game_ends_with_the_result_the_table_gives(table: Table) -> None:
    table.do("start")
    table.do("end", result=[{"seat": 0, "winner": True}])
    assert [seat["score"] for seat in table.json["result"]["seats"]] == [0, 0]


def test_everybody_sees_what_the_rules_show_them_and_no_more(table: Table) -> None:
    table.do("start")
    created, _, dealt = table.log
    table.do("guess", actor=ANA, number=3)
    guess = table.log[-1]
    spectator, ana, ben = viewers(table.session)
    assert (viewer_of(table.session, ANA), viewer_of(table.session, CLEO)) == (ana, spectator)
    assert view_event(table.session, created, spectator) == created.event
    assert [view_event(table.session, dealt, viewer) for viewer in (spectator, ana, ben)] == [None] * 3
    shown = [view_event(table.session, guess, viewer) for viewer in (spectator, ana, ben)]
    assert shown == [Guessed(0, None), Guessed(0, 3), Guessed(0, None)]
    assert view_state(table.session, ben).rules_state == Game(table.session.seats, 0, {0: None})
    assert view_state(table.session, ana).rules_state.guesses == {0: 3}


def test_after_the_end_the_rules_may_open_everything_and_still_deny(table: Table) -> None:
    assert view_state(table.session, Viewer()) is table.session  # nothing has been dealt
    table.do("start")
    table.do("guess", actor=ANA, number=3)
    table.do("abandon")
    anybody = viewer_of(table.session, CLEO)
    assert anybody == Viewer(over=True)
    assert view_event(table.session, table.log[3], anybody) == Guessed(0, 3)
    assert isinstance(table.log[2].event, Dealt)
    assert view_event(table.session, table.log[2], anybody) is None


def test_a_scoresheet_has_one_class_of_viewers() -> None:
    table = Table(creation(ANA, BEN))
    table.record(0, 5)
    assert viewers(table.session) == (Viewer(),)
    assert viewer_of(table.session, ANA) == viewer_of(table.session, None) == Viewer()
    assert view_event(table.session, table.log[-1], Viewer()) == table.log[-1].event


def test_a_snapshot_of_a_guest_holds_its_state(table: Table) -> None:
    waiting = FOLD.load(FOLD.dump(table.session))
    assert waiting is not None
    assert waiting.rules_state is None
    table.do("start")
    table.do("guess", actor=ANA, number=3)
    loaded = FOLD.load(FOLD.dump(table.session))
    assert loaded is not None
    assert loaded.rules_state == table.session.rules_state
