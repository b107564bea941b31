"""Who is the same person: an account, and the players that were merged into it."""

from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, delete, insert, or_, select

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.accounts.registry import refusing_twins, write_facts
from tallybook.accounts.tables import merges
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.ledger.append import Beside
from tallybook.ledger.ledger import Ledger

ALREADY_CLAIMED = ("already_claimed", "somebody is this player already")


def persons_of(connection: Connection, player_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The person behind each player: whom it is merged into, else itself."""
    query = select(merges.c.player_id, merges.c.into_id).where(merges.c.player_id.in_(player_ids))
    into = {row.player_id: row.into_id for row in connection.execute(query)}
    return {player_id: into.get(player_id, player_id) for player_id in player_ids}


def members_of(connection: Connection, persons: Collection[UUID]) -> set[UUID]:
    """All players that these persons are, themselves included."""
    query = select(merges.c.player_id).where(merges.c.into_id.in_(persons))
    return {*persons, *connection.execute(query).scalars()}


class Persons:
    """Merges and splits, and who is merged at hand for every request.

    The merges form a forest of depth one: who is merged has nobody merged into it. `load` at the
    start, and subscribe `follow` to the ledger.
    """

    news = ("player_merged.", "player_split.")  # types of events that `follow` is for

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._into: dict[UUID, UUID] = {}
        self._merged: dict[UUID, frozenset[UUID]] = {}
        self._heard = 0

    async def load(self) -> None:
        def everybody(connection: Connection) -> dict[UUID, UUID]:
            return {row.player_id: row.into_id for row in connection.execute(select(merges))}

        while True:
            heard = self._heard
            found = await self._ledger.database.read(everybody)
            if heard == self._heard:  # else what was read may be older than what was heard
                break
        for player_id, into in found.items():
            self._learn(player_id, into)

    def person_of(self, player_id: UUID) -> UUID:
        return self._into.get(player_id, player_id)

    def merged_into(self, person: UUID) -> frozenset[UUID]:
        """The other players that this one is."""
        return self._merged.get(person, frozenset())

    def members_of(self, person: UUID) -> frozenset[UUID]:
        """All players that this person is, itself included."""
        return self.merged_into(person) | {person}

    async def merge(self, player_id: UUID, into: UUID, *, actor: UUID, beside: Beside) -> None:
        """Make `player_id` the person who `into` is, with `beside` in the same transaction."""
        root = (await self._ledger.database.read(partial(persons_of, player_ids=[into])))[into]

        def written(connection: Connection) -> None:
            _enter(connection, player_id, root, self._clock.now())
            beside(connection)

        await write_facts(self._ledger, player_id, [PlayerMerged(root)], written, actor=actor)

    async def split(self, player_id: UUID, *, actor: UUID, beside: Beside) -> None:
        """Undo the merge of a player; `not_found` when there is none."""

        def written(connection: Connection) -> None:
            if connection.execute(delete(merges).where(merges.c.player_id == player_id)).rowcount != 1:
                raise not_found("claim")
            beside(connection)

        await write_facts(self._ledger, player_id, [PlayerSplit()], written, actor=actor)

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            match recorded.event:
                case PlayerMerged(into=into):
                    self._heard += 1
                    self._learn(recorded.stream, into)
                case PlayerSplit():
                    self._heard += 1
                    self._learn(recorded.stream, None)

    def _learn(self, player_id: UUID, into: UUID | None) -> None:
        before = self._into.pop(player_id, None)
        if before is not None:
            self._merged[before] -= {player_id}
            if not self._merged[before]:
                del self._merged[before]
        if into is not None:
            self._into[player_id] = into
            self._merged[into] = self.merged_into(into) | {player_id}


def _enter(connection: Connection, player_id: UUID, into: UUID, now: int) -> None:
    """Write a merge, unless the forest would grow deeper by it."""
    if player_id == into:
        raise Refusal("not_claimable", "nobody can be merged into themselves")
    deeper = select(merges.c.player_id).where(or_(merges.c.player_id == into, merges.c.into_id == player_id))
    if connection.execute(deeper.limit(1)).first() is not None:
        raise Refusal("not_claimable", "other players are merged into this one")
    with refusing_twins(*ALREADY_CLAIMED):
        connection.execute(insert(merges).values(player_id=player_id, into_id=into, merged_at=now))
