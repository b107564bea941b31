"""Forgetting people: everything private goes, while what happened at the tables stays."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, and_, delete, exists, select, update

from tallybook.accounts.events import PlayerErased
from tallybook.accounts.merges import members_of
from tallybook.accounts.players import color_of
from tallybook.accounts.registry import write_facts
from tallybook.accounts.revocations import Revocations, revoke
from tallybook.accounts.roles import keep_an_admin
from tallybook.accounts.tables import (
    api_keys,
    claims,
    credentials,
    emails,
    follows,
    invitations,
    merges,
    notifications,
    players,
    sign_ins,
)
from tallybook.careers.events import CareerEvent
from tallybook.careers.streams import career_id
from tallybook.catalogue.seasons import SeasonTexts, columns
from tallybook.catalogue.tables import games, room_members, rooms, season_announcements, seasons
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.kernel.text import FreeText
from tallybook.ledger.append import EMPTY
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import newer_events
from tallybook.ledger.tables import streams, texts

NAME = "Former player"  # what everybody who was erased is called
AT_ONCE = 100  # players erased in one transaction, streams looked through in another
_LOOKED_UP = 1_000  # possible careers asked for by one statement

# Rows that go with the player: those that there may be of anybody, and those of whoever can sign in. There is
# no index for some of these, and the players of a library are many.
_ABOUT = (
    invitations.c.player_id,
    claims.c.player_id,
    follows.c.followed_id,
    notifications.c.player_id,
)
_DONE = (
    credentials.c.player_id,
    sign_ins.c.player_id,
    emails.c.player_id,
    api_keys.c.created_by,
    claims.c.claimant_id,
    follows.c.follower_id,
    room_members.c.player_id,
    season_announcements.c.written_by,
)


class Written(msgspec.Struct, frozen=True):
    """A free text as it lies beside its stream; `shared` when somebody else wrote the same words there.

    What a game sent along with a score is the player's, whoever submitted it; `game` is the game then.
    """

    stream: UUID
    digest: str
    text: str
    shared: bool = False
    game: UUID | None = None


class Erasure:
    """Erases persons. Who is erased twice is erased once."""

    def __init__(self, ledger: Ledger, clock: Clock, revocations: Revocations) -> None:
        self._ledger = ledger
        self._clock = clock
        self._revocations = revocations

    async def erase(self, person: UUID) -> None:
        """Forget a person with all the players that the person is, and the unclaimed ones of the library.

        The person's own row comes last: until then it can be asked for again when something failed.
        """
        members, library = await self._ledger.database.read(partial(_concerned, person=person))
        await self._erase_texts(members)
        await self._erase_each([*library, *(members - {person})], person)
        await self._erase_one(person, person)
        # Up to here another device of the person could write.
        _, library = await self._ledger.database.read(partial(_concerned, person=person))
        await self._erase_each(sorted(library), person)
        await self._erase_texts(members)

    async def _erase_each(self, players: Sequence[UUID], actor: UUID) -> None:
        for start in range(0, len(players), AT_ONCE):
            chunk = players[start : start + AT_ONCE]
            await asyncio.gather(*(self._erase_one(player_id, actor) for player_id in chunk))

    async def _erase_one(self, player_id: UUID, actor: UUID) -> None:
        forget = partial(_forget, player_id=player_id, now=self._clock.now())
        await write_facts(self._ledger, player_id, [PlayerErased()], forget, actor=actor)
        self._revocations.hear(player_id, PlayerErased())

    async def _erase_texts(self, authors: Collection[UUID]) -> None:
        async for written in written_by(self._ledger, authors):
            await self._ledger.database.write(partial(_delete_texts, written=written))


async def written_by(ledger: Ledger, authors: Collection[UUID]) -> AsyncIterator[list[Written]]:
    """The texts that these players wrote, some streams at a time.

    Of the careers only theirs are looked through. Other streams with texts all are: they are few, and an
    index of events by author would cost every append something.
    """
    after = UUID(int=0)
    while chunk := await ledger.database.read(partial(_with_texts, after=after)):
        after = chunk[-1]
        yield await ledger.database.read(partial(_written, looked_through=chunk, authors=authors))
    careers = await ledger.database.read(partial(careers_of, players=authors))
    for start in range(0, len(careers), AT_ONCE):
        some = careers[start : start + AT_ONCE]
        yield await ledger.database.read(partial(_written, looked_through=some, authors=authors))


def _with_texts(connection: Connection, after: UUID) -> Sequence[UUID]:
    query = select(texts.c.stream).distinct().join(streams, streams.c.stream == texts.c.stream)
    query = query.where(texts.c.stream > after, streams.c.kind != "career")
    return connection.execute(query.order_by(texts.c.stream).limit(AT_ONCE)).scalars().all()


def careers_of(connection: Connection, players: Collection[UUID]) -> list[UUID]:
    """The careers of these players, as streams: their ids follow from the games."""
    found: list[UUID] = []
    known = connection.execute(select(games.c.id)).scalars().all()
    possible = [career_id(game_id, player_id) for player_id in players for game_id in known]
    for start in range(0, len(possible), _LOOKED_UP):
        query = select(streams.c.stream).where(streams.c.stream.in_(possible[start : start + _LOOKED_UP]))
        found += connection.execute(query).scalars()
    return found


def _written(
    connection: Connection, looked_through: Sequence[UUID], authors: Collection[UUID]
) -> list[Written]:
    kept = {(row.stream, row.digest): row.text for row in connection.execute(_texts_of(looked_through))}
    by: dict[tuple[UUID, str], set[UUID | None]] = {}
    games: dict[UUID, UUID] = {}  # by career
    for recorded in newer_events.run(connection, [(stream, EMPTY) for stream in looked_through]):
        event = Recorded(*recorded)
        author = event.actor
        if isinstance(event.event, CareerEvent):
            author = event.event.player
            games[event.stream] = event.event.game
        for name in event.event.free_text:
            if isinstance(value := getattr(event.event, name), FreeText):
                by.setdefault((event.stream, value.digest), set()).add(author)
    return [
        Written(*place, kept[place], shared=not wrote.issubset(authors), game=games.get(place[0]))
        for place, wrote in by.items()
        if place in kept and not wrote.isdisjoint(authors)
    ]


def _texts_of(looked_through: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    return select(texts.c.stream, texts.c.digest, texts.c.text).where(texts.c.stream.in_(looked_through))


def _delete_texts(connection: Connection, written: Sequence[Written]) -> None:
    for each in written:
        if not each.shared:
            this = and_(texts.c.stream == each.stream, texts.c.digest == each.digest)
            connection.execute(delete(texts).where(this))


def _concerned(connection: Connection, person: UUID) -> tuple[set[UUID], set[UUID]]:
    """All players that the person is, and those of the person's library whom nobody is."""
    members = members_of(connection, [person])
    claimed = exists().where(merges.c.player_id == players.c.id)
    unclaimed = and_(players.c.owner_id.in_(members), players.c.erased_at.is_(None), ~claimed)
    return members, set(connection.execute(select(players.c.id).where(unclaimed)).scalars())


def _forget(connection: Connection, player_id: UUID, now: int) -> None:
    """Everything private about one player."""
    kind = connection.execute(select(players.c.kind).where(players.c.id == player_id)).scalar()
    neutral = {
        "display_name": NAME,
        "username": None,
        "username_folded": None,
        "name_key": None,
        "avatar_seed": player_id.hex[-12:],
        "color": color_of(player_id),
        "region": None,
        "settings": None,
        "roles": "",
        "updated_at": None,
        "last_seen": now,
        "erased_at": now,
    }
    connection.execute(update(players).where(players.c.id == player_id).values(neutral))
    for column in _ABOUT:
        connection.execute(delete(column.table).where(column == player_id))
    if kind == "named":  # has never done anything
        return
    keep_an_admin(connection, player_id)
    connection.execute(update(rooms).where(rooms.c.created_by == player_id).values(name=None, name_folded=""))
    silent = columns({"texts": SeasonTexts()}) | {"texts_by": None}
    connection.execute(update(seasons).where(seasons.c.texts_by == player_id).values(silent))
    for column in _DONE:
        connection.execute(delete(column.table).where(column == player_id))
    revoke(connection, [player_id], now)
