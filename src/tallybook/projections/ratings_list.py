"""Reading ratings: those of one person, and who stands where in a game."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, func, or_, select

from tallybook.projections.ratings_model import Rating
from tallybook.projections.ratings_tables import ratings

_ORDER = struct.Struct(">?i")


class Place(NamedTuple):
    """Where somebody stands in the list of a game: who is settled first, then by the rating shown."""

    settled: bool
    shown: int
    person_id: UUID

    @property
    def key(self) -> bytes:
        return _ORDER.pack(self.settled, self.shown)

    @classmethod
    def of(cls, key: bytes, person_id: UUID) -> "Place":
        settled, shown = _ORDER.unpack(key)
        return cls(settled, shown, person_id)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody in the list of a game; whose rating is provisional has no rank."""

    person_id: UUID
    rating: Rating
    rank: int | None
    last_at: int

    @property
    def place(self) -> Place:
        return Place(self.rating.settled, self.rating.shown, self.person_id)


def ratings_of(connection: Connection, slot: str, person_id: UUID) -> dict[UUID, Rating]:
    """By game."""
    table = ratings[slot]
    query = select(table.c.game_id, table.c.mu, table.c.sigma, table.c.rated)
    return {
        row[0]: Rating(*row[1:]) for row in connection.execute(query.where(table.c.person_id == person_id))
    }


def ranked(
    connection: Connection, slot: str, game_id: UUID, *, after: Place | None, limit: int
) -> list[Ranked]:
    """A part of the list of a game, best first; equals share a rank."""
    table = ratings[slot]
    here = table.c.game_id == game_id
    query = select(table).where(here)
    if after is not None:
        query = query.where(_behind(table, after))
    order = table.c.settled.desc(), table.c.shown.desc(), table.c.person_id.desc()
    rows = connection.execute(query.order_by(*order).limit(limit)).all()
    if not rows:
        return []
    ahead = _count(connection, here & (table.c.settled == 1) & (table.c.shown > rows[0].shown))
    before = (
        0 if after is None else _count(connection, here) - _count(connection, here & _behind(table, after))
    )
    return _with_ranks(rows, first_rank=1 + ahead, before=before)


def _with_ranks(rows: Sequence[Any], *, first_rank: int, before: int) -> list[Ranked]:
    listed = []
    rank, shown = first_rank, rows[0].shown
    for number, row in enumerate(rows, start=before + 1):
        if row.shown != shown:
            rank, shown = number, row.shown
        rating = Rating(row.mu, row.sigma, row.rated)
        listed.append(Ranked(row.person_id, rating, rank if row.settled else None, row.last_at))
    return listed


def _behind(table: Any, place: Place) -> Any:
    settled, shown, person_id = table.c.settled, table.c.shown, table.c.person_id
    same = settled == int(place.settled)
    return or_(
        settled < int(place.settled),
        and_(same, shown < place.shown),
        and_(same, shown == place.shown, person_id < place.person_id),
    )


def _count(connection: Connection, condition: Any) -> int:
    count: int = connection.execute(select(func.count()).where(condition)).scalar_one()
    return count
