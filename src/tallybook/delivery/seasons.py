"""Standings of seasons as answers: with names, and the tier of every rank."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from tallybook.accounts.names import Names
from tallybook.catalogue.boards import Board
from tallybook.catalogue.season_definitions import Seasons
from tallybook.catalogue.seasons import Season, season_board_id
from tallybook.database.engine import Database
from tallybook.kernel.refusals import not_found
from tallybook.projections.records.lists import Line
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.reading import entries_of
from tallybook.projections.records.records import Records
from tallybook.projections.season_standings import Frozen, Standing, final, mark, place_of


class StandingLine(msgspec.Struct, frozen=True):
    """`player_id` and `username` are null for a team. Ranks are shared, places are not."""

    place: Annotated[int, Meta(ge=1)]
    rank: Annotated[int, Meta(ge=1)]
    player_id: UUID | None
    username: str | None
    team: str | None
    points: int | str
    second: int | str | None
    tier: str | None


class Part(msgspec.Struct, frozen=True):
    """Some of the lines, how many there are in all, and behind which one the list goes on."""

    lines: list[StandingLine]
    total: int
    last: Line | None


class SeasonStandings:
    """Answers who stands where, now or in the end."""

    def __init__(
        self, database: Database, seasons: Seasons, records: Records, ranks: Ranks, names: Names
    ) -> None:
        self._database = database
        self._seasons = seasons
        self._records = records
        self._ranks = ranks
        self._names = names

    async def of(self, season: Season, board_key: str, *, after: Line | None, limit: int) -> Part:
        """A part of the list of one of the season's boards; `not_found` for any other board.

        One that was begun before the end goes on in the final standings, behind whom it named last.
        """
        if board_key not in season.boards:
            raise not_found("leaderboard in this season")
        wanted = season_board_id(season.id, board_key)
        board = next(board for board in await self._seasons.own_boards(season) if board.id == wanted)
        if season.standings_id is None:
            found, total, last = await self._running(board, after, limit)
        else:
            frozen = Frozen(season.id, season.standings_id, board.id)

            def read(connection: Connection) -> tuple[list[Standing], int]:
                return final(connection, frozen, after=place_of(connection, frozen, after), limit=limit)

            found, total = await self._database.read(read)
            last = mark(frozen, found[-1].place) if found else None
        more = bool(found) and found[-1].place < total
        return Part(await self._shown(season, board, found, total), total, last if more else None)

    async def _running(
        self, board: Board, after: Line | None, limit: int
    ) -> tuple[Sequence[Standing], int, Line | None]:
        period = board.begun[0]
        section = await self._ranks.top(board, period, limit=limit, after=after)
        teams: Mapping[UUID, str | None] = {}
        if board.definition.teams:
            members = [line.member_id for line in section.lines]
            read = partial(entries_of, slot=self._records.slot, board=board, period=period, members=members)
            teams = {member: entry.team for member, entry in (await self._database.read(read)).items()}
        found = [
            Standing(place, line.rank, line.member_id, teams.get(line.member_id), line.value, line.second)
            for place, line in enumerate(section.lines, section.start + 1)
        ]
        return found, section.total, section.lines[-1] if section.lines else None

    async def _shown(
        self, season: Season, board: Board, found: Sequence[Standing], total: int
    ) -> list[StandingLine]:
        definition = board.definition
        names = {} if definition.teams else await self._names.of([line.member_id for line in found])
        tiers = (season.tier_at(line.rank, total) for line in found)
        return [
            StandingLine(
                place=line.place,
                rank=line.rank,
                player_id=None if definition.teams else line.member_id,
                username=names.get(line.member_id),
                team=line.team if definition.teams else None,
                points=definition.shown(line.value),
                second=None if definition.second == "none" else definition.shown(line.second),
                tier=None if tier is None else season.tiers[tier].name,
            )
            for line, tier in zip(found, tiers, strict=True)
        ]
