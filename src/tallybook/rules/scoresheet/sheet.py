"""The state of a scoresheet and how events change it: the hottest code of the server.

A `Sheet` is a value: nobody changes the dicts in it. A `Draft` is a private copy that copies each part
when it first changes it, so that evolving once and folding a whole log are the same code.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event
from tallybook.kernel.text import FreeText
from tallybook.rules.protocol import Config, Seat, StatScore, Value
from tallybook.rules.scoresheet.events import (
    RoundStarted,
    ValueCleared,
    ValueRecorded,
    WriteRedone,
    WriteUndone,
)
from tallybook.rules.scoresheet.history import History, Write
from tallybook.rules.scoresheet.values import Kind, Number, kind_of

ScoresheetEvent = ValueRecorded | ValueCleared | RoundStarted | WriteUndone | WriteRedone


class Layout:
    """What the config and the seats say about a sheet, worked out once."""

    def __init__(self, config: Config, seats: Sequence[Seat]) -> None:
        self.config = config
        self.seats = tuple(seats)
        self.kinds: Mapping[str, Kind] = {stat.name: kind_of(stat) for stat in config.stats}
        self.scoring = tuple(stat.name for stat in config.stats if stat.scoring)
        self.decimal = any(stat.scoring and stat.data_type == "decimal" for stat in config.stats)
        self.seat_numbers = frozenset(seat.seat for seat in seats)
        self.teams = any(seat.team is not None for seat in seats)


class Column(msgspec.Struct, eq=False):
    """A stat of one seat or of the table: its values by round, and their sum where adding makes sense."""

    values: dict[int, Value]
    total: Number
    shown: StatScore | None = None  # as the board has it, once somebody has looked
    shown_rounds: bool = False  # whether that names the rounds


Rows = dict[int | None, dict[str, Column]]  # by seat (None is the table), by stat
EMPTY = Column({}, 0)


class Recent(msgspec.Struct, frozen=True, eq=False):
    """Writes that are not in the history yet, newest first: it is only needed once somebody undoes."""

    write: Write
    actor: UUID | None
    before: "Recent | None"


def in_order(recent: Recent | None) -> Iterable[tuple[Write, UUID | None]]:
    """These writes and those before, oldest first, with who made them."""
    newest_first = []
    while recent is not None:
        newest_first.append((recent.write, recent.actor))
        recent = recent.before
    return reversed(newest_first)


class Sheet(msgspec.Struct, frozen=True, eq=False):
    layout: Layout
    round: int
    rounds_used: bool  # a round was named or started, so that clients show rounds
    rows: Rows
    history: History | bytes  # bytes as long as nobody has undone anything since a snapshot was loaded
    recent: Recent | None = None

    def column(self, seat: int | None, stat: str) -> Column:
        row = self.rows.get(seat)
        return EMPTY if row is None else row.get(stat, EMPTY)


class Draft:
    """A sheet that is being changed. It reads from the sheet it began with whatever it did not touch."""

    __slots__ = (
        "_given_history",
        "_history",
        "_own_columns",
        "_own_rows",
        "_recent",
        "_rows",
        "layout",
        "round",
        "rounds_used",
    )

    def __init__(self, sheet: Sheet) -> None:
        self.layout = sheet.layout
        self.round = sheet.round
        self.rounds_used = sheet.rounds_used
        self._rows = dict(sheet.rows)
        self._own_rows: set[int | None] = set()  # made by this draft, as these columns were
        self._own_columns: dict[tuple[int | None, str], Column] = {}
        self._given_history = sheet.history
        self._history: History | None = None  # once it is this draft's own
        self._recent = sheet.recent

    def finish(self) -> Sheet:
        """The changed sheet; the draft must not be used any more."""
        history = self._history or self._given_history
        return Sheet(self.layout, self.round, self.rounds_used, self._rows, history, self._recent)

    def apply(self, event: Event, actor: UUID | None, index: int) -> None:
        event = cast("ScoresheetEvent", event)
        match event:
            case ValueRecorded():
                value, delta = _without_text(event.value), event.delta
                write = (
                    Write(index, "set", event.seat, event.stat, event.round, value)
                    if delta is None
                    else Write(index, "add", event.seat, event.stat, event.round, delta)
                )
                self._write(write, actor)
                self._put(event.seat, event.stat, event.round, value)
            case ValueCleared():
                self._write(Write(index, "clear", event.seat, event.stat, event.round), actor)
                self._put(event.seat, event.stat, event.round, None)
            case RoundStarted():
                self._write(Write(index, "round"), actor)
                self.round = event.round
                self.rounds_used = True
            case WriteUndone():
                self.undo(actor, self.history().writer_of(event.undone, actor))
            case WriteRedone():
                self.redo(actor)

    def undo(self, actor: UUID | None, writer: UUID | None) -> Write | None:
        write = self.history().undo(actor, writer)
        self._revise(write, -1)
        return write

    def redo(self, actor: UUID | None) -> Write | None:
        write = self.history().redo(actor)
        self._revise(write, 1)
        return write

    def value(self, write: Write) -> Value | None:
        """What the cell of `write` holds now."""
        return self.history().value(write.place)

    def history(self) -> History:
        """The history with every write in it, this draft's to change."""
        if self._history is None:
            given = self._given_history
            self._history = (
                History.unpack(self.layout.kinds, given) if isinstance(given, bytes) else given.copy()
            )
        recent, self._recent = self._recent, None
        for write, actor in in_order(recent):
            self._history.write(write, actor)
        return self._history

    def _write(self, write: Write, actor: UUID | None) -> None:
        self._recent = Recent(write, actor, self._recent)

    def _revise(self, write: Write | None, rounds: int) -> None:
        if write is None:
            return
        if write.act == "round":
            self.round += rounds
        else:
            self._put(write.seat, write.stat, write.round, self.value(write))

    def _put(self, seat: int | None, stat: str, in_round: int | None, value: Value | None) -> None:
        column = self._own_columns.get((seat, stat))
        if column is None:
            column = self._own_columns[seat, stat] = self._take_over(seat, stat)
        values = column.values
        if in_round is None:
            in_round = 1
        else:
            self.rounds_used = True
        before = values.get(in_round)
        if value is None:
            values.pop(in_round, None)
        else:
            values[in_round] = value
        column.total = self.layout.kinds[stat].retotal(column.total, before, value)

    def _take_over(self, seat: int | None, stat: str) -> Column:
        """A column for this draft to change, in a row of its own."""
        row = self._rows.get(seat, {})
        if seat not in self._own_rows:
            row = self._rows[seat] = dict(row)
            self._own_rows.add(seat)
        given = row.get(stat, EMPTY)
        column = row[stat] = Column(dict(given.values), given.total)
        return column


def _without_text(value: Value) -> Value:
    return value.without_text() if isinstance(value, FreeText) else value


def begin(config: Config, seats: Sequence[Seat]) -> Sheet:
    layout = Layout(config, seats)
    history = History(layout.kinds, {}, {}, {})
    return Sheet(layout, round=1, rounds_used=False, rows={}, history=history)
