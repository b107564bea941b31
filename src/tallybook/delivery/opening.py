"""Opening sessions: what the catalogue and the accounts know is put together into one command."""

from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.access.matrix import NOBODY, relations_of, relations_to_stat_set, require
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.players import kinds, kinds_of
from tallybook.catalogue import rooms
from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.games import Game
from tallybook.catalogue.rooms import Room
from tallybook.catalogue.stat_sets import NewStat
from tallybook.delivery.tables import Tables
from tallybook.kernel.clock import Clock
from tallybook.kernel.ids import new_id
from tallybook.kernel.randomness import room_key
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.kernel.text import clean_name
from tallybook.ledger.append import EMPTY, stale
from tallybook.ledger.ledger import Ledger
from tallybook.play.desk import Desk
from tallybook.play.requests import Body, Envelope, fingerprint
from tallybook.rules.protocol import Config, Stat
from tallybook.sessions.commands import CreateSession, SeatToAdd
from tallybook.sessions.lifecycle import rematch_of
from tallybook.sessions.seating import MOST_SEATS
from tallybook.sessions.session import Session, standing
from tallybook.sessions.wire import decode

PLAIN = (Stat("Points", scoring=True),)  # what is counted when nobody says what
KEYS_TRIED = 5
NO_BOTS = "these rules have no bots"


class NewSeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to sit down: one of a known player, a name in the creator's library, or a bot's level."""

    player_id: UUID | None = None
    name: str | None = None
    bot: str | None = None
    team: str | None = None


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /sessions`."""

    game_id: UUID
    seats: tuple[NewSeat, ...] = ()
    stat_set_id: UUID | None = None
    stats: tuple[NewStat, ...] | None = None
    name: str | None = None
    public: bool = False
    max_players: int | None = None
    room_id: UUID | None = None
    config: dict[str, Any] = {}


