"""Lists of sessions as finished JSON: what the projection keeps, with today's names put in."""

from uuid import UUID

from tallybook.access.actor import ADMIN, Actor
from tallybook.database.engine import Database
from tallybook.delivery.summaries import Summaries
from tallybook.projections.history import Wanted, history, place_of
from tallybook.projections.sessions import SessionDirectory

Place = tuple[int, UUID]  # in a list: when a session was played, and its id


class History:
    """Answers lists of sessions."""

    def __init__(self, database: Database, directory: SessionDirectory, summaries: Summaries) -> None:
        self._database = database
        self._directory = directory
        self._summaries = summaries

    async def list(
        self, actor: Actor, wanted: Wanted, *, before: Place | None, limit: int
    ) -> tuple[bytes, Place | None]:
        """What the actor may see of the sessions wanted, newest first, and where the next page begins."""
        found = await history(
            self._database,
            self._directory.slot,
            wanted,
            seen_by=actor.player_id,
            admin=ADMIN in actor.roles,
            before=before,
            limit=limit + 1,
        )
        shown = found[:limit]
        items = filter(None, await self._summaries.of([key for _, key in shown]))
        following = place_of(shown[-1]) if len(found) > limit else None
        return f"[{','.join(items)}]".encode(), following
