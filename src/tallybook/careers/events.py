"""What a career records: scores submitted, statistics reported, achievements unlocked.

Every event names its game and its player, as the stream's id is only a digest of the two.
"""

from typing import Literal
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event, event
from tallybook.kernel.text import FreeText

Number = int | str  # an integer, or a decimal in its canonical form


class CareerEvent(Event, frozen=True, omit_defaults=True):
    game: UUID
    player: UUID


@event("score_submitted.v1")
class ScoreSubmitted(CareerEvent, frozen=True, omit_defaults=True):
    """A score for one board. `second` decides between equal scores; `team` is whom it counts for there.

    `client`: the player's own client said so, and nobody who may vouch for it.
    """

    free_text = ("metadata",)

    board: UUID
    score: Number
    action: str = ""
    second: Number | None = None
    team: str | None = None
    bot: bool = False
    client: bool = False
    metadata: FreeText | None = None  # JSON


class Reported(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statistic: set to a value, or changed by a delta."""

    stat: str
    value: Number | None = None
    delta: Number | None = None


@event("stats_reported.v1")
class StatsReported(CareerEvent, frozen=True, omit_defaults=True):
    """Statistics as the game keeps them; `playtime` in milliseconds is time played since the last report.

    `client`: the player's own client said so, and nobody who may vouch for it.
    """

    values: tuple[Reported, ...] = ()
    playtime: int = 0
    bot: bool = False
    client: bool = False


@event("achievement_unlocked.v1")
class AchievementUnlocked(CareerEvent, frozen=True, omit_defaults=True):
    """Unlocked, by a client or server or by the achievement's rule over `evidence`.

    `points` is what the achievement gave at that moment; the event's `at` is when it was earned. `again`
    follows a revocation where a correction has only changed when that was, or by what: no news to the player.
    """

    achievement: UUID
    points: int = 0
    tier: int | None = None
    by: Literal["client", "server", "rule"] = "client"
    evidence: tuple[int, ...] = ()  # positions in the ledger
    bot: bool = False
    again: bool = False


@event("achievement_progressed.v1")
class AchievementProgressed(CareerEvent, frozen=True, omit_defaults=True):
    """Steps towards an incremental achievement."""

    achievement: UUID
    steps: int
    bot: bool = False


@event("achievement_revoked.v1")
class AchievementRevoked(CareerEvent, frozen=True, omit_defaults=True):
    """What it was earned by has been corrected; `points` are those it gave."""

    achievement: UUID
    points: int = 0
    tier: int | None = None
