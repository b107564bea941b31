"""Leaderboards as answers show them, and what can be asked of them."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from tallybook.catalogue.boards import Board, Definition
from tallybook.kernel.clock import iso, iso_or_none
from tallybook.projections.records.entries import Entry

Points = int | str
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Ranking(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a list. On boards of teams `team` says whose it is, and there is no player."""

    player_id: UUID | None
    username: str | None
    points: Points
    rank: int
    second: Points | UnsetType = UNSET
    team: str | UnsetType = UNSET
    metadata: Raw | UnsetType = UNSET


class Period(msgspec.Struct, frozen=True):
    """From when to when (exclusive) scores count; null where there is no such bound."""

    starts_at: Time | None
    ends_at: Time | None


class Rankings(msgspec.Struct, frozen=True):
    """A part of a list; `total` counts all of it.

    While the board, new or defined anew, still takes in the past, `filled` says how much it has, from 0 to 1.
    """

    rankings: Sequence[Ranking]
    total: int
    period: Period
    next_cursor: str | None = None
    filled: float | UnsetType = UNSET


class EntryShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody has on a board. `count` is how many scores there were, `at` when this one was made."""

    player_id: UUID
    score: Points
    at: Time
    count: int
    second: Points | UnsetType = UNSET
    team: str | UnsetType = UNSET
    metadata: Raw | UnsetType = UNSET
    session_id: UUID | UnsetType = UNSET


class PlayerStanding(msgspec.Struct, frozen=True):
    """`percentile` is the share of entries strictly below, from 0 to 100; without a rank there is none.

    `previous` is what stood before the entry was last changed. Of the final standings of a season there are
    neither `entry` nor `previous`.
    """

    rank: int | None
    points: Points
    percentile: float | None
    total: int
    entry: EntryShown | None
    period: Period
    previous: Points | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which list of a game or of its season, and as of when (microseconds since 1970 UTC; None: now)."""

    board: str = "points"
    period: int | Literal["current", "previous"] = "current"
    season: UUID | None = None
    region: str | None = None
    friends: bool = False
    players: tuple[UUID, ...] = ()
    as_of: int | None = None
    metadata: bool = False

    @property
    def narrow(self) -> bool:
        """Whether only some are listed."""
        return self.region is not None or self.friends or bool(self.players)

    @property
    def nearby(self) -> str | None:
        """The region, where those of a region are listed as they are now: all of them."""
        return None if self.friends or self.players or self.as_of is not None else self.region


def bare_entry(
    board: Board,
    member: UUID,
    entry: Entry,
    *,
    metadata: Raw | UnsetType = UNSET,
    session_id: UUID | UnsetType = UNSET,
) -> EntryShown:
    """An entry as answers show it."""
    wanted: Definition = board.definition
    return EntryShown(
        member,
        wanted.shown(entry.value),
        iso(entry.at),
        entry.count,
        UNSET if wanted.second == "none" else wanted.shown(entry.second),
        entry.team if wanted.teams and entry.team is not None else UNSET,
        metadata,
        session_id,
    )


def bounds_of(start: int, end: int | None) -> Period:
    return Period(None if start == 0 else iso(start), iso_or_none(end))
