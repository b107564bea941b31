"""Whether and when a rule was earned by what somebody did in a game, by which events, or what is missing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Literal
from uuid import UUID

import msgspec

from tallybook.catalogue.achievement_rules import (
    AllOf,
    AnyOf,
    Comeback,
    InOneSession,
    Leaf,
    Nth,
    Reached,
    Rule,
    Streak,
    at_most,
    goal_of,
    leaves,
    source_of,
)
from tallybook.catalogue.statistics import Aggregation
from tallybook.rules.scoresheet.values import EXACT

MOST_EVIDENCE = 50  # positions kept of one condition: the newest of those that count


class SessionPlayed(msgspec.Struct, frozen=True, kw_only=True):
    """A finished session as it counts for the person. Playtime is in milliseconds."""

    at: int
    position: int  # of the event that says the result
    outcome: Literal["won", "lost", "tied"] | None = None
    values: Mapping[str, Decimal] = {}  # totals of the stats that are numbers
    score: Decimal | None = None
    playtime: int = 0
    rounds: int = 0
    behind: Decimal = Decimal(0)  # how far at most, after a round before the last
    last_at_half: bool = False


class StatReported(msgspec.Struct, frozen=True, kw_only=True):
    at: int
    position: int
    stat: str
    value: Decimal
    delta: bool = False


class TimePlayed(msgspec.Struct, frozen=True, kw_only=True):
    """Time that a game reported, in milliseconds."""

    at: int
    position: int
    playtime: int


class ScoreGiven(msgspec.Struct, frozen=True, kw_only=True):
    at: int
    position: int
    board: UUID
    score: Decimal


Happening = SessionPlayed | StatReported | TimePlayed | ScoreGiven


class Past(msgspec.Struct, frozen=True):
    """What one person did in one game, in any order, and how the game adds its statistics up."""

    happenings: Sequence[Happening] = ()
    aggregations: Mapping[str, Aggregation] = {}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, or a part of one, as it stands: earned when and by what, or how much there is of it."""

    rule: Rule
    met: bool
    have: Decimal
    need: Decimal
    at: int = 0
    position: int = 0  # of what happened then
    evidence: tuple[int, ...] = ()
    parts: tuple["Verdict", ...] = ()


def judge(rule: Rule, past: Past) -> Verdict:
    """How a rule stands. It is earned at the moment, by the players' own time, at which it first held.

    That is looked for in the order of this time; for a reported statistic in the order of the ledger, as the
    figure itself is kept. Then the moment is the newest of the reports that the figure is made of.
    """
    return _judge(rule, sorted(past.happenings, key=_order), past.aggregations)


def tiers_reached(rule: Rule, needs: Sequence[int], past: Past) -> list[Verdict]:
    """The verdict for each tier, where a rule of one condition asks for a number of its own in every tier."""
    (leaf,) = leaves(rule)
    happenings = sorted(past.happenings, key=_order)
    return [_course(leaf, happenings, past.aggregations, Decimal(need)) for need in needs]


def _order(happening: Happening) -> tuple[int, int]:
    return happening.at, happening.position


def _judge(rule: Rule, happenings: Sequence[Happening], aggregations: Mapping[str, Aggregation]) -> Verdict:
    match rule:
        case AllOf(all=rules):
            parts = tuple(_judge(part, happenings, aggregations) for part in rules)
            met = [part for part in parts if part.met]
            at, position = max(((part.at, part.position) for part in met), default=(0, 0))
            return Verdict(
                rule=rule,
                met=len(met) == len(parts),
                have=Decimal(len(met)),
                need=Decimal(len(parts)),
                at=at,
                position=position,
                evidence=_newest(position for part in met for position in part.evidence),
                parts=parts,
            )
        case AnyOf(any=rules):
            parts = tuple(_judge(part, happenings, aggregations) for part in rules)
            met = [part for part in parts if part.met]
            first = min(met, key=lambda part: (part.at, part.position), default=None)
            return Verdict(
                rule=rule,
                met=first is not None,
                have=Decimal(int(first is not None)),
                need=Decimal(1),
                at=0 if first is None else first.at,
                position=0 if first is None else first.position,
                evidence=() if first is None else first.evidence,
                parts=parts,
            )
        case leaf:
            return _course(leaf, happenings, aggregations, goal_of(leaf))


def _course(
    leaf: Leaf, happenings: Sequence[Happening], aggregations: Mapping[str, Aggregation], need: Decimal
) -> Verdict:
    """Follow one condition through the past until it holds."""
    less = at_most(leaf)
    have = Decimal(0)
    trail: list[int] = []
    for happening, have in _amounts(leaf, happenings, aggregations, trail):
        if have <= need if less else have >= need:
            evidence = _newest(trail[-MOST_EVIDENCE:])
            at, position = _order(happening)
            return Verdict(
                rule=leaf, met=True, have=have, need=need, at=at, position=position, evidence=evidence
            )
    return Verdict(rule=leaf, met=False, have=have, need=need, evidence=_newest(trail[-MOST_EVIDENCE:]))


def _newest(positions: "Iterator[int] | Sequence[int]") -> tuple[int, ...]:
    return tuple(sorted(set(positions))[-MOST_EVIDENCE:])


Amounts = Iterator[tuple[Happening, Decimal]]


