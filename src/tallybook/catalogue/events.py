"""What the registry records of games; their names and descriptions are private columns."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tallybook.catalogue.achievements import Rarity, Tier
from tallybook.catalogue.boards import Definition
from tallybook.catalogue.seasons import Occasion, TierBound
from tallybook.catalogue.statistics import Aggregation, Authority
from tallybook.kernel.events import Event, event
from tallybook.rules.protocol import Stat, Win


@event("game_defined.v1")
class GameDefined(Event, frozen=True):
    owner: UUID
    rules: str
    win: Win
    min_players: int | None = None
    max_players: int | None = None


@event("game_changed.v1")
class GameChanged(Event, frozen=True):
    """Some fields changed; of those that are facts the new values follow."""

    fields: tuple[str, ...]
    rules: str | None = None
    win: Win | None = None
    min_players: int | None = None
    max_players: int | None = None


@event("game_archived.v1")
class GameArchived(Event, frozen=True):
    """The game is no longer offered; what was played stays."""


@event("game_restored.v1")
class GameRestored(Event, frozen=True):
    """The game is offered again."""


@event("stat_set_defined.v1")
class StatSetDefined(Event, frozen=True):
    """A stat set of the game, in the game's stream."""

    stat_set: UUID
    owner: UUID
    stats: tuple[Stat, ...]


@event("stat_set_changed.v1")
class StatSetChanged(Event, frozen=True):
    """Renamed, or with other stats; sessions keep the stats they began with."""

    stat_set: UUID
    stats: tuple[Stat, ...] | None = None


@event("stat_set_removed.v1")
class StatSetRemoved(Event, frozen=True):
    stat_set: UUID


@event("board_defined.v1")
class BoardDefined(Event, frozen=True):
    """A leaderboard, new or defined anew: what was reported before counts as if it had always been so."""

    board: UUID
    key: str
    definition: Definition


@event("board_filled.v1")
class BoardFilled(Event, frozen=True):
    """A leaderboard takes in more of its game's long past: up to this position, or (None) the rest."""

    board: UUID
    upto: int | None = None


@event("board_archived.v1")
class BoardArchived(Event, frozen=True):
    """The leaderboard is no longer shown."""

    board: UUID


@event("board_restored.v1")
class BoardRestored(Event, frozen=True):
    board: UUID


@event("board_period_begun.v1")
class BoardPeriodBegun(Event, frozen=True):
    """A manual period of a board ends and the next begins, at `at` (microseconds since 1970 UTC)."""

    board: UUID
    at: int


@event("statistic_defined.v1")
class StatisticDefined(Event, frozen=True):
    """How what is reported of one statistic of the game adds up, new or defined anew."""

    key: str
    aggregation: Aggregation
    authority: Authority = "client"


@event("statistic_removed.v1")
class StatisticRemoved(Event, frozen=True):
    """The statistic is declared no longer; what was reported stays."""

    key: str


@event("achievement_defined.v1")
class AchievementDefined(Event, frozen=True, kw_only=True):
    """An achievement, new or defined anew. What was unlocked before stays, with the points it gave."""

    achievement: UUID
    key: str
    points: int = 0
    steps: int | None = None
    tiers: tuple[Tier, ...] = ()
    hidden: bool = False
    authority: Authority = "client"
    rarity: Rarity | None = None
    revoke: bool = False
    rule: Mapping[str, Any] | None = None


@event("achievement_archived.v1")
class AchievementArchived(Event, frozen=True):
    """The achievement can be unlocked no longer; whoever has it keeps it."""

    achievement: UUID


@event("achievement_restored.v1")
class AchievementRestored(Event, frozen=True):
    achievement: UUID


@event("season_defined.v1")
class SeasonDefined(Event, frozen=True, kw_only=True):
    """A season over leaderboards of the game, new or defined anew; times are microseconds since 1970 UTC."""

    season: UUID
    key: str
    boards: tuple[str, ...]
    starts_at: int
    ends_at: int
    tiers: tuple[TierBound, ...] = ()


@event("season_removed.v1")
class SeasonRemoved(Event, frozen=True):
    """The season does not take place; nothing of it was final."""

    season: UUID


@event("season_announced.v1")
class SeasonAnnounced(Event, frozen=True):
    """Something was said about a season: that it begins or ends, or other news."""

    season: UUID
    announcement: UUID
    occasion: Occasion = "news"


@event("season_closed.v1")
class SeasonClosed(Event, frozen=True):
    """The season is over and its standings are final; `digest` is what tells them from any others."""

    season: UUID
    digest: str
    places: int


@event("webhook_defined.v1")
class WebhookDefined(Event, frozen=True):
    """A game server is told of these event types; where it listens is private."""

    webhook: UUID
    events: tuple[str, ...]


@event("webhook_changed.v1")
class WebhookChanged(Event, frozen=True):
    """Some of `url`, `events`, `active` and `secret`; of those that are facts the new values follow."""

    webhook: UUID
    fields: tuple[str, ...]
    events: tuple[str, ...] | None = None
    active: bool | None = None


@event("webhook_removed.v1")
class WebhookRemoved(Event, frozen=True):
    webhook: UUID
