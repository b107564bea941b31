"""What persons did in a game, read back from the ledger for rules to judge."""

import re
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, select

from tallybook.accounts.tables import merges
from tallybook.careers.events import ScoreSubmitted, StatsReported
from tallybook.careers.streams import career_id
from tallybook.catalogue.achievement_earning import (
    Happening,
    Past,
    ScoreGiven,
    SessionPlayed,
    StatReported,
    TimePlayed,
)
from tallybook.catalogue.achievement_rules import Rule, Source, looks_into_rounds, sources_of
from tallybook.catalogue.statistics import statistics_of
from tallybook.kernel.events import Recorded, registry
from tallybook.ledger.append import EMPTY
from tallybook.ledger.states import load, newer_events_of
from tallybook.ledger.tables import events
from tallybook.projections.merges import OPEN
from tallybook.projections.records.reading import by_and_by
from tallybook.projections.results import people, results
from tallybook.projections.standings import Played, count, seats_of
from tallybook.rules.protocol import SeatScore, Value
from tallybook.rules.scoresheet.values import EXACT
from tallybook.sessions.events import Result, ResultCorrected, SeatResult, SessionFinished
from tallybook.sessions.fold import SessionFold
from tallybook.sessions.session import Session

_FOLD = SessionFold()
_FOLDED_AT_ONCE = 50  # sessions whose rounds are looked into
_IN_CAREERS: Mapping[Source, str] = {"reports": "stats_reported.", "scores": "score_submitted."}
MOST_REMEMBERED = 100_000  # happenings of careers, beside those of the career looked at last
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)


class PastCareers:
    """What happened in careers, as far as it was looked at: they only grow, so that what is new is enough.

    For one reader at a time.
    """

    def __init__(self) -> None:
        self._careers = OrderedDict[UUID, tuple[int, Sequence[Happening]]]()
        self._size = 0

    def upto(self, career: UUID) -> int:
        """The index of the last event that is known; -1 for none."""
        known = self._careers.get(career)
        return EMPTY if known is None else known[0]

    def go_on(self, career: UUID, index: int, newer: Sequence[Happening]) -> Sequence[Happening]:
        """Everything that happened, once events up to an index are known as well."""
        _, before = self._careers.pop(career, (EMPTY, ()))
        everything = [*before, *newer] if newer else before
        self._careers[career] = index, everything
        self._size += len(newer)
        while self._size > MOST_REMEMBERED and len(self._careers) > 1:
            _, (_, forgotten) = self._careers.popitem(last=False)
            self._size -= len(forgotten)
        return everything


def pasts(
    connection: Connection,
    slot: str,
    game_id: UUID,
    persons: Collection[UUID],
    rules: Iterable[Rule],
    remembered: PastCareers | None = None,
) -> dict[UUID, Past]:
    """By person, everything that rules of the game look at; `slot` is that of the sessions' directory."""
    rules = list(rules)
    sources: frozenset[Source] = frozenset().union(*map(sources_of, rules))
    found: dict[UUID, list[Happening]] = {person: [] for person in persons}
    if "sessions" in sources:
        rounds = any(map(looks_into_rounds, rules))
        for person, happening in _sessions(connection, slot, game_id, persons, rounds=rounds):
            found[person].append(happening)
    if wanted := [name for source, name in _IN_CAREERS.items() if source in sources]:
        if remembered is not None:  # for any rule
            wanted = list(_IN_CAREERS.values())
        for person, happening in _careers(connection, game_id, persons, wanted, remembered or PastCareers()):
            found[person].append(happening)
    declared = statistics_of(connection, [game_id])[game_id] if "reports" in sources else {}
    aggregations = {key: statistic.aggregation for key, statistic in declared.items()}
    return {person: Past(happenings, aggregations) for person, happenings in found.items()}


def _sessions(
    connection: Connection, slot: str, game_id: UUID, persons: Collection[UUID], *, rounds: bool
) -> Iterator[tuple[UUID, Happening]]:
    there, held = people[slot], results[slot]
    query = (
        select(
            there.c.person_id,
            there.c.player_id,
            held.c.session_id,
            held.c.ended_at,
            held.c.playtime,
            events.c.position,
            events.c.type,
            events.c.payload,
        )
        .join(held, (held.c.session_id == there.c.session_id) & (held.c.to_position == OPEN))
        .join(events, events.c.position == held.c.from_position)
        .where(there.c.person_id.in_(persons), there.c.game_id == game_id, there.c.sat == 1)
    )
    own: dict[tuple[UUID, UUID], set[UUID]] = {}
    rows: dict[UUID, Any] = {}
    for row in connection.execute(query):
        rows[row.session_id] = row
        own.setdefault((row.person_id, row.session_id), set()).add(row.player_id)
    said = {session_id: _result(row) for session_id, row in rows.items()}
    won: dict[UUID, list[tuple[UUID, SeatResult, SessionPlayed]]] = {}
    for (person, session_id), players in own.items():
        row, result = rows[session_id], said[session_id]
        seats = [seat for seat in result.seats if seat.player_id in players and not seat.is_bot]
        if not seats:
            continue
        mine = min(seats, key=lambda seat: (not seat.winner, seat.place))
        happening = _played(row, result, players, mine)
        if rounds and happening.outcome == "won":
            won.setdefault(session_id, []).append((person, mine, happening))
        else:
            yield person, happening
    later = list(won)
    for start in range(0, len(later), _FOLDED_AT_ONCE):
        some = later[start : start + _FOLDED_AT_ONCE]
        loaded = load(connection, dict.fromkeys(some, _FOLD), {}, {})
        for session_id in some:
            for person, mine, happening in won[session_id]:
                yield person, _with_rounds(happening, loaded[session_id].at.state, mine.seat)


