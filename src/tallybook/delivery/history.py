"""Lists of sessions as finished JSON: what the projection keeps, with today's names put in."""

from collections.abc import Collection
from functools import lru_cache, partial
from uuid import UUID

import msgspec

from tallybook.access.actor import ADMIN, Actor
from tallybook.accounts.names import Names
from tallybook.database.engine import Database
from tallybook.projections.history import Wanted, history
from tallybook.projections.rows import NAME
from tallybook.projections.sessions import SessionDirectory

_BETWEEN = "\x1e"  # JSON has no control characters
_quote = msgspec.json.encode

Place = tuple[int, UUID]  # in a list: when a session was played, and its id


class History:
    """Answers lists of sessions."""

    def __init__(self, database: Database, directory: SessionDirectory, names: Names) -> None:
        self._database = database
        self._directory = directory
        self._names = names

    async def list(
        self, actor: Actor, wanted: Wanted, *, before: Place | None, limit: int
    ) -> tuple[bytes, Place | None]:
        """What the actor may see of the sessions wanted, newest first, and where the next page begins."""
        found = await self._database.read(
            partial(
                history,
                slot=self._directory.slot,
                wanted=wanted,
                seen_by=actor.player_id,
                admin=ADMIN in actor.roles,
                before=before,
                limit=limit + 1,
            )
        )
        shown = found[:limit]
        items = await with_names([item.summary for item in shown], self._names)
        following = (shown[-1].played_at, shown[-1].session_id) if len(found) > limit else None
        return f"[{','.join(items)}]".encode(), following


async def with_names(templates: Collection[str], names: Names) -> list[str]:
    """JSON texts with the players' names in place of their ids between two `NAME`s; null without one."""
    pieces = _BETWEEN.join(templates).split(NAME)
    if not templates:
        return []
    ids = {text: _id(text) for text in pieces[1::2]}
    known = await names.of(ids.values())
    quoted = {text: _quote(known.get(player_id)).decode() for text, player_id in ids.items()}
    pieces[1::2] = map(quoted.__getitem__, pieces[1::2])
    return "".join(pieces).split(_BETWEEN)


@lru_cache(maxsize=65_536)  # the same people come again and again
def _id(text: str) -> UUID:
    return UUID(text)
