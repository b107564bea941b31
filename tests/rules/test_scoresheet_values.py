"""What each data type takes, keeps and refuses."""

from typing import Any

import pytest

from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import FreeText
from tallybook.rules.protocol import Config, DataType, Stat
from tallybook.rules.scoresheet.events import ValueRecorded
from tests.rules.sheets import RULES, Table

LARGEST = 2**53 - 1


@pytest.mark.parametrize(
    ("data_type", "given", "kept"),
    [
        ("integer", -3, -3),
        ("integer", LARGEST, LARGEST),
        ("decimal", "9.5", "9.5"),
        ("decimal", "-0.00", "0"),
        ("decimal", "007.50", "7.5"),
        ("decimal", 12, "12"),
        ("decimal", "999999999999999.999999999", "999999999999999.999999999"),
        ("boolean", False, False),
        ("choice", "red", "red"),
        ("duration", 0, 0),
    ],
)
def test_a_value_is_kept_in_its_canonical_form(data_type: DataType, given: Any, kept: Any) -> None:
    table = Table(Stat("it", data_type, choices=("red", "blue") if data_type == "choice" else ()))
    table.record(0, given, stat="it")
    assert table.cell(0, "it") == kept
    assert type(table.cell(0, "it")) is type(kept)


@pytest.mark.parametrize(
    ("data_type", "given", "code"),
    [
        ("integer", True, "wrong_type"),
        ("integer", 1.0, "wrong_type"),
        ("integer", "1", "wrong_type"),
        ("integer", [1], "wrong_type"),
        ("integer", LARGEST + 1, "out_of_range"),
        ("integer", 10**30, "out_of_range"),
        ("integer", None, "invalid"),
        ("decimal", 9.5, "wrong_type"),
        ("decimal", "1e3", "wrong_type"),
        ("decimal", "NaN", "wrong_type"),
        ("decimal", "٣", "wrong_type"),
        ("decimal", " 1", "wrong_type"),
        ("decimal", "1\n", "wrong_type"),
        ("decimal", "", "wrong_type"),
        ("decimal", False, "wrong_type"),
        ("decimal", "1" * 16, "out_of_range"),
        ("decimal", "0.1234567891", "out_of_range"),
        ("boolean", 1, "wrong_type"),
        ("boolean", "true", "wrong_type"),
        ("choice", "green", "wrong_type"),
        ("choice", 0, "wrong_type"),
        ("text", 7, "wrong_type"),
        ("text", "\x00", "invalid"),
        ("text", "\ud800", "invalid"),
        ("duration", -1, "out_of_range"),
        ("duration", "00:10", "wrong_type"),
    ],
)
def test_a_value_of_another_type_is_refused(data_type: DataType, given: Any, code: str) -> None:
    table = Table(Stat("it", data_type, choices=("red", "blue") if data_type == "choice" else ()))
    with pytest.raises(Refusal) as refused:
        table.record(0, given, stat="it")
    assert refused.value.code == code
    assert not table.log


def test_free_text_is_kept_by_its_digest_only() -> None:
    table = Table(Stat("note", "text"))
    event = table.record(0, "e\u0301clair", stat="note")
    assert isinstance(event, ValueRecorded)
    assert event.value == table.cell(0, "note") == FreeText.of("éclair").without_text()


@pytest.mark.parametrize("data_type", ["boolean", "choice", "text"])
def test_only_numbers_can_be_added_to(data_type: DataType) -> None:
    table = Table(Stat("it", data_type, choices=("red",) if data_type == "choice" else ()))
    with pytest.raises(Refusal, match="cannot be added to"):
        table.add(0, 1, stat="it")


@pytest.mark.parametrize("body", [{}, {"value": 1, "delta": 1}])
def test_a_record_gives_either_a_value_or_a_delta(body: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="either value or delta"):
        Table().do("record", seat=0, stat="points", **body)


def test_bounds_and_steps_hold_for_what_the_cell_becomes() -> None:
    table = Table(
        Stat("dice", minimum=1, maximum=9, step=2), Stat("mark", "decimal", minimum="0.5", step="0.25")
    )
    for stat, value in [("dice", 0), ("dice", 11), ("dice", 4), ("mark", "0.25"), ("mark", "0.6")]:
        with pytest.raises(Refusal) as refused:
            table.record(0, value, stat=stat)
        assert refused.value.code == "out_of_range"
    table.record(0, 9, stat="dice")
    table.record(0, "1.25", stat="mark")
    with pytest.raises(Refusal):
        table.add(0, 2, stat="dice")
    table.add(0, -8, stat="dice")
    table.add(0, "0.50", stat="mark")
    assert (table.cell(0, "dice"), table.cell(0, "mark")) == (1, "1.75")


def test_totals_stay_within_what_every_client_can_read() -> None:
    table = Table(Stat("a", scoring=True), Stat("b", scoring=True))
    table.record(0, LARGEST, stat="a")
    with pytest.raises(Refusal) as refused:
        table.record(0, 1, stat="b")
    assert refused.value.code == "out_of_range"
    table.record(0, -1, stat="b")
    assert table.line(0).total == LARGEST - 1


def test_decimals_add_up_exactly() -> None:
    table = Table(Stat("style", "decimal", scoring=True), Stat("points", scoring=True))
    for number in range(1, 11):
        table.record(0, "0.1", stat="style", round=number)
    table.record(0, 2)
    assert table.line(0).total == "3"
    assert table.line(0).values["style"].total == "1"
    table.record(1, "999999999999999.999999999", stat="style")
    table.record(1, "0.000000001", stat="style", round=2)
    assert table.line(1).total == "1000000000000000"
    assert table.line(2).total == "0"


@pytest.mark.parametrize(
    ("stat", "field"),
    [
        (Stat("\u200b"), "stats.1.name"),
        (Stat("POINTS"), "stats.1.name"),
        (Stat("a", "text", scoring=True), "stats.1.scoring"),
        (Stat("a", scope="table", scoring=True), "stats.1.scoring"),
        (Stat("a", "choice"), "stats.1.choices"),
        (Stat("a", "choice", choices=("x", "X")), "stats.1.choices.1"),
        (Stat("a", choices=("x",)), "stats.1.choices"),
        (Stat("a", "boolean", maximum=1), "stats.1.maximum"),
        (Stat("a", minimum=2, maximum=1), "stats.1.minimum"),
        (Stat("a", minimum="2"), "stats.1.minimum"),
        (Stat("a", step=0), "stats.1.step"),
        (Stat("a", "decimal", step="x"), "stats.1.step"),
    ],
)
def test_a_stat_that_makes_no_sense_is_refused_by_its_field(stat: Stat, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        RULES.configure(Config((Stat("points"), stat)))
    assert [error.field for error in refused.value.errors] == [field]


def test_a_sheet_takes_64_stats_and_not_one_more() -> None:
    stats = tuple(Stat(f"stat {number}") for number in range(65))
    assert len(RULES.configure(Config(stats[:64])).stats) == 64
    with pytest.raises(Refusal, match="at most 64"):
        RULES.configure(Config(stats))
