"""What developers count: on which days who was active outside sessions, and who unlocked what when.

It follows the ledger beside the writer. Who sat in which session is in the directory of sessions already;
`analytics_figures` puts the two together.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Integer, Table

from tallybook.careers.events import (
    AchievementProgressed,
    AchievementRevoked,
    AchievementUnlocked,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.database.bulk import Insert
from tallybook.database.schema import Id, Moment, metadata
from tallybook.kernel.days import DAY
from tallybook.kernel.events import Recorded, name_without_version
from tallybook.projections.making import MadeInMemory, Page, by_key, pages
from tallybook.projections.slots import SLOTS, Slots

NO_TIER = -1


def _days(slot: str) -> Table:
    return Table(
        f"analytics_days_{slot}",
        metadata,
        Column("game_id", Id, primary_key=True),
        Column("player_id", Id, primary_key=True),
        Column("day", Integer, primary_key=True, autoincrement=False),
        Column("at", Moment, nullable=False),  # the first that was heard on that day
        sqlite_with_rowid=False,
    )


def _unlocks(slot: str) -> Table:
    return Table(
        f"analytics_unlocks_{slot}",
        metadata,
        Column("game_id", Id, primary_key=True),
        Column("achievement_id", Id, primary_key=True),
        Column("player_id", Id, primary_key=True),
        Column("tier", Integer, primary_key=True, autoincrement=False),
        Column("unlocked_at", Moment),  # NULL once revoked
        Column("position", BigInteger, nullable=False),  # of the event that said so
        sqlite_with_rowid=False,
    )


_DAY = ("game_id", "player_id", "day", "at")
_UNLOCK = ("game_id", "achievement_id", "player_id", "tier", "unlocked_at", "position")

days = Slots(_days)
unlocks = Slots(_unlocks)
_save_days = {
    slot: Insert(days[slot], _DAY, update=["at"], condition=f'excluded.at < "{days[slot].name}".at')
    for slot in SLOTS
}
_save_unlocks = {
    slot: Insert(
        unlocks[slot],
        _UNLOCK,
        update=_UNLOCK[4:],
        condition=f'excluded.position > "{unlocks[slot].name}".position',
    )
    for slot in SLOTS
}


_PRESENT = (ScoreSubmitted, StatsReported, AchievementUnlocked, AchievementProgressed)


class _Made:
    """Rows by their key."""

    def __init__(self) -> None:
        self.active: dict[tuple[UUID, UUID, int], int] = {}
        self.held: dict[tuple[Any, ...], tuple[int | None, int]] = {}

    def pages(self, slot: str) -> Iterator[Page]:
        yield from pages(_save_days[slot], ((*key, self.active[key]) for key in by_key(self.active)))
        yield from pages(_save_unlocks[slot], ((*key, *self.held[key]) for key in by_key(self.held)))


class Analytics(MadeInMemory[_Made]):
    """A row for every player, game and day, and one for every unlock; bots leave none."""

    name = "analytics"
    version = 1
    concerns: Collection[str] = frozenset(
        {
            "score_submitted",
            "stats_reported",
            "achievement_unlocked",
            "achievement_progressed",
            "achievement_revoked",
        }
    )

    def __init__(self) -> None:
        super().__init__(_Made, _Made.pages)
        self.slot = SLOTS[0]

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Rows only ever move to an earlier time of day, or to a later position."""
        made = self.making.get(slot)
        rows = _Made() if made is None else made
        active, held = rows.active, rows.held
        for recorded in events:
            if name_without_version(recorded.type) not in self.concerns:
                continue  # a rebuild hands on everything
            at = recorded.happened_at
            event = recorded.event
            if isinstance(event, AchievementRevoked):  # says nothing of the player's being there
                held[_key(event)] = None, recorded.position
                continue
            assert isinstance(event, _PRESENT)
            if event.bot:
                continue
            if isinstance(event, AchievementUnlocked):
                held[_key(event)] = at, recorded.position
            day = event.game, event.player, at // DAY
            earliest = active.get(day)
            if earliest is None or at < earliest:
                active[day] = at
        if made is None:
            for insert, page in rows.pages(slot):
                insert.run(connection, page)

    def clear(self, connection: Connection, slot: str) -> None:
        for tables in (days, unlocks):
            tables.clear(connection, slot)


def _key(event: AchievementUnlocked | AchievementRevoked) -> tuple[Any, ...]:
    return event.game, event.achievement, event.player, NO_TIER if event.tier is None else event.tier
