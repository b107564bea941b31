"""How a player's figures went over time: day by day, or by the week or month."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select

from tallybook.accounts.merges import Persons
from tallybook.catalogue.statistics import Statistic, statistics_of
from tallybook.database.engine import Database
from tallybook.delivery.dashboard_shapes import Day, Hours, hours
from tallybook.kernel.clock import EPOCH, Clock, to_datetime
from tallybook.kernel.days import DAY, Interval, beginning, day_of, following, number_of
from tallybook.kernel.refusals import invalid
from tallybook.projections.aggregates import Whole
from tallybook.projections.careers import PLAYTIME
from tallybook.projections.figures import person_behind
from tallybook.projections.merges import OPEN
from tallybook.projections.results import people, results
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.snapshots import POINTS, SUBMISSIONS, UNLOCKS, CareerDays, days_of

MOST = 400  # periods in one answer
USUAL = {"day": 30, "week": 7 * 26, "month": 365}  # days back, where nobody says from when

_FIRST, _LAST = EPOCH.date(), date(2999, 12, 31)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from one day on until the next period begins, in UTC; weeks begin on Mondays.

    `achievements` and `points` are what came and went; `values` are of one game's statistics, if it was
    asked for one.
    """

    begins: Day
    playtime: Hours
    played: int
    won: int
    achievements: int
    points: int
    submissions: int
    values: dict[str, int | str | None]


class Trend(msgspec.Struct, frozen=True):
    """Every period from the one that holds `from` to the one that holds `to`."""

    player_id: UUID
    interval: Interval
    items: Annotated[list[Stretch], Meta(max_length=MOST)]


class _Counted(msgspec.Struct):
    """One period while it is added up; `playtime` in milliseconds."""

    playtime: int = 0
    played: int = 0
    won: int = 0
    totals: dict[str, int] = {}
    statistics: dict[str, Whole] = {}


class Trends:
    """Answers trends, from the days of careers and the sessions that count."""

    def __init__(
        self,
        database: Database,
        persons: Persons,
        directory: SessionDirectory,
        days: CareerDays,
        clock: Clock,
        wait: Callable[[], Awaitable[object]],
    ) -> None:
        self._database = database
        self._persons = persons
        self._directory = directory
        self._days = days
        self._clock = clock
        self._wait = wait

    async def trend(
        self,
        player_id: UUID,
        *,
        first: date | None,
        last: date | None,
        interval: Interval,
        game_id: UUID | None,
    ) -> Trend:
        """Refuses more than `MOST` periods."""
        last = last or to_datetime(self._clock.now()).date()
        if not _FIRST <= last <= _LAST:
            raise invalid("to", f"must be a day from {_FIRST} to {_LAST}")
        first = first or max(_FIRST, last - timedelta(days=USUAL[interval]))
        if not _FIRST <= first <= last:
            raise invalid("from", "must be a day since 1970, and not after to")
        begins = [beginning(interval, first)]
        while (end := following(interval, begins[-1])) <= last:
            begins.append(end)
        if len(begins) > MOST:
            raise invalid("from", f"at most {MOST} periods at once: ask for less, or for longer ones")

        def read(connection: Connection) -> Trend:
            person_id, _ = person_behind(connection, self._directory.slot, player_id)
            counted = {day: _Counted() for day in begins}
            days = range(number_of(begins[0]), number_of(end))

            def period_of(day: int) -> _Counted:
                return counted[beginning(interval, day_of(day))]

            self._take_sessions(connection, person_id, game_id, days, period_of)
            self._take_careers(connection, person_id, game_id, days, period_of)
            declared = {} if game_id is None else statistics_of(connection, [game_id])[game_id]
            return Trend(person_id, interval, [_shown(day, counted[day], declared) for day in begins])

        await self._wait()
        return await self._database.read(read)

    def _take_sessions(
        self,
        connection: Connection,
        person_id: UUID,
        game_id: UUID | None,
        days: range,
        period_of: Callable[[int], _Counted],
    ) -> None:
        slot = self._directory.slot
        sat, held = people[slot], results[slot]
        query = (
            select(sat.c.session_id, sat.c.played_at, sat.c.outcome, held.c.playtime)
            .join(held, (held.c.session_id == sat.c.session_id) & (held.c.to_position == OPEN))
            .where(sat.c.person_id == person_id, sat.c.sat == 1)
            .where(sat.c.played_at >= days.start * DAY, sat.c.played_at < days.stop * DAY)
            .distinct()  # one person may have sat there as two players
        )
        if game_id is not None:
            query = query.where(sat.c.game_id == game_id)
        for _, played_at, outcome, lasted in connection.execute(query):
            period = period_of(played_at // DAY)
            period.played += 1
            period.won += outcome == "won"
            period.playtime += lasted // 1_000

    def _take_careers(
        self,
        connection: Connection,
        person_id: UUID,
        game_id: UUID | None,
        days: range,
        period_of: Callable[[int], _Counted],
    ) -> None:
        players = self._persons.members_of(person_id)
        rows = days_of(connection, self._days.slot, players, days.start, days.stop - 1, game_id)
        for (player_id, game, stat, day), aggregate in rows:
            period = period_of(day)
            if stat in {PLAYTIME, SUBMISSIONS, UNLOCKS, POINTS}:
                period.totals[stat] = period.totals.get(stat, 0) + int(aggregate.total)
            elif game_id is not None:
                period.statistics.setdefault(stat, Whole()).take(player_id, game, aggregate)


def _shown(begins: date, counted: _Counted, declared: dict[str, Statistic]) -> Stretch:
    totals = counted.totals
    return Stretch(
        begins=begins.isoformat(),
        playtime=hours(counted.playtime + totals.get(PLAYTIME, 0)),
        played=counted.played,
        won=counted.won,
        achievements=totals.get(UNLOCKS, 0),
        points=totals.get(POINTS, 0),
        submissions=totals.get(SUBMISSIONS, 0),
        values={
            key: whole.value(whole.chosen(declared[key].aggregation if key in declared else None))
            for key, whole in sorted(counted.statistics.items())
        },
    )