class Opening:
    """Opens sessions, in rooms of their own or in a room that is there."""

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        tables: Tables,
        accounts: Accounts,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._database = ledger.database
        self._desk = desk
        self._tables = tables
        self._accounts = accounts
        self._catalogue = catalogue
        self._clock = clock

    async def create(self, actor: Actor, body: Body, envelope: Envelope) -> UUID:
        """Open a session as `body` (a `NewSession`) says.

        In a room of its own the actor hosts it and keeps the score; in a room that is there the same people
        do as before.
        """
        content = fingerprint("create", body)
        require("session.create", relations_of(actor))
        if envelope.expected_index not in {None, EMPTY}:
            raise invalid("expected_index", "a session that is not open yet has none: leave it out")
        asked: NewSession = decode(NewSession, body)
        game = await self._catalogue.game(asked.game_id)
        if game.archived:
            raise invalid("game_id", "the game is archived")
        command = CreateSession(
            room_id=asked.room_id or new_id(),
            key="",
            game_id=game.id,
            host_id=actor.player_id,
            rules=game.rules,
            config=Config(await self._stats(actor, asked), game.win, asked.config),
            seats=await self._seats(actor, asked),
            public=asked.public,
            max_players=asked.max_players if asked.max_players is not None else _table_size(game, asked),
        )
        if asked.room_id is not None:
            return await self._in_room(actor, command, body, content, envelope)
        name = None if asked.name is None else clean_name(asked.name)
        for _ in range(KEYS_TRIED):
            try:
                return await self._in_new_room(actor, command, name, content, envelope)
            except Refusal as refusal:
                if refusal.code != "unavailable":
                    raise
        raise Refusal("unavailable", "no free key for the room was found: try again", retry_after=1)

    async def named_seat(self, actor: Actor, body: Body) -> Body:
        """The body of a change of seats, with a name to add made a player of the actor's library."""
        add = body.get("add")
        if not isinstance(add, dict) or not add.keys() & {"name", "bot"}:
            return body
        asked: NewSeat = decode(NewSeat, add)
        if asked.bot is not None:
            raise invalid("add.bot", NO_BOTS)
        if asked.name is None or asked.player_id is not None:
            raise invalid("add", "give exactly one of player_id and name")
        player_id = (await self._accounts.named(actor.player_id, [clean_name(asked.name, "add.name")]))[0]
        rest = {field: value for field, value in add.items() if field != "name"}
        return body | {"add": rest | {"player_id": str(player_id)}}

    async def rematch(self, actor: Actor, session_id: UUID, envelope: Envelope) -> UUID:
        """The next session of a room, with the same table; the last one must be over."""
        table = await self._tables.table(actor, session_id)
        self._tables.require(actor, "rematch", table.session)
        if table.session.ended_at is None:
            raise Refusal("session_not_finished", "end this session before the rematch")
        host_id, scorekeepers = await self._keepers(table.session, actor)
        again = rematch_of(table.session, session_id=session_id, people=self._desk.people)
        command = msgspec.structs.replace(again, host_id=host_id, scorekeepers=scorekeepers)
        content = fingerprint("rematch", {"session_id": str(session_id)})
        expected = envelope.expected_index  # of the session that is over: the next one has no events yet
        moved = None if expected in {None, table.index} else stale(table.index, expected)
        plain = msgspec.structs.replace(envelope, expected_index=None)
        return await self._next(actor, command, session_id, content, plain, refusal=moved)

    async def _in_new_room(
        self, actor: Actor, command: CreateSession, name: str | None, content: bytes, envelope: Envelope
    ) -> UUID:
        session_id, key = new_id(), room_key()
        room = Room(
            id=command.room_id,
            key=key,
            name=name,
            public=command.public,
            max_players=command.max_players,
            session_id=session_id,
            created_by=actor.player_id,
            created_at=self._clock.now(),
        )
        keyed = msgspec.structs.replace(command, key=key)
        return await self._desk.create(
            actor, session_id, keyed, content, envelope, partial(rooms.reserve_room, room=room)
        )

    async def _in_room(
        self, actor: Actor, command: CreateSession, body: Body, content: bytes, envelope: Envelope
    ) -> UUID:
        room = await self._database.read(partial(rooms.find_room, room_id=command.room_id))
        table = await self._tables.table(actor, room.session_id)
        self._tables.require(actor, "rematch", table.session)
        host_id, scorekeepers = await self._keepers(table.session, actor)
        kicked = table.session.kicked
        if standing(table.session, actor.player_id, actor.merged).host:  # who may let them in again
            seated = {player_id for seat in command.seats for player_id in self._desk.people(seat.player_id)}
            kicked = tuple(player_id for player_id in kicked if player_id not in seated)
        again = msgspec.structs.replace(
            command,
            key=room.key,
            host_id=host_id,
            scorekeepers=scorekeepers,
            public=room.public,
            max_players=room.max_players,
            previous=room.session_id,
            kicked=kicked,
        )
        refusal = _not_as_it_is(room, body)
        if refusal is None and table.session.ended_at is None:
            refusal = Refusal("in_play", "the room's session is still going on: end it first")
        return await self._next(actor, again, room.session_id, content, envelope, refusal=refusal)

    async def _keepers(self, last: Session, actor: Actor) -> tuple[UUID, tuple[UUID, ...]]:
        """Who hosts the next session of a room and keeps the score: the same, unless the host is no more."""
        found = await self._database.read(partial(kinds.run, keys=[(last.host_id,)]))
        if last.host_id in kinds_of(found):
            return last.host_id, last.scorekeepers
        return actor.player_id, (*last.scorekeepers, actor.player_id)

    async def _next(
        self,
        actor: Actor,
        command: CreateSession,
        previous: UUID,
        content: bytes,
        envelope: Envelope,
        *,
        refusal: Refusal | None,
    ) -> UUID:
        session_id = new_id()

        def beside(connection: Connection) -> None:
            if refusal is not None:  # of another command: who sends this one again has been answered before
                raise refusal
            rooms.move_on(connection, command.room_id, previous=previous, session_id=session_id)

        return await self._desk.create(actor, session_id, command, content, envelope, beside)

    async def _stats(self, actor: Actor, asked: NewSession) -> tuple[Stat, ...]:
        if asked.stats is not None and asked.stat_set_id is not None:
            raise invalid("stats", "give either stats or stat_set_id")
        if asked.stats is not None:
            return tuple(stat.stat() for stat in asked.stats)
        if asked.stat_set_id is None:
            return PLAIN
        stat_set = await self._catalogue.stat_set(asked.stat_set_id)
        known = relations_to_stat_set(
            actor, stat_set.owner_id, game=stat_set.game_id, offered=stat_set.offered
        )
        require("stat_set.view", known if not stat_set.removed else NOBODY)
        if stat_set.game_id != asked.game_id:
            raise invalid("stat_set_id", "belongs to another game")
        return tuple(stat_set.stats)

    async def _seats(self, actor: Actor, asked: NewSession) -> tuple[SeatToAdd, ...]:
        if len(asked.seats) > MOST_SEATS:
            raise invalid("seats", f"at most {MOST_SEATS}")
        names: list[str] = []
        for number, seat in enumerate(asked.seats):
            if sum(given is not None for given in (seat.player_id, seat.name, seat.bot)) != 1:
                raise invalid(f"seats.{number}", "give exactly one of player_id, name and bot")
            if seat.bot is not None:
                raise invalid(f"seats.{number}.bot", NO_BOTS)
            if seat.name is not None:
                names.append(clean_name(seat.name, f"seats.{number}.name"))
        seated = [(seat.player_id,) for seat in asked.seats if seat.player_id is not None]
        known = kinds_of(await self._database.read(partial(kinds.run, keys=seated))) if seated else {}
        if any(player_id not in known for (player_id,) in seated):
            raise not_found("player")
        named = iter(await self._accounts.named(actor.player_id, names) if names else ())
        return tuple(
            SeatToAdd(seat.player_id if seat.player_id is not None else next(named), team=seat.team)
            for seat in asked.seats
        )


def _not_as_it_is(room: Room, body: Body) -> Refusal | None:
    """What to say to somebody who asks for a room that is there, but for another one than it is."""
    for field in ("name", "public", "max_players"):
        if field in body and body[field] != getattr(room, field):
            return invalid(field, "is the room's own, which is there already: leave it out")
    return None


def _table_size(game: Game, asked: NewSession) -> int | None:
    """A table has room for the game's most players, and for those who are sitting there already."""
    return max(game.max_players, len(asked.seats)) if isinstance(game.max_players, int) else None
