"""Places behind the ledger: how far each follower has come, and which node holds the lease to move it on."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select, update

from tallybook.database.bulk import Insert
from tallybook.ledger.lock import database_now
from tallybook.ledger.tables import following

_enter = Insert(following, ["name", "position", "holder", "expires_at"], update=[])
_c = following.c


class Place(NamedTuple):
    """Where a follower stands: it has everything up to `position`."""

    position: int
    holder: UUID | None


class LeaseLost(Exception):
    """Another node has taken the work over."""


class PlaceMoved(Exception):
    """The place is not where this node left it."""


def claim(connection: Connection, starts: Mapping[str, int], holder: UUID, seconds: float) -> set[str]:
    """Hold, for so many seconds from now, whatever nobody else holds; which names those are.

    `starts` are the names with the positions from which they follow when they are new here.
    """
    now = database_now(connection)  # not the ledger's time, which stands still when the clock is set back
    known = set(connection.execute(select(_c.name)).scalars())
    _enter.run(connection, [(name, at, None, 0) for name, at in starts.items() if name not in known])
    free = or_(_c.holder.is_(None), _c.holder == holder, _c.expires_at < now)
    lease = {"holder": holder, "expires_at": now + int(seconds * 1_000_000)}
    connection.execute(update(following).where(_c.name.in_(starts), free).values(lease))
    held = select(_c.name).where(_c.name.in_(starts), _c.holder == holder)
    return set(connection.execute(held).scalars())


def release(connection: Connection, names: Sequence[str], holder: UUID) -> None:
    """Let another node take over at once."""
    mine = (_c.name.in_(names), _c.holder == holder)
    connection.execute(update(following).where(*mine).values(holder=None, expires_at=0))


def place_of(connection: Connection, name: str) -> int:
    """Up to which position the follower has taken events in; 0 when it has never run."""
    position: int | None = connection.execute(select(_c.position).where(_c.name == name)).scalar()
    return position or 0


def lock_place(connection: Connection, name: str) -> Place | None:
    """Where the follower stands; nobody moves it before the end of the transaction."""
    query = select(_c.position, _c.holder).where(_c.name == name).with_for_update()
    found = connection.execute(query).one_or_none()
    return None if found is None else Place(found.position, found.holder)


def move(connection: Connection, name: str, holder: UUID, *, before: int, to: int) -> None:
    """Note that everything up to `to` is taken in. Raises when this is not the holder's to say."""
    place = lock_place(connection, name)
    if place is None or place.holder != holder:
        raise LeaseLost(name)
    if place.position != before:
        raise PlaceMoved(name)
    connection.execute(update(following).where(_c.name == name).values(position=to))
