"""Leaderboards counted plainly from the whole ledger: what the entries are held against."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.careers.events import (
    AchievementRevoked,
    AchievementUnlocked,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.catalogue.boards import Definition, board_id
from tallybook.catalogue.events import BoardPeriodBegun
from tallybook.kernel.events import Recorded
from tallybook.projections.records.contributions import team_id
from tallybook.sessions.events import ResultCorrected, SessionFinished, SessionVoided
from tests.projections.evenings import MINUTE, game, player

PLAYERS = range(4)


def recount(log: Iterable[Recorded], key: str, definition: Definition) -> dict[tuple[int, UUID], Any]:
    """By period and member of one board: value, second, and the position that made it so; by hand, from the
    whole log."""
    person = {player(n): player(n) for n in PLAYERS}
    given: list[tuple[int, int, UUID, str | None, Decimal, Decimal, bool]] = []
    achieved: list[tuple[int, int, Any]] = []
    results: dict[UUID, Any] = {}
    finished: dict[UUID, tuple[int, int]] = {}
    begun = {
        recorded.event.at
        for recorded in log
        if isinstance(recorded.event, BoardPeriodBegun) and recorded.event.board == board_id(game(0), key)
    }

    def number(value: Any) -> Decimal:
        return round(Decimal(value or 0), definition.decimals)

    def period_of(at: int) -> int:
        minutes = {"*/7 * * * *": 7, "*/9 * * * *": 9}.get(definition.schedule)
        if minutes:
            hour = at // (60 * MINUTE) * 60 * MINUTE
            return hour + (at - hour) // MINUTE // minutes * minutes * MINUTE
        if definition.schedule == "manual":
            return max((begins for begins in begun if begins <= at), default=0)
        return 0

    def believed(event: ScoreSubmitted | StatsReported, at: int, told: int) -> bool:
        if not event.client:
            return True
        return not definition.server and (at > told - MINUTE or period_of(at) == period_of(told - MINUTE))

    for recorded in log:
        event, at, position = recorded.event, recorded.at or recorded.committed_at, recorded.position
        if isinstance(event, PlayerMerged):
            person[recorded.stream] = event.into
        elif isinstance(event, PlayerSplit):
            person[recorded.stream] = recorded.stream
        elif isinstance(event, SessionFinished | ResultCorrected):
            results[recorded.stream] = event.result
            finished.setdefault(recorded.stream, (position, at))
        elif isinstance(event, SessionVoided):
            del results[recorded.stream]
        elif isinstance(event, ScoreSubmitted):
            named = definition.source == "scores" and event.board == board_id(game(0), key)
            acted = definition.source == "action" and event.action == definition.of
            wanted = (named or acted) and (definition.bots or not event.bot)
            if wanted and believed(event, at, recorded.committed_at):
                values = number(event.score), number(event.second)
                given.append((position, at, event.player, event.team, *values, False))
        elif isinstance(event, StatsReported) and definition.source == "stat":
            if not believed(event, at, recorded.committed_at):
                continue
            report = event.values[0]
            value = report.delta if report.value is None else report.value
            given.append((position, at, event.player, None, number(value), Decimal(0), report.value is None))
        elif isinstance(event, AchievementUnlocked | AchievementRevoked) and event.points:
            achieved.append((position, at, event))
    having: dict[tuple[UUID, UUID], dict[UUID, int]] = {}  # what each player has, of a person's achievement
    first: dict[tuple[UUID, UUID], int] = {}  # the points it counts with
    for position, at, event in achieved if definition.source == "points" else ():
        of = person[event.player], event.achievement
        before = bool(having.setdefault(of, {}))
        if isinstance(event, AchievementUnlocked):
            having[of][event.player] = event.points
            first[of] = first[of] if before else event.points
        else:
            having[of].pop(event.player)
        if bool(having[of]) != before:
            worth = number(-first[of] if before else first[of])
            given.append((position, at, event.player, None, worth, Decimal(0), False))
    if definition.source == "session":
        for session_id, result in results.items():
            position, at = finished[session_id]
            for seat in result.seats:
                gave = {"score": seat.score, "won": int(seat.winner), "played": 1}[definition.of]
                if gave is not None:
                    given.append((position, at, seat.player_id, seat.team, number(gave), Decimal(0), False))
    lines: dict[tuple[int, UUID], dict[UUID, list[Any]]] = {}
    for position, at, who, team, amount, second, change in sorted(given, key=lambda part: part[0]):
        period = period_of(at)
        if definition.teams:
            if team is None:
                continue
            place, each = (period, team_id(game(0), team)), team_id(game(0), team)
        else:
            place, each = (period, person[who]), person[who] if definition.source == "points" else who
        own = lines.setdefault(place, {}).setdefault(each, [])
        if change and own and definition.operator in {"best", "latest"}:
            amount += own[-1][0]
        own.append((amount, second, position))
    return {place: _standing(definition, list(each.values())) for place, each in lines.items()}


def _standing(definition: Definition, each: list[list[Any]]) -> Any:
    line = sorted((part for own in each for part in own), key=lambda part: part[2])
    match definition.operator:
        case "best":
            first = 1 if definition.order == "lowest" else -1
            second = {"none": 0, "lowest": 1, "highest": -1}[definition.second]
            best = min(line, key=lambda part: (first * part[0], second * part[1]))
            return best[0], (best[1] if second else 0), best[2]
        case "latest":  # of two players of one person in one session, the better
            sign = 1 if definition.order == "highest" else -1
            latest = max(line, key=lambda part: (part[2], sign * part[0]))
            return latest[0], (latest[1] if definition.second != "none" else 0), latest[2]
        case _:
            return _together(definition, line), 0, max(_reached(definition, own) for own in each)


def _together(definition: Definition, line: list[Any]) -> Decimal:
    total = sum((part[0] for part in line), Decimal(0))
    match definition.operator:
        case "sum":
            return total
        case "count":
            return Decimal(len(line))
        case _:
            return Decimal(round(Fraction(total) / len(line) * 1000)) / 1000


def _reached(definition: Definition, own: list[Any]) -> int:
    """Where one player, or a team, got what they have."""
    reached = [_together(definition, own[: n + 1]) for n in range(len(own))]
    since: list[int] = [part[2] for n, part in enumerate(own) if n == 0 or reached[n] != reached[n - 1]]
    return since[-1]
