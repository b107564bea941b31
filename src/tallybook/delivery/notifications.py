"""Notices as people read them: today's names beside the ids, in the list and live."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Column, Table, select

from tallybook.access.actor import Actor
from tallybook.accounts.inbox import Inbox, Notice
from tallybook.accounts.names import Names
from tallybook.catalogue.tables import achievements, boards, games, seasons
from tallybook.database.engine import Database
from tallybook.kernel.clock import iso

# Which ids in a notice's data name something, and where its name is kept; players' are at hand.
_NAMED: dict[str, Table] = {
    "game_id": games,
    "achievement_id": achievements,
    "board_id": boards,
    "season_id": seasons,
}
_PLAYERS = ("player_id", "claimant_id")


class Tell(Protocol):
    """Reaches these people's topics `player:{id}`, on every node, while they are online."""

    def __call__(self, player_ids: Collection[UUID], event: str, payload: Any) -> None: ...


class Notification(msgspec.Struct, frozen=True):
    """Something that happened. `names` are those of the ids in `data`, where they still have one."""

    id: UUID
    kind: str
    at: str
    read: bool
    data: dict[str, Any]
    names: dict[str, str]


class Notifications:
    """Reads inboxes, and tells who is online."""

    def __init__(self, database: Database, inbox: Inbox, names: Names, tell: Tell) -> None:
        self._database = database
        self._inbox = inbox
        self._names = names
        self._tell = tell
        inbox.subscribe(self._told)

    async def of(
        self, actor: Actor, *, unread: bool | None, before: UUID | None, limit: int
    ) -> list[Notification]:
        """To whoever the actor is, newest first."""
        found = await self._inbox.list(actor.ids, unread=unread, before=before, limit=limit)
        return await self._named(found)

    async def unread(self, actor: Actor) -> int:
        return await self._inbox.unread(actor.ids)

    async def mark_read(self, actor: Actor, which: Collection[UUID] | UUID) -> int:
        """Mark some as read, or all up to one; how many are unread then."""
        await self._inbox.mark_read(actor.ids, which)
        return await self.unread(actor)

    async def _told(self, notices: Sequence[Notice]) -> None:
        unlocks = [each for each in notices if each.kind == "achievement_unlocked"]
        keys = await self._column(achievements.c.key, _ids(unlocks, ("achievement_id",)))
        for told, shown in zip(notices, await self._named(notices), strict=True):
            self._tell([told.player_id], "notification", shown)
            if told.kind == "achievement_unlocked":
                (id_,) = _ids([told], ("achievement_id",))
                achievement = {"id": id_, "key": keys.get(id_), "name": shown.names.get(str(id_))}
                achievement |= _some(told.data, ("points", "tier"))
                unlocked = {
                    "player_id": told.player_id,
                    "game_id": told.data["game_id"],
                    "achievement": achievement,
                    "timestamp": told.data.get("unlocked_at", shown.at),  # older notices did not know
                }
                self._tell([told.player_id], "achievement.unlocked", unlocked)

    async def _named(self, notices: Sequence[Notice]) -> list[Notification]:
        names: dict[UUID, str] = {}
        for field, table in _NAMED.items():
            names |= await self._column(table.c.name, _ids(notices, (field,)))
        people = _ids(notices, _PLAYERS)
        known = await self._names.of(people)
        names |= {player_id: known[player_id] for player_id in people if player_id in known}
        return [
            Notification(
                each.id,
                each.kind,
                iso(each.at),
                each.read,
                dict(each.data),
                {str(id_): names[id_] for id_ in _ids([each], (*_NAMED, *_PLAYERS)) if id_ in names},
            )
            for each in notices
        ]

    async def _column(self, column: Column[str], ids: Collection[UUID]) -> dict[UUID, str]:
        """What stands in a column of the table with these ids."""
        if not ids:
            return {}
        id_ = column.table.c.id
        query = select(id_, column).where(id_.in_(ids))
        return await self._database.read(lambda connection: dict(map(tuple, connection.execute(query))))


def _ids(notices: Iterable[Notice], fields: Sequence[str]) -> set[UUID]:
    """The ids in these fields; a notice that was read back has them as texts."""
    found = (each.data.get(field) for each in notices for field in fields)
    return {id_ if isinstance(id_, UUID) else UUID(id_) for id_ in found if id_ is not None}


def _some(data: Any, fields: Sequence[str]) -> dict[str, Any]:
    return {field: data[field] for field in fields if data.get(field) is not None}
