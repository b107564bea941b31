"""Following people, and what everybody may see of a player."""

from collections.abc import Collection
from functools import partial
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Column, Connection, and_, delete, func, select

from tallybook.accounts.inbox import Inbox, Notice, notice, put, repeated
from tallybook.accounts.merges import persons_of
from tallybook.accounts.players import Player, find_player, shown
from tallybook.accounts.tables import follows, players
from tallybook.database.bulk import Insert
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal

MOST_FOLLOWED = 2_000  # by one player: the feed asks for all of them at once

Side = Literal["followers", "following"]

_insert = Insert(follows, ["follower_id", "followed_id", "id"], update=())


class Presented(Player, frozen=True, kw_only=True):
    """A player with how many follow and are followed; `claimed_by` is there once it is somebody else too."""

    followers: int
    following: int
    claimed_by: UUID | UnsetType = UNSET


class Following:
    """Who follows whom. Only accounts can be followed."""

    def __init__(self, database: Database, inbox: Inbox, clock: Clock) -> None:
        self._database = database
        self._inbox = inbox
        self._clock = clock

    async def follow(self, follower: UUID, followed: UUID) -> None:
        """Following somebody twice changes nothing; who is followed hears of it once and for all."""

        def write(connection: Connection) -> list[Notice]:
            row = find_player(connection, followed)
            if row.kind != "account" or row.erased_at is not None or followed == follower:
                raise Refusal("forbidden", "only the accounts of others can be followed")
            if _count(connection, "following", follower) >= MOST_FOLLOWED:
                raise Refusal("forbidden", f"at most {MOST_FOLLOWED} people can be followed")
            _insert.run(connection, [(follower, followed, new_id())])
            told = notice(followed, "followed", self._clock.now(), follower, player_id=follower)
            return [] if repeated(connection, told) else put(connection, [told])

        await self._inbox.told(await self._database.write(write))

    async def unfollow(self, follower: UUID, followed: UUID) -> None:
        this = and_(follows.c.follower_id == follower, follows.c.followed_id == followed)
        await self._database.write(lambda connection: connection.execute(delete(follows).where(this)))

    async def list(
        self, player_id: UUID, side: Side, *, before: UUID | None, limit: int
    ) -> list[tuple[UUID, Player]]:
        """One side of a player with the ids of the followings, by which it is sorted, newest first."""
        this, other = _columns(side)
        query = select(players, follows.c.id.label("follow")).join_from(
            follows, players, other == players.c.id
        )
        query = query.where(this == player_id)
        if before is not None:
            query = query.where(follows.c.id < before)

        def read(connection: Connection) -> list[tuple[UUID, Player]]:
            find_player(connection, player_id)
            found = connection.execute(query.order_by(follows.c.id.desc()).limit(limit))
            return [(row.follow, shown(row)) for row in found]

        return await self._database.read(read)

    async def followed_by(self, ids: Collection[UUID]) -> set[UUID]:
        """Whom any of these players follows."""
        query = select(follows.c.followed_id).where(follows.c.follower_id.in_(ids))
        return await self._database.read(lambda connection: set(connection.execute(query).scalars()))

    async def presented(self, player_id: UUID) -> Presented:
        return await self._database.read(partial(_presented, player_id=player_id))


def _presented(connection: Connection, player_id: UUID) -> Presented:
    player = shown(find_player(connection, player_id))
    person = persons_of(connection, [player_id])[player_id]
    return Presented(
        **msgspec.structs.asdict(player),
        followers=_count(connection, "followers", player_id),
        following=_count(connection, "following", player_id),
        claimed_by=UNSET if person == player_id else person,
    )


def _count(connection: Connection, side: Side, player_id: UUID) -> int:
    this, _ = _columns(side)
    count: int = connection.execute(select(func.count()).where(this == player_id)).scalar_one()
    return count


def _columns(side: Side) -> tuple[Column[UUID], Column[UUID]]:
    """Where the player stands whose list it is, and where the others do."""
    if side == "followers":
        return follows.c.followed_id, follows.c.follower_id
    return follows.c.follower_id, follows.c.followed_id
