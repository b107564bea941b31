"""What is said on sockets and nowhere else, as shapes for the description."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.delivery.leaderboard_shapes import Ranking
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.kernel.refusals import CODES


class Nothing(msgspec.Struct, frozen=True):
    """An object without content."""


class JoinReply(msgspec.Struct, frozen=True):
    """Where the caller is now; with `last_index` also what came after it, at most 500 events."""

    scoreboard: shapes.Scoreboard
    role: shapes.Role
    seat: int | None
    index: int
    session_id: UUID
    events: tuple[shapes.SessionEvent, ...] | UnsetType = UNSET
    more: bool | UnsetType = UNSET


class SessionStarted(msgspec.Struct, frozen=True):
    """The room's next session has begun: indexes start again from 0."""

    session_id: UUID


class RematchReply(SessionStarted, frozen=True):
    """The new session, with the index of the last event written."""

    index: int


class Presence(msgspec.Struct, frozen=True):
    """One device of somebody who is there; `phx_ref` tells it from the others."""

    phx_ref: str
    name: str | None
    role: shapes.Role
    seat: int | None
    online_at: shapes.Time


class Present(msgspec.Struct, frozen=True):
    metas: tuple[Presence, ...]


class PresenceDiff(msgspec.Struct, frozen=True):
    """Who came and who went since the last one, by player id."""

    joins: Mapping[str, Present]
    leaves: Mapping[str, Present]


class FirstPlaces(msgspec.Struct, frozen=True):
    """The ten first places of the game's board `score`; fewer while there are fewer, none without one."""

    rankings: tuple[Ranking, ...]


class Unlocked(msgspec.Struct, frozen=True, omit_defaults=True):
    """An achievement; `key` and `name` are null once it is no more."""

    id: UUID
    key: str | None
    name: str | None
    points: int | UnsetType = UNSET
    tier: int | UnsetType = UNSET


class AchievementUnlocked(msgspec.Struct, frozen=True):
    """A player has an achievement; `timestamp` is when it was earned."""

    player_id: UUID
    game_id: UUID
    achievement: Unlocked
    timestamp: shapes.Time


class LeaderboardUpdated(msgspec.Struct, frozen=True):
    """The player has another rank on a board; `rank_change` is negative on the way up, positive down."""

    game_id: UUID
    board: str
    player_id: UUID
    new_rank: int
    rank_change: int


class SocketError(msgspec.Struct, frozen=True):
    """`reason` is for people; without a `code` the message was for a topic that is not joined."""

    reason: str
    code: Annotated[str, Meta(extra_json_schema={"enum": sorted(CODES)})] | UnsetType = UNSET


class Crash(msgspec.Struct, frozen=True):
    reason: str
