"""Telling a database in trouble, which will pass, from a statement that can never succeed."""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from tallybook.kernel.refusals import Refusal

# Classes of SQLSTATE that say something of the server and nothing of the statement: connection, transaction
# state (a standby, an idle time-out), rollback (deadlock), resources (disk full), lock time-out, operator,
# system. https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATES = frozenset({"08", "25", "40", "53", "55", "57", "58"})

# https://www.sqlite.org/rescode.html
_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)

# https://mariadb.com/kb/en/mariadb-error-code-reference/
_MARIADB_CODES = frozenset(
    {
        1020,  # a row changed meanwhile
        1021,  # disk full
        1037,  # out of memory
        1040,  # too many connections
        1041,  # out of memory
        1053,  # shutting down
        1114,  # table full, which it is when the disk is
        1180,  # error during commit
        1203,  # too many connections of this user
        1205,  # lock time-out
        1213,  # deadlock
        1226,  # a quota of this user
        1290,  # read-only server
        1305,  # no such savepoint: a deadlock has ended the transaction around it
        1317,  # interrupted
        1836,  # read-only mode
        1927,  # connection killed
        1969,  # statement time-out
        2002,  # cannot connect
        2003,  # cannot connect
        2006,  # gone away
        2013,  # connection lost
        2014,  # answers out of order
    }
)


class DatabaseUnavailable(Refusal):
    """The database is away, full or held up. Whether a commit under way took place is not known."""

    def __init__(self) -> None:
        super().__init__(
            "unavailable",
            "the database could not be reached: try again with the same command id",
            retry_after=1,
        )


def in_trouble(error: BaseException) -> bool:
    """Whether the same work may succeed later, for all that this error says."""
    if isinstance(error, OSError | NoFreeConnection):  # refused, reset, timed out
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    code = getattr(error.orig, "sqlite_errorcode", 0)
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return (
        error.connection_invalidated
        or (state is not None and state[:2] in _SQLSTATES)
        or (code & 0xFF) in _SQLITE_CODES  # the low byte is the primary code
        or number in _MARIADB_CODES
    )


def said_of(error: BaseException) -> str:
    """What the driver or the system says, in one line."""
    if isinstance(error, DatabaseUnavailable):  # that is for who has to try again
        error = error.__cause__ or error
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DBAPIError) and said is not None and said.args:
        said = said.__cause__ or said.args[-1]  # without the name of a class or a number before it
    return next(iter(str(said).splitlines()), "it does not answer")
