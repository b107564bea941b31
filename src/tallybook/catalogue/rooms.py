"""Rooms: the places with a six-character key, and whom they have let in."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from tallybook.accounts.registry import refusing_twins
from tallybook.catalogue.tables import room_members, rooms
from tallybook.database.bulk import Insert
from tallybook.kernel.randomness import ROOM_KEY_ALPHABET, ROOM_KEY_LENGTH
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.kernel.text import fold_case

_admit = Insert(room_members, ["room_id", "player_id", "admitted_at"], update=())
_KEY = frozenset(ROOM_KEY_ALPHABET)


class Room(msgspec.Struct, frozen=True):
    """A room. Names are cleaned already; times are microseconds since 1970 UTC."""

    id: UUID
    key: str
    name: str | None
    public: bool
    max_players: int | None
    session_id: UUID  # the newest of its sessions
    created_by: UUID
    created_at: int


_columns = [rooms.c[name] for name in Room.__struct_fields__]


def canonical_key(text: str) -> str:
    """The one spelling of a room's key; what cannot be a key is `not_found`."""
    key = text.upper()
    if len(key) != ROOM_KEY_LENGTH or not text.isascii() or not _KEY.issuperset(key):
        raise not_found("room")
    return key


def reserve_room(connection: Connection, room: Room, members: Sequence[UUID] = ()) -> None:
    """Make the room, with its first members. A key in use is `unavailable`: draw another and try again."""
    with refusing_twins("unavailable", "the key drawn for the room is in use: try again"):
        connection.execute(
            insert(rooms).values(**msgspec.structs.asdict(room), name_folded=fold_case(room.name or ""))
        )
    admit(connection, room.id, members, room.created_at)


def move_on(connection: Connection, room_id: UUID, *, previous: UUID, session_id: UUID) -> None:
    """Make `session_id` the room's session, unless somebody else opened the next one first."""
    same = (rooms.c.id == room_id) & (rooms.c.session_id == previous)
    if connection.execute(update(rooms).where(same).values(session_id=session_id)).rowcount != 1:
        raise Refusal("in_play", "the next session of this room has been opened already")


def find_room(connection: Connection, room_id: UUID) -> Room:
    return _one(connection, select(*_columns).where(rooms.c.id == room_id))


def find_by_keys(connection: Connection, keys: Collection[str]) -> dict[str, Room]:
    """The rooms behind canonical keys; what does not exist is left out."""
    query = select(*_columns).where(rooms.c.key.in_(keys))
    return {room.key: room for room in (Room(*row) for row in connection.execute(query))}


def public_rooms(connection: Connection, *, q: str | None, before: UUID | None, limit: int) -> list[Room]:
    """Public rooms, newest first, of which `q` is part of the name or the whole key."""
    query = select(*_columns).where(rooms.c.public)
    if q:
        named = rooms.c.name_folded.contains(fold_case(q), autoescape=True)
        query = query.where(named | (rooms.c.key == q.upper()))
    if before is not None:
        query = query.where(rooms.c.id < before)
    return [Room(*row) for row in connection.execute(query.order_by(rooms.c.id.desc()).limit(limit))]


def admit(connection: Connection, room_id: UUID, player_ids: Sequence[UUID], now: int) -> None:
    """Let players in; who is in already stays so."""
    _admit.run(connection, [(room_id, player_id, now) for player_id in sorted(set(player_ids))])


def is_member(connection: Connection, room_id: UUID, player_id: UUID) -> bool:
    membership = (room_members.c.room_id == room_id) & (room_members.c.player_id == player_id)
    query = select(room_members.c.room_id).where(membership)
    return connection.execute(query).one_or_none() is not None


def _one(connection: Connection, query: Select[*tuple[Any, ...]]) -> Room:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found("room")
    return Room(*row)
