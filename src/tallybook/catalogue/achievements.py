"""Achievements of a game: their shape, what makes one valid, and reading them back."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection, Row, select

from tallybook.careers.fold import Goal
from tallybook.catalogue.achievement_rules import Rule, at_most, document_of, goal_of, leaves, read_rule
from tallybook.catalogue.statistics import checked_key
from tallybook.catalogue.tables import achievements
from tallybook.kernel.clock import iso
from tallybook.kernel.refusals import invalid, not_found
from tallybook.kernel.text import clean_name, clean_text

Authority = Literal["client", "server"]
Rarity = Literal["common", "uncommon", "rare", "epic", "legendary"]
Clearable = Literal["icon", "steps", "tiers", "rarity", "rule"]

MOST_ACHIEVEMENTS = 1_000  # of one game
MOST_TIERS = 10
MOST_LANGUAGES = 50
LONGEST_DESCRIPTION = 500
LONGEST_ICON = 300

Points = Annotated[int, Meta(ge=0, le=1_000_000)]
Steps = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", re.ASCII)
_ADDRESS = re.compile(r"(https://|/(?!/))[!-~]+", re.ASCII)


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an achievement is called in one language, and what it is for."""

    name: str
    description: str = ""

    def checked(self, field: str) -> "Texts":
        return Texts(
            clean_name(self.name, f"{field}.name"),
            clean_text(self.description, f"{field}.description", longest=LONGEST_DESCRIPTION),
        )


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A degree such as bronze: from how many steps on, and the points it gives beside those below it."""

    key: str
    steps: Steps
    points: Points = 0


class Achievement(msgspec.Struct, frozen=True, kw_only=True):
    """An achievement as its developers see it. The points of one with tiers are those of all tiers."""

    id: UUID
    game_id: UUID
    key: str
    name: str
    description: str
    texts: Mapping[str, Texts]
    icon: str | None
    hidden: bool
    points: int
    steps: int | None
    tiers: tuple[Tier, ...]
    authority: Authority
    rarity: Rarity | None
    revoke: bool
    rule: Mapping[str, Any] | None
    archived: bool
    created_at: str

    @property
    def goal(self) -> Goal:
        if self.tiers:
            steps = tuple((tier.steps, tier.points) for tier in self.tiers)
            return Goal(self.game_id, self.id, steps, tiered=True)
        return Goal(self.game_id, self.id, ((self.steps or 1, self.points),))

    @property
    def judged(self) -> Rule | None:
        """The rule by which it is unlocked."""
        return None if self.rule is None else read_rule(self.rule)

    @property
    def counts_steps(self) -> bool:
        """Whether progress towards it is reported."""
        return self.rule is None and (self.steps is not None or bool(self.tiers))


class AchievementChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Fields to set, and to clear; what is in neither stays, and is plain in a new achievement."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    texts: Mapping[str, Texts] | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    tiers: tuple[Tier, ...] | UnsetType = UNSET
    authority: Authority | UnsetType = UNSET
    rarity: Rarity | UnsetType = UNSET
    revoke: bool | UnsetType = UNSET
    rule: Mapping[str, Any] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    clear: tuple[Clearable, ...] = ()

    def given(self) -> dict[str, Any]:
        """The checked changes by field; None, or no tiers, for those to be cleared."""
        given: dict[str, Any] = {name: () if name == "tiers" else None for name in self.clear}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "clear" or value is UNSET:
                continue
            if name in given:
                raise invalid("clear", f"{name} is to be set and to be cleared")
            given[name] = _CHECKS[name](value) if name in _CHECKS else value
        return given


PLAIN: Mapping[str, Any] = {
    "description": "",
    "texts": {},
    "icon": None,
    "hidden": False,
    "points": 0,
    "steps": None,
    "tiers": (),
    "rarity": None,
    "revoke": False,
    "rule": None,
}


def check_whole(fields: Mapping[str, Any]) -> None:
    """Refuse an achievement whose parts contradict each other."""
    tiers, steps, rule = fields["tiers"], fields["steps"], fields["rule"]
    if tiers and steps is not None:
        raise invalid("steps", "are those of the highest tier: leave them out")
    if tiers and fields["points"]:
        raise invalid("points", "are those of the tiers: leave them out")
    if rule is None:
        return
    if fields["authority"] == "client":
        raise invalid("authority", "must be server where a rule unlocks it")
    if steps is not None:
        raise invalid("steps", "are made by clients and servers; a rule counts by itself")
    if tiers:
        conditions = [*leaves(read_rule(rule))]
        if len(conditions) != 1 or "type" not in rule or at_most(conditions[0]):
            raise invalid("tiers", "go with a rule of one condition that asks for at least a number")
        if goal_of(conditions[0]) != tiers[-1].steps:
            raise invalid("tiers", "the steps of the highest are the number that the rule asks for")


def _checked_texts(texts: Mapping[str, Texts]) -> dict[str, Texts]:
    if len(texts) > MOST_LANGUAGES:
        raise invalid("texts", f"at most {MOST_LANGUAGES} languages")
    for language in texts:
        if not _LANGUAGE.fullmatch(language):
            raise invalid("texts", "is by language, such as de or pt-BR")
    return {language: said.checked(f"texts.{language}") for language, said in sorted(texts.items())}


def _checked_icon(icon: str) -> str:
    """A short sign such as an emoji, or an address of a picture."""
    if len(icon) <= LONGEST_ICON and _ADDRESS.fullmatch(icon):
        return icon
    sign = clean_name(icon, "icon", longest=16)
    if sign.isascii():
        raise invalid("icon", "must be an emoji, an https:// address, or a path that begins with /")
    return sign


def _checked_tiers(tiers: Sequence[Tier]) -> tuple[Tier, ...]:
    if not 1 <= len(tiers) <= MOST_TIERS:
        raise invalid("tiers", f"from 1 to {MOST_TIERS}")
    steps = [tier.steps for tier in tiers]
    if steps != sorted(set(steps)):
        raise invalid("tiers", "each needs more steps than the one before")
    if len({checked_key(tier.key) for tier in tiers}) < len(tiers):
        raise invalid("tiers", "every key stands once")
    return tuple(tiers)


_CHECKS: Mapping[str, Any] = {
    "name": clean_name,
    "description": lambda text: clean_text(text, "description", longest=LONGEST_DESCRIPTION),
    "texts": _checked_texts,
    "icon": _checked_icon,
    "tiers": _checked_tiers,
    "rule": lambda document: document_of(read_rule(document)),
}

_texts = msgspec.json.Decoder(dict[str, Texts]).decode
_tiers = msgspec.json.Decoder(tuple[Tier, ...]).decode
_rule = lru_cache(maxsize=4_096)(msgspec.json.Decoder(dict[str, Any]).decode)


def columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The row of checked fields."""
    row = dict(fields)
    for name in ("texts", "tiers", "rule"):
        if name in row:
            row[name] = None if row[name] is None else msgspec.json.encode(row[name])
    return row


