"""Lists of sessions, newest first: the caller's, somebody's, or everything the caller may see."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
)

from tallybook.database.bulk import Lookup
from tallybook.database.engine import Database
from tallybook.database.prepared import Prepared, as_id
from tallybook.database.schema import Id
from tallybook.projections.matching import Named, look_up, matching
from tallybook.projections.merges import OPEN, merges
from tallybook.projections.results import people
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.slots import SLOTS
from tallybook.projections.standings import ALL_GAMES, Mode, Outcome
from tallybook.projections.statistics import player_games

_LAST = UUID(int=2**128 - 1)
_persons = {slot: Lookup(people[slot], ["person_id"], ["session_id"]) for slot in SLOTS}
_AT_ONCE = 50  # summaries read by one query

Scope = Literal["own", "visible"]


class Wanted(msgspec.Struct, frozen=True):
    """Which sessions; None means any. Times are microseconds since 1970 UTC.

    `outcome` and `opponent_id` go with `player_id`; without a player the list is what the scope says.
    """

    scope: Scope = "own"
    player_id: UUID | None = None
    game_id: UUID | None = None
    status: str | None = None
    voided: bool | None = None
    mode: Mode | None = None
    outcome: Outcome | None = None
    players: int | None = None
    since: int | None = None
    until: int | None = None
    opponent_id: UUID | None = None
    q: str | None = None


Listed = tuple[int, UUID | bytes]
"""A session in a list: when it was played, and its id as the driver gives it: of few an id is wanted."""


def place_of(listed: Listed) -> tuple[int, UUID]:
    """Where a list goes on behind a session."""
    played_at, key = listed
    return played_at, as_id(key)


async def history(
    database: Database,
    slot: str,
    wanted: Wanted,
    *,
    seen_by: UUID,
    admin: bool,
    before: tuple[int, UUID] | None,
    limit: int,
) -> Sequence[Listed]:
    """A page of a list, as far as `seen_by` may see it, behind the item `before`."""
    given = {name: value for name in Wanted.__struct_fields__ if (value := getattr(wanted, name)) is not None}
    # One bound from above: between two of them SQLite would walk along the longer of two indexes.
    upto = min(before or (OPEN, _LAST), ((OPEN if wanted.until is None else wanted.until) - 1, _LAST))
    values = given | {"seen_by": seen_by, "limit": limit, "upto_at": upto[0], "upto_id": upto[1]}
    if "voided" in values:
        values["voided"] = int(values["voided"])
    filters = tuple(name for name in _EQUAL if name in given)
    own = wanted.player_id == seen_by
    form = _Form(
        slot,
        wanted.scope,
        of_player="player_id" in given,
        opponent=await _way_of_opponent(database, slot, values) if "opponent_id" in given else None,
        since="since" in given,
        filters=filters,
        admin=admin,
        own=own,
    )
    if wanted.q is not None:
        named, names = await look_up(database, wanted.q)
        values |= names
        form = form._replace(named=named, distinct=True)
        if named.nothing:
            return []
    rows = await database.glance(_prepared(form), values)
    if len({key for _, key in rows}) < len(rows):
        rows = await database.glance(_prepared(form._replace(distinct=True)), values)
    return rows


async def summaries(database: Database, slot: str, sessions: Sequence[UUID]) -> dict[UUID, str]:
    """By session its summary, which lacks the names."""
    found: dict[UUID, str] = {}
    for start in range(0, len(sessions), _AT_ONCE):
        part = list(sessions[start : start + _AT_ONCE])
        if len(part) > 1:  # filled up, so that there are two queries and not fifty
            part += part[-1:] * (_AT_ONCE - len(part))
        values = {f"session_{at}": session_id for at, session_id in enumerate(part)}
        for key, summary in await database.glance(_summaries(slot, len(part)), values):
            found[as_id(key)] = summary
    return found


@lru_cache
def _summaries(slot: str, count: int) -> Prepared:
    table = SessionDirectory.sessions[slot]
    wanted = [bindparam(f"session_{at}", type_=Id()) for at in range(count)]
    return Prepared(select(table.c.session_id, table.c.summary).where(table.c.session_id.in_(wanted)))


def persons_in(connection: Connection, slot: str, sessions: Iterable[UUID]) -> set[UUID]:
    """Everybody who has to do with one of these sessions, or had."""
    return {
        row[0] for row in _persons[slot].run(connection, [(session_id,) for session_id in sorted(sessions)])
    }


_EQUAL = ("game_id", "status", "voided", "mode", "outcome", "players")


class _Form(NamedTuple):
    """What a query looks like, whatever its parameters."""

    slot: str
    scope: Scope
    of_player: bool
    opponent: Literal["looked up", "walked along"] | None
    since: bool
    filters: tuple[str, ...]
    admin: bool
    own: bool  # the player asked for is the caller
    named: Named | None = None  # what a text was found to name
    distinct: bool = False  # somebody sat in a session as two players, and is found there twice

    @property
    def along_opponent(self) -> bool:
        return self.opponent == "walked along"


@lru_cache(maxsize=512)
def _prepared(form: _Form) -> Prepared:
    walks = [_walk(form, source, condition) for source, condition in _sources(form)]
    if len(walks) == 1:
        return Prepared(walks[0])
    both = union(*map(_closed, walks)).subquery()
    newest = select(both).order_by(both.c.played_at.desc(), both.c.session_id.desc())
    return Prepared(newest.limit(bindparam("limit")))


def _closed(walk: Select[Any]) -> Select[Any]:
    """In brackets, as not every database takes an order within a union otherwise."""
    return select(walk.subquery())


def _walk(form: _Form, source: Table, condition: ColumnElement[bool]) -> Select[Any]:
    """The newest of one source, along an index of it."""
    at, session_id = source.c.played_at, source.c.session_id
    upto_at, upto_id = bindparam("upto_at", type_=at.type), bindparam("upto_id", type_=Id())
    query = select(at, session_id).where(
        condition,
        at <= upto_at,
        or_(at < upto_at, session_id < upto_id),
        *(_equal(source, name) for name in form.filters if not (form.along_opponent and name == "outcome")),
    )
    if form.since:
        query = query.where(at >= bindparam("since", type_=at.type))
    if form.opponent is not None:
        query = query.where(_faced(form, source))
    if form.distinct:
        query = query.distinct()
    return query.order_by(at.desc(), session_id.desc()).limit(bindparam("limit"))


def _sources(form: _Form) -> list[tuple[Table, ColumnElement[bool]]]:
    """What to walk along: tables, and which of their rows."""
    here, sessions = people[form.slot], SessionDirectory.sessions[form.slot]
    mine = and_(here.c.person_id == _person(form.slot, "seen_by"), or_(here.c.sat == 1, here.c.hosted == 1))
    sources: list[tuple[Table, ColumnElement[bool]]]
    if form.of_player:
        who = "opponent_id" if form.along_opponent else "player_id"
        theirs = and_(here.c.person_id == _person(form.slot, who), here.c.sat == 1)
        if not (form.own or form.admin):
            theirs = and_(theirs, or_(here.c.listed == 1, _member(form.slot, here)))
        sources = [(here, theirs)]
    elif form.scope == "own":
        sources = [(here, mine)]
    elif form.named is not None and form.named.few:
        # From what has the name: walking along everything would be long where it is rare.
        seen = true() if form.admin else or_(sessions.c.listed == 1, _member(form.slot, sessions))
        return [(sessions, and_(seen, way)) for way in matching(form.slot, sessions, form.named)]
    elif form.admin:
        sources = [(sessions, true())]
    else:
        sources = [(here, mine), (sessions, sessions.c.listed == 1)]
    if form.named is None:
        return sources
    # Said to be one of two ways, what has the name is put together once, instead of looked for row by row.
    alone = literal(value=False)
    return [
        (source, and_(rows, or_(*matching(form.slot, source, form.named), alone))) for source, rows in sources
    ]


def _person(slot: str, parameter: str) -> ColumnElement[UUID]:
    """The person behind the player that a parameter names."""
    player_id = bindparam(parameter, type_=Id())
    links = merges[slot]
    link = (links.c.player_id == player_id) & (links.c.to_position == OPEN)
    return func.coalesce(select(links.c.person_id).where(link).scalar_subquery(), player_id)


def _member(slot: str, source: Table) -> ColumnElement[bool]:
    """The caller sat there or hosts it."""
    me = people[slot].alias("me")
    there = and_(me.c.session_id == source.c.session_id, me.c.person_id == _person(slot, "seen_by"))
    return exists().where(there, or_(me.c.sat == 1, me.c.hosted == 1))


def _faced(form: _Form, source: Table) -> ColumnElement[bool]:
    """The other one sat there too, and not in the same team."""
    them = people[form.slot].alias("them")
    who = "player_id" if form.along_opponent else "opponent_id"
    # Of the same session are the game and the time, too: so the row is found by an index of the person's.
    found = select(them.c.session_id).where(
        *(them.c[name] == source.c[name] for name in ("game_id", "played_at", "session_id")),
        them.c.sat == 1,
        or_(them.c.team.is_(None), source.c.team.is_(None), them.c.team != source.c.team),
        them.c.person_id == _person(form.slot, who),
    )
    if form.along_opponent and "outcome" in form.filters:
        found = found.where(_equal(them, "outcome"))
    # To be looked up row by row: of what has an offset PostgreSQL does not make a join, for which it would
    # read all that the other one has ever played.
    return found.limit(1).offset(0).exists()


def _equal(source: FromClause, name: str) -> ColumnElement[bool]:
    return source.c[name] == bindparam(name, type_=source.c[name].type)


async def _way_of_opponent(
    database: Database, slot: str, values: Mapping[str, Any]
) -> Literal["looked up", "walked along"]:
    """Who has played less is walked along, and the other one looked up in each of those sessions."""
    [(played, by_opponent)] = await database.glance(_played(slot), values)
    return "walked along" if by_opponent < played else "looked up"


@lru_cache
def _played(slot: str) -> Prepared:
    table = player_games.tables[slot]
    counts = (
        select(func.coalesce(func.sum(table.c.played), 0))
        .where(table.c.person_id == _person(slot, who), table.c.game_id == ALL_GAMES)
        .scalar_subquery()
        for who in ("player_id", "opponent_id")
    )
    return Prepared(select(*counts))
