"""The feed as finished JSON: sessions with today's names put in."""

from functools import partial

from msgspec import Raw

from tallybook.access.actor import Actor
from tallybook.accounts.follows import Following
from tallybook.accounts.merges import Persons
from tallybook.database.engine import Database
from tallybook.delivery.summaries import Summaries
from tallybook.projections.feed import Place, feed
from tallybook.projections.sessions import SessionDirectory


class Feed:
    """What the people somebody follows have played."""

    def __init__(
        self,
        database: Database,
        directory: SessionDirectory,
        summaries: Summaries,
        persons: Persons,
        following: Following,
    ) -> None:
        self._database = database
        self._directory = directory
        self._summaries = summaries
        self._persons = persons
        self._following = following

    async def read(self, actor: Actor, *, before: Place | None, limit: int) -> list[tuple[Place, Raw]]:
        """Summaries of sessions with their places in the feed, newest first."""
        found = await self._database.read(
            partial(
                feed,
                slot=self._directory.slot,
                followed=await self._following.followed_by(actor.ids),
                me=self._persons.person_of(actor.player_id),
                before=before,
                limit=limit,
            )
        )
        texts = await self._summaries.of([session_id for _, session_id in found])
        return [
            (place, Raw(text.encode())) for place, text in zip(found, texts, strict=True) if text is not None
        ]
