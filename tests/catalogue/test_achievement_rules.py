"""Rules over what somebody did: earned at the moment they first held, by the events that made them hold."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.catalogue.achievement_earning import (
    MOST_EVIDENCE,
    Happening,
    Past,
    ScoreGiven,
    SessionPlayed,
    StatReported,
    TimePlayed,
    judge,
    tiers_reached,
)
from tallybook.catalogue.achievement_rules import document_of, read_rule
from tallybook.catalogue.statistics import Aggregation
from tallybook.kernel.refusals import Refusal

_numbers = st.integers(-5, 9).map(Decimal) | st.sampled_from([Decimal("0.5"), Decimal("2.25")])


@st.composite
def happenings(draw: st.DrawFn) -> list[Happening]:
    """Anything, at times that may be equal; positions tell happenings apart."""
    found: list[Happening] = []
    for position in range(1, draw(st.integers(0, 25)) + 1):
        at = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["session", "session", "report", "time", "score"]))
        if kind == "session":
            outcome: Any = draw(st.sampled_from(["won", "won", "lost", "tied", None]))
            found.append(
                SessionPlayed(
                    at=at,
                    position=position,
                    outcome=outcome,
                    values=draw(st.dictionaries(st.sampled_from(["kills"]), _numbers)),
                    score=draw(st.none() | _numbers),
                    playtime=draw(st.integers(0, 9)),
                    behind=draw(st.integers(0, 5).map(Decimal)),
                    last_at_half=draw(st.booleans()),
                )
            )
        elif kind == "report":
            delta = draw(st.booleans())
            found.append(
                StatReported(at=at, position=position, stat="coins", value=draw(_numbers), delta=delta)
            )
        elif kind == "time":
            found.append(TimePlayed(at=at, position=position, playtime=draw(st.integers(1, 9))))
        else:
            board = UUID(int=draw(st.integers(1, 2)))
            found.append(ScoreGiven(at=at, position=position, board=board, score=draw(_numbers)))
    return found


_goal = st.integers(1, 6)
_leaves: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        lambda stat, n: {"type": "stat", "stat": stat, "at_least": n},
        st.sampled_from(["played", "wins", "streak", "best_score", "score_total", "playtime"]),
        _goal,
    ),
    st.builds(lambda n: {"type": "stat", "stat": "coins", "at_least": n}, _goal),
    st.builds(lambda n: {"type": "stat", "stat": "best_score", "at_most": n}, _goal),
    st.builds(lambda n: {"type": "stat", "stat": "kills", "of": "sessions", "at_least": n}, _goal),
    st.builds(lambda n: {"type": "stat", "stat": "score_total", "of": "scores", "at_least": n}, _goal),
    st.builds(lambda n: {"type": "streak", "wins": n}, _goal),
    st.builds(
        lambda what, n: {"type": "nth", "what": what, "n": n},
        st.sampled_from(["win", "session", "score"]),
        _goal,
    ),
    st.builds(lambda n: {"type": "comeback", "behind_by": n}, _goal),
    st.just({"type": "comeback", "last_at_half": True}),
    st.builds(lambda n: {"type": "in_one_session", "stat": "kills", "at_least": n}, _goal),
)
_rules = st.recursive(
    _leaves,
    lambda inner: st.builds(
        lambda kind, parts: {kind: parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
).filter(lambda document: _depth(document) <= 4)
_aggregations = st.sampled_from(["sum", "min", "max", "average", "latest"])


def _depth(document: dict[str, Any]) -> int:
    return 1 + max((_depth(part) for key in ("all", "any") for part in document.get(key, ())), default=0)


def holds(document: Any, done: Sequence[Happening], aggregation: Aggregation) -> bool:
    """Whether a condition holds after everything `done`, counted with a pencil."""
    sessions = [each for each in done if isinstance(each, SessionPlayed)]
    won = [each for each in sessions if each.outcome == "won"]
    given_scores = [each.score for each in done if isinstance(each, ScoreGiven)]
    scores = [each.score for each in sessions if each.score is not None]
    match document:
        case {"type": "stat", "stat": "coins", "at_least": n}:
            amount, seen = None, list[Decimal]()
            for each in done:
                if not isinstance(each, StatReported):
                    continue
                if each.delta or aggregation == "sum":
                    amount = (amount or 0) + each.value
                elif aggregation == "average":
                    seen.append(each.value)
                    amount = sum(seen, Decimal(0)) / len(seen)
                elif aggregation == "latest" or amount is None:
                    amount = each.value
                else:
                    amount = min(amount, each.value) if aggregation == "min" else max(amount, each.value)
            return bool(amount is not None and amount >= n)
        case {"type": "stat", "stat": "best_score", "at_most": n}:
            return bool(scores and min(scores) <= n)
        case {"type": "stat", "stat": "best_score", "at_least": n}:
            return bool(scores and max(scores) >= n)
        case {"type": "stat", "stat": "score_total", "at_least": n}:
            return bool(sum(given_scores if "of" in document else scores) >= n)
        case {"type": "stat", "stat": "kills", "at_least": n}:
            return bool(sum(each.values.get("kills", 0) for each in sessions) >= n)
        case {"type": "stat", "stat": "playtime", "at_least": n}:
            return bool(
                sum(each.playtime for each in done if isinstance(each, SessionPlayed | TimePlayed)) >= n
            )
        case {"type": "stat", "stat": "streak", "at_least": n} | {"type": "streak", "wins": n}:
            line = "".join("w" if each.outcome == "won" else "-" for each in sessions if each.outcome)
            return line.endswith("w" * int(n))
        case {"type": "stat", "stat": "wins", "at_least": n} | {"type": "nth", "what": "win", "n": n}:
            return bool(len(won) >= n)
        case {"type": "stat", "stat": "played", "at_least": n} | {"type": "nth", "what": "session", "n": n}:
            return bool(len(sessions) >= n)
        case {"type": "nth", "n": n}:
            return bool(len(given_scores) >= n)
        case {"type": "comeback", "behind_by": n}:
            return any(each.behind >= n for each in won)
        case {"type": "comeback"}:
            return any(each.last_at_half for each in won)
        case {"type": "in_one_session", "at_least": n}:
            return any(each.values.get("kills", n - 1) >= n for each in sessions)
    raise AssertionError(document)


def first_time(document: dict[str, Any], done: Sequence[Happening], aggregation: Aggregation) -> int | None:
    """When a rule first held: for each of its conditions, whether it ever had."""
    for kind, choose in (("all", max), ("any", min)):
        if kind in document:
            times = [first_time(part, done, aggregation) for part in document[kind]]
            known = [time for time in times if time is not None]
            return choose(known) if known and (kind == "any" or len(known) == len(times)) else None
    if document.get("stat") == "coins":
        return first_reported(document, done, aggregation)
    ordered = sorted(done, key=lambda each: (each.at, each.position))
    ways = (number for number in range(1, len(ordered) + 1) if holds(document, ordered[:number], aggregation))
    number = next(ways, None)
    return None if number is None else ordered[number - 1].at


def first_reported(
    document: dict[str, Any], done: Sequence[Happening], aggregation: Aggregation
) -> int | None:
    """The same for a reported statistic: in the order of the ledger, and by the newest report that counts."""
    told = sorted((e for e in done if isinstance(e, StatReported)), key=lambda each: each.position)
    for number in range(1, len(told) + 1):
        if holds(document, told[:number], aggregation):
            first = number - 1  # that counts: with the latest, or an extreme, the last value
            while first and (aggregation in {"sum", "average"} or told[first].delta):
                first -= 1
            return max(each.at for each in told[first:number])
    return None


@given(_rules, happenings(), _aggregations, st.randoms(use_true_random=False))
def test_a_rule_is_earned_when_it_first_held_whatever_the_order_it_is_told_in(
    document: dict[str, Any], done: list[Happening], aggregation: Aggregation, chance: Any
) -> None:
    rule = read_rule(document)
    assert read_rule(document_of(rule)) == rule
    if aggregation in {"min", "max", "average"}:  # these are of values alone
        done = [each for each in done if not (isinstance(each, StatReported) and each.delta)]
    verdict = judge(rule, Past(done, {"coins": aggregation}))
    earned = first_time(document, done, aggregation)
    assert (verdict.met, verdict.at if verdict.met else None) == (earned is not None, earned)
    shuffled = list(done)
    chance.shuffle(shuffled)
    assert judge(rule, Past(shuffled, {"coins": aggregation})) == verdict
    assert set(verdict.evidence) <= {
        each.position for each in done if not verdict.met or each.at <= verdict.at
    }
    assert not verdict.met or verdict.evidence


@given(_rules, happenings(), st.integers(0, 25), _aggregations)
def test_what_comes_later_neither_takes_an_earned_rule_back_nor_moves_it(
    document: dict[str, Any], done: list[Happening], there: int, aggregation: Aggregation
) -> None:
    rule = read_rule(document)
    now = max((each.at for each in done[:there]), default=0)
    later = [each for each in done[there:] if each.at >= now]
    before = judge(rule, Past(done[:there], {"coins": aggregation}))
    after = judge(rule, Past(done[:there] + later, {"coins": aggregation}))
    if before.met:
        assert (after.met, after.at, after.evidence) == (True, before.at, before.evidence)


@given(st.integers(1, 6), happenings(), st.integers(0, 25), _aggregations)
def test_a_report_that_comes_later_moves_nothing_whatever_time_it_says(
    goal: int, done: list[Happening], there: int, aggregation: Aggregation
) -> None:
    rule = read_rule({"type": "stat", "stat": "coins", "at_least": goal})
    before = judge(rule, Past(done[:there], {"coins": aggregation}))
    if before.met:
        assert judge(rule, Past(done, {"coins": aggregation})) == before


@given(happenings())
def test_tiers_are_earned_one_after_the_other(done: list[Happening]) -> None:
    rule = read_rule({"type": "stat", "stat": "wins", "at_least": 4})
    verdicts = tiers_reached(rule, [1, 2, 4], Past(done))
    earned = [verdict.at for verdict in verdicts if verdict.met]
    assert earned == sorted(earned)
    assert [verdict.met for verdict in verdicts] == sorted((v.met for v in verdicts), reverse=True)
    assert verdicts[-1] == judge(rule, Past(done))


def test_evidence_is_the_newest_of_what_counts_and_no_more_than_can_be_read() -> None:
    won = [SessionPlayed(at=n, position=n, outcome="won") for n in range(1, 201)]
    verdict = judge(read_rule({"type": "stat", "stat": "wins", "at_least": 120}), Past(won))
    assert (verdict.at, verdict.evidence) == (120, tuple(range(121 - MOST_EVIDENCE, 121)))
    missing = judge(read_rule({"type": "stat", "stat": "wins", "at_least": 300}), Past(won))
    assert (missing.met, int(missing.have), int(missing.need)) == (False, 200, 300)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "rule"),
        ({"type": "stat", "all": []}, "rule"),
        ({"any": [{"type": "streak"}]}, "rule.any.0"),
        ({"all": [{"type": "streak", "wins": 1}] * 21}, "rule"),
        ({"all": [{"all": [{"all": [{"all": [{"type": "streak", "wins": 1}]}]}]}]}, "rule.all.0.all.0.all.0"),
        ({"type": "stat", "stat": "wins", "at_least": 1, "at_most": 2}, "rule.at_most"),
        ({"type": "stat", "stat": "wins", "at_least": "1e3"}, "rule.at_least"),
        ({"type": "stat", "stat": "wins", "at_least": 1, "board": str(UUID(int=1))}, "rule.board"),
        ({"type": "in_one_session", "stat": "score", "at_least": True}, "rule.at_least"),
        ({"type": "comeback", "behind_by": 0}, "rule.behind_by"),
        ({"type": "streak", "wins": 2, "more": 1}, "rule"),
    ],
)
def test_a_rule_is_refused_where_it_is_wrong(document: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_rule(document)
    assert (refused.value.code, refused.value.errors[0].field) == ("invalid", field)
