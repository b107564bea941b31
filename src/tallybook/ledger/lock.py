"""The lock that writers exclude each other by, and the end of the ledger as who holds it finds it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from tallybook.database.driver import Rows, ask, begin
from tallybook.database.gathering import Rule
from tallybook.ledger.projecting import Slots

_CLOCKS = {  # microseconds since 1970 UTC
    "postgresql": "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    "mariadb": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000",
}
_TAIL = (
    "SELECT newest.position, newest.committed_at, {}, p.name, p.version, p.live, p.also, p.building"
    " FROM (SELECT 1) AS one LEFT JOIN projections AS p ON true LEFT JOIN"
    " (SELECT position, committed_at FROM events ORDER BY position DESC LIMIT 1) AS newest ON true"
)
_TAILS = {name: _TAIL.format(clock) for name, clock in _CLOCKS.items()}

# The lock's number is any that nobody else uses. A sequence is not undone with a transaction and has no
# snapshot: whoever takes a number that follows on the last one knows that nobody has had the lock in between.
_TAKEN = (
    "held AS MATERIALIZED (SELECT pg_advisory_xact_lock(2051116044)),"  # noqa: S608  # there is nothing of others in it
    " taken AS MATERIALIZED (SELECT nextval('ledger_lock_numbers') AS number,"
    f" {_CLOCKS['postgresql']} AS clock FROM held)"
)
_ANSWER = "SELECT number, clock FROM taken"
_UNDISTURBED = Rule(
    f"{_TAKEN}, undisturbed AS MATERIALIZED (SELECT number = $1 AS so FROM taken)",  # noqa: S608  # our own
    1,
    "(SELECT so FROM undisturbed)",
    _ANSWER,
)

_LOCKS = {
    "postgresql": f"WITH {_TAKEN} {_ANSWER}",
    # The same as SELECT … FOR UPDATE, and it also locks when the row is not there yet.
    "mariadb": "INSERT INTO ledger_lock (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id",
}


class Locked(NamedTuple):
    """The lock, as somebody had it."""

    number: int  # how often it had been taken
    clock: int  # the database's, microseconds since 1970


class Disturbed(Exception):
    """Somebody else has had the lock."""


def lock(connection: Connection) -> Locked | None:
    """Wait until no other node writes; held to the end of the transaction. SQLite began with it.

    Whoever changes anything that writers remember takes it, too.
    """
    if (statement := _LOCKS.get(connection.dialect.name)) is None:
        return None
    rows = ask(connection, statement)
    return Locked(*rows[0]) if rows else None


class Undisturbed:
    """The condition that nobody has had the lock since `last`."""

    def __init__(self, last: Locked) -> None:
        self.rule = _UNDISTURBED
        self.parameters: Sequence[int] = (last.number + 1,)
        self.answer: Rows = ()

    def begin(self, connection: Connection) -> None:
        begin(connection)
        self.answer = (lock(connection),)

    def kept(self) -> Locked:
        """The lock as it was taken in the end. Raises when somebody else has had it."""
        taken = Locked(*self.answer[0])
        if taken.number != self.parameters[0]:
            raise Disturbed
        return taken


class Tail(NamedTuple):
    """The last position, the commit time for what comes next (the database's, never going back), and the
    projections."""

    position: int
    now: int
    slots: Mapping[str, Slots]


def tail(connection: Connection) -> Tail:
    """The end of the ledger, after which the next batch is written."""
    rows = ask(connection, _TAILS[connection.dialect.name])
    position, last, now = rows[0][:3]
    found = {row[3]: Slots(*row[3:]) for row in rows if row[3] is not None}
    return Tail(position or 0, max(last or 0, now), found)


def database_now(connection: Connection) -> int:
    """The database's clock, which is that of all nodes: microseconds since 1970 UTC. It may be set back."""
    now: int = ask(connection, f"SELECT {_CLOCKS[connection.dialect.name]}")[0][0]
    return now
