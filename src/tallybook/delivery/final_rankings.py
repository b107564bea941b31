"""Leaderboards of seasons that are over: read from what was written down, which nothing changes any more."""

from collections.abc import Collection
from functools import partial
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import Connection

from tallybook.accounts.merges import Persons
from tallybook.accounts.names import Names
from tallybook.catalogue.boards import Board
from tallybook.catalogue.seasons import Season
from tallybook.database.engine import Database
from tallybook.delivery.leaderboard_shapes import Asked, Period, PlayerStanding, Ranking, Rankings
from tallybook.kernel.refusals import not_found
from tallybook.projections.records.lists import Line
from tallybook.projections.season_standings import (
    Frozen,
    FrozenPart,
    Standing,
    frozen_part,
    frozen_place,
    mark,
    place_of,
)


class Final(NamedTuple):
    """A list that is final, and when its period was."""

    board: Board
    bounds: Period
    listed: Frozen


class FinalRankings:
    """Answers what is asked of final standings.

    They name the players as they were then. Who has become one person since is found by either.
    """

    def __init__(self, database: Database, names: Names, persons: Persons) -> None:
        self._database = database
        self._names = names
        self._persons = persons

    def of(
        self, board: Board, season: Season, bounds: Period, asked: Asked, wanted: Collection[UUID] | None
    ) -> Final:
        """What is asked for: the final standings on a board, or those of some."""
        assert season.standings_id is not None  # it is closed
        members = None if wanted is None else self._everyone(wanted)
        frozen = Frozen(season.id, season.standings_id, board.id, members, asked.region)
        return Final(board, bounds, frozen)

    async def top(self, final: Final, *, limit: int, after: Line | None) -> tuple[Rankings, Line | None]:
        """A part of a list, and the line behind which it goes on."""
        listed = final.listed

        def read(connection: Connection) -> FrozenPart | None:
            return frozen_part(connection, listed, limit=limit, after=place_of(connection, listed, after))

        part = await self._database.read(read)
        assert part is not None
        more = part.lines and part.start + len(part.lines) < part.total
        last = mark(listed, part.lines[-1].place) if more else None
        return await self._shown(final, part), last

    async def around(self, final: Final, player_id: UUID, *, limit: int) -> Rankings:
        """The lines around a player."""
        own = self._everyone([player_id])
        part = await self._database.read(partial(frozen_part, listed=final.listed, limit=limit, around=own))
        if part is None:
            raise not_found("entry")
        return await self._shown(final, part)

    async def standing(self, final: Final, player_id: UUID) -> PlayerStanding:
        """Where a player stood in the end."""
        members = self._everyone([player_id])
        found = await self._database.read(partial(frozen_place, listed=final.listed, members=members))
        if found is None:
            raise not_found("entry")
        percentile = round(100 * found.below / found.total, 2)
        points = final.board.definition.shown(found.line.value)
        return PlayerStanding(found.line.rank, points, percentile, found.total, None, final.bounds)

    def _everyone(self, players: Collection[UUID]) -> set[UUID]:
        """All players that any of these persons is."""
        persons = {self._persons.person_of(each) for each in players}
        return {member for person in persons for member in self._persons.members_of(person)}

    async def _shown(self, final: Final, part: FrozenPart) -> Rankings:
        definition = final.board.definition
        names = {} if definition.teams else await self._names.of([line.member_id for line in part.lines])

        def shown(line: Standing) -> Ranking:
            return Ranking(
                None if definition.teams else line.member_id,
                names.get(line.member_id),
                definition.shown(line.value),
                line.rank,
                UNSET if definition.second == "none" else definition.shown(line.second),
                (line.team or UNSET) if definition.teams else UNSET,
            )

        return Rankings([shown(line) for line in part.lines], part.total, final.bounds)
