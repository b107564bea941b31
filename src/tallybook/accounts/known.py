"""Which players exist, and which of them are bots: at hand for everything that is reported of players."""

from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from tallybook.accounts.players import kinds_of
from tallybook.database.engine import Database
from tallybook.database.together import Together
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import not_found

MOST = 100_000


class KnownPlayers:
    """Subscribe `follow` to the ledger, so that who is erased is known no longer."""

    def __init__(self, database: Database) -> None:
        self._kinds = Together[UUID, str](lambda ids: database.read(partial(kinds_of, player_ids=ids)))
        self._bots: dict[UUID, bool] = {}

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            if recorded.type.startswith("player_erased."):
                self._bots.pop(recorded.stream, None)

    async def learn(self, player_ids: Collection[UUID]) -> None:
        """Have these at hand, as far as they exist."""
        unknown = [each for each in player_ids if each not in self._bots]
        if not unknown:
            return
        found = await self._kinds.of(unknown)
        if len(self._bots) + len(found) > MOST:
            self._bots.clear()
        self._bots |= {player_id: kind == "bot" for player_id, kind in found.items()}

    async def is_bot(self, player_id: UUID) -> bool:
        """Whether a player is one; `not_found` for who does not exist."""
        await self.learn([player_id])
        return self.known_bot(player_id)

    def known_bot(self, player_id: UUID) -> bool:
        """The same of a player who has just been learned."""
        if player_id not in self._bots:
            raise not_found("player")
        return self._bots[player_id]
