"""Where somebody is among those of a region, counted in SQL: only whole lists are in the index of ranks."""

from uuid import UUID

from sqlalchemy import Connection

from tallybook.catalogue.boards import Board
from tallybook.projections.records import reading
from tallybook.projections.records.entries import Entry


def standing_in(
    connection: Connection, slot: str, board: Board, period: int, member: UUID, region: str
) -> tuple[Entry, int, int, int] | None:
    """The entry of a member of a region, its rank there, how many are strictly worse, how many there are."""
    entry = reading.listed_entry(connection, slot, board, period, member, region)
    if entry is None:
        return None
    ahead = reading.count_ahead(connection, slot, board, period, entry, region=region)
    behind = reading.count_behind(connection, slot, board, period, entry, besides=member, region=region)
    return entry, ahead + 1, behind, reading.count(connection, slot, board, period, region=region)
