"""The feed: what the people somebody follows have finished, newest first."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, or_, select

from tallybook.projections.results import people
from tallybook.projections.sessions import SessionDirectory

WINDOW = 1_000  # public sessions that are looked through before those of each person are collected

Place = tuple[int, UUID]  # when a session was played, and its id


def feed(
    connection: Connection,
    slot: str,
    *,
    followed: Collection[UUID],
    me: UUID,
    before: Place | None,
    limit: int,
) -> list[Place]:
    """Finished sessions of `me`, and those of the persons `followed` that are for everybody to see.

    Who follows many finds a page among the newest public sessions; who follows few has few sessions to
    collect. So neither the number of sessions nor that of people decides how long it takes.
    """
    own = people[slot]
    mine = and_(own.c.person_id == me, or_(own.c.sat == 1, own.c.hosted == 1))
    finished = and_(mine, own.c.status == "finished", own.c.voided == 0)
    found = _places(connection, _newest(own, finished, before, limit))
    if followed:
        found |= _public(connection, slot, followed, before, limit)
    return sorted(found, reverse=True)[:limit]


def _public(
    connection: Connection, slot: str, followed: Collection[UUID], before: Place | None, limit: int
) -> set[Place]:
    sessions, there = SessionDirectory.sessions[slot], people[slot]
    listed = and_(sessions.c.listed == 1, sessions.c.voided == 0)
    window = _newest(sessions, listed, before, WINDOW).subquery()
    # An outer join, because PostgreSQL would work a condition out for all sessions of these people at once.
    theirs = and_(
        there.c.session_id == window.c.session_id, there.c.person_id.in_(followed), there.c.sat == 1
    )
    seen = connection.execute(select(window, there.c.person_id).outerjoin_from(window, there, theirs)).all()
    found = {(row.played_at, row.session_id) for row in seen if row.person_id is not None}
    if len({row.session_id for row in seen}) < WINDOW or len(found) >= limit:
        return found
    each = and_(there.c.person_id.in_(followed), there.c.sat == 1, there.c.listed == 1, there.c.voided == 0)
    return _places(connection, _newest(there, each, before, limit))


def _newest(source: Table, condition: ColumnElement[bool], before: Place | None, limit: int) -> Select[Any]:
    at, session_id = source.c.played_at, source.c.session_id
    query = select(at, session_id).where(condition)
    if before is not None:
        query = query.where(at <= before[0], or_(at < before[0], session_id < before[1]))
    return query.distinct().order_by(at.desc(), session_id.desc()).limit(limit)


def _places(connection: Connection, query: Select[Any]) -> set[Place]:
    return {(row.played_at, row.session_id) for row in connection.execute(query)}
