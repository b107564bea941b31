"""Sessions as people see them: who may look, what they see, and how one comes to a table."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from tallybook.access.actor import Actor
from tallybook.access.matrix import may, require
from tallybook.access.sessions import relations_to, require_in_session
from tallybook.accounts.names import Names
from tallybook.catalogue import rooms
from tallybook.catalogue.rooms import Room
from tallybook.database.together import Together
from tallybook.kernel.clock import Clock, iso
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.kernel.text import FreeText, clean_name
from tallybook.ledger.append import EMPTY, Appended
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.desk import FOLD, Desk
from tallybook.play.requests import Body, Envelope
from tallybook.rules.protocol import Viewer
from tallybook.sessions.board import render_board, session_json
from tallybook.sessions.redaction import view_event, view_state, viewer_of
from tallybook.sessions.session import Session, standing

T = TypeVar("T")
Role = Literal["scorekeeper", "player", "spectator"]

MOST_EVENTS = 500  # in one answer

_encode = msgspec.json.encode


class Table(msgspec.Struct, frozen=True, eq=False):
    """A session at one index, with all that is needed to show it."""

    session_id: UUID
    index: int
    session: Session
    names: Mapping[UUID, str]
    texts: dict[str, str]

    def board(self) -> bytes:
        return render_board(
            self.session, session_id=self.session_id, index=self.index, names=self.names, texts=self.texts
        )

    def json(self) -> dict[str, Any]:
        return session_json(
            self.session, session_id=self.session_id, index=self.index, names=self.names, texts=self.texts
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody who joined a room is now."""

    room: Room
    session_id: UUID
    role: Role
    seat: int | None


def role_of(session: Session, actor: Actor) -> tuple[Role, int | None]:
    """What somebody is at the table, and at which seat."""
    found = standing(session, actor.player_id, actor.merged)
    seat = None if found.seat is None else found.seat.seat
    if found.scorekeeper:
        return "scorekeeper", seat
    return ("player" if seat is not None else "spectator"), seat


def sight_of(session: Session, actor: Actor) -> Viewer:
    """As whom somebody looks: from the seat, also where it was taken as another player."""
    seat = standing(session, actor.player_id, actor.merged).seat
    return viewer_of(session, actor.player_id if seat is None else seat.player_id)


def people_of(session: Session) -> set[UUID]:
    """Everybody whose name is shown."""
    people = {seat.player_id for seat in session.seats}
    if session.requests:
        people |= session.requests.keys()
    if session.result is not None:
        people |= {seat.player_id for seat in session.result.seats}
    return people


def has_texts(session: Session) -> bool:
    return any(stat.data_type == "text" for stat in session.config.stats)


def event_json(recorded: Recorded, event: Event, texts: dict[str, str], prev_index: int) -> bytes:
    """An event as it is sent to somebody who may see `event` of it."""
    shown = event
    for name in event.free_text:
        value = getattr(event, name)
        if isinstance(value, FreeText):
            text = value.text if value.text is not None else texts.get(value.digest)
            shown = replace(shown, **{name: text})
    return _encode(
        {
            "index": recorded.index,
            "prev_index": prev_index,
            "type": recorded.type,
            "data": msgspec.Raw(recorded.payload) if shown is recorded.event else shown,
            "actor": recorded.actor,
            "at": iso(recorded.happened_at),
        }
    )


