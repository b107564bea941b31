"""What every career came to, day by day, for trends; and since when it has been going on."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Index, Integer, Table, case, func, select

from tallybook.careers.events import (
    AchievementRevoked,
    AchievementUnlocked,
    Reported,
    ScoreSubmitted,
)
from tallybook.database.schema import metadata
from tallybook.kernel.days import DAY
from tallybook.kernel.events import Recorded, name_without_version
from tallybook.projections.aggregates import Aggregate, Kept, columns, key_columns
from tallybook.projections.careers import reports
from tallybook.projections.making import MadeInMemory
from tallybook.projections.slots import SLOTS

ALL_DAYS = -1  # the row of everything up to now
SUBMISSIONS, UNLOCKS, POINTS = "+scores", "+unlocks", "+points"  # statistics which no game can name so

_TYPES = frozenset({"score_submitted", "stats_reported", "achievement_unlocked", "achievement_revoked"})


def _career_days(slot: str) -> Table:
    name = f"career_days_{slot}"
    return Table(
        name,
        metadata,
        *key_columns(),
        Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970 in UTC, or `ALL_DAYS`
        *columns(),
        Index(f"ix_{name}_player", "player_id", "day"),
        sqlite_with_rowid=False,
    )


kept = Kept(_career_days)


Key = tuple[UUID, UUID, str, int]  # player, game, statistic, day


class CareerDays(MadeInMemory[dict[Key, Aggregate]]):
    """Follows careers. A day is that of the time at which something happened, in UTC.

    A day's lowest and highest are its own, its latest is what stood at its end; a revoked achievement
    is taken off on the day on which it was revoked.
    """

    name = "career_days"
    version = 1
    concerns = _TYPES

    def __init__(self) -> None:
        super().__init__(dict, kept.pages)
        self.slot = SLOTS[0]

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        counts: list[tuple[int, Key, int]] = []
        reported: list[tuple[Recorded, tuple[UUID, UUID, str], Reported]] = []
        for recorded in events:
            name = name_without_version(recorded.type)
            if name == "stats_reported":
                reported += [(recorded, *report) for report in reports(recorded)]
            elif name in _TYPES:
                counts += [(recorded.index, *count) for count in _counts(recorded)]
        if not counts and not reported:
            return
        made = self.making.get(slot)
        known: dict[Key, int] = {}
        if made is None:
            rows = {(*key, day) for recorded, key, _ in reported for day in (ALL_DAYS, _day(recorded))}
            book = kept.read(connection, slot, rows.union(row for _, row, _ in counts))
            known = {row: book[row].idx for row in rows if row in book}
        else:
            book = made  # into which nothing comes twice
        for index, row, change in counts:
            aggregate = book.get(row)
            if aggregate is None:
                aggregate = book[row] = Aggregate()
            if aggregate.idx < index:
                aggregate.count(change, index)
        for recorded, key, report in reported:
            row = (*key, ALL_DAYS)
            if recorded.index <= known.get(row, -1):
                continue
            whole = book.setdefault(row, Aggregate())
            day = book.setdefault((*key, _day(recorded)), Aggregate(latest=whole.latest))
            for aggregate in (whole, day):
                aggregate.add(report.value, report.delta, recorded.index, recorded.happened_at)
            day.latest = whole.latest
        if made is None:
            kept.write(connection, slot, book)

    def clear(self, connection: Connection, slot: str) -> None:
        kept.tables.clear(connection, slot)


def _day(recorded: Recorded) -> int:
    return recorded.happened_at // DAY


def _counts(recorded: Recorded) -> list[tuple[Key, int]]:
    """What is counted in an event."""
    event = recorded.event
    if isinstance(event, ScoreSubmitted):
        return [((event.player, event.game, SUBMISSIONS, _day(recorded)), 1)]
    assert isinstance(event, AchievementUnlocked | AchievementRevoked)
    sign = 1 if isinstance(event, AchievementUnlocked) else -1
    return [
        ((event.player, event.game, UNLOCKS, _day(recorded)), sign),
        ((event.player, event.game, POINTS, _day(recorded)), sign * event.points),
    ]


def days_of(
    connection: Connection, slot: str, players: Collection[UUID], first: int, last: int, game_id: UUID | None
) -> Iterator[tuple[Any, Aggregate]]:
    """The rows, by player, game, statistic and day, of these players from one day to another."""
    table = kept.tables[slot]
    query = select(table).where(table.c.player_id.in_(players), table.c.day.between(max(first, 0), last))
    if game_id is not None:
        query = query.where(table.c.game_id == game_id)
    return kept.rows(connection.execute(query.order_by(table.c.day)))


def seen_in(connection: Connection, slot: str, players: Collection[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """By game: the first and the last day on which these players did something, and scores submitted."""
    table = kept.tables[slot]
    submitted = func.sum(case((table.c.stat == SUBMISSIONS, table.c.changes), else_=0))
    query = (
        select(table.c.game_id, func.min(table.c.day), func.max(table.c.day), submitted)
        .where(table.c.player_id.in_(players), table.c.day >= 0)
        .group_by(table.c.game_id)
    )
    return {row[0]: (row[1], row[2], int(row[3])) for row in connection.execute(query)}
