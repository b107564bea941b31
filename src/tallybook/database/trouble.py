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
    return (
        error.connection_invalidated
        or (state is not None and state[:2] in _SQLSTATES)
        or (code & 0xFF) in _SQLITE_CODES  # the low byte is the primary code
    )
