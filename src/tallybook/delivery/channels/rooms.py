"""The topics `room:{KEY}`: coming to a table, writing to it, hearing of everything that happens there."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import Raw

from tallybook.access.actor import Actor
from tallybook.accounts.names import Names
from tallybook.delivery.channels.contract import Joined, Member, Reply
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.sitting import Sitting, Surroundings
from tallybook.delivery.opening import Opening
from tallybook.delivery.sessions import Nothing
from tallybook.delivery.tables import MOST_EVENTS, Role, Tables, role_of, sight_of
from tallybook.kernel.clock import Clock, iso
from tallybook.kernel.events import Recorded
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.ledger.append import Outcome
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.desk import FOLD, Desk
from tallybook.play.requests import Body, Envelope, read_body, take_envelope
from tallybook.rules.protocol import Viewer
from tallybook.sessions.events import SessionCreated
from tallybook.sessions.session import Session
from tallybook.sessions.wire import decode

log = logging.getLogger(__name__)

_encode = msgspec.json.encode


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say when it joins."""

    seat: int | None = None
    name: str | None = None
    spectator: bool = False
    last_index: int | None = None
    session_id: UUID | None = None


class RoomTopics:
    """All rooms that somebody on this node follows. Subscribe `follow` to the ledger, `renew` to `news`."""

    presence = True
    news = Names.news

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        tables: Tables,
        opening: Opening,
        names: Names,
        hub: Hub,
        clock: Clock,
    ) -> None:
        self.desk = desk
        self.clock = clock
        self.opening = opening
        self._ledger = ledger
        self._tables = tables
        self._names = names
        self._around = Surroundings(ledger, names, hub, self._moved)
        self._by_key: dict[str, Sitting] = {}
        self._by_session: dict[UUID, Sitting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def canonical(self, name: str) -> str:
        return name.upper()

    async def join(self, name: str, params: Raw, member: Member) -> Joined:
        asked = _params(params)
        await self._ledger.caught_up()
        actor = member.actor
        envelope = take_envelope({}, self.clock)
        place = await self._tables.join(
            actor, name, seat=asked.seat, name=asked.name, spectator=asked.spectator, envelope=envelope
        )
        sitting = self._by_key.get(place.room.key)
        unheard = sitting is None
        if sitting is None:
            sitting = self._sit(place.room.key, place.session_id)
        channel = RoomChannel(self, sitting, member)
        sitting.members.add(channel)  # before anything is waited for, lest the sitting be forgotten
        try:
            if unheard:
                newest = (await self._tables.room(name)).session_id
                if sitting.session_id < newest:  # the next session began before anybody here was listening
                    sitting.move(newest)
            return await self._seated(sitting, channel, actor, asked)
        except BaseException:
            channel.left()
            raise

    async def _seated(self, sitting: Sitting, channel: "RoomChannel", actor: Actor, asked: Params) -> Joined:
        name = (await self._names.of([actor.player_id])).get(actor.player_id)
        session_id = sitting.session_id
        at = cast("Versioned[Session]", await self._ledger.state(session_id, FOLD))
        sitting.previous = at.state.previous if session_id == sitting.session_id else sitting.previous
        viewer = sight_of(at.state, actor)
        channel.sees(viewer)
        channel.present(at.state, name)  # nothing is waited for in between: what comes later is news
        if viewer not in sitting.told:
            told = await self._tables.last_visible(session_id, at, viewer)
            if sitting.session_id == session_id:
                sitting.told.setdefault(viewer, told)
        erasures = sitting.erasures
        table = await self._tables.show(session_id, at, viewer)
        role, seat = role_of(at.state, actor)
        reply: dict[str, Any] = {
            "scoreboard": Raw(table.board()),
            "role": role,
            "seat": seat,
            "index": at.index,
            "session_id": session_id,
        }
        if asked.last_index is not None and asked.session_id in {None, session_id}:
            missed = await self._tables.events_for(
                session_id, at.state, viewer, after=asked.last_index, upto=at.index, limit=MOST_EVENTS
            )
            reply |= msgspec.json.decode(missed, type=dict[str, Raw])
        if sitting.session_id != session_id:  # a rematch meanwhile: this would be of the game that is over
            return await self._seated(sitting, channel, actor, asked)
        if sitting.erasures == erasures:
            sitting.texts.update(table.texts)
        return Joined(channel, _encode(reply), viewer=viewer, since=sitting.position(at.index))

    def _sit(self, key: str, session_id: UUID) -> Sitting:
        sitting = self._by_key.get(key)
        if sitting is None:
            sitting = self._by_key[key] = Sitting(self._around, key, session_id)
            self._by_session[session_id] = sitting
        return sitting

    def _moved(self, sitting: Sitting, left: UUID) -> None:
        self._by_session.pop(left, None)
        self._by_session[sitting.session_id] = sitting

    def forget(self, sitting: Sitting) -> None:
        """Nobody here follows the room any more."""
        if self._by_key.get(sitting.key) is sitting:
            del self._by_key[sitting.key]
            self._by_session.pop(sitting.session_id, None)

    # What was committed, on this node or another

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower: tell the rooms it concerns."""
        if not self._by_key:
            return
        concerned: set[Sitting] = set()
        for recorded in events:
            sitting = self._by_session.get(recorded.stream)
            if sitting is None and recorded.type == "session_created.v1":
                sitting = self._next_of(cast("SessionCreated", recorded.event))
                if sitting is not None:
                    self._by_session[recorded.stream] = sitting
            if sitting is not None:
                sitting.hear(recorded)
                concerned.add(sitting)
        for sitting in concerned:
            sitting.advance()

    def renew(self, events: Sequence[Recorded]) -> None:
        """A sink for the events `news`: people's names and what they wrote may be others, or gone."""
        people = {recorded.stream for recorded in events}
        erased = any(recorded.type.startswith("player_erased.") for recorded in events)
        for sitting in self._by_key.values():
            sitting.renew(people, erased=erased)

    def _next_of(self, created: SessionCreated) -> Sitting | None:
        """The sitting in whose room this is the next session."""
        sitting = self._by_key.get(created.key)
        if sitting is None:
            return None
        return sitting if created.previous == sitting.newest else None

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def change_seats(self, channel: "RoomChannel", body: Body, reply: Reply) -> None:
        """Seats may be given to a name, which has to become a player first."""

        async def change() -> None:
            try:
                channel.write("seats", await self.opening.named_seat(channel.member.actor, body), reply)
            except Exception as error:  # the reply tells it
                reply.error(error)

        self._later(change())

    def rematch(self, channel: "RoomChannel", body: dict[str, Any], reply: Reply) -> None:
        """Open the room's next session."""

        async def open_next() -> None:
            try:
                envelope = take_envelope(body, self.clock)
                decode(Nothing, body)
                over = channel.addressed(envelope)
                if envelope.session_id is None and envelope.command_id is not None:
                    now = cast("Versioned[Session]", await self._ledger.state(over, FOLD)).state
                    if now.ended_at is None and now.previous is not None:
                        over = now.previous  # sent again, for what it asks has moved the room on
                session_id = await self.opening.rematch(channel.member.actor, over, envelope)
                at = await self._ledger.state(session_id, FOLD)
                reply.ok(_encode({"index": at.index, "session_id": session_id}))
            except Exception as error:  # the reply tells it
                reply.error(error)

        self._later(open_next())


class RoomChannel:
    """One socket's place in a room."""

    def __init__(self, rooms: RoomTopics, sitting: Sitting, member: Member) -> None:
        self._rooms = rooms
        self.sitting = sitting
        self.member = member
        self.viewer: Viewer | None = None
        self._came_at = rooms.clock.now()
        self._stands: tuple[Role, int | None] | None = None  # as those present were told

    def push(self, event: str, payload: Raw, reply: Reply) -> None:
        body = read_body(bytes(payload))
        match event:
            case "rematch":
                self._rooms.rematch(self, body, reply)
            case "seats":
                self._rooms.change_seats(self, body, reply)
            case _:
                self.write(event, body, reply)

    def write(self, event: str, body: Body, reply: Reply) -> None:
        """Queue a write of one append; the reply is given after its commit."""
        envelope = take_envelope(body, self._rooms.clock)
        session_id = self.addressed(envelope)

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, Exception):
                reply.error(outcome)
            else:
                reply.ok(b'{"index":%d}' % outcome.last)

        self._rooms.desk.submit(self.member.actor, session_id, event, body, envelope, done, member=True)

    def addressed(self, envelope: Envelope) -> UUID:
        """The session a write is for: the room's, or the one before, where only a repeated write succeeds."""
        session_id = self.sitting.session_id
        if envelope.session_id in {None, session_id}:
            return session_id
        if envelope.session_id != self.sitting.previous:
            raise Refusal("session_finished", "the room has gone on to another session")
        return self.sitting.previous

    def present(self, session: Session, name: str | None) -> None:
        """List the member among those present, anew when the role or the seat is another."""
        stands = role_of(session, self.member.actor)
        if stands == self._stands:
            return
        self._stands = role, seat = stands
        meta = {"name": name, "role": role, "seat": seat, "online_at": iso(self._came_at)}
        self.member.track(str(self.member.actor.player_id), _encode(meta))

    def sees(self, viewer: Viewer) -> None:
        """Show the member from now on what this class of viewers sees."""
        self.viewer = viewer
        self.member.view_as(viewer)

    def look_again(self, session: Session, names: Mapping[UUID, str]) -> None:
        """Roles may have changed: see what the new one sees, or leave when sent out."""
        actor = self.member.actor
        if not actor.ids.isdisjoint(session.kicked):
            self.member.close()
            return
        viewer = sight_of(session, actor)
        if self.viewer is not None and viewer != self.viewer:
            self.sitting.told.setdefault(viewer, self.sitting.told.get(self.viewer, -1))
            self.sees(viewer)
        if self._stands is not None:
            self.present(session, names.get(actor.player_id))

    def left(self) -> None:
        self.sitting.members.discard(self)
        if not self.sitting.members:
            self._rooms.forget(self.sitting)


def _params(raw: Raw) -> Params:
    params: Params = decode(Params, bytes(raw))
    if params.last_index is not None and not -1 <= params.last_index < 2**31:
        raise invalid("last_index", "must be -1 or the index of an event")
    return params
