"""What players are called, at hand for every scoreboard without asking the database."""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from uuid import UUID

from tallybook.accounts.players import display_names
from tallybook.database.engine import Database
from tallybook.database.prepared import as_id
from tallybook.database.together import Together
from tallybook.kernel.events import Recorded

MOST = 100_000


class Names:
    """A cache of display names. Subscribe `follow` to the ledger, so that a changed name is read again."""

    news = ("player_changed.", "player_erased.")  # types of events that `follow` is for

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = Together[UUID, str](self._read)
        self._names: dict[UUID, str] = {}
        self.generation = 0  # grows whenever somebody's name may have changed

    async def of(self, player_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names of these players, and maybe of others; who does not exist is left out."""
        known = self._names
        missing = [player_id for player_id in player_ids if player_id not in known]
        if not missing:
            return known
        names = {player_id: known[player_id] for player_id in player_ids if player_id in known}
        found = await self._together.of(missing)  # with what others are missing
        names.update((player_id, found[player_id]) for player_id in missing if player_id in found)
        return names

    async def _read(self, player_ids: Collection[UUID]) -> Mapping[UUID, str]:
        before = self.generation
        rows = await self._database.glance(display_names, [(player_id,) for player_id in player_ids])
        found = {as_id(player_id): name for player_id, name in rows}
        if before == self.generation:  # else what was read may be older than the change
            self._names |= found
            if len(self._names) > MOST:
                for player_id in list(islice(self._names, len(self._names) - MOST + MOST // 10)):
                    del self._names[player_id]
        return found

    @property
    def at_hand(self) -> Mapping[UUID, str]:
        """The names that need no reading."""
        return self._names

    def forget(self, player_id: UUID) -> None:
        self.generation += 1
        self._names.pop(player_id, None)

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            self.forget(recorded.stream)
