"""What is announced of a season goes to everybody who has a place on one of its leaderboards."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, func, select

from tallybook.accounts.inbox import Inbox, notice
from tallybook.catalogue.boards import board_id
from tallybook.catalogue.events import SeasonAnnounced
from tallybook.catalogue.seasons import find_season, season_board_id
from tallybook.database.engine import Database
from tallybook.kernel.events import Recorded
from tallybook.projections.records.records import Records
from tallybook.projections.records.tables import entries

AT_ONCE = 500  # people told in one transaction


class Announcing:
    """A reaction of its own, as it may have many people to tell and others need not wait for that."""

    name = "announcements"
    concerns = frozenset({"season_announced"})
    from_start = False

    def __init__(self, database: Database, inbox: Inbox, records: Records) -> None:
        self._database = database
        self._inbox = inbox
        self._records = records

    async def react(self, events: Sequence[Recorded]) -> bool:
        for recorded in events:
            if isinstance(recorded.event, SeasonAnnounced):
                await self._announce(recorded, recorded.event)
        return True

    async def _announce(self, recorded: Recorded, said: SeasonAnnounced) -> None:
        game_id = recorded.stream
        about = {"game_id": game_id, "season_id": said.season, "announcement_id": said.announcement}
        cause = UUID(bytes=recorded.hash[:16])
        look = partial(find_season, game_id=game_id, season_id=said.season)
        season = await self._database.read(look)
        boards = [board_id(game_id, key) for key in season.boards]
        for board in (*boards, *(season_board_id(season.id, key) for key in season.boards)):
            people: Sequence[UUID] = [UUID(int=0)]
            while people := await self._database.read(partial(self._people, board=board, after=people[-1])):
                await self._inbox.put(
                    [
                        notice(person, f"season_{said.occasion}", recorded.committed_at, cause, **about)
                        for person in people
                    ]
                )

    def _people(self, connection: Connection, board: UUID, after: UUID) -> Sequence[UUID]:
        """Some of those in the newest period of a board, in the order of their ids."""
        c = entries.tables[self._records.slot].c
        newest = select(func.max(c.period)).where(c.board_id == board).scalar_subquery()
        query = select(c.member_id).where(c.board_id == board, c.period == newest, c.member_id > after)
        return connection.execute(query.order_by(c.member_id).limit(AT_ONCE)).scalars().all()
