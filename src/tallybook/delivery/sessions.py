"""Rooms and sessions for interfaces that speak JSON: each answer is a finished text."""

import asyncio
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from tallybook.access.actor import Actor
from tallybook.catalogue import rooms
from tallybook.catalogue.rooms import Room
from tallybook.delivery.opening import Opening
from tallybook.delivery.tables import Table, Tables, role_of, sight_of
from tallybook.interchange import replay
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.ledger.append import Appended
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.desk import FOLD
from tallybook.play.requests import Body, Envelope
from tallybook.sessions.redaction import view_event
from tallybook.sessions.session import Session
from tallybook.sessions.wire import decode

_encode = msgspec.json.encode


class JoinRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a join: at most one of the three."""

    seat: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    spectator: bool = False


class Sessions:
    """What REST says of rooms and sessions. Everything raises `Refusal`."""

    def __init__(self, ledger: Ledger, tables: Tables, opening: Opening) -> None:
        self._ledger = ledger
        self._tables = tables
        self._opening = opening

    async def create(self, actor: Actor, body: Body, envelope: Envelope) -> UUID:
        return await self._opening.create(actor, body, envelope)

    async def rematch(self, actor: Actor, session_id: UUID, body: Body, envelope: Envelope) -> UUID:
        decode(Nothing, body)
        return await self._opening.rematch(actor, session_id, envelope)

    async def write(
        self, actor: Actor, session_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> Appended:
        if name == "seats":
            body = await self._opening.named_seat(actor, body)
        return await self._tables.write(actor, session_id, name, body, envelope)

    async def write_in_room(
        self, actor: Actor, room_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> Appended:
        room = await self._ledger.database.read(partial(rooms.find_room, room_id=room_id))
        return await self._tables.write(actor, room.session_id, name, body, envelope)

    async def join(self, actor: Actor, key: str, body: Body, envelope: Envelope) -> bytes:
        """`{role, seat, session_id, room_id, key}`."""
        asked: JoinRequest = decode(JoinRequest, body)
        place = await self._tables.join(
            actor,
            key,
            seat=None if isinstance(asked.seat, UnsetType) else asked.seat,
            name=None if isinstance(asked.name, UnsetType) else asked.name,
            spectator=asked.spectator,
            envelope=envelope,
        )
        return _encode(
            {
                "role": place.role,
                "seat": place.seat,
                "session_id": place.session_id,
                "room_id": place.room.id,
                "key": place.room.key,
            }
        )

    async def session(self, actor: Actor, session_id: UUID) -> bytes:
        return _encode((await self._tables.table(actor, session_id)).json())

    async def scoreboard(self, actor: Actor, session_id: UUID) -> bytes:
        return (await self._tables.table(actor, session_id)).board()

    async def events(self, actor: Actor, session_id: UUID, *, after: int, limit: int) -> bytes:
        return await self._tables.events(actor, session_id, after=after, limit=limit)

    async def state_at(self, actor: Actor, session_id: UUID, index: int) -> bytes:
        """The board as it was after the event at `index`."""
        return (await self._tables.state_at(actor, session_id, index)).board()

    async def replay(self, actor: Actor, session_id: UUID) -> bytes:
        """The replay file of a session that is over."""
        table = await self._tables.table(actor, session_id)
        session = table.session
        if session.ended_at is None:
            raise Refusal("session_not_finished", "there is a replay when the session is over")
        events = await self._ledger.events(session_id, upto=table.index)
        viewer = sight_of(session, actor)
        if any(view_event(session, recorded, viewer) is not recorded.event for recorded in events):
            raise Refusal("forbidden", "these rules keep a part of the session to themselves")
        texts = await self._ledger.texts(session_id)
        return replay.write(replay.header_of(session_id, session, table.names, texts, len(events)), events)

    async def room(self, actor: Actor, key: str) -> bytes:
        """Whoever has the key may see who sits there, to know which seat to take."""
        return _encode(await self._room(actor, await self._tables.room(key)))

    async def rooms(
        self, actor: Actor, *, q: str | None, before: UUID | None, limit: int
    ) -> list[dict[str, Any]]:
        found = await self._ledger.database.read(partial(rooms.public_rooms, q=q, before=before, limit=limit))
        return await asyncio.gather(*(self._room(actor, room) for room in found))

    async def _room(self, actor: Actor, room: Room) -> dict[str, Any]:
        at = cast("Versioned[Session | None]", await self._ledger.state(room.session_id, FOLD))
        if at.state is None or not (room.public or actor.ids.isdisjoint(at.state.kicked)):
            raise not_found("room")
        viewer = sight_of(at.state, actor)
        table: Table = await self._tables.show(room.session_id, cast("Versioned[Session]", at), viewer)
        role, seat = role_of(at.state, actor)
        return {
            "id": room.id,
            "key": room.key,
            "name": room.name,
            "public": room.public,
            "max_players": room.max_players,
            "host_id": at.state.host_id,
            "session": table.json(),
            "role": role,
            "seat": seat,
        }


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body without content."""
