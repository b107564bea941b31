"""What the API takes and answers, as far as a game server needs it; fields that are new there are ignored.

Numbers are exact: integers, or `Decimal` where a board or a statistic has decimals. Times are aware.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

Number = int | Decimal


# Sent


class Score(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One score of a batch."""

    player_id: UUID | str
    score: Number
    board: str = "score"
    action: str = ""
    second: Number | UnsetType = UNSET
    team: str | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    at: datetime | UnsetType = UNSET


class Unlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One unlock of a batch; `timestamp` is when the player earned it."""

    player_id: UUID | str
    achievement_id: UUID | str
    tier: str | UnsetType = UNSET
    timestamp: datetime | UnsetType = UNSET


class Change(msgspec.Struct, frozen=True):
    """A statistic that changed by so much, instead of a new value."""

    delta: Number


# Answered


class Player(msgspec.Struct, frozen=True):
    id: UUID
    display_name: str
    kind: str
    username: str | None = None


class Guest(msgspec.Struct, frozen=True):
    """A new guest: the player, and the tokens with which the player's own device may act."""

    player: Player
    access_token: str
    refresh_token: str
    expires_in: int  # seconds


class Board(msgspec.Struct, frozen=True):
    """A leaderboard of the game."""

    id: UUID
    key: str
    name: str
    archived: bool
    definition: dict[str, Any]


class Entry(msgspec.Struct, frozen=True):
    """What somebody has on a board: `count` is how many scores there were, `at` when this one was made."""

    player_id: UUID
    score: Number
    at: datetime
    count: int
    second: Number | None = None
    team: str | None = None
    metadata: dict[str, Any] | None = None
    session_id: UUID | None = None


class Submitted(msgspec.Struct, frozen=True):
    """The standing entry and its rank, and what stood before; `updated` says whether the score changed it.

    The rank is None while there are too few scores.
    """

    entry: Entry | None
    rank: int | None
    previous: Entry | None
    updated: bool


class Failed(msgspec.Struct, frozen=True):
    code: str
    detail: str


class ScoreResult(msgspec.Struct, frozen=True):
    """How one score of a batch came out: either a result, or an error and nothing was written for it."""

    result: Submitted | None = None
    error: Failed | None = None


class Ranking(msgspec.Struct, frozen=True):
    """A line of a leaderboard; on boards of teams there is a `team` and no player."""

    rank: int
    points: Number
    player_id: UUID | None
    username: str | None
    second: Number | None = None
    team: str | None = None
    metadata: dict[str, Any] | None = None


class Period(msgspec.Struct, frozen=True):
    starts_at: datetime | None
    ends_at: datetime | None


class Rankings(msgspec.Struct, frozen=True):
    """A page of a leaderboard; `total` counts all of it.

    `filled` is how much of a long past a board that is new has taken in, from 0 to 1; None: all of it.
    """

    rankings: list[Ranking]
    total: int
    period: Period
    next_cursor: str | None = None
    filled: float | None = None


class Standing(msgspec.Struct, frozen=True):
    """Where a player stands; `percentile` is the share of entries below, from 0 to 100."""

    rank: int | None
    points: Number
    percentile: float | None
    total: int
    entry: Entry | None  # None of the final standings of a season
    period: Period
    previous: Number | None = None  # what stood before the entry was last changed


class Achievement(msgspec.Struct, frozen=True):
    """An achievement of the game; who has not unlocked a hidden one sees nothing of it but its points."""

    id: UUID
    key: str | None
    name: str | None
    description: str | None
    points: int
    hidden: bool
    archived: bool
    steps: int | None = None


class Unlocked(msgspec.Struct, frozen=True):
    """`already` says that nothing is new; `new_rank` is the player's on the board of points."""

    already: bool
    achievement: Achievement
    new_rank: int | None


class Progressed(msgspec.Struct, frozen=True):
    """`unlocked` says that the achievement, or a tier of it, is unlocked now."""

    already: bool
    unlocked: bool
    achievement: Achievement
    new_rank: int | None


class UnlockResult(msgspec.Struct, frozen=True):
    """How one unlock of a batch came out; without success, `code` and `detail` say why."""

    success: bool
    already: bool | None = None
    code: str | None = None
    detail: str | None = None


# Wrapped


class ScoreResults(msgspec.Struct, frozen=True):
    results: list[ScoreResult]


class UnlockResults(msgspec.Struct, frozen=True):
    results: list[UnlockResult]


class Boards(msgspec.Struct, frozen=True):
    items: list[Board]


class Achievements(msgspec.Struct, frozen=True):
    items: list[Achievement]
    next_cursor: str | None


class Written(msgspec.Struct, frozen=True):
    """`index` is that of the last event written to the player's career."""

    index: int
