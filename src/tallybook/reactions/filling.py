"""Boards whose games have a long past take it in piece by piece, while everything else goes on."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Connection

from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.boards import Board, boards_by_id
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Recorded
from tallybook.projections.records.filling import next_stop, unfilled
from tallybook.projections.records.records import Records

REST = 2  # a piece's duration times this is for all other writers


class Filling:
    """A reaction. A piece that is taken in twice changes nothing."""

    name = "filling"
    concerns = frozenset({"board_defined", "board_period_begun"})
    from_start = False

    def __init__(self, database: Database, book: BoardBook, records: Records, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._records = records
        self._clock = clock

    async def react(self, events: Sequence[Recorded]) -> bool:
        while pieces := await self._database.read(self._next):
            for board, upto in pieces:
                began = self._clock.monotonic()
                await self._book.fill(board, upto)
                await asyncio.sleep(REST * (self._clock.monotonic() - began))
        return True

    def _next(self, connection: Connection) -> list[tuple[Board, int | None]]:
        """The boards that lack some of the past, and up to where they take in the next piece of it."""
        filled = unfilled(connection, self._records.slot)
        boards = boards_by_id(connection, filled)
        return [(board, next_stop(connection, board, filled[board.id])) for board in boards.values()]
