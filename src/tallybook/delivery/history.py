"""Lists of sessions as finished JSON: what the projection keeps, with today's names put in."""

from functools import partial
from uuid import UUID

from tallybook.access.actor import ADMIN, Actor
from tallybook.accounts.merges import Persons
from tallybook.database.engine import Database
from tallybook.delivery.own_lists import OwnLists
from tallybook.delivery.summaries import Summaries
from tallybook.projections.history import Wanted, history, place_of
from tallybook.projections.sessions import SessionDirectory

Place = tuple[int, UUID]  # in a list: when a session was played, and its id


class History:
    """Answers lists of sessions."""

    def __init__(
        self,
        database: Database,
        directory: SessionDirectory,
        summaries: Summaries,
        own: OwnLists,
        persons: Persons,
    ) -> None:
        self._database = database
        self._directory = directory
        self._summaries = summaries
        self._own = own
        self._persons = persons

    async def list(
        self, actor: Actor, wanted: Wanted, *, before: Place | None, limit: int
    ) -> tuple[bytes, Place | None]:
        """What the actor may see of the sessions wanted, newest first, and where the next page begins."""
        me = actor.player_id
        read = partial(
            history,
            self._database,
            self._directory.slot,
            wanted,
            seen_by=me,
            admin=ADMIN in actor.roles,
            before=before,
            limit=limit + 1,
        )
        own = wanted.player_id == me or (wanted.player_id is None and wanted.scope == "own")
        if own and wanted.q is None:  # names are other people's, too
            found = await self._own.of(self._persons.person_of(me), (me, wanted, before, limit), read)
        else:
            found = await read()
        shown = found[:limit]
        items = filter(None, await self._summaries.of([key for _, key in shown]))
        following = place_of(shown[-1]) if len(found) > limit else None
        return f"[{','.join(items)}]".encode(), following