def shown(row: Row[Any]) -> Achievement:
    tiers = _tiers(row.tiers)
    return Achievement(
        id=row.id,
        game_id=row.game_id,
        key=row.key,
        name=row.name,
        description=row.description,
        texts=_texts(row.texts),
        icon=row.icon,
        hidden=row.hidden,
        points=sum(tier.points for tier in tiers) if tiers else row.points,
        steps=tiers[-1].steps if tiers else row.steps,
        tiers=tiers,
        authority=row.authority,
        rarity=row.rarity,
        revoke=row.revoke,
        rule=None if row.rule is None else _rule(bytes(row.rule)),
        archived=row.archived,
        created_at=iso(row.created_at),
    )


def find_achievement(
    connection: Connection, achievement_id: UUID, game_id: UUID | None = None
) -> Achievement:
    """An achievement by id, of this game where one is given; refuses with `not_found`."""
    row = connection.execute(select(achievements).where(achievements.c.id == achievement_id)).one_or_none()
    if row is None or game_id not in {None, row.game_id}:
        raise not_found("achievement")
    return shown(row)


def achievements_of(
    connection: Connection, game_id: UUID, *, archived: bool, before: UUID | None, limit: int
) -> list[Achievement]:
    """Those of a game, the newest first."""
    query = select(achievements).where(
        achievements.c.game_id == game_id, achievements.c.archived.is_(archived)
    )
    if before is not None:
        query = query.where(achievements.c.id < before)
    return [shown(row) for row in connection.execute(query.order_by(achievements.c.id.desc()).limit(limit))]


def achievements_named(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Achievement]:
    """Achievements by id, archived ones too."""
    query = select(achievements).where(achievements.c.id.in_(set(ids)))
    return {row.id: shown(row) for row in connection.execute(query)}


def ruled_by(connection: Connection, games: Collection[UUID]) -> list[Achievement]:
    """Those of some games that a rule unlocks."""
    query = select(achievements).where(
        achievements.c.game_id.in_(set(games)),
        achievements.c.rule.is_not(None),
        achievements.c.archived.is_(False),
    )
    return [shown(row) for row in connection.execute(query.order_by(achievements.c.id))]
