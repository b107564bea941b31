"""What was played last, with whom and on which days: the orders of a library, and the calendar."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, or_, select

from tallybook.accounts.tables import players
from tallybook.kernel.clock import to_datetime
from tallybook.projections.results import people
from tallybook.projections.sessions import SessionDirectory

MOST_GAMES = 1_000  # of one library, the last played ones


def last_played(connection: Connection, slot: str, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """When each game was last hosted or played by these persons, in microseconds."""
    there = people[slot]
    last = func.max(there.c.played_at).label("last")
    query = select(there.c.game_id, last).where(
        there.c.person_id.in_(person_ids), or_(there.c.sat == 1, there.c.hosted == 1)
    )
    newest = query.group_by(there.c.game_id).order_by(last.desc()).limit(MOST_GAMES)
    return {row.game_id: row.last for row in connection.execute(newest)}


def last_met(connection: Connection, slot: str, owners: Collection[UUID]) -> dict[UUID, UUID]:
    """The newest session of each of the named players in a library who ever sat in one."""
    seats = SessionDirectory.seats[slot]
    newest = (
        select(seats.c.session_id)
        .where(seats.c.player_id == players.c.id)
        .order_by(seats.c.session_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(players.c.id, newest.label("session")).where(players.c.owner_id.in_(owners))
    return {row.id: row.session for row in connection.execute(query) if row.session is not None}


def days_played(
    connection: Connection, slot: str, person_id: UUID, *, since: int, until: int, zone: ZoneInfo
) -> Counter[date]:
    """How many sessions that count a person ended on each day; times in microseconds, days in the zone."""
    sat = people[slot]
    query = select(sat.c.session_id, sat.c.played_at).where(
        sat.c.person_id == person_id,
        sat.c.played_at >= since,
        sat.c.played_at < until,
        sat.c.sat == 1,
        sat.c.status == "finished",
        sat.c.voided == 0,
    )
    ended = connection.execute(query.distinct())  # one person may have sat there as two players
    return Counter(to_datetime(row.played_at).astimezone(zone).date() for row in ended)


def in_play(connection: Connection, slot: str, game_id: UUID) -> bool:
    """Whether a session of the game is being played now."""
    sessions = SessionDirectory.sessions[slot]
    playing = (sessions.c.game_id == game_id) & (sessions.c.status == "playing")
    return connection.execute(select(sessions.c.session_id).where(playing).limit(1)).first() is not None
