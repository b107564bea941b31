"""Figures about the players of a game, counted by the database: persons once, bots and voided sessions never.

Somebody is active on the UTC days on which a session of theirs began or ended, a score or a statistic was
sent, or an achievement was unlocked or came nearer, by the time that the client gave where it gave one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Subquery,
    case,
    distinct,
    func,
    select,
    type_coerce,
    union_all,
)

from tallybook.accounts.tables import merges
from tallybook.database.schema import Id
from tallybook.kernel.days import DAY, Interval, beginning, following, number_of
from tallybook.projections.analytics import days, unlocks
from tallybook.projections.sessions import SessionDirectory

Step = tuple[UUID, int]  # an achievement and the number of its tier, `NO_TIER` without one


@dataclass(frozen=True, slots=True)
class Source:
    """The game, and which slots are read."""

    game_id: UUID
    analytics: str
    directory: str


@dataclass(frozen=True, slots=True)
class Buckets:
    """Intervals in a row: `starts` are the days on which they begin, the last one is the end of the last."""

    interval: Interval
    starts: tuple[int, ...]

    def of(self, day: ColumnElement[int]) -> ColumnElement[int]:
        """The number of the interval in which a day lies: from 0, negative before them."""
        first = self.starts[0]
        match self.interval:
            case "day":
                return day - first
            case "week":  # by truncation a day before the first week would be in it
                return case((day < first, -1), else_=(day - first) // 7)
            case "month":
                begun = [(day >= start, n) for n, start in reversed(list(enumerate(self.starts[:-1])))]
                return case(*begun, else_=-1)

    def __len__(self) -> int:
        return len(self.starts) - 1


def buckets(interval: Interval, first: date, last: date) -> Buckets:
    """The intervals from the one that holds the first day to the one that holds the last."""
    begin = beginning(interval, first)
    starts = [begin]
    while begin <= last:
        begin = following(interval, begin)
        starts.append(begin)
    return Buckets(interval, tuple(map(number_of, starts)))


def activity(source: Source) -> CTE:
    """Who was active on which day: `person`, `day`, and `at`, the first moment of it."""
    sessions = SessionDirectory.sessions[source.directory]
    seats = SessionDirectory.seats[source.directory]
    reported = days[source.analytics]
    sat = (
        select(seats.c.player_id, sessions.c.started_at.label("at"))
        .join(seats, seats.c.session_id == sessions.c.session_id)
        .where(sessions.c.game_id == source.game_id, sessions.c.voided == 0)
        .where(sessions.c.started_at.is_not(None), seats.c.present == 1, seats.c.is_bot == 0)
    )
    ended = sat.with_only_columns(seats.c.player_id, sessions.c.ended_at.label("at"))
    moments = union_all(
        sat,
        ended.where(sessions.c.status == "finished"),
        select(reported.c.player_id, reported.c.at).where(reported.c.game_id == source.game_id),
    ).subquery()
    named = (
        select(
            _person(moments.c.player_id).label("person"),
            (moments.c.at // DAY).label("day"),
            moments.c.at,
        )
        .outerjoin(merges, merges.c.player_id == moments.c.player_id)
        .subquery()
    )
    return (
        select(named.c.person, named.c.day, func.min(named.c.at).label("at"))
        .group_by(named.c.person, named.c.day)
        .cte("activity")
    )


def first_seen(active: CTE) -> CTE:
    """By person: `day` and `at` of the first time."""
    first = select(active.c.person, func.min(active.c.day).label("day"), func.min(active.c.at).label("at"))
    return first.group_by(active.c.person).cte("first_seen")


def _person(player_id: ColumnElement[UUID]) -> ColumnElement[UUID]:
    return type_coerce(func.coalesce(merges.c.into_id, player_id), Id)


def count_players(connection: Connection, source: Source) -> int:
    """How many persons have ever been active."""
    active = activity(source)
    return int(connection.execute(select(func.count(distinct(active.c.person)))).scalar_one())


def count_active(connection: Connection, source: Source, over: Buckets) -> list[tuple[int, int]]:
    """By interval: how many were active, and how many of them for the first time."""
    active = activity(source)
    first = first_seen(active)
    lines = (
        select(
            active.c.person,
            over.of(active.c.day).label("bucket"),
            over.of(first.c.day).label("first"),
        )
        .join(first, first.c.person == active.c.person)
        .where(active.c.day >= over.starts[0], active.c.day < over.starts[-1])
        .subquery()
    )
    new = case((lines.c.bucket == lines.c.first, lines.c.person))
    query = select(lines.c.bucket, func.count(distinct(lines.c.person)), func.count(distinct(new)))
    found = {int(row[0]): (row[1], row[2]) for row in connection.execute(query.group_by(lines.c.bucket))}
    return [found.get(number, (0, 0)) for number in range(len(over))]


def count_returning(connection: Connection, source: Source, over: Buckets, cohorts: int) -> list[list[int]]:
    """By cohort, of the first so many intervals: how many of those first seen in it were active in it and in
    each later interval, to the end."""
    active = activity(source)
    first = first_seen(active)
    lines = (
        select(
            active.c.person,
            over.of(active.c.day).label("bucket"),
            over.of(first.c.day).label("cohort"),
        )
        .join(first, first.c.person == active.c.person)
        .where(first.c.day >= over.starts[0], first.c.day < over.starts[cohorts])
        .where(active.c.day < over.starts[-1])
        .subquery()
    )
    query = select(lines.c.cohort, lines.c.bucket, func.count(distinct(lines.c.person)))
    table = [[0] * (len(over) - cohort) for cohort in range(cohorts)]
    for cohort, bucket, persons in connection.execute(query.group_by(lines.c.cohort, lines.c.bucket)):
        table[int(cohort)][int(bucket) - int(cohort)] = persons
    return table


@dataclass(frozen=True, slots=True)
class Unlocked:
    """How many persons have something, and the median of the time it took them, in microseconds."""

    persons: int
    median: int


def unlock_times(connection: Connection, source: Source) -> dict[Step, Unlocked]:
    """By achievement, its tiers apart: how many have it, and how fast it went."""
    first = first_seen(activity(source))
    held = _held(source)
    took = (
        select(held.c.achievement_id, held.c.tier, (held.c.at - first.c.at).label("took"))
        .join(first, first.c.person == held.c.person)
        .subquery()
    )
    each = (took.c.achievement_id, took.c.tier)
    ordered = select(
        *each,
        took.c.took,
        func.row_number().over(partition_by=each, order_by=took.c.took).label("place"),
        func.count().over(partition_by=each).label("persons"),
    ).subquery()
    middle = (2 * ordered.c.place >= ordered.c.persons) & (2 * ordered.c.place <= ordered.c.persons + 2)
    of = (ordered.c.achievement_id, ordered.c.tier, ordered.c.persons)
    query = select(*of, func.min(ordered.c.took), func.max(ordered.c.took)).where(middle).group_by(*of)
    return {
        (row[0], int(row[1])): Unlocked(row[2], (int(row[3]) + int(row[4])) // 2)
        for row in connection.execute(query)
    }


def _held(source: Source) -> Subquery:
    """What which person has, since when."""
    table = unlocks[source.analytics]
    named = (
        select(
            table.c.achievement_id,
            table.c.tier,
            _person(table.c.player_id).label("person"),
            table.c.unlocked_at.label("at"),
        )
        .outerjoin(merges, merges.c.player_id == table.c.player_id)
        .where(table.c.game_id == source.game_id, table.c.unlocked_at.is_not(None))
        .subquery()
    )
    each = (named.c.achievement_id, named.c.tier, named.c.person)
    return select(*each, func.min(named.c.at).label("at")).group_by(*each).subquery()


def usual_order(connection: Connection, source: Source) -> list[Step]:
    """Everything anybody has unlocked, in the order in which players mostly come to it: by the mean of its
    places in their own orders, the more frequent first among equals."""
    held = _held(source)
    placed = select(
        held.c.achievement_id,
        held.c.tier,
        func.row_number()
        .over(partition_by=held.c.person, order_by=(held.c.at, held.c.achievement_id, held.c.tier))
        .label("place"),
    ).subquery()
    each = (placed.c.achievement_id, placed.c.tier)
    query = select(*each, func.sum(placed.c.place), func.count()).group_by(*each)
    rows = [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in connection.execute(query)]
    return [row[:2] for row in sorted(rows, key=lambda row: (row[2] / row[3], -row[3], row[0], row[1]))]


def funnel(connection: Connection, source: Source, steps: Sequence[Step]) -> list[tuple[int, int]]:
    """By step: how many persons have it, and how many have it with all steps before it."""
    if not steps:
        return []
    held = _held(source)
    numbered = case(
        *(
            ((held.c.achievement_id == achievement) & (held.c.tier == tier), number)
            for number, (achievement, tier) in enumerate(steps)
        )
    )
    chosen = select(held.c.person, numbered.label("step")).subquery()
    in_order = func.row_number().over(partition_by=chosen.c.person, order_by=chosen.c.step)
    placed = select(chosen.c.step, in_order.label("place")).where(chosen.c.step.is_not(None)).subquery()
    # Somebody's n-th step has the number n - 1 exactly when none before it is missing.
    unbroken = func.sum(case((placed.c.step == placed.c.place - 1, 1), else_=0))
    query = select(placed.c.step, func.count(), unbroken).group_by(placed.c.step)
    rows = {int(row[0]): (int(row[1]), int(row[2])) for row in connection.execute(query)}
    return [rows.get(number, (0, 0)) for number in range(len(steps))]
