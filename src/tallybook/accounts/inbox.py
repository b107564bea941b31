"""What people are to know when they come back: notices for each, bounded, as codes and ids without names."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, exists, func, select, update

from tallybook.accounts.merges import persons_of
from tallybook.accounts.tables import notifications, players
from tallybook.database.bulk import Insert, Lookup
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock

KEPT = 500  # newest of each player
SLACK = 50  # that may be there above it for a while, so that not every new one sweeps

_COLUMNS = ("player_id", "id", "kind", "at", "data", "read_at")
_c = notifications.c
_insert = Insert(notifications, _COLUMNS, update=[])
_find = Lookup(notifications, ["player_id", "id"], ["player_id", "id"])
_encode = msgspec.json.Encoder(order="deterministic").encode


class Notice(msgspec.Struct, frozen=True):
    """Something to know: `data` holds ids and numbers by the names the API gives them."""

    player_id: UUID
    id: UUID
    kind: str
    at: int
    data: Mapping[str, Any]
    read: bool = False


Hear = Callable[[Sequence[Notice]], Awaitable[None]]


def notice(player_id: UUID, kind: str, at: int, cause: UUID, /, **data: Any) -> Notice:
    """A notice whose id follows from its `cause`: told again, it is the same one."""
    about = blake2b(cause.bytes + kind.encode(), digest_size=10, person=b"notice").digest()
    low = int.from_bytes(about)
    value = at // 1000 << 80 | 0x7 << 76 | (low >> 62 & 0xFFF) << 64 | 0x2 << 62 | (low & (1 << 62) - 1)
    return Notice(player_id, UUID(int=value), kind, at, data)


class Inbox:
    """Everybody's notices. Who subscribes hears of those that are new, after their commit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._heard: list[Hear] = []

    def subscribe(self, hear: Hear) -> None:
        self._heard.append(hear)

    async def put(self, notices: Sequence[Notice]) -> None:
        """Keep notices, those that are there already excepted, and tell of them."""
        await self.told(await self._database.write(partial(put, notices=notices)))

    async def told(self, notices: Sequence[Notice]) -> None:
        """Tell of notices that were committed by `put` beside something else."""
        if notices:
            for hear in self._heard:
                await hear(notices)

    async def list(
        self, ids: Collection[UUID], *, unread: bool | None, before: UUID | None, limit: int
    ) -> list[Notice]:
        """The notices to any of these players, newest first."""
        twin = notifications.alias("twin")  # two players of one person may have been told the same
        again = exists().where(twin.c.id == _c.id, twin.c.player_id.in_(ids), twin.c.player_id < _c.player_id)
        query = select(notifications).where(_c.player_id.in_(ids))
        if unread is not None:
            query = query.where(_c.read_at.is_(None) if unread else _c.read_at.is_not(None))
            again = again.where(twin.c.read_at.is_(None) if unread else twin.c.read_at.is_not(None))
        query = query.where(~again)
        if before is not None:
            query = query.where(_c.id < before)
        query = query.order_by(_c.id.desc()).limit(limit)

        def read(connection: Connection) -> list[Notice]:
            return [
                Notice(
                    row.player_id,
                    row.id,
                    row.kind,
                    row.at,
                    msgspec.json.decode(row.data),
                    row.read_at is not None,
                )
                for row in connection.execute(query)
            ]

        return await self._database.read(read)

    async def unread(self, ids: Collection[UUID]) -> int:
        query = select(func.count(_c.id.distinct())).where(_c.player_id.in_(ids), _c.read_at.is_(None))
        return await self._database.read(lambda connection: int(connection.execute(query).scalar_one()))

    async def mark_read(self, ids: Collection[UUID], which: Collection[UUID] | UUID) -> None:
        """Mark some notices as read, or all up to one; what was read before stays as it was."""
        chosen = _c.id <= which if isinstance(which, UUID) else _c.id.in_(which)
        unread = update(notifications).where(_c.player_id.in_(ids), chosen, _c.read_at.is_(None))
        read = unread.values(read_at=self._clock.now())
        await self._database.write(lambda connection: connection.execute(read))


def put(connection: Connection, notices: Sequence[Notice]) -> list[Notice]:
    """Keep notices to people who sign in, once each; those that were not there before.

    A notice to a player who was merged into somebody goes to that person.
    """
    if not notices:
        return []
    persons = persons_of(connection, {each.player_id for each in notices})
    reached = select(players.c.id).where(
        players.c.id.in_(set(persons.values())),
        players.c.kind.in_(("account", "guest")),
        players.c.erased_at.is_(None),
    )
    people = set(connection.execute(reached).scalars())
    found = {
        (person, each.id): msgspec.structs.replace(each, player_id=person)
        for each in notices
        if (person := persons[each.player_id]) in people
    }
    for player_id, id_ in _find.run(connection, list(found)):
        found.pop((player_id, id_), None)
    new = list(found.values())
    _insert.run(
        connection, [(each.player_id, each.id, each.kind, each.at, _encode(each.data), None) for each in new]
    )
    if new:
        _sweep(connection, {each.player_id for each in new})
    return new


def _sweep(connection: Connection, ids: Collection[UUID]) -> None:
    """Drop what is older than the newest of each player."""
    counts = select(_c.player_id).where(_c.player_id.in_(ids)).group_by(_c.player_id)
    for player_id in connection.execute(counts.having(func.count() > KEPT + SLACK)).scalars().all():
        oldest = select(_c.id).where(_c.player_id == player_id).order_by(_c.id.desc())
        last = connection.execute(oldest.offset(KEPT).limit(1)).scalar_one()
        connection.execute(delete(notifications).where(_c.player_id == player_id, _c.id <= last))


def repeated(connection: Connection, wanted: Notice) -> bool:
    """Whether the player has been told the very same thing before, whatever its cause was."""
    same = (_c.player_id == wanted.player_id, _c.kind == wanted.kind, _c.data == _encode(wanted.data))
    return connection.execute(select(_c.id).where(*same).limit(1)).first() is not None
