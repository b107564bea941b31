"""Finding games among a hundred thousand: by words of their names, in three orders, page by page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select

from tallybook.catalogue.games import Game, shown
from tallybook.catalogue.tables import game_words, games
from tallybook.kernel.text import fold_for_search, search_words, searched_words

Sort = Literal["newest", "name", "recent"]
Place = tuple[bytes, UUID]  # by what a game stands where it does in the list's order, and its id

_ORDER_LENGTH = 96
_BEYOND = b"\xff"  # above every byte of UTF-8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which games, in which order. `played` says when each game was last played by whoever asks."""

    owners: Collection[UUID] | None = None  # None: anybody's; else theirs and those of `played`
    played: Mapping[UUID, int] = field(default_factory=dict)
    q: str | None = None
    archived: bool = False
    sort: Sort = "newest"
    ids: Collection[UUID] | None = None  # of these all, whatever the filters

    def place_of(self, game: Game) -> Place:
        """Where a game stands in this order."""
        match self.sort:
            case "name":
                return name_order(game.name), game.id
            case "recent":
                return self.played_at(game.id), game.id
            case "newest":
                return b"", game.id

    def played_at(self, game_id: UUID) -> bytes:
        """Sorts like the moment; empty for a game that was never played."""
        at = self.played.get(game_id)
        return b"" if at is None else at.to_bytes(8)


def name_order(name: str) -> bytes:
    """By these bytes names are sorted: case and accents make no difference."""
    return fold_for_search(name).encode()[:_ORDER_LENGTH]


def index_name(connection: Connection, game_id: UUID, name: str) -> None:
    """Make the game findable by this name, and by no earlier one."""
    connection.execute(delete(game_words).where(game_words.c.game_id == game_id))
    rows = [{"word": word.encode(), "game_id": game_id} for word in sorted(search_words(name))]
    connection.execute(insert(game_words), rows)


def find_games(connection: Connection, wanted: Wanted, *, after: Place | None, limit: int) -> list[Game]:
    """A page of games, beginning after one of the page before."""
    if wanted.sort == "recent":
        return _recent(connection, wanted, after, limit)
    query = _matching(wanted).limit(limit)
    if wanted.sort == "name":
        query = query.order_by(games.c.name_order, games.c.id)
        if after is not None:
            beyond = (games.c.name_order > after[0]) | (games.c.id > after[1])
            query = query.where(games.c.name_order >= after[0], beyond)
    else:
        query = query.order_by(games.c.id.desc())
        if after is not None:
            query = query.where(games.c.id < after[1])
    if wanted.owners is None:
        return [shown(row) for row in connection.execute(query)]
    # Asked for both at once, databases read everybody's games.
    found = [shown(row) for row in connection.execute(query.where(games.c.owner_id.in_(wanted.owners)))]
    if wanted.played:
        others = games.c.id.in_(list(wanted.played)) & games.c.owner_id.not_in(wanted.owners)
        found += [shown(row) for row in connection.execute(query.where(others))]
        found.sort(key=wanted.place_of, reverse=wanted.sort == "newest")
    return found[:limit]


def named(game_id: ColumnElement[UUID], q: str) -> list[ColumnElement[bool]]:
    """Conditions on a column of game ids: each word of `q` begins one of the game's name."""
    conditions: list[ColumnElement[bool]] = []
    for word in searched_words(q):
        begin = word.encode()
        having = (game_words.c.word >= begin) & (game_words.c.word < begin + _BEYOND)
        conditions.append(game_id.in_(select(game_words.c.game_id).where(having)))
    return conditions


def _matching(wanted: Wanted) -> Select[Any]:
    if wanted.ids is not None:
        return select(games).where(games.c.id.in_(wanted.ids))
    query = select(games).where(games.c.archived == wanted.archived)
    if wanted.q is not None:
        query = query.where(*named(games.c.id, wanted.q))
    return query


def _recent(connection: Connection, wanted: Wanted, after: Place | None, limit: int) -> list[Game]:
    """Those played, the last one first; then the others, the newest first."""
    query = _matching(wanted)
    due = [each for each in wanted.played if after is None or (wanted.played_at(each), each) < after]
    found: list[Game] = []
    if due:
        found = [shown(row) for row in connection.execute(query.where(games.c.id.in_(due)))]
        found.sort(key=wanted.place_of, reverse=True)
    if len(found) < limit:
        query = query.where(games.c.id.not_in(list(wanted.played)))
        if wanted.owners is not None:
            query = query.where(games.c.owner_id.in_(wanted.owners))
        if after is not None and not after[0]:
            query = query.where(games.c.id < after[1])
        rows = connection.execute(query.order_by(games.c.id.desc()).limit(limit - len(found)))
        found += [shown(row) for row in rows]
    return found[:limit]
