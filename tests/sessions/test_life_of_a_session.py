"""From creation to the end and after it, told as history, command, outcome."""

from typing import Any

import pytest
from msgspec.structs import replace

from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import FreeText
from tallybook.rules.protocol import Seat, Stat
from tallybook.rules.scoresheet.events import ValueCleared, ValueRecorded
from tallybook.sessions.decide import decide
from tallybook.sessions.events import (
    ResultCorrected,
    SessionAbandoned,
    SessionCreated,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    SessionVoided,
)
from tallybook.sessions.lifecycle import rematch_of
from tallybook.sessions.wire import decode_command
from tests.sessions.tables import ANA, BEN, CLEO, HOST, MADE_AT, POINTS, SESSION, Table, creation


def refusal(table: Table, name: str, **body: Any) -> str:
    before = len(table.log)
    with pytest.raises(Refusal) as refused:
        table.do(name, **body)
    assert len(table.log) == before
    return refused.value.code


def kinds(table: Table) -> list[type]:
    return [type(recorded.event) for recorded in table.log]


def test_a_scoresheet_with_seats_starts_at_once() -> None:
    assert kinds(Table(creation(ANA, BEN))) == [SessionCreated, SessionStarted]


def test_a_scoresheet_without_seats_waits_for_the_start() -> None:
    table = Table(creation())
    assert table.json["status"] == "waiting"
    assert refusal(table, "record", seat=0, stat="points", value=1) == "session_not_playing"
    assert refusal(table, "end") == "session_not_playing"
    table.do("seats", add={"player_id": str(ANA)})
    assert table.do("start") == [SessionStarted()]
    assert table.do("start") == []
    table.record(0, 1)
    assert table.board["seats"][0]["total"] == 1


def test_the_creator_keeps_the_score_where_nobody_else_is_named() -> None:
    assert Table(creation(ANA)).session.scorekeepers == (HOST,)
    assert Table(creation(ANA, scorekeepers=(BEN, ANA, BEN))).session.scorekeepers == (BEN, ANA)


