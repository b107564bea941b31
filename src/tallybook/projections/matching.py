"""Finding sessions by what is in a name: the game's, the room's or a player's at the table."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Table, exists, or_, select

from tallybook.accounts.tables import players
from tallybook.catalogue.tables import games, rooms
from tallybook.kernel.text import fold_case
from tallybook.projections.results import people

MOST = 200  # names found in one way

Found = Sequence[UUID] | None


class Matching:
    """Whom and what a text names.

    Where it names few, their ids are looked up first. Where it names more than `MOST`, each session is
    asked for its names instead: with so many there is a match soon.
    """

    def __init__(self, connection: Connection, slot: str, sessions: Table, q: str) -> None:
        self._people = people[slot]
        self._sessions = sessions
        # SQLite folds the case of A to Z alone: these are the spellings that people use.
        spellings = {q, q.lower(), q.upper(), q.title(), fold_case(q)}
        self._spellings = (
            sorted(spellings) if connection.dialect.name == "sqlite" and not q.isascii() else [q]
        )
        self._games = self._find(connection, games.c.id, games.c.name)
        self._rooms = self._find(connection, rooms.c.id, rooms.c.name)
        self._players = self._find(connection, players.c.id, players.c.display_name)

    def _find(self, connection: Connection, id_: Column[UUID], name: Column[Any]) -> Found:
        found = connection.execute(select(id_).where(self._like(name)).limit(MOST + 1)).scalars().all()
        return None if len(found) > MOST else found

    def _like(self, name: Column[Any]) -> ColumnElement[bool]:
        return or_(*(name.icontains(spelling, autoescape=True) for spelling in self._spellings))

    @property
    def few(self) -> bool:
        return None not in (self._games, self._rooms, self._players)

    def conditions(self, source: Table) -> list[ColumnElement[bool]]:
        """The ways in which a row of a table with sessions may match; none when nothing has such a name."""
        ways = [self._by_game(source), self._by_room(source), self._by_player(source)]
        return [way for way in ways if way is not None]

    def _by_game(self, source: Table) -> ColumnElement[bool] | None:
        if self._games is None:
            return exists().where(games.c.id == source.c.game_id, self._like(games.c.name))
        return source.c.game_id.in_(self._games) if self._games else None

    def _by_room(self, source: Table) -> ColumnElement[bool] | None:
        if self._rooms is None:
            here = self._sessions.alias("here")
            there = (here.c.session_id == source.c.session_id) & (here.c.room_id == rooms.c.id)
            return exists().where(there, self._like(rooms.c.name))
        if not self._rooms:
            return None
        played = select(self._sessions.c.session_id).where(self._sessions.c.room_id.in_(self._rooms))
        return source.c.session_id.in_(played)

    def _by_player(self, source: Table) -> ColumnElement[bool] | None:
        them = self._people.alias("named")
        if self._players is None:
            there = (them.c.session_id == source.c.session_id) & (them.c.sat == 1)
            return exists().where(there, them.c.player_id == players.c.id, self._like(players.c.display_name))
        if not self._players:
            return None
        sat = select(them.c.session_id).where(them.c.player_id.in_(self._players), them.c.sat == 1)
        return source.c.session_id.in_(sat)
