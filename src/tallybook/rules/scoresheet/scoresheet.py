"""Manual scoring as a plug-in: what scorekeepers ask for becomes events."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random  # noqa: TID251  # only the type: the generator comes from the session's seed
from typing import ClassVar
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event
from tallybook.kernel.randomness import Seed
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.rules.protocol import (
    Command,
    Config,
    Deadline,
    Happened,
    MoveRejected,
    Outcome,
    Rules,
    Scoreboard,
    Seat,
    Value,
    Viewer,
)
from tallybook.rules.scoresheet.commands import Clear, NextRound, Record, Redo, Undo
from tallybook.rules.scoresheet.events import (
    RoundStarted,
    ValueCleared,
    ValueRecorded,
    WriteRedone,
    WriteUndone,
)
from tallybook.rules.scoresheet.history import Write
from tallybook.rules.scoresheet.scores import outcome, scoreboard, total
from tallybook.rules.scoresheet.sheet import Draft, Layout, Sheet, begin
from tallybook.rules.scoresheet.snapshots import dump, load
from tallybook.rules.scoresheet.stats import checked_stats
from tallybook.rules.scoresheet.values import LARGEST, Kind, refuse

MOST_ROUNDS = 1000

_PUBLIC = (ValueRecorded, ValueCleared, RoundStarted, WriteUndone, WriteRedone)


class Scoresheet(Rules[Sheet]):
    """People keep the score. Rounds, stats and seats are as the table wants them."""

    id = "scoresheet"
    version = 1
    commands: ClassVar[Mapping[str, type[Command]]] = {
        command.name: command for command in (Record, Clear, Undo, Redo, NextRound)
    }
    manual = True
    secret = False

    def configure(self, config: Config) -> Config:
        if config.options:
            raise invalid("config", "a scoresheet has no options")
        return msgspec.structs.replace(config, stats=checked_stats(config.stats))

    def initial(self, config: Config, seats: Sequence[Seat], seed: Seed) -> Sequence[Event]:
        return ()

    def start(self, config: Config, seats: Sequence[Seat]) -> Sheet:
        return begin(config, seats)

    def reseat(self, state: Sheet, seats: Sequence[Seat]) -> Sheet:
        return msgspec.structs.replace(state, layout=Layout(state.layout.config, seats))

    def decide(
        self,
        state: Sheet,
        command: Command,
        seat: Seat | None,
        *,
        actor: UUID,
        index: int,
        merged: Collection[UUID] = (),
    ) -> Sequence[Event]:
        match command:
            case Record():
                return (_record(state, command),)
            case Clear():
                return _clear(state, command)
            case Undo():
                return (_undo(state, actor, merged),)
            case Redo():
                return (_redo(state, actor),)
            case NextRound():
                if state.round >= MOST_ROUNDS:
                    raise refuse("out_of_range", "round", f"at most {MOST_ROUNDS}")
                return (RoundStarted(state.round + 1),)
        raise TypeError(f"a scoresheet knows no {type(command).__name__}")

    def evolve(self, state: Sheet, event: Event, *, actor: UUID | None, index: int) -> Sheet:
        draft = Draft(state)
        draft.apply(event, actor, index)
        return draft.finish()

    def fold(self, state: Sheet, events: Iterable[Happened]) -> Sheet:
        draft = Draft(state)
        for event, actor, index in events:
            draft.apply(event, actor, index)
        return draft.finish()

    def legal(self, state: Sheet, seat: Seat) -> Sequence[Command]:
        """Only what needs no further choice: the next round, undo and redo."""
        legal: list[Command] = [NextRound()] if state.round < MOST_ROUNDS else []
        for command in (Undo(), Redo()):
            try:
                self.decide(state, command, seat, actor=seat.player_id, index=0)
            except Refusal:
                continue
            legal.append(command)
        return legal

    def deadlines(self, state: Sheet) -> Sequence[Deadline]:
        return ()

    def scoreboard(self, state: Sheet) -> Scoreboard:
        return scoreboard(state)

    def outcome(self, state: Sheet) -> Outcome:
        return outcome(state)

    def over(self, state: Sheet) -> bool:
        return False

    def view(self, state: Sheet, event: Event, viewer: Viewer) -> Event | None:
        """Everybody sees every event of a scoresheet, and none of anything else."""
        return event if isinstance(event, _PUBLIC) else None

    def view_state(self, state: Sheet, viewer: Viewer) -> Sheet:
        return state

    def bot(self, view: Sheet, seat: Seat, random: Random) -> Command:
        raise MoveRejected("a scoresheet is kept by people")

    def dump(self, state: Sheet) -> bytes:
        return dump(state)

    def load(self, data: bytes) -> Sheet:
        return load(data)


def _record(sheet: Sheet, command: Record) -> ValueRecorded:
    kind = _kind(sheet, command.seat, command.stat)
    if (command.value is msgspec.UNSET) == (command.delta is msgspec.UNSET):
        raise invalid("value", "give either value or delta")
    in_round = _round(sheet, command.round)
    before = sheet.column(command.seat, command.stat).values.get(in_round or 1)
    delta: int | str | None = None
    if command.value is None:
        raise invalid("value", "null is not a value; `clear` empties a cell")
    if command.value is not msgspec.UNSET:
        value = kind.read(command.value)
    else:
        delta = kind.read_delta(command.delta)
        value = kind.add(before, delta)
    _check(sheet, kind, command.seat, before, value)
    return ValueRecorded(command.seat, command.stat, value, in_round, delta)


def _clear(sheet: Sheet, command: Clear) -> Sequence[Event]:
    _kind(sheet, command.seat, command.stat)
    in_round = _round(sheet, command.round)
    if sheet.column(command.seat, command.stat).values.get(in_round or 1) is None:
        return ()
    return (ValueCleared(command.seat, command.stat, in_round),)


def _undo(sheet: Sheet, actor: UUID, merged: Collection[UUID]) -> WriteUndone:
    draft = Draft(sheet)
    write = draft.undo(actor, draft.history().last_writer(actor, merged))
    if write is None:
        raise Refusal("nothing_to_undo", "you have written nothing that could be taken back")
    if write.act == "round":
        return WriteUndone(undone=write.index, round=draft.round)
    value = _revised(sheet, draft, write)
    return WriteUndone(undone=write.index, seat=write.seat, stat=write.stat, round=write.round, value=value)


def _redo(sheet: Sheet, actor: UUID) -> WriteRedone:
    draft = Draft(sheet)
    write = draft.redo(actor)
    if write is None:
        raise Refusal("nothing_to_redo", "you have undone nothing since you last wrote")
    if write.act == "round":
        if draft.round > MOST_ROUNDS:
            raise refuse("out_of_range", "round", f"at most {MOST_ROUNDS}")
        return WriteRedone(redone=write.index, round=draft.round)
    value = _revised(sheet, draft, write)
    return WriteRedone(redone=write.index, seat=write.seat, stat=write.stat, round=write.round, value=value)


def _revised(sheet: Sheet, draft: Draft, write: Write) -> Value | None:
    """What the cell of `write` holds in the draft; refused where that is outside the stat's bounds."""
    before = sheet.column(write.seat, write.stat).values.get(write.round or 1)
    value = draft.value(write)
    _check(sheet, sheet.layout.kinds[write.stat], write.seat, before, value)
    return value


