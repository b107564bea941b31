"""Reported statistics added up as they come in are those of a rebuild and of a plain recount."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from tallybook.careers.events import (
    AchievementRevoked,
    AchievementUnlocked,
    Number,
    Reported,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.careers.streams import career_id
from tallybook.catalogue.statistics import Aggregation
from tallybook.database.engine import open_database
from tallybook.kernel.days import DAY
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.text import FreeText
from tallybook.projections.aggregates import Whole
from tallybook.projections.careers import PLAYTIME, CareerStatistics, kept, statistics_of_players
from tallybook.projections.snapshots import POINTS, SUBMISSIONS, UNLOCKS, CareerDays, seen_in
from tallybook.projections.snapshots import kept as kept_days
from tests.projections.evenings import BEGIN, MINUTE, Evening, batches, game, player, whatever_happens

PLAYERS = range(3)
number = st.integers(-(10**15), 10**15) | st.sampled_from(["0.5", "2.25", "-1", "999999999999999.123456789"])


@st.composite
def careers(draw: st.DrawFn) -> Evening:
    evening = Evening()
    for _ in range(draw(st.integers(1, 25))):
        who, what = player(draw(st.sampled_from(PLAYERS))), game(draw(st.integers(0, 1)))
        at = draw(st.none() | st.integers(-3, 3).map(lambda days: BEGIN + days * DAY))
        evening.happens(career_id(what, who), draw(_events(what, who)), at)
    return evening


@st.composite
def _events(draw: st.DrawFn, what: Any, who: Any) -> Event:
    match draw(st.sampled_from(["stats", "stats", "stats", "score", "unlock", "revoke"])):
        case "score":
            text = FreeText.of("{}") if draw(st.booleans()) else None
            return ScoreSubmitted(what, who, game(9), 5, metadata=text)
        case "unlock":
            return AchievementUnlocked(what, who, game(8), draw(st.integers(0, 50)))
        case "revoke":
            return AchievementRevoked(what, who, game(8), draw(st.integers(0, 50)))
    keys = draw(st.lists(st.sampled_from(["kills", "gold", "time"]), unique=True))
    values = tuple(
        Reported(key, value=draw(number)) if draw(st.booleans()) else Reported(key, delta=draw(number))
        for key in keys
    )
    return StatsReported(what, who, values, draw(st.integers(0, 10**6)))


def recount(log: Sequence[Recorded]) -> dict[Any, dict[Aggregation, Any]]:
    """By person (the first two are one), game and statistic, what each aggregation comes to."""
    person = {player(n): player(max(n, 1)) for n in PLAYERS}
    said: dict[Any, list[tuple[int, Decimal, bool]]] = {}
    standing: dict[Any, Decimal] = {}
    stands: dict[Any, list[tuple[int, Decimal]]] = {}
    for recorded in log:
        event = recorded.event
        if not isinstance(event, StatsReported):
            continue
        at = recorded.at or recorded.committed_at
        for report in event.values:
            key = person[event.player], event.game, report.stat
            own = event.player, event.game, report.stat
            amount = Decimal(report.value if report.value is not None else report.delta or 0)
            said.setdefault(key, []).append((at, amount, report.value is not None))
            standing[own] = amount if report.value is not None else standing.get(own, Decimal(0)) + amount
            stands.setdefault((key, event.player), []).append((at, standing[own]))
    found: dict[Any, dict[Aggregation, Any]] = {}
    for key, lines in said.items():
        mine = [line for (of, _), lines in stands.items() if of == key for line in lines]
        ends = [lines[-1] for (of, _), lines in stands.items() if of == key]
        total = sum((amount for _, amount, _ in lines), Decimal(0))
        values = sum(is_value for _, _, is_value in lines)
        found[key] = {
            "sum": total,
            "min": min(amount for _, amount in mine),
            "max": max(amount for _, amount in mine),
            "latest": {amount for at, amount in ends if at == max(end[0] for end in ends)},
            "average": None if not values else total / values,
        }
    return found


def agrees(whole: Whole, said: dict[Aggregation, Any]) -> None:
    def read(aggregation: Aggregation) -> Decimal | None:
        value: Number | None = whole.value(aggregation)
        return None if value is None else Decimal(value)

    assert (read("sum"), read("min"), read("max")) == (said["sum"], said["min"], said["max"])
    assert read("latest") in said["latest"]
    average = read("average")
    assert (average is None) == (said["average"] is None)
    assert average is None or abs(average - said["average"]) < Decimal("0.0001")


def content(connection: Connection, slot: str) -> list[list[Any]]:
    tables = kept.tables[slot], kept_days.tables[slot]
    return [sorted(map(tuple, connection.execute(select(table)).all()), key=repr) for table in tables]


async def check(url: str, evening: Evening, sizes: list[int]) -> None:
    database = open_database(url)
    projections = CareerStatistics(), CareerDays()

    def everything(connection: Connection) -> None:
        for projection in projections:
            for slot in "ab":
                projection.clear(connection, slot)
            for batch in batches(evening.log, sizes):
                projection.apply(connection, "a", batch)
            projection.apply(connection, "b", evening.log)
        assert content(connection, "a") == content(connection, "b")
        who = {player(n): player(max(n, 1)) for n in PLAYERS}
        found = statistics_of_players(connection, "a", who)
        said = recount(evening.log)
        keys = {(*place, key) for place, book in found.items() for key in book if key != PLAYTIME}
        assert keys == said.keys()
        for (person, game_id, key), aggregated in said.items():
            agrees(found[person, game_id][key], aggregated)
        for n in PLAYERS:
            _check_days(connection, evening.log, n)

    try:
        await database.write(everything)
    finally:
        await database.close()


def _check_days(connection: Connection, log: Sequence[Recorded], n: int) -> None:
    """The days add up to what was said, and begin and end where it did."""
    table = kept_days.tables["a"]
    here = (table.c.player_id == player(n)) & (table.c.day >= 0)
    totals: dict[str, Decimal] = {}
    for stat, total in connection.execute(select(table.c.stat, table.c.total).where(here)):
        totals[stat] = totals.get(stat, Decimal(0)) + Decimal(total)
    own = [r for r in log if getattr(r.event, "player", None) == player(n)]
    submitted = sum(isinstance(r.event, ScoreSubmitted) for r in own)
    assert totals.get(SUBMISSIONS, 0) == submitted
    signs = {AchievementUnlocked: 1, AchievementRevoked: -1}
    moves = [(signs[type(r.event)], r.event) for r in own if type(r.event) in signs]
    assert totals.get(UNLOCKS, 0) == sum(sign for sign, _ in moves)
    assert totals.get(POINTS, 0) == sum(sign * event.points for sign, event in moves)  # type: ignore[attr-defined]  # both have
    seen = seen_in(connection, "a", [player(n)])
    assert sum(each[2] for each in seen.values()) == submitted
    for n_game in range(2):
        heard = [r for r in own if r.event.game == game(n_game)]  # type: ignore[attr-defined]  # a career's
        days = [
            (r.at or r.committed_at) // DAY
            for r in heard
            if not isinstance(r.event, StatsReported) or r.event.values or r.event.playtime
        ]
        assert (game(n_game) in seen) == bool(days)
        if days:
            assert seen[game(n_game)][:2] == (min(days), max(days))


@pytest.mark.timeout(300)
def test_reports_add_up_as_in_a_rebuild_and_a_recount(url: str) -> None:
    whatever_happens(check, url, careers(), examples=(60, 10))


def test_a_batch_without_reports_asks_the_database_nothing() -> None:
    evening = Evening()
    evening.happens(career_id(game(0), player(0)), ScoreSubmitted(game(0), player(0), game(9), 5))
    evening.plays(0, [1, 2], players=[0, 1], ended_at=BEGIN + MINUTE)
    CareerStatistics().apply(None, "a", evening.log)  # type: ignore[arg-type]  # a connection that is none
