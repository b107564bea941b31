"""What keeps the ledger and its projections in order, without a server around it."""

from collections.abc import Callable, Sequence
from functools import partial

from tallybook.database.engine import open_database
from tallybook.ledger.read import last_position
from tallybook.ledger.rebuild import rebuild as fold_again
from tallybook.ledger.verify import Report
from tallybook.ledger.verify import verify as prove
from tallybook.projections.analytics import Analytics
from tallybook.projections.careers import CareerStatistics
from tallybook.projections.ratings import Ratings
from tallybook.projections.records.records import Records
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.snapshots import CareerDays
from tallybook.projections.unlocks import Unlocks
from tallybook.projections.values import SessionValues
from tallybook.settings import Settings

Progress = Callable[[int, int], None]  # done, of how many


def projections() -> tuple[SessionDirectory, SessionValues, Unlocks, Records, CareerStatistics]:
    """Every in-transaction projection, in the order in which each batch is applied."""
    return (SessionDirectory(), SessionValues(), Unlocks(), Records(), CareerStatistics())


def following_projections() -> tuple[Analytics, Ratings, CareerDays]:
    """Every projection that follows behind the ledger."""
    return (Analytics(), Ratings(), CareerDays())


async def rebuild(settings: Settings, names: Sequence[str], progress: Progress) -> int:
    """Fold projections again from event 0, all in one go; how many events that were."""
    database = open_database(settings.database_url, patient=True)
    try:
        total = await database.read(last_position)
        return await fold_again(
            database,
            projections(),
            names,
            lambda done: progress(done, total),
            following=following_projections(),
        )
    finally:
        await database.close()


async def verify(settings: Settings, progress: Progress) -> Report:
    """Prove the whole ledger."""
    database = open_database(settings.database_url, patient=True)
    try:
        total = await database.read(last_position)
        return await database.read(partial(prove, progress=lambda done: progress(done, total)))
    finally:
        await database.close()
