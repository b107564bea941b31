"""Which players exist, and which of them are bots: at hand for everything that is reported of players."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from tallybook.accounts.players import kinds, kinds_of
from tallybook.database.engine import Database
from tallybook.database.together import Together
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import not_found

MOST = 100_000


class KnownPlayers:
    """Subscribe `follow` to the ledger, so that who is erased is known no longer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kinds = Together[UUID, bool](self._read)
        self._bots: dict[UUID, bool] = {}

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            if recorded.type.startswith("player_erased."):
                self._bots.pop(recorded.stream, None)

    async def bots(self, player_ids: Collection[UUID]) -> Mapping[UUID, bool]:
        """Of these players that exist, whether each is a bot."""
        known = {each: self._bots[each] for each in player_ids if each in self._bots}
        unknown = [each for each in player_ids if each not in known]
        if unknown:
            read = await self._kinds.of(unknown)  # with what others want to know
            found = {each: read[each] for each in unknown if each in read}
            self._bots |= found
            known |= found
        return known

    async def _read(self, player_ids: Collection[UUID]) -> Mapping[UUID, bool]:
        found = kinds_of(await self._database.glance(kinds, [(player_id,) for player_id in player_ids]))
        if len(self._bots) + len(found) > MOST:
            self._bots.clear()
        return {player_id: kind == "bot" for player_id, kind in found.items()}

    async def is_bot(self, player_id: UUID) -> bool:
        """Whether a player is one; `not_found` for who does not exist."""
        bots = await self.bots([player_id])
        if player_id not in bots:
            raise not_found("player")
        return bots[player_id]
