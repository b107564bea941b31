"""A session step by step: who did what to which cell, and how it stood afterwards."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, cast
from uuid import UUID

import msgspec
from msgspec import Meta

from tallybook.access.actor import Actor
from tallybook.accounts.names import Names
from tallybook.delivery.tables import Tables, has_texts, sight_of
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import not_found
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.desk import FOLD
from tallybook.rules.protocol import StatScore, Viewer
from tallybook.sessions.board import Board, board
from tallybook.sessions.redaction import view_event, view_state
from tallybook.sessions.session import Session

MOST_STEPS = 500  # in one answer

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Shown = int | str | bool | None


class TimelineSeat(msgspec.Struct, frozen=True):
    seat: int
    player_id: UUID
    name: str | None
    team: str | None


class SeatTotal(msgspec.Struct, frozen=True):
    seat: int
    total: int | str


class Step(msgspec.Struct, frozen=True):
    """One event. `kind` is its type without family and version, such as `value_recorded`.

    `seat`, `stat` and `round` say which cell it is about, with the cell's value `before` and `after`;
    they are null where they do not apply, `seat` also for a stat of the table. `totals` hold after it.
    """

    index: int
    at: Time
    actor: UUID | None
    kind: str
    seat: int | None
    stat: str | None
    round: int | None
    before: Shown
    after: Shown
    totals: tuple[SeatTotal, ...]


class Timeline(msgspec.Struct, frozen=True):
    """`seats` are everybody who sat there at any time up to now; `more` says that steps follow."""

    session_id: UUID
    seats: tuple[TimelineSeat, ...]
    steps: tuple[Step, ...]
    more: bool


class Timelines:
    """Reads timelines, as far as the reader may see the session."""

    def __init__(self, ledger: Ledger, tables: Tables, names: Names) -> None:
        self._ledger = ledger
        self._tables = tables
        self._names = names

    async def timeline(self, actor: Actor, session_id: UUID, *, after: int, limit: int) -> bytes:
        at = cast("Versioned[Session | None]", await self._ledger.state(session_id, FOLD))
        if at.state is None:
            raise not_found("session")
        await self._tables.require_sight(actor, at.state)
        # The state behind each step follows from all events before it, so they are read from the start.
        found = await self._ledger.events(session_id, upto=min(at.index, after + limit))
        texts = await self._ledger.texts(session_id) if has_texts(at.state) else {}
        steps, seats = await asyncio.to_thread(_walk, found, after, sight_of(at.state, actor), texts)
        names = await self._names.of(set(seats.values()))
        teams = {seat.seat: seat.team for seat in at.state.seats}
        sat = tuple(
            TimelineSeat(seat, player_id, names.get(player_id), teams.get(seat))
            for seat, player_id in sorted(seats.items())
        )
        more = bool(found) and found[-1].index < at.index
        return msgspec.json.encode(Timeline(session_id, sat, tuple(steps), more))


def _walk(
    events: Sequence[Recorded], after: int, viewer: Viewer, texts: Mapping[str, str]
) -> tuple[list[Step], dict[int, UUID]]:
    """The steps behind `after`, and who sat on which seat last."""
    known = sum(recorded.index <= after for recorded in events)
    session = FOLD.fold(None, events[:known])
    seats: dict[int, UUID] = {}
    before = None if session is None else _board(session, viewer, texts)
    steps: list[Step] = []
    for recorded in events[known:]:
        session = FOLD.evolve(session, recorded)
        assert session is not None
        now = _board(session, viewer, texts)
        seats |= {seat.seat: seat.player_id for seat in session.seats}
        if view_event(session, recorded, viewer) is not None:
            steps.append(_step(recorded, before, now))
        before = now
    return steps, seats


def _board(session: Session, viewer: Viewer, texts: Mapping[str, str]) -> Board:
    return board(view_state(session, viewer), session_id=session.room_id, index=0, names={}, texts=texts)


def _step(recorded: Recorded, before: Board | None, now: Board) -> Step:
    event = recorded.event
    seat, stat, in_round = (getattr(event, name, None) for name in ("seat", "stat", "round"))
    return Step(
        index=recorded.index,
        at=iso(recorded.happened_at),
        actor=recorded.actor,
        kind=recorded.type.rpartition(".v")[0].rpartition(".")[2],
        seat=seat,
        stat=stat,
        round=in_round or (None if stat is None else 1),
        before=_value(before, seat, stat, in_round),
        after=_value(now, seat, stat, in_round),
        totals=tuple(SeatTotal(line.seat, line.total) for line in now.seats),
    )


def _value(shown: Board | None, seat: int | None, stat: str | None, in_round: int | None) -> Shown:
    """What a cell of a board holds, None when it is empty or there is none."""
    if shown is None or stat is None:
        return None
    values: Mapping[str, StatScore] = shown.table
    if seat is not None:
        values = next((line.values for line in shown.seats if line.seat == seat), {})
    if stat not in values:
        return None
    score = msgspec.to_builtins(values[stat])
    cells = {each["round"] or 1: each["value"] for each in score["by_round"]}
    return cast("Shown", cells.get(in_round or 1))
