"""Finding sessions by what is in a name: the game's, the room's or a player's at the table."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, bindparam, exists, func, literal, or_, select, union_all

from tallybook.accounts.tables import players
from tallybook.catalogue.tables import games, rooms
from tallybook.database.engine import Database
from tallybook.database.prepared import Prepared, as_id
from tallybook.database.schema import Id
from tallybook.kernel.text import fold_case
from tallybook.projections.results import people
from tallybook.projections.sessions import SessionDirectory

MOST = 200  # names found in one way
_COUNTS = (0, 1, 8, 40, MOST)  # to which what was found is filled up, so that there are few queries
_ESCAPE = "/"
_KINDS = {
    "game": (games.c.id, games.c.name),
    "room": (rooms.c.id, rooms.c.name),
    "player": (players.c.id, players.c.display_name),
}


class Named(NamedTuple):
    """How many ids a text's query looks for; None where more than `MOST` names have the text in them."""

    spellings: int
    game: int | None
    room: int | None
    player: int | None

    @property
    def few(self) -> bool:
        return None not in self

    @property
    def nothing(self) -> bool:
        return not (self.game or self.room or self.player) and self.few


async def look_up(database: Database, q: str) -> tuple[Named, dict[str, Any]]:
    """What a text names, and the parameters for it."""
    spellings = {q.lower()}
    if database.url.get_backend_name() == "sqlite":
        # It folds the case of A to Z alone, as for bytes: these are the spellings that people use.
        used = {q, q.lower(), q.upper(), q.title(), fold_case(q)}
        spellings = {spelling.encode().lower().decode() for spelling in used}
    values: dict[str, Any] = {
        f"spelling_{at}": f"%{_escaped(spelling)}%" for at, spelling in enumerate(sorted(spellings))
    }
    found: dict[str, list[UUID]] = {kind: [] for kind in _KINDS}
    for kind, key in await database.glance(_names(len(spellings), MOST + 1), values):
        found[kind].append(as_id(key))
    counts = [_fill_up(kind, ids, values) for kind, ids in found.items()]
    return Named(len(spellings), *counts), values


def _escaped(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text


def _fill_up(kind: str, ids: Sequence[UUID], values: dict[str, Any]) -> int | None:
    """Add parameters of one kind, the last id as often as it takes; how many they are."""
    if len(ids) > MOST:
        return None
    count = next(count for count in _COUNTS if count >= len(ids))
    values |= {f"{kind}_{at}": ids[min(at, len(ids) - 1)] for at in range(count)}
    return count


@lru_cache
def _names(spellings: int, most: int) -> Prepared:
    ways = [
        select(literal(kind).label("kind"), id_.label("id")).where(_like(name, spellings)).limit(most)
        for kind, (id_, name) in _KINDS.items()
    ]
    return Prepared(union_all(*(select(way.subquery()) for way in ways)))


def _like(name: Column[Any], spellings: int) -> ColumnElement[bool]:
    """In lower case, as the spellings are already: folding them again for every row is most of the time."""
    lower = func.lower(name)
    return or_(*(lower.like(bindparam(f"spelling_{at}"), escape=_ESCAPE) for at in range(spellings)))


def matching(slot: str, source: Table, named: Named) -> list[ColumnElement[bool]]:
    """The ways in which a row of a table with sessions may match; none when nothing has such a name.

    Where a text names few, their ids are looked for. Where it names more than `MOST`, each session is
    asked for its names instead: with so many there is a match soon.
    """
    ways = (_by_game, _by_room, _by_player)
    return [way(slot, source, named) for way, count in zip(ways, named[1:], strict=True) if count != 0]


def _by_game(_slot: str, source: Table, named: Named) -> ColumnElement[bool]:
    if named.game is None:
        return exists().where(games.c.id == source.c.game_id, _like(games.c.name, named.spellings))
    return source.c.game_id.in_(_ids("game", named.game))


def _by_room(slot: str, source: Table, named: Named) -> ColumnElement[bool]:
    sessions = SessionDirectory.sessions[slot]
    if named.room is None:
        here = sessions.alias("here")
        there = (here.c.session_id == source.c.session_id) & (here.c.room_id == rooms.c.id)
        return exists().where(there, _like(rooms.c.name, named.spellings))
    played = select(sessions.c.session_id).where(sessions.c.room_id.in_(_ids("room", named.room)))
    return source.c.session_id.in_(played)


def _by_player(slot: str, source: Table, named: Named) -> ColumnElement[bool]:
    them = people[slot].alias("named")
    if named.player is None:
        there = (them.c.session_id == source.c.session_id) & (them.c.player_id == players.c.id)
        return exists().where(there, them.c.sat == 1, _like(players.c.display_name, named.spellings))
    sat = select(them.c.session_id).where(them.c.player_id.in_(_ids("player", named.player)), them.c.sat == 1)
    return source.c.session_id.in_(sat)


def _ids(kind: str, count: int) -> list[ColumnElement[UUID]]:
    return [bindparam(f"{kind}_{at}", type_=Id()) for at in range(count)]
