"""Several writers at once, against a recount so naive that it cannot be wrong."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.kernel.refusals import Refusal
from tallybook.rules.protocol import Stat
from tests.rules.sheets import ANA, BEN, CLEO, POINTS, RULES, Table

STATS = (POINTS, Stat("style", "decimal", scoring=True), Stat("won", "boolean"), Stat("fire", scope="table"))
ACTORS = st.sampled_from([ANA, BEN, CLEO])
CELLS = st.sampled_from([(0, "points"), (1, "points"), (0, "style"), (1, "won"), (None, "fire")])
DECIMALS = st.decimals(-99, 99, places=2).map(str)
ROUNDS = st.none() | st.integers(1, 3)


@st.composite
def writes(draw: st.DrawFn) -> dict[str, Any]:
    seat, stat = draw(CELLS)
    numbers = {"style": DECIMALS, "won": st.booleans()}.get(stat, st.integers(-50, 50))
    key = "value" if stat == "won" else draw(st.sampled_from(["value", "delta"]))
    body = {"seat": seat, "stat": stat, "round": draw(ROUNDS)}
    if draw(st.integers(0, 4)) == 0:
        return {"name": "clear", **body}
    return {"name": "record", **body, key: draw(numbers)}


COMMANDS = st.one_of(
    writes(), writes(), st.sampled_from([{"name": name} for name in ("undo", "undo", "redo", "next_round")])
)
SCRIPTS = st.lists(st.tuples(ACTORS, COMMANDS), max_size=60)


@dataclass
class Entry:
    actor: UUID
    body: dict[str, Any]
    in_round: int
    counts: bool = True


@dataclass
class Recount:
    """Keeps every write with a mark whether it counts, and adds everything up again when asked."""

    entries: list[Entry] = field(default_factory=list)
    redoable: dict[UUID, list[Entry]] = field(default_factory=dict)

    @property
    def round(self) -> int:
        return 1 + sum(entry.counts for entry in self.entries if entry.body["name"] == "next_round")

    def do(self, actor: UUID, body: dict[str, Any]) -> bool:
        """Whether it could be done."""
        mine = [entry for entry in self.entries if entry.actor == actor and entry.counts]
        undone = self.redoable.setdefault(actor, [])
        if body["name"] == "undo":
            if not mine:
                return False
            mine[-1].counts = False
            undone.append(mine[-1])
        elif body["name"] == "redo":
            if not undone:
                return False
            undone.pop().counts = True
        elif body["name"] == "clear" and self.is_empty(body):
            pass  # nothing is written
        else:
            undone.clear()
            self.entries.append(Entry(actor, body, body.get("round") or self.round))
        return True

    def is_empty(self, body: dict[str, Any]) -> bool:
        return (body["seat"], body["stat"], body.get("round") or self.round) not in self.cells()

    def cells(self) -> dict[tuple[int | None, str, int], Any]:
        cells: dict[tuple[int | None, str, int], Any] = {}
        for entry in self.entries:
            if not entry.counts or entry.body["name"] == "next_round":
                continue
            place = (entry.body["seat"], entry.body["stat"], entry.in_round)
            if "value" in entry.body:
                cells[place] = entry.body["value"]
            elif "delta" in entry.body:
                before = cells.get(place)
                cells[place] = (0 if before is None else exact(before)) + exact(entry.body["delta"])
            else:
                cells.pop(place, None)
        return cells


def exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, str) else value


def played(script: list[tuple[UUID, dict[str, Any]]]) -> tuple[Table, Recount]:
    table, recount = Table(*STATS, seats=2), Recount()
    for actor, body in script:
        if recount.do(actor, body):
            table.carry_out(actor=actor, **body)
        else:
            with pytest.raises(Refusal, match=r"taken back|undone nothing"):
                table.do(actor=actor, **body)
    return table, recount


@settings(max_examples=300, deadline=None)
@given(SCRIPTS)
def test_any_interleaving_of_writers_equals_a_recount(script: list[tuple[UUID, dict[str, Any]]]) -> None:
    table, recount = played(script)
    cells = {
        (seat, stat, number): exact(value)
        for seat, row in table.sheet.rows.items()
        for stat, column in row.items()
        for number, value in column.values.items()
    }
    assert cells == {place: exact(value) for place, value in recount.cells().items()}
    assert table.board.round == recount.round
    for line in table.board.seats:
        points = sum(
            value for (seat, stat, _), value in cells.items() if (seat, stat) == (line.seat, "points")
        )
        style = sum(value for (seat, stat, _), value in cells.items() if (seat, stat) == (line.seat, "style"))
        assert exact(line.total) == points + style


@settings(max_examples=150, deadline=None)
@given(SCRIPTS)
def test_a_client_that_only_follows_the_events_ends_with_the_same_cells(
    script: list[tuple[UUID, dict[str, Any]]],
) -> None:
    table, _ = played(script)
    cells: dict[tuple[int | None, str, int], Any] = {}
    current = 1
    for event, _, _ in table.log:
        body = msgspec.to_builtins(event)
        if body.get("stat") is None:
            current = body["round"]
        else:
            place = (body.get("seat"), body["stat"], body.get("round") or 1)
            cells[place] = body.get("value")
    assert {place: value for place, value in cells.items() if value is not None} == {
        (seat, stat, number): value
        for seat, row in table.sheet.rows.items()
        for stat, column in row.items()
        for number, value in column.values.items()
    }
    assert current == table.board.round


@settings(max_examples=150, deadline=None)
@given(SCRIPTS, st.integers(0, 60), st.integers(0, 60))
def test_folding_in_bulk_and_from_snapshots_equals_evolving(
    script: list[tuple[UUID, dict[str, Any]]], one: int, other: int
) -> None:
    table, _ = played(script)
    first, second = sorted((min(one, len(table.log)), min(other, len(table.log))))
    state = RULES.start(table.config, table.seats)
    for cut in (table.log[:first], table.log[first:second], table.log[second:]):
        before = RULES.dump(state)
        folded = RULES.fold(state, cut)
        assert RULES.dump(state) == before  # nobody changed the older value
        state = RULES.load(RULES.dump(folded))
        assert RULES.dump(state) == RULES.dump(folded)
    assert RULES.dump(state) == RULES.dump(table.sheet)
    # What was loaded goes on like what was lived through.
    for name in ["redo"] * 2 + ["undo"] * 3 + ["redo"] * 5:
        for actor in (ANA, BEN, CLEO):
            try:
                event = table.do(name, actor)
            except Refusal:
                continue
            state = RULES.evolve(state, event, actor=actor, index=len(table.log) - 1)
            assert RULES.scoreboard(state) == table.board


def test_a_pile_of_a_hundred_thousand_writes_is_taken_down_again() -> None:
    table = Table()
    event = table.add(0, 1)
    long = RULES.fold(table.sheet, ((event, ANA, index) for index in range(1, 100_000)))
    undone = RULES.fold(long, [(table.do("undo"), ANA, 100_000)])
    assert RULES.load(RULES.dump(undone)).column(0, "points").total == undone.column(0, "points").total


def test_what_was_undone_before_a_snapshot_cannot_be_redone_after_another_write() -> None:
    table = Table()
    for value in (1, 2):
        table.add(0, value)
    table.do("undo")
    loaded = RULES.load(RULES.dump(table.sheet))
    event = table.add(0, 5)
    state = RULES.load(RULES.dump(RULES.fold(loaded, [(event, ANA, len(table.log) - 1)])))
    assert RULES.dump(state) == RULES.dump(table.sheet)
    table.sheet = state
    with pytest.raises(Refusal):
        table.do("redo")
