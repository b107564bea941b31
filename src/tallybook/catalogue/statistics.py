"""Statistics that a game's developers declare: how reports add up, and whose word is taken."""

import re
from collections.abc import Collection
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from tallybook.catalogue.tables import statistics
from tallybook.kernel.refusals import Refusal, invalid

Aggregation = Literal["sum", "min", "max", "average", "latest"]
Authority = Literal["client", "server"]

KEY = "^[a-z0-9][a-z0-9_-]{0,39}$"
MOST_STATISTICS = 500  # of one game
OBSERVED: Collection[Aggregation] = frozenset({"min", "max", "average"})  # of values: changes have no place

_key = re.compile(KEY)


class Statistic(msgspec.Struct, frozen=True, kw_only=True):
    """A declared statistic of a game."""

    key: str
    name: str
    aggregation: Aggregation
    authority: Authority = "client"


def checked_key(key: str, field: str = "key") -> str:
    if not _key.fullmatch(key):
        raise invalid(field, "must be 1 to 40 of a-z, 0-9, - and _, and begin with a letter or a digit")
    return key


def statistics_of(connection: Connection, games: Collection[UUID]) -> dict[UUID, dict[str, Statistic]]:
    """By game and key: everything that was declared."""
    found: dict[UUID, dict[str, Statistic]] = {game_id: {} for game_id in games}
    query = select(statistics).where(statistics.c.game_id.in_(games)).order_by(statistics.c.key)
    for row in connection.execute(query):
        found[row.game_id][row.key] = Statistic(
            key=row.key, name=row.name, aggregation=row.aggregation, authority=row.authority
        )
    return found


def refuse_contradiction(key: str, wanted: Aggregation, *, changed: bool) -> None:
    """Refuse an aggregation that cannot tell what was `changed` bit by bit."""
    if changed and wanted in OBSERVED:
        raise Refusal(
            "contradicts_records",
            f"{key} was reported by changes, of which there is no {wanted}: choose sum or latest",
        )
