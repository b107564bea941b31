"""Who is rated how in a game."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from tallybook.accounts.names import Names
from tallybook.database.engine import Database
from tallybook.delivery.dashboard_shapes import Rated, rated
from tallybook.kernel.clock import iso
from tallybook.projections.ratings import Ratings
from tallybook.projections.ratings_list import Place, Ranked, ranked


class RankedPlayer(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the list; equals share a rank, and who is rated provisionally has none."""

    rank: Annotated[int, Meta(ge=1)] | None
    player_id: UUID
    name: str | None
    rating: Rated
    last_played: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class RatingList:
    """The list of a game. `wait` returns when the ratings have what was acknowledged."""

    def __init__(
        self, database: Database, names: Names, ratings: Ratings, wait: Callable[[], Awaitable[object]]
    ) -> None:
        self._database = database
        self._names = names
        self._ratings = ratings
        self._wait = wait

    async def ranked(
        self, game_id: UUID, *, after: Place | None, limit: int
    ) -> list[tuple[Place, RankedPlayer]]:
        await self._wait()
        found = await self._database.read(
            lambda connection: ranked(connection, self._ratings.slot, game_id, after=after, limit=limit)
        )
        names = await self._names.of([each.person_id for each in found])
        return [(each.place, _shown(each, names.get(each.person_id))) for each in found]


def _shown(each: Ranked, name: str | None) -> RankedPlayer:
    return RankedPlayer(
        rank=each.rank,
        player_id=each.person_id,
        name=name,
        rating=rated(each.rating),
        last_played=iso(each.last_at),
    )