def _amounts(
    leaf: Leaf,
    happenings: Sequence[Happening],
    aggregations: Mapping[str, Aggregation],
    trail: list[int],
) -> Amounts:
    """How much there is after each happening that matters; `trail` holds the positions it is made of."""
    match leaf:
        case Streak() | Reached(stat="streak"):
            return _streak(happenings, trail)
        case Nth(what=what):
            return _sum(happenings, trail, _COUNTS[what], newest_only=True)
        case Comeback():
            return _best(happenings, trail, _comeback(leaf), less=False)
        case InOneSession(stat=stat):
            return _best(happenings, trail, _within(stat), less=at_most(leaf))
        case Reached(stat="played"):
            return _sum(happenings, trail, _COUNTS["session"])
        case Reached(stat="wins"):
            return _sum(happenings, trail, _COUNTS["win"])
        case Reached(stat="playtime"):
            return _sum(happenings, trail, _playtime)
        case Reached(stat="best_score"):
            return _best(happenings, trail, _score(leaf), less=at_most(leaf))
        case Reached(stat="score_total"):
            return _sum(happenings, trail, _score(leaf))
        case Reached(stat=stat) if source_of(leaf) == "sessions":
            return _sum(happenings, trail, _within(stat))
        case Reached(stat=stat):
            return _reported(happenings, trail, stat, aggregations.get(stat, "latest"))


Worth = Callable[[Happening], Decimal | None]  # what a happening adds or achieves; None: it does not matter


def _sum(
    happenings: Sequence[Happening], trail: list[int], worth: Worth, *, newest_only: bool = False
) -> Amounts:
    total = Decimal(0)
    for happening in happenings:
        if (value := worth(happening)) is not None:
            if newest_only:
                trail.clear()
            total = EXACT.add(total, value)
            trail.append(happening.position)
            yield happening, total


def _best(happenings: Sequence[Happening], trail: list[int], worth: Worth, *, less: bool) -> Amounts:
    best: Decimal | None = None
    for happening in happenings:
        value = worth(happening)
        if value is not None and (best is None or (value < best if less else value > best)):
            best = value
            trail[:] = [happening.position]
            yield happening, best


def _streak(happenings: Sequence[Happening], trail: list[int]) -> Amounts:
    for happening in happenings:
        if isinstance(happening, SessionPlayed) and happening.outcome is not None:
            if happening.outcome == "won":
                trail.append(happening.position)
            else:
                trail.clear()
            yield happening, Decimal(len(trail))


def _reported(
    happenings: Sequence[Happening], trail: list[int], stat: str, aggregation: Aggregation
) -> Amounts:
    """A reported statistic, added up as the game declares; a change is a change to the value there is.

    Whatever time a report says, the one that comes later in the ledger comes later.
    """
    amount: Decimal | None = None
    total, count = Decimal(0), 0
    reports = [each for each in happenings if isinstance(each, StatReported) and each.stat == stat]
    newest: StatReported | None = None  # of those in the trail, by the player's own time
    for happening in sorted(reports, key=attrgetter("position")):
        value = happening.value
        if happening.delta or aggregation == "sum":
            amount = EXACT.add(amount or Decimal(0), value)
        elif aggregation == "average":
            total, count = EXACT.add(total, value), count + 1
            amount = total / count
        elif (
            amount is None
            or aggregation == "latest"
            or (value < amount if aggregation == "min" else value > amount)
        ):
            amount, newest = value, None
            trail.clear()
        else:
            continue
        newest = happening if newest is None else max(newest, happening, key=_order)
        trail.append(happening.position)
        yield newest, amount


def _within(stat: str) -> Worth:
    def worth(happening: Happening) -> Decimal | None:
        if not isinstance(happening, SessionPlayed):
            return None
        match stat:
            case "score":
                return happening.score
            case "playtime":
                return Decimal(happening.playtime)
            case "rounds":
                return Decimal(happening.rounds)
        return happening.values.get(stat)

    return worth


def _comeback(leaf: Comeback) -> Worth:
    def worth(happening: Happening) -> Decimal | None:
        if not isinstance(happening, SessionPlayed) or happening.outcome != "won":
            return None
        return Decimal(int(happening.last_at_half)) if leaf.last_at_half else happening.behind

    return worth


def _score(leaf: Reached) -> Worth:
    def worth(happening: Happening) -> Decimal | None:
        match happening:
            case SessionPlayed(score=score) if source_of(leaf) == "sessions":
                return score
            case ScoreGiven(board=board, score=score) if source_of(leaf) == "scores":
                return score if leaf.board in {msgspec.UNSET, board} else None
        return None

    return worth


def _playtime(happening: Happening) -> Decimal | None:
    match happening:
        case SessionPlayed(playtime=playtime) | TimePlayed(playtime=playtime):
            return Decimal(playtime)
    return None


def _won(happening: Happening) -> Decimal | None:
    won = isinstance(happening, SessionPlayed) and happening.outcome == "won"
    return Decimal(1) if won else None


def _count(kind: type[Happening]) -> Worth:
    return lambda happening: Decimal(1) if isinstance(happening, kind) else None


_COUNTS: Mapping[str, Worth] = {"win": _won, "session": _count(SessionPlayed), "score": _count(ScoreGiven)}
