"""Reports for a game's developers, as structs; each also knows itself as the lines of a table."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from tallybook.catalogue.achievements import MOST_ACHIEVEMENTS, Achievement, achievements_of
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock, to_datetime
from tallybook.kernel.days import LONGEST, Interval, beginning, day_of
from tallybook.kernel.refusals import invalid
from tallybook.projections.analytics import NO_TIER, Analytics
from tallybook.projections.analytics_figures import (
    Buckets,
    Source,
    Step,
    buckets,
    count_active,
    count_players,
    count_returning,
    funnel,
    unlock_times,
    usual_order,
)
from tallybook.projections.sessions import SessionDirectory

Cohort = Literal["week", "day"]
Rate = Annotated[float, Meta(ge=0, le=1, description="Rounded to four places.")]

MOST_INTERVALS = 400
_BEFORE: dict[Interval, timedelta] = {  # what is shown unless the caller says from when
    "day": timedelta(days=29),
    "week": timedelta(weeks=11),
    "month": timedelta(days=334),
}


class Line(msgspec.Struct, frozen=True):
    """A line of a table: plain values by column."""


class AchievementLine(Line, frozen=True):
    """One with tiers has a line a tier. `tier` is the key of it, `median_time` is in milliseconds."""

    achievement_id: UUID
    key: str
    name: str
    tier: str | None
    unlocked: int
    completion_rate: Rate
    median_time: Annotated[int, Meta(ge=0)] | None


class AchievementReport(msgspec.Struct, frozen=True):
    """`players` is how many have ever been active in the game, of whom the rates are shares."""

    players: int
    items: list[AchievementLine]

    def lines(self) -> Sequence[Line]:
        return self.items


class PlayersLine(Line, frozen=True):
    """`begins` is the first day of the interval; `returning` were active in an earlier one already."""

    begins: date
    active: int
    new: int
    returning: int


class PlayersReport(msgspec.Struct, frozen=True):
    interval: Interval
    items: list[PlayersLine]

    def lines(self) -> Sequence[Line]:
        return self.items


class CohortRow(msgspec.Struct, frozen=True):
    """Those first active in the interval that `begins` on a day: how many of them were active in it, in the
    next, and so on to the current one."""

    begins: date
    players: int
    active: list[int]
    rates: list[Rate]


class RetentionLine(Line, frozen=True):
    begins: date
    players: int
    later: int
    active: int
    rate: Rate


class RetentionReport(msgspec.Struct, frozen=True):
    cohort: Cohort
    items: list[CohortRow]

    def lines(self) -> Sequence[Line]:
        return [
            RetentionLine(row.begins, row.players, later, active, row.rates[later])
            for row in self.items
            for later, active in enumerate(row.active)
        ]


class FunnelLine(Line, frozen=True):
    """`reached` have the step, `through` have it and all steps before it."""

    step: int
    achievement_id: UUID
    key: str
    name: str
    tier: str | None
    reached: int
    reached_rate: Rate
    through: int
    through_rate: Rate


class FunnelReport(msgspec.Struct, frozen=True):
    """`players` is how many have ever been active in the game, of whom the rates are shares."""

    players: int
    items: list[FunnelLine]

    def lines(self) -> Sequence[Line]:
        return self.items


Report = AchievementReport | PlayersReport | RetentionReport | FunnelReport


class GameAnalytics:
    """Answers reports. `caught_up` waits until what was written before has been counted."""

    def __init__(
        self,
        database: Database,
        directory: SessionDirectory,
        projection: Analytics,
        clock: Clock,
        caught_up: Callable[[], Awaitable[object]],
    ) -> None:
        self._database = database
        self._directory = directory
        self._projection = projection
        self._clock = clock
        self._caught_up = caught_up

    async def achievements(self, game_id: UUID) -> AchievementReport:
        source = await self._source(game_id)

        def read(connection: Connection) -> AchievementReport:
            players, times = count_players(connection, source), unlock_times(connection, source)
            lines = []
            for step, (achievement, tier) in _steps(connection, game_id).items():
                found = times.get(step)
                if achievement.archived and found is None:
                    continue
                unlocked = 0 if found is None else found.persons
                median = None if found is None else found.median // 1000
                named = achievement.id, achievement.key, achievement.name, tier
                lines.append(AchievementLine(*named, unlocked, _rate(unlocked, players), median))
            return AchievementReport(players, lines)

        return await self._database.read(read)

    async def players(
        self, game_id: UUID, interval: Interval, *, first: date | None, last: date | None
    ) -> PlayersReport:
        """Active players in every interval from the one that holds the first day to the one of the last."""
        over = self._intervals(interval, first, last)
        source = await self._source(game_id)
        counted = await self._database.read(partial(count_active, source=source, over=over))
        lines = [
            PlayersLine(day_of(begins), active, new, active - new)
            for begins, (active, new) in zip(over.starts[:-1], counted, strict=True)
        ]
        return PlayersReport(interval, lines)

    async def retention(
        self, game_id: UUID, cohort: Cohort, *, first: date | None, last: date | None
    ) -> RetentionReport:
        """Cohorts from the one that holds the first day to the one of the last, each up to now."""
        asked = self._intervals(cohort, first, min(last or self._today(), self._today()))
        over = self._intervals(cohort, day_of(asked.starts[0]), self._today())
        source = await self._source(game_id)
        table = await self._database.read(
            partial(count_returning, source=source, over=over, cohorts=len(asked))
        )
        rows = [
            CohortRow(day_of(begins), row[0], row, [_rate(active, row[0]) for active in row])
            for begins, row in zip(asked.starts[:-1], table, strict=True)
        ]
        return RetentionReport(cohort, rows)

    async def funnel(self, game_id: UUID, declared: Sequence[str]) -> FunnelReport:
        """Steps in the declared order of keys (`key`, or `key:tier`), or without one in the usual order."""
        source = await self._source(game_id)

        def read(connection: Connection) -> FunnelReport:
            named = _steps(connection, game_id)
            by_key = {_key(*names): step for step, names in named.items()}
            if unknown := [key for key in declared if key not in by_key]:
                raise invalid("steps", f"the game has no achievement {', '.join(unknown)}")
            steps = [by_key[key] for key in dict.fromkeys(declared)]
            steps = steps or [step for step in usual_order(connection, source) if step in named]
            players = count_players(connection, source)
            lines = []
            for number, (step, counts) in enumerate(
                zip(steps, funnel(connection, source, steps), strict=True), 1
            ):
                achievement, tier = named[step]
                what = achievement.id, achievement.key, achievement.name, tier
                reached, through = counts
                rates = _rate(reached, players), _rate(through, players)
                lines.append(FunnelLine(number, *what, reached, rates[0], through, rates[1]))
            return FunnelReport(players, lines)

        return await self._database.read(read)

    async def _source(self, game_id: UUID) -> Source:
        await self._caught_up()
        return Source(game_id, self._projection.slot, self._directory.slot)

    def _today(self) -> date:
        return to_datetime(self._clock.now()).date()

    def _intervals(self, interval: Interval, first: date | None, last: date | None) -> Buckets:
        last = last or self._today()
        for field, day in (("from", first), ("to", last)):
            if day is not None and not 1971 < day.year < 2200:
                raise invalid(field, "must be a date of this time")
        first = first or beginning(interval, last - _BEFORE[interval])
        if first > last:
            raise invalid("from", "must not be after the last day")
        if (last - first) / timedelta(days=LONGEST[interval]) > MOST_INTERVALS:
            raise invalid("from", f"at most {MOST_INTERVALS} intervals")
        return buckets(interval, first, last)


def _steps(connection: Connection, game_id: UUID) -> dict[Step, tuple[Achievement, str | None]]:
    """Everything that can be unlocked in a game, the oldest first: the achievement, and the tier's key."""
    found: list[Achievement] = []
    for archived in (False, True):
        found += achievements_of(connection, game_id, archived=archived, before=None, limit=MOST_ACHIEVEMENTS)
    return {
        (achievement.id, number): (achievement, tier)
        for achievement in sorted(found, key=lambda each: each.id)
        for number, tier in _tiers(achievement)
    }


def _tiers(achievement: Achievement) -> Iterable[tuple[int, str | None]]:
    if not achievement.tiers:
        return [(NO_TIER, None)]
    return enumerate(tier.key for tier in achievement.tiers)


def _key(achievement: Achievement, tier: str | None) -> str:
    return achievement.key if tier is None else f"{achievement.key}:{tier}"


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