@pytest.mark.parametrize(
    ("create", "field"),
    [
        (creation(ANA, ANA), "seats.1"),
        (creation(ANA, BEN, max_players=1), "seats"),
        (creation(max_players=101), "max_players"),
        (creation(rules="chess"), "rules"),
        (creation(stats=[POINTS, POINTS]), "stats.1.name"),
    ],
)
def test_a_session_that_cannot_be_played_is_not_created(create: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        Table(create)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_session_is_created_once_and_nothing_else_comes_before_it() -> None:
    table = Table(creation(ANA))
    with pytest.raises(Refusal) as again:
        table.carry_out(creation(ANA), HOST)
    assert again.value.code == "stale"
    with pytest.raises(Refusal) as early:
        decide(None, decode_command("scoresheet", "undo", b"{}"), actor=ANA, index=0)
    assert early.value.code == "not_found"


def test_while_paused_nobody_writes_but_the_end_can_come() -> None:
    table = Table(creation(ANA))
    assert table.do("resume") == []
    assert table.do("pause") == [SessionPaused()]
    assert table.do("pause") == []
    assert table.json["paused"]
    assert refusal(table, "record", seat=0, stat="points", value=1) == "session_not_playing"
    assert table.do("resume") == [SessionResumed()]
    table.record(0, 1)
    table.do("pause")
    table.do("end")
    assert (table.json["status"], table.json["paused"]) == ("finished", False)


@pytest.mark.parametrize("ending", ["end", "abandon"])
def test_nothing_is_written_after_the_end(ending: str) -> None:
    table = Table(creation(ANA, BEN))
    table.record(0, 1)
    table.do(ending)
    later: list[tuple[str, dict[str, Any]]] = [
        ("record", {"seat": 0, "stat": "points", "value": 1}),
        ("undo", {}),
        ("start", {}),
        ("pause", {}),
        ("end", {}),
        ("abandon", {}),
        ("take_seat", {"seat": 0}),
        ("seats", {"remove": 0}),
    ]
    assert {refusal(table, name, **body) for name, body in later} == {"session_finished"}


def test_a_finished_session_carries_its_whole_result() -> None:
    stats = [POINTS, Stat("style", "decimal"), Stat("note", "text"), Stat("fire", scope="table")]
    table = Table(creation(ANA, BEN, stats=stats))
    table.record(0, 5)
    table.record(0, 2, round=3)
    table.record(1, "1.50", stat="style")
    table.record(1, "slept", stat="note")
    table.record(None, 4, stat="fire")
    table.do("end", at=MADE_AT - 1)
    assert table.json["ended_at"] == "2027-01-15T07:59:59.999999Z"
    assert table.json["started_at"] == "2027-01-15T08:00:01.000000Z"
    ana = {"player_id": str(ANA), "name": "Ana", "team": None, "is_bot": False, "seat": 0}
    ben = {"player_id": str(BEN), "name": "Ben", "team": None, "is_bot": False, "seat": 1}
    assert table.json["result"] == {
        "seats": [
            {**ana, "place": 1, "winner": True, "score": 7, "values": {"points": 7}},
            {**ben, "place": 2, "winner": False, "score": None, "values": {"style": "1.5", "note": "slept"}},
        ],
        "table": {"fire": 4},
        "rounds": 3,
        "given": False,
        "win": "highest",
    }
    assert b"slept" not in table.log[-1].payload


@pytest.mark.parametrize(
    ("win", "given", "expected"),
    [
        ("highest", [{"seat": 1, "winner": True}], [(2, False), (1, True), (2, False)]),
        ("highest", [{"seat": 1, "place": 1}, {"seat": 2, "place": 2}], [(3, False), (1, True), (2, False)]),
        ("highest", [{"seat": 0, "place": 1, "winner": False}], [(1, False), (2, False), (2, False)]),
        ("none", [{"seat": 2, "place": 1}], [(2, False), (2, False), (1, False)]),
        ("cooperative", [{"seat": 0, "winner": True}], [(1, True), (1, True), (1, True)]),
        ("cooperative", [{"seat": 0, "winner": False}], [(1, False), (1, False), (1, False)]),
    ],
)
def test_the_table_can_say_who_won(win: Any, given: Any, expected: list[tuple[int, bool]]) -> None:
    table = Table(creation(ANA, BEN, CLEO, win=win))
    table.record(0, 9)
    table.do("end", result=given)
    result = table.session.result
    assert result is not None
    assert result.given
    assert [(seat.place, seat.winner) for seat in result.seats] == expected
    assert result.seats[0].score == 9


def test_a_word_about_one_seat_holds_for_its_team() -> None:
    table = Table(creation(ANA, BEN, CLEO))
    for seat in (0, 2):
        table.do("seats", team={"seat": seat, "team": "red"})
    table.do("end", result=[{"seat": 2, "winner": True}])
    assert [seat["winner"] for seat in table.json["result"]["seats"]] == [True, False, True]
    assert [seat["place"] for seat in table.json["result"]["seats"]] == [1, 2, 1]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "invalid"),
        ([{"seat": 0}], "invalid"),
        ([{"seat": 0, "place": 0}], "invalid"),
        ([{"seat": 0, "place": 3}], "invalid"),
        ([{"seat": 7, "place": 1}], "unknown_seat"),
        ([{"seat": 0, "place": 1}, {"seat": 0, "place": 2}], "invalid"),
    ],
)
def test_a_result_that_cannot_be_is_refused(given: Any, code: str) -> None:
    assert refusal(Table(creation(ANA, BEN)), "end", result=given) == code


def test_nobody_wins_a_game_without_a_winner() -> None:
    table = Table(creation(ANA, BEN, win="none"))
    assert refusal(table, "end", result=[{"seat": 0, "winner": True}]) == "invalid"
    table.do("end", result=[{"seat": 0, "place": 1, "winner": False}])
    assert refusal(table, "correct", reason="no", result=[{"seat": 0, "winner": True}]) == "invalid"


