"""Which players exist, and which of them are bots: at hand for everything that is reported of players."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from tallybook.accounts.players import kinds, kinds_of
from tallybook.database.engine import Database
from tallybook.database.together import Together
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import not_found

MOST = 100_000


class Known(NamedTuple):
    """A player that exists. The id is always the same object: what is looked up by it is found faster."""

    id: UUID
    bot: bool


class KnownPlayers:
    """Subscribe `follow` to the ledger, so that who is erased is known no longer."""

    news = ("player_erased.",)  # types of events that `follow` is for

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = Together[UUID, Known](self._read)
        self._known: dict[UUID, Known] = {}
        self._forgotten = 0

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            self._forgotten += 1
            self._known.pop(recorded.stream, None)

    async def of(self, player_ids: Collection[UUID]) -> Mapping[UUID, Known]:
        """At least those of these players that exist, by id. To be read at once: it may change."""
        unknown = [each for each in player_ids if each not in self._known]
        if not unknown:
            return self._known
        known = {each: self._known[each] for each in player_ids if each in self._known}
        read = await self._together.of(unknown)  # with what others want to know
        return known | {each: read[each] for each in unknown if each in read}

    async def _read(self, player_ids: Collection[UUID]) -> Mapping[UUID, Known]:
        forgotten = self._forgotten
        rows = kinds_of(await self._database.glance(kinds, [(player_id,) for player_id in player_ids]))
        found = {player_id: Known(player_id, kind == "bot") for player_id, kind in rows.items()}
        if forgotten == self._forgotten:  # else somebody may have been erased since it was read
            if len(self._known) + len(found) > MOST:
                self._known.clear()
            self._known |= found
        return found

    async def is_bot(self, player_id: UUID) -> bool:
        """Whether a player is one; `not_found` for who does not exist."""
        known = self._known.get(player_id) or (await self.of([player_id])).get(player_id)
        if known is None:
            raise not_found("player")
        return known.bot
