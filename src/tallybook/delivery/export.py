"""Taking one's data along: everything that is kept about a person, read a little at a time."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import Raw
from sqlalchemy import ColumnElement, Connection, Row, Select, select

from tallybook.access.actor import Actor
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.claims import Claim, Claiming
from tallybook.accounts.erasure import careers_of, written_by
from tallybook.accounts.tables import api_keys, follows, notifications, players, sign_ins
from tallybook.catalogue.boards import SEASONAL
from tallybook.catalogue.tables import (
    achievements,
    boards,
    games,
    rooms,
    season_announcements,
    seasons,
    stat_sets,
    statistics,
    webhooks,
)
from tallybook.database.prepared import as_id
from tallybook.delivery.tables import Tables, sight_of
from tallybook.interchange.account_export import About, Career, Played, career, document, played
from tallybook.interchange.replay import header_of
from tallybook.kernel.clock import Clock, iso
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger
from tallybook.projections.history import Wanted, history, place_of
from tallybook.projections.sessions import SessionDirectory

AT_ONCE = 100  # items of a list read together

_PERSON = [players.c[name] for name in ("id", "username", "display_name", "kind", "created_at")]
_DEVICE = [sign_ins.c[name] for name in ("id", "device", "created_at", "last_used_at", "expires_at")]
_KEY = [api_keys.c[name] for name in ("id", "game_id", "name", "prefix", "created_at", "last_used_at")]
_NOTICE = [
    notifications.c.id,
    notifications.c.kind,
    notifications.c.at.label("happened_at"),
    notifications.c.data,
    notifications.c.read_at,
]
_GAME = [
    games.c[name]
    for name in (
        "id", "name", "description", "rules", "win", "min_players", "max_players", "archived", "created_at",
    )
]  # fmt: skip
_STAT_SET = [stat_sets.c[name] for name in ("id", "game_id", "name", "stats", "removed", "created_at")]
_BOARD = [boards.c[name] for name in ("id", "game_id", "key", "name", "definition", "archived", "created_at")]
_STATISTIC = [
    statistics.c[name] for name in ("game_id", "key", "name", "aggregation", "authority", "created_at")
]
_ACHIEVEMENT = list(achievements.c)
_SEASON = [
    seasons.c[name]
    for name in (
        "id", "game_id", "key", "name", "boards", "starts_at", "ends_at", "tiers", "texts", "closed_at",
        "created_at",
    )
]  # fmt: skip
_ANNOUNCEMENT = [
    season_announcements.c[name] for name in ("id", "season_id", "occasion", "text", "created_at")
]
_WEBHOOK = [webhooks.c[name] for name in ("id", "game_id", "url", "events", "active", "created_at")]
_ROOM = [rooms.c[name] for name in ("id", "key", "name", "public", "session_id", "created_at")]


class Export:
    """Writes account exports."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        accounts: Accounts,
        claiming: Claiming,
        tables: Tables,
        directory: SessionDirectory,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._accounts = accounts
        self._claiming = claiming
        self._tables = tables
        self._directory = directory

    async def of(self, actor: Actor) -> AsyncIterator[bytes]:
        """The pieces of the actor's document, whose form is `interchange.account_export`'s."""
        me, ids = await self._accounts.me(actor.player_id), actor.ids
        mine = select(games.c.id).where(games.c.owner_id.in_(ids))
        followed = select(follows.c.followed_id).where(follows.c.follower_id.in_(ids))
        return document(
            About(iso(self._clock.now()), me),
            {
                "also": self._rows(_PERSON, players.c.id.in_(actor.merged)),
                "claims": self._claims(actor.player_id),
                "sign_ins": self._rows(_DEVICE, sign_ins.c.player_id.in_(ids)),
                "api_keys": self._rows(_KEY, api_keys.c.created_by.in_(ids)),
                "library": self._rows(_PERSON, players.c.owner_id.in_(ids)),
                "following": self._rows(_PERSON, players.c.id.in_(followed)),
                "notifications": self._rows(_NOTICE, notifications.c.player_id.in_(ids)),
                "games": self._rows(_GAME, games.c.owner_id.in_(ids)),
                "stat_sets": self._rows(_STAT_SET, stat_sets.c.owner_id.in_(ids)),
                "boards": self._rows(_BOARD, boards.c.game_id.in_(mine) & ~boards.c.key.startswith(SEASONAL)),
                "statistics": self._statistics(mine),
                "achievements": self._rows(_ACHIEVEMENT, achievements.c.game_id.in_(mine)),
                "seasons": self._rows(_SEASON, seasons.c.game_id.in_(mine) | seasons.c.texts_by.in_(ids)),
                "announcements": self._rows(_ANNOUNCEMENT, season_announcements.c.written_by.in_(ids)),
                "webhooks": self._rows(
                    _WEBHOOK, webhooks.c.game_id.in_(mine) | webhooks.c.created_by.in_(ids)
                ),
                "rooms": self._rows(_ROOM, rooms.c.created_by.in_(ids)),
                "texts": self._texts(actor),
                "sessions": self._sessions(actor),
                "careers": self._careers(actor),
            },
        )

    async def _rows(
        self, columns: Sequence[ColumnElement[Any]], where: Any
    ) -> AsyncIterator[list[dict[str, Any]]]:
        key = columns[0]
        query: Select[Any] = select(*columns).where(where).order_by(key).limit(AT_ONCE)
        after = UUID(int=0)
        while rows := await self._ledger.database.read(partial(_all, query=query.where(key > after))):
            after = rows[-1].id
            yield [_plain(row) for row in rows]

    async def _statistics(self, of: Select[tuple[UUID]]) -> AsyncIterator[list[dict[str, Any]]]:
        for game_id in await self._ledger.database.read(lambda c: c.execute(of).scalars().all()):
            query = select(*_STATISTIC).where(statistics.c.game_id == game_id).order_by(statistics.c.key)
            found = await self._ledger.database.read(partial(_all, query=query))
            yield [_plain(row) for row in found]

    async def _claims(self, reader: UUID) -> AsyncIterator[list[Claim]]:
        before: UUID | None = None
        while found := await self._claiming.list(reader, before=before, limit=AT_ONCE):
            before = found[-1].id
            yield found

    async def _texts(self, actor: Actor) -> AsyncIterator[list[dict[str, Any]]]:
        async for written in written_by(self._ledger, actor.ids):
            yield [{"session_id": each.stream, "text": each.text} for each in written if each.game is None]

    async def _careers(self, actor: Actor) -> AsyncIterator[list[Career]]:
        for stream in await self._ledger.database.read(partial(careers_of, players=actor.ids)):
            texts = await self._ledger.texts(stream)
            yield [career(await self._ledger.events(stream), texts)]

    async def _sessions(self, actor: Actor) -> AsyncIterator[list[Played]]:
        before: tuple[int, UUID] | None = None
        database, slot = self._ledger.database, self._directory.slot
        own = partial(history, database, slot, Wanted(), seen_by=actor.player_id, admin=False)
        while found := await own(before=before, limit=AT_ONCE):
            before = place_of(found[-1])
            for _, key in found:
                yield await self._session(actor, as_id(key))

    async def _session(self, actor: Actor, session_id: UUID) -> list[Played]:
        try:
            table = await self._tables.table(actor, session_id)
        except Refusal as refusal:
            if refusal.code == "not_found":  # the actor was sent out and may no longer look
                return []
            raise
        events = await self._ledger.events(session_id, upto=table.index)
        texts = await self._ledger.texts(session_id)
        header = header_of(session_id, table.session, table.names, texts, len(events))
        return [played(header, table.session, events, sight_of(table.session, actor))]


def _all(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def _plain(row: Row[Any]) -> dict[str, Any]:
    """A row as JSON says it: times in words, and stored JSON as it is."""
    plain: dict[str, Any] = {}
    for name, value in row._mapping.items():
        if name.endswith("_at") and value is not None:
            plain[name] = iso(value)
        else:
            plain[name] = Raw(bytes(value)) if isinstance(value, bytes) else value
    return plain