def _kind(sheet: Sheet, seat: int | None, stat: str) -> Kind:
    kind = sheet.layout.kinds.get(stat)
    if kind is None:
        raise refuse("unknown_stat", "stat", f"the session has no stat {stat[:100]!r}")
    if seat is None:
        if kind.stat.scope != "table":
            raise refuse("unknown_seat", "seat", f"{stat!r} is counted for each seat: name one")
    elif kind.stat.scope == "table":
        raise refuse("unknown_seat", "seat", f"{stat!r} belongs to the table: the seat must be null")
    elif seat not in sheet.layout.seat_numbers:
        raise refuse("unknown_seat", "seat", f"there is no seat {seat}")
    return kind


def _round(sheet: Sheet, named: int | None) -> int | None:
    """The round as the event says it: None in round 1 unless somebody named it."""
    if named is None:
        return None if sheet.round == 1 else sheet.round
    if not 1 <= named <= MOST_ROUNDS:
        raise refuse("out_of_range", "round", f"must be from 1 to {MOST_ROUNDS}")
    return named


def _check(sheet: Sheet, kind: Kind, seat: int | None, before: Value | None, after: Value | None) -> None:
    """Refuse a cell outside its bounds, and sums that clients could not read exactly."""
    if after is not None:
        kind.check(after)
    if not kind.numeric or kind.stat.data_type == "decimal":
        return
    change = kind.retotal(0, before, after)
    sums = [sheet.column(seat, kind.stat.name).total + change]
    if seat is not None and kind.stat.scoring and not sheet.layout.decimal:
        sums.append(total(sheet, seat) + change)
    if any(not -LARGEST <= number <= LARGEST for number in sums):
        raise refuse("out_of_range", "value", f"the total would leave ±{LARGEST}")
