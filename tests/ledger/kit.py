"""A tiny game on a real ledger: what the ledger's tests play with."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, Table, delete, func, select
from sqlalchemy.event import listen, remove

from tallybook.bus.bus import Bus
from tallybook.database.bulk import Insert
from tallybook.database.engine import Database, open_database, prepare_schema
from tallybook.database.schema import Id, metadata
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.kernel.events import Event, Recorded, event, registry
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import FreeText
from tallybook.ledger.append import Append, Appended, Projection
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.verify import Report, verify
from tallybook.ledger.writer import Metrics
from tallybook.migrations import revisions

UNLUCKY = 13  # the projection chokes on it
TOO_MUCH = 1_000  # the rules refuse more, and log the attempt


@event("test_taken.v2")
class Taken(Event, frozen=True):
    """Somebody took sticks, perhaps with a remark."""

    free_text: ClassVar[tuple[str, ...]] = ("remark",)

    sticks: int
    remark: FreeText | None = None


@event("test_greed_shown.v1")
class GreedShown(Event, frozen=True):
    """Somebody tried to take too much."""


registry.upcast("test_taken.v1", lambda old: ("test_taken.v2", {"sticks": old["matches"]}))


class State(msgspec.Struct, frozen=True):
    """How many events there were, and every number of sticks taken, in order."""

    events: int = 0
    taken: tuple[int, ...] = ()
    remarks: int = 0  # as texts, which no state must ever hold


class Sticks:
    """The fold. Another `version` shows in the state, so that a snapshot of the wrong one is caught."""

    kind: Literal["session"] = "session"
    concerns = ""
    name = "test_sticks"

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.folded = 0

    def initial(self) -> State:
        return State()

    def evolve(self, state: State, recorded: Recorded) -> State:
        self.folded += 1
        match recorded.event:
            case Taken(sticks, remark):
                told = remark is not None and remark.text is not None
                return State(state.events + 1, (*state.taken, sticks * self.version), state.remarks + told)
            case _:
                return State(state.events + 1, state.taken, state.remarks)

    def fold(self, state: State, events: Sequence[Recorded]) -> State:
        for recorded in events:
            state = self.evolve(state, recorded)
        return state

    def dump(self, state: State) -> bytes:
        return msgspec.json.encode(state)

    def load(self, data: bytes) -> State:
        return msgspec.json.decode(data, type=State)


sticks = Sticks()

tables = MetaData()  # not the product's: its schema is compared with its migrations
pile = {
    slot: Table(
        f"test_pile_{slot}",
        tables,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("stream", Id, nullable=False),
        Column("sticks", BigInteger, nullable=False),
    )
    for slot in "ab"
}
names = Table("test_names", tables, Column("name", BigInteger, primary_key=True, autoincrement=False))


class Pile:
    """An in-transaction projection: a row for every taking."""

    name = "test_pile"

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.slot = "a"

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        rows = [(e.position, e.stream, e.event.sticks) for e in events if isinstance(e.event, Taken)]
        if any(row[2] == UNLUCKY for row in rows):
            raise ZeroDivisionError("an unlucky number")
        Insert(pile[slot], ["position", "stream", "sticks"], update=[]).run(connection, rows)

    def clear(self, connection: Connection, slot: str) -> None:
        connection.execute(delete(pile[slot]))

    def rows(self, connection: Connection, slot: str | None = None) -> list[tuple[int, UUID, int]]:
        table = pile[slot or self.slot]
        return [(p, s, n) for p, s, n in connection.execute(select(table).order_by(table.c.position))]


def take(
    stream: UUID,
    *numbers: int,
    remark: str | None = None,
    decide: Callable[[State, int], Sequence[Event]] | None = None,
    fold: Sticks | None = sticks,
    **fields: Any,
) -> Append[State]:
    """A command that takes some sticks, or what `decide` says; its fingerprint is its content."""

    def rules(_state: State, _index: int) -> Sequence[Event]:
        if any(number > TOO_MUCH for number in numbers):
            raise Refusal("move_rejected", "that is too much", record=[GreedShown()])
        return [Taken(number, FreeText.of(remark) if remark else None) for number in numbers]

    fingerprint = repr((numbers, remark)).encode().ljust(16)[:16]
    return Append(
        stream=stream,
        fold=fold,
        decide=decide or rules,
        **{"kind": "session", "fingerprint": fingerprint, **fields},
    )


async def outcomes(ledger: Ledger, *appends: Append[State]) -> list[Appended | Exception]:
    """What becomes of commands that arrive together, in one batch."""
    answered: list[Appended | Exception] = []
    for append in appends[:-1]:
        ledger.submit(append, answered.append)
    try:
        answered.append(await ledger.append(appends[-1]))
    except Exception as error:
        answered.append(error)
    return answered


@contextmanager
def statements() -> Iterator[list[str]]:
    """What databases are asked within the block."""
    asked: list[str] = []

    def note(*execution: Any) -> None:
        asked.append(execution[2])

    listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        remove(Engine, "before_cursor_execute", note)


async def create_tables(url: str) -> None:
    database = open_database(url)
    await database.write(prepare_schema)
    await database.write(metadata.create_all)
    await database.write(tables.create_all)
    await database.write(_stamp)
    await database.close()


def _stamp(connection: Connection) -> None:
    """Say that these are the tables of this release, as its migrations do."""
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))")
    connection.exec_driver_sql("DELETE FROM alembic_version")
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{revisions()[-1]}')")


@asynccontextmanager
async def node(
    url: str,
    *projections: Projection,
    clock: Clock | None = None,
    around: Callable[[Database], Database] = lambda database: database,
    following: Sequence[Projection] = (),
    metrics: Metrics | None = None,
    bus: Bus | None = None,
) -> AsyncIterator[Ledger]:
    """One server's ledger on the database at `url`."""
    database = open_database(url)
    ledger = Ledger(
        around(database), projections, clock or SystemClock(), metrics, bus=bus, following=following
    )
    try:
        await ledger.start()
        yield ledger
    finally:
        await ledger.close()
        await database.close()


async def verified(ledger: Ledger) -> Report:
    return await ledger.database.read(verify)


def count(connection: Connection, table: Table) -> int:
    number: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return number


def codes(answers: Sequence[Appended | Exception]) -> list[str]:
    """Answers in short: indexes of what was written, codes of refusals, names of other exceptions."""
    return [
        f"{a.first}-{a.last}"
        if isinstance(a, Appended)
        else a.code
        if isinstance(a, Refusal)
        else type(a).__name__
        for a in answers
    ]
