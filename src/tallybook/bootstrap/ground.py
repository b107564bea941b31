"""What everything else stands on: the database, the projections, the ledger and the bus."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tallybook.accounts.tokens import kept_secrets
from tallybook.bus.bus import Bus
from tallybook.bus.memory import MemoryBus
from tallybook.database.engine import Database, open_database
from tallybook.kernel.clock import Clock
from tallybook.ledger.identity import identity_of
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.metrics import WriterMetrics
from tallybook.ledger.writer import Writer
from tallybook.projections.analytics import Analytics
from tallybook.projections.careers import CareerStatistics
from tallybook.projections.ratings import Ratings
from tallybook.projections.records.records import Records
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.snapshots import CareerDays
from tallybook.projections.unlocks import Unlocks
from tallybook.settings import Settings
from tallybook.upkeep import following_projections, projections

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


def _bus(settings: Settings, ledger: str) -> Bus:
    """How this node speaks with others that write to the same ledger."""
    if settings.redis_url is None:
        return MemoryBus()
    from tallybook.bus.redis import RedisBus

    return RedisBus(settings.redis_url, ledger)


def _traced(database: Database, traces: "TracerProvider | None") -> tuple[Database, Callable[..., Writer]]:
    """The database and the kind of writer a node works with: such as leave traces, if it is to."""
    if traces is None:
        return database, Writer
    from tallybook.database.traced import TracedDatabase
    from tallybook.ledger.traced import TracedWriter

    return TracedDatabase(database, traces), partial(TracedWriter, traces=traces)


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything else stands on."""

    settings: Settings
    clock: Clock
    ring: Sequence[str]
    identity: str  # of the ledger
    bus: Bus
    database: Database
    ledger: Ledger
    written: WriterMetrics
    directory: SessionDirectory
    unlocks: Unlocks
    records: Records
    careers: CareerStatistics
    analytics: Analytics
    ratings: Ratings
    days: CareerDays

    @property
    def behind(self) -> tuple[Analytics, Ratings, CareerDays]:
        return (self.analytics, self.ratings, self.days)


async def build_ground(
    settings: Settings, clock: Clock, traces: "TracerProvider | None", stack: AsyncExitStack
) -> Ground:
    """The database, the projections and the ledger, which runs."""
    database = open_database(settings.database_url)
    stack.push_async_callback(database.close)
    database, writer = _traced(database, traces)
    written = WriterMetrics()
    ring = settings.secret_keys or kept_secrets(settings.data_folder)
    identity = await database.read(identity_of)
    bus = _bus(settings, identity)
    declared, behind = projections(), following_projections()
    directory, _, unlocks, records, careers = declared
    ledger = Ledger(database, declared, clock, written, writer, bus, behind)
    await ledger.start()
    stack.push_async_callback(ledger.close)
    return Ground(
        settings,
        clock,
        ring,
        identity,
        bus,
        database,
        ledger,
        written,
        directory,
        unlocks,
        records,
        careers,
        *behind,
    )