def test_a_correction_changes_the_score_and_the_result_and_names_what_it_corrects() -> None:
    table = Table(creation(ANA, BEN))
    table.record(0, 5)
    table.record(1, 4)
    assert refusal(table, "correct", reason="typo", seat=1, stat="points", value=6) == "session_not_finished"
    table.do("end")
    value, first = table.do("correct", reason="a typo", seat=1, stat="points", delta=2)
    assert value == ValueRecorded(1, "points", 6, delta=2)
    assert isinstance(first, ResultCorrected)
    assert (first.corrects, [seat.winner for seat in first.result.seats]) == (4, [False, True])
    assert first.reason == FreeText.of("a typo").without_text()
    cleared, second = table.do("correct", reason="not at all", seat=1, stat="points")
    assert cleared == ValueCleared(1, "points")
    assert isinstance(second, ResultCorrected)
    assert second.corrects == 6
    assert table.session.result == second.result
    assert [line["total"] for line in table.board["seats"]] == [5, 0]
    assert refusal(table, "correct", reason=" ", seat=1, stat="points", value=1) == "invalid"


def test_a_given_result_stays_given_when_a_value_is_corrected() -> None:
    table = Table(creation(ANA, BEN))
    table.do("end", result=[{"seat": 1, "winner": True}])
    table.do("correct", reason="forgotten", seat=0, stat="points", value=9)
    seats = table.json["result"]["seats"]
    assert [(seat["winner"], seat["score"]) for seat in seats] == [(False, 9), (True, None)]
    table.do("correct", reason="count it", result="computed")
    assert [seat["winner"] for seat in table.json["result"]["seats"]] == [True, False]
    table.do("correct", reason="no", result=[{"seat": 1, "place": 1}, {"seat": 0, "place": 2}])
    assert [seat["place"] for seat in table.json["result"]["seats"]] == [2, 1]


def test_a_voided_session_is_neither_corrected_nor_voided_again() -> None:
    table = Table(creation(ANA))
    assert refusal(table, "void", reason="a test") == "session_not_finished"
    table.do("end")
    assert [type(event) for event in table.do("void", reason="a test")] == [SessionVoided]
    assert table.json["voided"]
    assert refusal(table, "void", reason="again") == "session_finished"
    assert refusal(table, "correct", reason="again", seat=0, stat="points", value=1) == "session_finished"


def test_an_abandoned_session_has_no_result_to_correct() -> None:
    table = Table(creation(ANA))
    assert table.do("abandon") == [SessionAbandoned()]
    assert refusal(table, "correct", reason="why", seat=0, stat="points", value=1) == "session_not_finished"


def test_a_rematch_has_the_same_table_and_an_empty_sheet() -> None:
    table = Table(creation(ANA, BEN, CLEO, public=True))
    table.do("seats", remove=0)
    table.do("seats", reorder=[2, 1])
    table.record(2, 5)
    table.do("end")
    again = Table(rematch_of(table.session, session_id=SESSION))
    assert [(seat["seat"], seat["name"]) for seat in again.json["seats"]] == [(0, "Cleo"), (1, "Ben")]
    assert (again.json["previous"], again.json["key"], again.json["public"]) == (str(SESSION), "ABC234", True)
    assert again.board["seats"][0]["values"] == {}


def test_who_sat_as_a_bot_and_twice_of_old_sits_once_in_the_rematch_and_is_none() -> None:
    table = Table(creation(ANA))
    bots = (Seat(1, BEN, is_bot=True), Seat(2, BEN, "red", is_bot=True))
    old = replace(table.session, seats=(*table.session.seats, *bots))
    again = Table(rematch_of(old, session_id=SESSION))
    sitting = [(seat["name"], seat["is_bot"]) for seat in again.json["seats"]]
    assert sitting == [("Ana", False), ("Ben", False)]


def test_who_was_sent_out_does_not_come_along_to_the_rematch() -> None:
    table = Table(creation(ANA, BEN, CLEO))
    table.do("kick", player_id=str(BEN))
    table.do("end")
    again = Table(rematch_of(table.session, session_id=SESSION))
    assert [seat["name"] for seat in again.json["seats"]] == ["Ana", "Cleo"]
    assert refusal(again, "join_seat", actor=BEN) == "forbidden"
    again.do("end")
    assert rematch_of(again.session, session_id=SESSION).kicked == (BEN,)
