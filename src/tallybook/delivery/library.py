"""Somebody's library, where the catalogue and the accounts meet what was played: games and people."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.accounts.players import Player, library_names, players_of
from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.finding import Place, Sort, Wanted, name_order
from tallybook.database.engine import Database
from tallybook.kernel.clock import to_microseconds
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import search_words, searched_words
from tallybook.projections.figures import person_behind
from tallybook.projections.recent import days_played, in_play, last_met, last_played
from tallybook.projections.sessions import SessionDirectory

DAYS = 371  # a year, begun with whole weeks


class Day(msgspec.Struct, frozen=True):
    """A day on which sessions ended that count; `sessions` is the path of their list."""

    day: date
    played: int
    sessions: str


class Calendar(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """The days from `from` to `to`, both included, on which a person played; the others are left out."""

    player_id: UUID
    since: date
    until: date
    zone: str
    days: list[Day]


class Library:
    """Games and people as somebody looks for them, and when they played. Everything raises `Refusal`."""

    def __init__(
        self, database: Database, catalogue: Catalogue, directory: SessionDirectory, lists: str
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._directory = directory
        self._lists = lists  # the path of the history

    async def wanted(self, actor: Actor, *, q: str | None, mine: bool, archived: bool, sort: Sort) -> Wanted:
        """Which games to look for; `mine` are those that the actor made or has played."""
        played: dict[UUID, int] = {}
        if mine or sort == "recent":
            played = await self._database.read(lambda c: last_played(c, self._directory.slot, actor.ids))
        return Wanted(actor.ids if mine else None, played, q, archived, sort)

    async def archive(
        self, actor: Actor, game_id: UUID, *, even_in_play: bool, command_id: str | None
    ) -> None:
        """Archive a game; refuses with `in_play` while it is played, unless that is known."""
        if not even_in_play and await self._database.read(
            lambda c: in_play(c, self._directory.slot, game_id)
        ):
            raise Refusal("in_play", "a session of this game is being played; even_in_play=true archives it")
        await self._catalogue.archive_game(actor.player_id, game_id, command_id=command_id)

    async def players(
        self, actor: Actor, *, q: str | None, sort: Sort, after: Place | None, limit: int
    ) -> list[tuple[Place, Player]]:
        """The named players of the actor's library, each with its place in the order."""

        def read(connection: Connection) -> list[tuple[Place, Player]]:
            met = last_met(connection, self._directory.slot, actor.ids) if sort == "recent" else {}
            beginnings = searched_words(q or "")
            places: list[Place] = []
            for player_id, name in library_names(connection, actor.ids):
                words = search_words(name) if beginnings else ()
                if all(any(word.startswith(begin) for word in words) for begin in beginnings):
                    by = met[player_id].bytes if player_id in met else b""
                    places.append((name_order(name) if sort == "name" else by, player_id))
            places.sort(reverse=sort != "name")
            if after is not None:
                places = [each for each in places if (each > after if sort == "name" else each < after)]
            shown = players_of(connection, [player_id for _, player_id in places[:limit]])
            return [(place, shown[place[1]]) for place in places[:limit]]

        return await self._database.read(read)

    async def calendar(self, player_id: UUID, *, until: date, zone: ZoneInfo) -> Calendar:
        """A person's year up to `until`, by days of the zone; `not_found` without such a player."""
        since = until - timedelta(days=DAYS - 1)

        def begins(day: date) -> datetime:
            return datetime.combine(day, time(), zone)

        def read(connection: Connection) -> tuple[UUID, Counter[date]]:
            slot = self._directory.slot
            person_id, _ = person_behind(connection, slot, player_id)
            first, last = to_microseconds(begins(since)), to_microseconds(begins(until + timedelta(days=1)))
            return person_id, days_played(connection, slot, person_id, since=first, until=last, zone=zone)

        person_id, played = await self._database.read(read)
        counted = {"player_id": person_id, "status": "finished", "voided": "false"}

        def link(day: date) -> str:
            day_long = {"from": begins(day).isoformat(), "to": begins(day + timedelta(days=1)).isoformat()}
            return f"{self._lists}?{urlencode(counted | day_long)}"

        days = [Day(day, count, link(day)) for day, count in sorted(played.items())]
        return Calendar(person_id, since, until, zone.key, days)
