"""Stat sets: what is counted in a game, chosen when a session begins. Everybody has their own."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, select

from tallybook.catalogue.tables import games, stat_sets
from tallybook.kernel.refusals import invalid, not_found
from tallybook.kernel.text import clean_name
from tallybook.rules.protocol import DataType, Scope, Stat
from tallybook.rules.scoresheet.stats import checked_stats

_read = select(stat_sets, (stat_sets.c.owner_id == games.c.owner_id).label("offered")).join(
    games, games.c.id == stat_sets.c.game_id
)
_stats = msgspec.json.Decoder(tuple[Stat, ...])


class NewStat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stat as a client defines it."""

    name: str
    data_type: DataType
    scope: Scope = "player"
    scoring: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | str | UnsetType = UNSET
    maximum: int | str | UnsetType = UNSET
    step: int | str | UnsetType = UNSET

    def stat(self) -> Stat:
        """The same, not checked yet."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        return Stat(**given)


class StatSet(msgspec.Struct, frozen=True):
    """A stat set; a removed one is only kept for the record. An offered one is by the game's owner."""

    id: UUID
    game_id: UUID
    owner_id: UUID
    name: str
    stats: tuple[Stat, ...]
    removed: bool
    offered: bool


class StatSetChanges(msgspec.Struct, frozen=True):
    """Fields to set; what is unset stays."""

    name: str | UnsetType = UNSET
    stats: Sequence[Stat] | UnsetType = UNSET

    def checked(self) -> "StatSetChanges":
        return StatSetChanges(
            clean_name(self.name) if isinstance(self.name, str) else UNSET,
            UNSET if isinstance(self.stats, UnsetType) else some_stats(self.stats),
        )


def some_stats(stats: Sequence[Stat]) -> tuple[Stat, ...]:
    """At least one stat, all of them valid, in canonical form."""
    if not stats:
        raise invalid("stats", "needs at least one")
    return checked_stats(stats)


def find_stat_set(connection: Connection, stat_set_id: UUID) -> StatSet:
    """A stat set by id, also a removed one; refuses with `not_found`."""
    row = connection.execute(_read.where(stat_sets.c.id == stat_set_id)).one_or_none()
    if row is None:
        raise not_found("stat set")
    return _shown(row)


def stat_sets_of(
    connection: Connection, game_id: UUID, owners: Collection[UUID], *, before: UUID | None, limit: int
) -> list[StatSet]:
    """The stat sets that any of `owners` made for a game, newest first."""
    of_them = (stat_sets.c.game_id == game_id) & stat_sets.c.owner_id.in_(owners)
    query = _read.where(of_them, ~stat_sets.c.removed)
    if before is not None:
        query = query.where(stat_sets.c.id < before)
    return [_shown(row) for row in connection.execute(query.order_by(stat_sets.c.id.desc()).limit(limit))]


def _shown(row: Row[Any]) -> StatSet:
    stats = _stats.decode(row.stats)
    return StatSet(row.id, row.game_id, row.owner_id, row.name, stats, row.removed, row.offered)
