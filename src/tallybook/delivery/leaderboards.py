"""Leaderboards as they are shown: lists, the lines around somebody, and one entry."""

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import UNSET, Raw, UnsetType
from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.accounts.follows import Following
from tallybook.accounts.merges import Persons
from tallybook.accounts.names import Names
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.boards import Board, boards_of
from tallybook.catalogue.seasons import Season, find_season, season_board_id
from tallybook.database.engine import Database
from tallybook.database.together import Together
from tallybook.delivery.final_rankings import Final, FinalRankings
from tallybook.delivery.leaderboard_shapes import (
    Asked,
    EntryShown,
    Period,
    PlayerStanding,
    Ranking,
    Rankings,
    bare_entry,
    bounds_of,
)
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.ledger.append import Appended
from tallybook.projections.records import lists, reading, regions
from tallybook.projections.records.again import Key, steps_again
from tallybook.projections.records.earlier import Earlier
from tallybook.projections.records.entries import Entry
from tallybook.projections.records.lists import Line, Section
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.records import Records, Step
from tallybook.projections.records.tables import Place, entries
from tallybook.projections.sessions import SessionDirectory

MOST_KEPT = 2_000  # finished answers
MOST_PERIODS = 100


class Leaderboards:
    """Reads lists. What is asked for by everybody is kept until it changes."""

    def __init__(
        self,
        database: Database,
        records: Records,
        directory: SessionDirectory,
        ranks: Ranks,
        book: BoardBook,
        names: Names,
        persons: Persons,
        following: Following,
        clock: Clock,
    ) -> None:
        self._database = database
        self._records = records
        self._earlier = Earlier(database, records, directory)
        self._ranks = ranks
        self._book = book
        self._names = names
        self._persons = persons
        self._following = following
        self._clock = clock
        self._single = Together[Place, Entry](lambda places: entries.glance(database, records.slot, places))
        self._final = FinalRankings(database, names, persons)
        self._kept: dict[tuple[Any, ...], tuple[int, int, Rankings, Line | None]] = {}

    async def top(
        self, actor: Actor | None, game_id: UUID, asked: Asked, *, limit: int, after: Line | None
    ) -> tuple[Rankings, Line | None]:
        """A part of a list, and the line behind which it goes on."""
        board, period, bounds, final = await self._board(actor, game_id, asked)
        if final is not None:
            return await self._final.top(final, limit=limit, after=after)
        plain = not asked.narrow and asked.as_of is None and after is None
        key = (board.id, board.digest, period, limit, asked.metadata)
        stamp = await self._ranks.stamp(board, period) if plain else None
        if (
            stamp is not None
            and (kept := self._kept.get(key))
            and kept[:2] == (stamp, self._names.generation)
        ):
            return kept[2:]
        generation = self._names.generation
        section = await self._section(actor, board, period, asked, limit=limit, after=after)
        shown = await self._rankings(board, period, section, asked, bounds)
        more = section.start + len(section.lines) < section.total
        last = section.lines[-1] if more and section.lines else None
        if stamp is not None and generation == self._names.generation:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (stamp, generation, shown, last)
        return shown, last

    async def around(
        self, actor: Actor | None, game_id: UUID, player_id: UUID, asked: Asked, *, limit: int
    ) -> Rankings:
        """The lines around a player, who is in their middle as far as the list allows."""
        board, period, bounds, final = await self._board(actor, game_id, asked)
        if final is not None:
            return await self._final.around(final, player_id, limit=limit)
        member = self._persons.person_of(player_id)
        if asked.nearby is not None:
            section = await self._database.read(
                partial(
                    reading.around, slot=self._records.slot, board=board, period=period,
                    member=member, limit=limit, region=asked.nearby,
                )
            )  # fmt: skip
        elif asked.narrow or asked.as_of is not None:
            lines = await self._lines(actor, board, period, asked)
            section = lists.section(board.definition, lines, limit=limit, around=member)
        else:
            section = await self._ranks.around(board, period, member, limit=limit)
        if section is None:
            raise not_found("entry")
        return await self._rankings(board, period, section, asked, bounds)

    async def filled(self, board: Board) -> float | None:
        """How much of the past a board that is new or defined anew has taken in, from 0 to 1; None: all."""
        return await self._ranks.filled(board)

    async def _rankings(
        self, board: Board, period: int, section: Section, asked: Asked, bounds: Period
    ) -> Rankings:
        filled = await self._ranks.filled(board)
        lines = await self._shown(board, period, section, asked)
        return Rankings(lines, section.total, bounds, filled=UNSET if filled is None else filled)

    async def standing(
        self, actor: Actor | None, game_id: UUID, player_id: UUID, asked: Asked
    ) -> PlayerStanding:
        """Where a player is, with the entry."""
        board, period, bounds, final = await self._board(actor, game_id, asked)
        if final is not None:
            return await self._final.standing(final, player_id)
        member = self._persons.person_of(player_id)
        rank: int | None
        entry: Entry | None = None
        if asked.nearby is not None:
            here = await self._database.read(
                partial(
                    regions.standing_in, slot=self._records.slot, board=board, period=period,
                    member=member, region=asked.nearby,
                )
            )  # fmt: skip
            if here is not None:
                entry, rank, below, total = here
        elif asked.narrow or asked.as_of is not None:
            found = await self._entries(actor, board, period, asked)
            entry = found.get(member)
            lines = await asyncio.to_thread(lists.listed, board.definition, found)  # perhaps many
            own = next((line for line in lines if line.member_id == member), None)
            rank, total = (None if own is None else own.rank), len(lines)
            below = sum(line.rank > own.rank for line in lines) if own is not None else 0
        else:
            entry = await self._entry(board, period, member)
            if entry is not None:
                rank, below, total = await self._ranks.standing(board, period, member, entry)
                rank = rank if entry.count >= board.definition.minimum else None
        if entry is None:
            raise not_found("entry")
        shown = await self.entry_shown(board, member, entry)
        percentile = None if rank is None else round(100 * below / total, 2)
        before = await self._previous(board, period, member, entry)
        previous = None if before is None else board.definition.shown(before)
        return PlayerStanding(rank, shown.score, percentile, total, shown, bounds, previous)

    async def _previous(self, board: Board, period: int, member: UUID, entry: Entry) -> int | None:
        """The value before the entry's last change; of several players' parts only the ledger knows it."""
        members = self._persons.members_of(member)
        if entry.previous is not None or len(members) == 1:
            return entry.previous
        before = await self._database.read(
            partial(
                reading.entry_before, slot=self._records.slot, board=board, period=period,
                members=members, position=entry.since,
            )
        )  # fmt: skip
        return None if before is None else before.value

    async def points_rank(self, game_id: UUID, player_id: UUID, written: Appended) -> int | None:
        """The rank of a player on the board of achievement points now, after what was written to the career;
        None without an entry, or with too few unlocks."""
        board = (await self._book.of(game_id)).find("points")
        period, _ = board.period(self._clock.now())
        member = self._persons.person_of(player_id)
        await self._ranks.settled()
        for index in range(written.last, written.first - 1, -1):
            for step in self._ranks.steps(written.stream, index):
                if step.place == (board.id, period, member):
                    return await self._rank(board, period, member, step.after, written=True)
        return (await self._ranks.ranks(board, period, [member])).get(member)

    async def _rank(
        self, board: Board, period: int, member: UUID, entry: Entry, *, written: bool = False
    ) -> int | None:
        """The rank of an entry, perhaps one that was `written` just now; None with too few scores."""
        if entry.count < board.definition.minimum:
            return None
        return await self._ranks.rank(board, period, member, entry, written=written)

    async def entry(self, board: Board, period: int, member: UUID) -> tuple[Entry, int | None] | None:
        """What a player or a team has, with its rank; the rank is None with too few scores."""
        member = self._persons.person_of(member)
        entry = await self._entry(board, period, member)
        if entry is None:
            return None
        return entry, await self._rank(board, period, member, entry)

    async def steps_again(self, board: Board, written: Mapping[Key, UUID]) -> dict[Key, Step]:
        """What submissions of players changed on a board; nothing while it takes in the past."""
        if await self._ranks.filled(board) is not None:
            return {}
        wanted = {key: self._persons.person_of(player_id) for key, player_id in written.items()}
        return await self._database.read(
            partial(
                steps_again, slot=self._records.slot, board=board, wanted=wanted,
                members_of=self._persons.members_of,
            )
        )  # fmt: skip

    async def periods(self, game_id: UUID, key: str) -> list[Period]:
        """The periods in which anybody entered, newest first."""
        board = (await self._book.of(game_id)).find(key)
        found = await self._database.read(
            partial(reading.periods_of, slot=self._records.slot, board=board, limit=MOST_PERIODS)
        )
        return [bounds_of(start, board.period(start)[1]) for start in found]

    async def entry_shown(self, board: Board, member: UUID, entry: Entry) -> EntryShown:
        """An entry with its metadata and the session that it comes from."""
        recorded = (await self._database.read(partial(reading.events_at, positions=[entry.since])))[
            entry.since
        ]
        session_id: UUID | UnsetType = UNSET
        metadata: Raw | UnsetType = UNSET
        if recorded.type.startswith(("session_", "result_")):
            session_id = recorded.stream
        elif getattr(recorded.event, "metadata", None) is not None:
            noted = await self._database.read(partial(reading.metadata_of, positions=[entry.since]))
            if entry.since in noted:
                metadata = Raw(noted[entry.since].encode())
        return bare_entry(board, member, entry, metadata=metadata, session_id=session_id)

    # Which list

    async def _board(
        self, actor: Actor | None, game_id: UUID, asked: Asked
    ) -> tuple[Board, int, Period, Final | None]:
        """The board with its period; and the list itself, when it is of a season's final standings."""
        if asked.season is not None:
            return await self._in_season(actor, game_id, asked.season, asked)
        board = (await self._book.of(game_id)).find(asked.board)
        moment = self._clock.now() if asked.as_of is None else asked.as_of
        if isinstance(asked.period, int):
            moment = asked.period
        start, end = board.period(moment)
        if asked.period == "previous":
            if board.definition.schedule == "none" or start == 0:
                raise invalid("period", "there is none before")
            start, end = board.period(start - 1)
        return board, start, bounds_of(start, end), None

    async def _in_season(
        self, actor: Actor | None, game_id: UUID, season_id: UUID, asked: Asked
    ) -> tuple[Board, int, Period, Final | None]:
        if asked.period != "current":
            raise invalid("period", "a season is one period")

        def read(connection: Connection) -> tuple[Season, Board]:
            season = find_season(connection, game_id, season_id)
            if season.key is None:
                raise not_found("season")
            if asked.board not in season.boards:
                raise not_found("leaderboard in this season")
            own = season_board_id(season_id, asked.board)
            return season, boards_of(connection, [game_id])[game_id][own]

        season, board = await self._database.read(read)
        closed = season.closed_at is not None and (asked.as_of is None or asked.as_of >= season.closed_at)
        bounds = bounds_of(season.starts_at, season.ends_at)
        final = None
        if closed:
            final = self._final.of(board, season, bounds, asked, await self._wanted(actor, asked))
        return board, season.starts_at, bounds, final

    async def _section(
        self,
        actor: Actor | None,
        board: Board,
        period: int,
        asked: Asked,
        *,
        limit: int,
        after: Line | None,
    ) -> Section:
        if asked.nearby is not None:
            return await self._database.read(
                partial(
                    reading.top, slot=self._records.slot, board=board, period=period,
                    limit=limit, after=after, region=asked.nearby,
                )
            )  # fmt: skip
        if asked.narrow or asked.as_of is not None:
            lines = await self._lines(actor, board, period, asked)
            found = lists.section(board.definition, lines, limit=limit, after=after)
            assert found is not None
            return found
        return await self._ranks.top(board, period, limit=limit, after=after)

    async def _lines(self, actor: Actor | None, board: Board, period: int, asked: Asked) -> list[Line]:
        found = await self._entries(actor, board, period, asked)
        return await asyncio.to_thread(lists.listed, board.definition, found)  # perhaps many

    async def _entries(
        self, actor: Actor | None, board: Board, period: int, asked: Asked
    ) -> Mapping[UUID, Entry]:
        """The entries that a narrow or an earlier list has."""
        wanted = await self._wanted(actor, asked)
        if asked.as_of is not None:
            entries = await self._earlier.entries(board, period, asked.as_of)
            entries = entries if wanted is None else {m: e for m, e in entries.items() if m in wanted}
        elif wanted is not None:
            entries = await self._database.read(
                partial(
                    reading.entries_of, slot=self._records.slot, board=board, period=period, members=wanted
                )
            )
        else:
            entries = await self._database.read(
                partial(reading.entries_in, slot=self._records.slot, board=board, period=period)
            )
        if asked.region is None:
            return entries
        near = await self._database.read(
            partial(reading.in_region, members=list(entries), region=asked.region)
        )
        return {member: entry for member, entry in entries.items() if member in near}

    async def _wanted(self, actor: Actor | None, asked: Asked) -> set[UUID] | None:
        """Whom a list is narrowed to; None: it is not."""
        wanted: set[UUID] | None = None
        if asked.friends:
            if actor is None or actor.key_games is not None:
                raise Refusal("unauthenticated", "friends are those whom a signed-in person follows")
            followed = await self._following.followed_by(actor.ids)
            wanted = {self._persons.person_of(each) for each in (*followed, actor.player_id)}
        if asked.players:
            named = {self._persons.person_of(each) for each in asked.players}
            wanted = named if wanted is None else wanted & named
        return wanted

    # Showing

    async def _entry(self, board: Board, period: int, member: UUID) -> Entry | None:
        place = board.id, period, member
        return (await self._single.of([place])).get(place)

    async def _shown(self, board: Board, period: int, section: Section, asked: Asked) -> list[Ranking]:
        members = [line.member_id for line in section.lines]
        teams: Mapping[UUID, str | None] = {}
        noted: Mapping[int, str] = {}
        if board.definition.teams:
            teams = await self._teams(board, period, members)
        else:
            names = await self._names.of(members)
        if asked.metadata:
            since = {line.since for line in section.lines}
            noted = await self._database.read(partial(reading.metadata_of, positions=since))
        wanted = board.definition
        return [
            Ranking(
                None if wanted.teams else line.member_id,
                None if wanted.teams else names.get(line.member_id),
                wanted.shown(line.value),
                line.rank,
                UNSET if wanted.second == "none" else wanted.shown(line.second),
                (teams.get(line.member_id) or UNSET) if wanted.teams else UNSET,
                Raw(noted[line.since].encode()) if line.since in noted else UNSET,
            )
            for line in section.lines
        ]

    async def _teams(self, board: Board, period: int, members: Collection[UUID]) -> dict[UUID, str | None]:
        found = await self._database.read(
            partial(reading.entries_of, slot=self._records.slot, board=board, period=period, members=members)
        )
        return {member: entry.team for member, entry in found.items()}
