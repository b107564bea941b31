"""What the registry records of games; their names and descriptions are private columns."""

from uuid import UUID

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