class Tables:
    """Reads and joins. Whatever is returned here was redacted for the one who asked."""

    def __init__(self, ledger: Ledger, desk: Desk, names: Names, clock: Clock) -> None:
        self._ledger = ledger
        self._desk = desk
        self._names = names
        self._clock = clock
        self._rooms = Together[str, Room](self._find_rooms)

    async def table(self, actor: Actor, session_id: UUID) -> Table:
        """The session as it stands, or `not_found` for who may not know of it."""
        at: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        if at.state is None:
            raise not_found("session")
        await self.require_sight(actor, at.state)
        return await self._shown(session_id, at.index, at.state, sight_of(at.state, actor))

    async def require_sight(self, actor: Actor, session: Session) -> None:
        """Raise `not_found` unless the actor sits there, was let in, or the room is public."""
        relations = relations_to(actor, session, member=False)
        if not may("session.view", relations):
            relations = relations_to(actor, session, member=await self._is_member(actor, session))
        require("session.view", relations)

    @staticmethod
    def require(actor: Actor, command: str, session: Session) -> None:
        """Raise unless the actor, who may see the session, may also give this command."""
        require_in_session(actor, command, session, member=True)

    async def _is_member(self, actor: Actor, session: Session) -> bool:
        return await self._ledger.database.read(
            partial(rooms.is_member, room_id=session.room_id, player_id=actor.player_id)
        )

    async def show(self, session_id: UUID, at: Versioned[Session], viewer: Viewer) -> Table:
        """A state as one class of viewers sees it."""
        return await self._shown(session_id, at.index, at.state, viewer)

    async def _shown(self, session_id: UUID, index: int, session: Session, viewer: Viewer) -> Table:
        names = await self._names.of(people_of(session))
        texts = await self._ledger.texts(session_id) if has_texts(session) else {}
        return Table(session_id, index, view_state(session, viewer), names, texts)

    async def state_at(self, actor: Actor, session_id: UUID, index: int) -> Table:
        """The table as it was after the event at `index`."""
        now: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        if now.state is None:
            raise not_found("session")
        await self.require_sight(actor, now.state)
        if not 0 <= index <= now.index:
            raise invalid("at", f"must be from 0 to {now.index}")
        past = await self._ledger.events(session_id, upto=index)
        session = await asyncio.to_thread(FOLD.fold, None, past)
        assert session is not None
        return await self._shown(session_id, index, session, sight_of(now.state, actor))

    async def events(self, actor: Actor, session_id: UUID, *, after: int, limit: int) -> bytes:
        """`{events, more}`: what the actor may see of the events after an index."""
        at: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        if at.state is None:
            raise not_found("session")
        await self.require_sight(actor, at.state)
        viewer = sight_of(at.state, actor)
        return await self.events_for(session_id, at.state, viewer, after=after, limit=limit)

    async def events_for(
        self,
        session_id: UUID,
        session: Session,
        viewer: Viewer,
        *,
        after: int,
        limit: int,
        upto: int | None = None,
    ) -> bytes:
        """The same for a class of viewers, up to an index."""
        found = await self._ledger.events(session_id, after=after, upto=upto, limit=limit + 1)
        more, found = len(found) > limit, found[:limit]
        texts = await self._ledger.texts(session_id) if any(r.event.free_text for r in found) else {}
        shown: list[msgspec.Raw] = []
        previous = after
        for recorded in found:
            event = view_event(session, recorded, viewer)
            if event is not None:
                shown.append(msgspec.Raw(event_json(recorded, event, texts, previous)))
                previous = recorded.index
        return _encode({"events": shown, "more": more})

    async def last_visible(self, session_id: UUID, at: Versioned[Session], viewer: Viewer) -> int:
        """The index of the newest event a class of viewers could see; -1 when there is none."""
        upto = at.index
        while upto > EMPTY:
            after = max(EMPTY, upto - 50)
            for recorded in reversed(await self._ledger.events(session_id, after=after, upto=upto)):
                if view_event(at.state, recorded, viewer) is not None:
                    return recorded.index
            upto = after
        return EMPTY

    async def room(self, key: str) -> Room:
        """The room with a key, in any case; callers that ask at the same time share the look-up."""
        canonical = rooms.canonical_key(key)
        found = (await self._rooms.of([canonical])).get(canonical)
        if found is None:
            raise not_found("room")
        return found

    async def _find_rooms(self, keys: Collection[str]) -> Mapping[str, Room]:
        return await self._ledger.database.read(partial(rooms.find_by_keys, keys=keys))

    async def join(
        self,
        actor: Actor,
        key: str,
        *,
        seat: int | None,
        name: str | None,
        spectator: bool,
        envelope: Envelope,
    ) -> Place:
        """Come to a room's table: resume a role, take a seat, or watch."""
        if (seat is not None) + (name is not None) + spectator > 1:
            raise invalid("seat", "give one of seat, name and spectator, or none")
        name = None if name is None else clean_name(name)
        room = await self.room(key)
        session_id = room.session_id
        at: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        if at.state is None:
            raise not_found("room")
        stands = standing(at.state, actor.player_id, actor.merged)
        if stands.kicked:
            raise Refusal("forbidden", "the host has sent you out of this room")
        if not may("session.view", relations_to(actor, at.state, member=False)):
            people, now = [actor.player_id], self._clock.now()
            await self._ledger.database.write(
                partial(rooms.admit, room_id=room.id, player_ids=people, now=now)
            )
        if stands.seat is not None and stands.seat.player_id != actor.player_id:
            pass  # sits there already, as another player who is the same person
        elif seat is not None:
            await self._desk.write(actor, session_id, "take_seat", {"seat": seat}, envelope, member=True)
        elif name is not None:
            await self._join_by_name(actor, session_id, at.state, name, envelope)
        else:
            return Place(room, session_id, *role_of(at.state, actor))
        at = await self._ledger.state(session_id, FOLD)
        assert at.state is not None
        return Place(room, session_id, *role_of(at.state, actor))

    async def _join_by_name(
        self, actor: Actor, session_id: UUID, session: Session, name: str, envelope: Envelope
    ) -> Appended:
        """ "I am Ana": ask for the seat that bears the name, else sit down at a new one."""
        names = await self._names.of(people_of(session))
        same = [s for s in session.seats if names.get(s.player_id, "").casefold() == name.casefold()]
        if same and session.seat_of(actor.player_id) is None:
            return await self._desk.write(
                actor, session_id, "take_seat", {"seat": same[0].seat}, envelope, member=True
            )
        return await self._desk.write(actor, session_id, "join_seat", {}, envelope, member=True)

    async def write(
        self, actor: Actor, session_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> Appended:
        """A write by somebody who may not even know of the session: then it is `not_found`."""
        return await self._as_member(self._desk.write, actor, session_id, name, body, envelope)

    async def rehearse(
        self, actor: Actor, session_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> tuple[Versioned[Session], Sequence[Event]]:
        """The state as it is, and what such a write would append to it."""
        return await self._as_member(self._desk.rehearse, actor, session_id, name, body, envelope)

    async def _as_member(
        self,
        carry_out: Callable[..., Awaitable[T]],
        actor: Actor,
        session_id: UUID,
        name: str,
        body: Body,
        envelope: Envelope,
    ) -> T:
        """Carry a command out; only whoever may know of the session is told why not."""
        if envelope.session_id is not None and envelope.session_id != session_id:
            raise invalid("session_id", "names another session than the path")
        try:
            return await carry_out(actor, session_id, name, body, envelope)
        except Refusal as refusal:
            if refusal.code != "not_found":
                raise
        at: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        if at.state is None:
            raise not_found("session")
        await self.require_sight(actor, at.state)
        return await carry_out(actor, session_id, name, body, envelope, member=True)
