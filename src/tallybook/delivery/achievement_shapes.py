"""The shapes of answers about achievements, and what of one is shown to whom."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.catalogue.achievements import Achievement, Authority, Rarity, Texts, Tier
from tallybook.kernel.clock import iso, iso_or_none
from tallybook.projections.unlocks_reading import Holding, Spread

_LABELS: Sequence[tuple[float, Rarity]] = (
    (0.5, "common"),
    (0.2, "uncommon"),
    (0.05, "rare"),
    (0.01, "epic"),
    (0, "legendary"),
)

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Share = Annotated[float, Meta(ge=0, le=1)]
Number = int | str


class ComputedRarity(msgspec.Struct, frozen=True):
    """How many players of the game have it; share and label are null while they are few."""

    unlocked: int
    players: int
    share: Share | None
    label: Rarity | None


class AchievementProgress(msgspec.Struct, frozen=True):
    """Steps made of those to make, and the highest tier reached by its key."""

    steps: int
    of: int
    tier: str | None


class AchievementShown(msgspec.Struct, frozen=True, kw_only=True):
    """An achievement. A hidden one says nothing but its points to whoever has not unlocked it.

    `unlocked_at`, `revoked_at` and `progress` are the player's whose achievements are listed; among those
    of a game, the caller's. `texts`, `authority`, `revoke` and `rule` are for the game's developers.
    """

    id: UUID
    game_id: UUID
    key: str | None
    name: str | None
    description: str | None
    icon: str | None
    hidden: bool
    points: int
    steps: int | None
    tiers: tuple[Tier, ...]
    rarity: Annotated[Rarity | None, Meta(description="As declared.")]
    computed_rarity: ComputedRarity | None
    archived: bool
    created_at: Time
    unlocked_at: Time | None = None
    revoked_at: Time | None = None
    progress: AchievementProgress | None = None
    texts: Mapping[str, Texts] | UnsetType = UNSET
    authority: Authority | UnsetType = UNSET
    revoke: bool | UnsetType = UNSET
    rule: Mapping[str, Any] | UnsetType | None = UNSET


class PlayersAchievements(msgspec.Struct, frozen=True):
    """`total` counts all of them, not only this part of the list."""

    achievements: list[AchievementShown]
    total: int
    next_cursor: str | None


class RuleCondition(msgspec.Struct, frozen=True):
    """A condition of the rule, and how much of it there is."""

    condition: Mapping[str, Any]
    have: Number
    need: Number
    met: bool


class Evidence(msgspec.Struct, frozen=True):
    """An event that counted; `session` is the path of the session it belongs to."""

    position: int
    type: str
    at: Time
    session: str | None


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody has an achievement, and what is missing for it, or for its next tier."""

    player_id: UUID
    achievement_id: UUID
    unlocked: bool
    unlocked_at: Time | None
    revoked_at: Time | None
    by: Literal["client", "server", "rule"] | None
    events: list[Evidence]
    missing: list[RuleCondition]


class BackfillResult(msgspec.Struct, frozen=True):
    """`would_unlock` of the game's `players` have earned it, or a higher tier, and do not have it yet."""

    players: int
    would_unlock: int
    share: Share | None
    dry_run: bool


def shown(
    achievement: Achievement,
    *,
    language: str | None = None,
    developer: bool = False,
    holding: Holding | None = None,
    concealed: bool = False,
    spread: Spread | None = None,
) -> AchievementShown:
    """An achievement for somebody, in a language where there are texts in it."""
    texts = achievement.texts.get(language or "") or Texts(achievement.name, achievement.description)
    extra: dict[str, Any] = {}
    if developer:
        extra = {name: getattr(achievement, name) for name in ("texts", "authority", "revoke", "rule")}
    if holding is not None:
        extra |= {
            "unlocked_at": None
            if holding.unlocked_at is None or not holding.held
            else iso(holding.unlocked_at),
            "revoked_at": iso_or_none(holding.revoked_at),
            "progress": progress_of(achievement, holding.steps, holding.tier),
        }
    return AchievementShown(
        id=achievement.id,
        game_id=achievement.game_id,
        key=None if concealed else achievement.key,
        name=None if concealed else texts.name,
        description=None if concealed else texts.description,
        icon=None if concealed else achievement.icon,
        hidden=achievement.hidden,
        points=achievement.points,
        steps=None if concealed else achievement.steps,
        tiers=() if concealed else achievement.tiers,
        rarity=achievement.rarity,
        computed_rarity=None if spread is None else _computed(spread),
        archived=achievement.archived,
        created_at=achievement.created_at,
        **extra,
    )


def progress_of(achievement: Achievement, steps: int, tier: int) -> AchievementProgress | None:
    """How far somebody has come; None where there are no steps."""
    if achievement.steps is None:
        return None
    reached = achievement.tiers[tier].key if achievement.tiers and tier >= 0 else None
    return AchievementProgress(min(steps, achievement.steps), achievement.steps, reached)


def _computed(spread: Spread) -> ComputedRarity:
    share = spread.share
    label = None if share is None else next(label for least, label in _LABELS if share >= least)
    return ComputedRarity(spread.unlocked, spread.players, share, label)