def _result(row: Any) -> Result:
    event = registry.decode(row.type, bytes(row.payload))
    assert isinstance(event, SessionFinished | ResultCorrected)
    return event.result


def _played(row: Any, result: Result, players: set[UUID], mine: SeatResult) -> SessionPlayed:
    played = Played(row.session_id, row.session_id, result.win, row.ended_at, row.playtime, seats_of(result))
    counted = count(played, players)
    return SessionPlayed(
        at=row.ended_at,
        position=row.position,
        outcome=counted.outcome,
        values={
            stat: number for stat, value in mine.values.items() if (number := _number(value)) is not None
        },
        score=None if mine.score is None else Decimal(mine.score),
        playtime=row.playtime // 1_000,
        rounds=result.rounds,
    )


def _number(value: Value) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _with_rounds(happening: SessionPlayed, session: Session | None, seat: int) -> SessionPlayed:
    """The same with how far behind the seat was in the course of its session."""
    assert session is not None
    board = session.plugin.scoreboard(session.rules_state)
    units = {each.seat: each.team or str(each.seat) for each in session.seats}
    course = list(_course(board.seats, units, {stat.name for stat in session.config.stats if stat.scoring}))
    sign = -1 if session.config.win == "lowest" else 1
    behind, last_at_half = Decimal(0), False
    for number, totals in enumerate(course[:-1], 1):
        worth = {unit: sign * total for unit, total in totals.items()}
        mine, best = worth[units[seat]], max(worth.values())
        behind = max(behind, best - mine)
        if number == len(course) // 2:
            last_at_half = mine == min(worth.values()) < best
    return replace(happening, behind=behind, last_at_half=last_at_half)


def _course(
    seats: Sequence[SeatScore], units: Mapping[int, str], scoring: Collection[str]
) -> Iterator[dict[str, Decimal]]:
    """The totals of everybody who counts as one, after each round."""
    cells: dict[int, list[tuple[str, Decimal]]] = {}
    for line in seats:
        for stat, score in line.values.items():
            for cell in score.by_round if stat in scoring else ():
                number = _number(cell.value)
                if cell.round is not None and number is not None:
                    cells.setdefault(cell.round, []).append((units[line.seat], number))
    totals = {unit: Decimal(0) for unit in units.values()}
    for _, scored in sorted(cells.items()):
        for unit, number in scored:
            totals[unit] = EXACT.add(totals[unit], number)
        yield dict(totals)


def _careers(
    connection: Connection,
    game_id: UUID,
    persons: Collection[UUID],
    wanted: Sequence[str],
    remembered: PastCareers,
) -> Iterator[tuple[UUID, Happening]]:
    merged = select(merges.c.player_id, merges.c.into_id).where(merges.c.into_id.in_(persons))
    players = {person: person for person in persons}
    players |= {row.player_id: row.into_id for row in connection.execute(merged)}
    streams = {career_id(game_id, player): person for player, person in sorted(players.items())}
    ends = {stream: remembered.upto(stream) for stream in streams}
    newer: dict[UUID, list[Happening]] = {stream: [] for stream in streams}
    events_of = newer_events_of(wanted[0] if len(wanted) == 1 else "")
    for row in by_and_by(connection, events_of.run(connection, sorted(ends.items()))):
        recorded = Recorded(*row)
        ends[recorded.stream] = recorded.index
        if recorded.type.startswith(tuple(wanted)):
            newer[recorded.stream] += _in_career(recorded)
    for stream, person in streams.items():
        for happening in remembered.go_on(stream, ends[stream], newer[stream]):
            yield person, happening


def _in_career(recorded: Recorded) -> Iterator[Happening]:
    at, position = recorded.happened_at, recorded.position
    match recorded.event:
        case ScoreSubmitted(board=board, score=score, bot=False):
            yield ScoreGiven(at=at, position=position, board=board, score=Decimal(score))
        case StatsReported(values=values, playtime=playtime, bot=False):
            for said in values:
                number = said.delta if said.value is None else said.value
                assert number is not None
                yield StatReported(
                    at=at,
                    position=position,
                    stat=said.stat,
                    value=Decimal(number),
                    delta=said.value is None,
                )
            if playtime:
                yield TimePlayed(at=at, position=position, playtime=playtime)
