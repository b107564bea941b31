"""Leaderboards as they were: anybody may ask, and an answer takes going through everything behind a list."""

import asyncio
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from tallybook.catalogue.boards import Board
from tallybook.database.engine import Database
from tallybook.ledger.read import position_at
from tallybook.projections.records import filling, reading
from tallybook.projections.records.entries import Entry
from tallybook.projections.records.records import Records
from tallybook.projections.sessions import SessionDirectory

Entries = Mapping[UUID, Entry]


class Earlier:
    """One list at a time; the last one is kept, as whoever turns its pages asks for it again and again."""

    def __init__(self, database: Database, records: Records, directory: SessionDirectory) -> None:
        self._database = database
        self._records = records
        self._directory = directory
        self._turn = asyncio.Lock()
        self._last: tuple[tuple[object, ...], Entries] | None = None

    async def entries(self, board: Board, period: int, moment: int) -> Entries:
        """Every entry of a period, also of those with too few to be ranked, as of a commit time."""
        async with self._turn:
            position = await self._database.read(partial(position_at, moment=moment))
            key = board.id, board.digest, period, position
            if self._last is not None and self._last[0] == key:
                return self._last[1]

            def read(connection: Connection) -> tuple[Entries, bool]:
                slot = self._records.slot
                whole = filling.filled(connection, slot, board) is None
                found = reading.entries_at(connection, slot, self._directory.slot, board, period, position)
                return found, whole

            self._last = None  # its memory may be needed
            found, whole = await self._database.read(read)
            if whole:
                self._last = key, found
            return found
