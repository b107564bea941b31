"""Seasons begin and end by the clock: they are announced, and their standings frozen once and for ever."""

import asyncio
import logging
from functools import partial

from sqlalchemy import Connection

from tallybook.catalogue.season_definitions import Final, Seasons
from tallybook.catalogue.seasons import Season, ended_seasons, unannounced_seasons
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.lock import lock, tail
from tallybook.projections.records.filling import unfilled
from tallybook.projections.records.records import Records
from tallybook.projections.season_standings import (
    DIGESTED,
    Digest,
    Frozen,
    discard,
    final,
    freeze,
    keep_only,
)

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0  # seconds


class SeasonKeeping:
    """A routine. Where two nodes should happen to do the same, the first is heard and the other discards."""

    name = "seasons"

    def __init__(self, database: Database, seasons: Seasons, records: Records, clock: Clock) -> None:
        self._database = database
        self._seasons = seasons
        self._records = records
        self._clock = clock

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Do whatever the clock asks for by now."""
        now = self._clock.now()
        for season in await self._database.read(partial(unannounced_seasons, now=now)):
            await self._seasons.announce(
                None, season, season.texts.starts, occasion="starts", command_id=f"starts-{season.id.hex}"
            )
        for season in await self._database.read(partial(ended_seasons, now=now)):
            await self._close(season)

    async def _close(self, season: Season) -> None:
        standings_id = new_id()
        boards = await self._seasons.own_boards(season)
        lacking = await self._database.read(partial(unfilled, slot=self._records.slot))
        if any(board.id in lacking for board in boards):
            return  # they lack some of what counts: until a later look

        def over(connection: Connection) -> bool:
            # What counts is what is committed before the end. Under the lock no such batch is under way, and
            # by the ledger's time, whatever this node's clock says, none comes any more.
            lock(connection)
            return tail(connection).now >= season.ends_at

        def frozen(connection: Connection) -> None:
            freeze(connection, self._records.slot, boards, season.id, standings_id)

        if not await self._database.write(over):
            return  # it goes on: until a later look
        await self._database.write(frozen)
        digest = Digest()
        for board in boards:
            after, total = 0, 1
            while after < total:
                written = Frozen(season.id, standings_id, board.id)
                lines, total = await self._database.read(
                    partial(final, frozen=written, after=after, limit=DIGESTED)
                )
                digest.add(board.id, lines)
                after += DIGESTED
        try:
            won = await self._seasons.close(season, Final(standings_id, digest.hex, digest.places))
        except Refusal as refusal:  # called off or prolonged in the meantime
            log.info("season %s was not closed: %s", season.id, refusal.detail)
            won = False
        tidy = keep_only if won else discard
        await self._database.write(partial(tidy, season_id=season.id, standings_id=standings_id))
