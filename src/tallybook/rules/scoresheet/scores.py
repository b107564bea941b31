"""The board and the outcome of a scoresheet, in exact arithmetic."""

from collections.abc import Collection, Mapping

from tallybook.rules.protocol import (
    CellScore,
    Outcome,
    Placing,
    Scoreboard,
    SeatScore,
    StatScore,
)
from tallybook.rules.scoresheet.sheet import Column, Layout, Sheet
from tallybook.rules.scoresheet.values import EXACT, Kind, Number, canonical


def scoreboard(sheet: Sheet) -> Scoreboard:
    """The whole board. A stat stands in `values` once it has a value: empty is not zero."""
    layout = sheet.layout
    totals = {seat.seat: total(sheet, seat.seat) for seat in layout.seats}
    ranks = _ranks(layout, totals)
    return Scoreboard(
        round=sheet.round,
        seats=tuple(
            SeatScore(
                seat=seat.seat,
                total=_shown(layout, totals[seat.seat]),
                rank=ranks[seat.seat],
                values=_values(sheet, seat.seat),
            )
            for seat in layout.seats
        ),
        table=_values(sheet, None),
        missing=tuple(seat.seat for seat in layout.seats if _missing(sheet, seat.seat)),
    )


def outcome(sheet: Sheet) -> Outcome:
    """How it stands. Nobody wins by the sheet alone in a cooperative game, in one without a winner, and
    where no score was written; a seat without any score has none rather than 0, and comes after those that
    have one.
    """
    layout = sheet.layout
    totals = {seat.seat: total(sheet, seat.seat) for seat in layout.seats}
    scored = {seat.seat for seat in layout.seats if _scored(sheet, seat.seat)}
    places = _places(layout, totals, scored)
    decides = layout.config.win in {"highest", "lowest"} and bool(scored)
    return Outcome(
        tuple(
            Placing(
                seat=seat.seat,
                place=places[seat.seat],
                winner=decides and places[seat.seat] == 1,
                score=_shown(layout, totals[seat.seat]) if seat.seat in scored else None,
            )
            for seat in layout.seats
        )
    )


def total(sheet: Sheet, seat: int) -> Number:
    row = sheet.rows.get(seat)
    result: Number = 0
    if row is not None:
        for stat in sheet.layout.scoring:
            column = row.get(stat)
            if column is not None:
                result = EXACT.add(result, column.total) if sheet.layout.decimal else result + column.total
    return result


def _shown(layout: Layout, number: Number) -> int | str:
    return canonical(number) if layout.decimal else int(number)


def _scored(sheet: Sheet, seat: int) -> bool:
    return any(sheet.column(seat, stat).values for stat in sheet.layout.scoring)


def _missing(sheet: Sheet, seat: int) -> bool:
    row = sheet.rows.get(seat, {})
    for stat in sheet.layout.scoring:
        column = row.get(stat)
        if column is None or sheet.round not in column.values:
            return True
    return False


def _places(layout: Layout, totals: Mapping[int, Number], scored: Collection[int]) -> dict[int, int]:
    """The ranks among those who scored, alone or with their team; the others share the place after them."""
    if layout.config.win == "cooperative":
        return dict.fromkeys(totals, 1)
    units = _units(layout)
    ahead = {units[seat] for seat in scored}
    ranks = _ranks(layout, {seat: totals[seat] for seat in totals if units[seat] in ahead})
    return {seat: ranks.get(seat, 1 + len(ahead)) for seat in totals}


def _units(layout: Layout) -> dict[int, int | str]:
    """What each seat is ranked as: itself, or its team."""
    return {seat.seat: seat.seat if seat.team is None else seat.team for seat in layout.seats}


def _ranks(layout: Layout, totals: Mapping[int, Number]) -> dict[int, int]:
    """Competition ranks (1, 2, 2, 4). The seats of a team share its sum and rank; a team counts once."""
    if layout.config.win == "cooperative":
        return dict.fromkeys(totals, 1)
    by_seat = totals
    sums: Collection[Number] = totals.values()
    if layout.teams:
        units = {seat: unit for seat, unit in _units(layout).items() if seat in totals}
        of_units: dict[str | int, Number] = {}
        for seat, unit in units.items():
            before = of_units.get(unit)
            of_units[unit] = totals[seat] if before is None else EXACT.add(before, totals[seat])
        sums = of_units.values()
        by_seat = {seat: of_units[unit] for seat, unit in units.items()}
    rank_of: dict[Number, int] = {}
    for rank, value in enumerate(sorted(sums, reverse=layout.config.win != "lowest"), start=1):
        rank_of.setdefault(value, rank)
    return {seat: rank_of[value] for seat, value in by_seat.items()}


def _values(sheet: Sheet, seat: int | None) -> dict[str, StatScore]:
    row = sheet.rows.get(seat)
    if not row:
        return {}
    kinds, used = sheet.layout.kinds, sheet.rounds_used
    values: dict[str, StatScore] = {}
    for stat, kind in kinds.items():  # in the order of the definitions
        column = row.get(stat)
        if column is None or not column.values:
            continue
        values[stat] = _shown_column(column, kind, rounds=used)
    return values


def _shown_column(column: Column, kind: Kind, *, rounds: bool) -> StatScore:
    """A column on the board; one that did not change since is not worked out again."""
    shown = column.shown
    if shown is None or column.shown_rounds != rounds:
        by_round = tuple(
            [CellScore(number if rounds else None, value) for number, value in sorted(column.values.items())]
        )
        total = kind.show(column.total) if kind.numeric else by_round[-1].value
        column.shown = shown = StatScore(total, by_round)
        column.shown_rounds = rounds
    return shown
