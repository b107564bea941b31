"""Statements in a driver's own words, asked of the driver itself.

SQLAlchemy's way to it takes longer than most of them do. It stays the way where somebody listens to what is
executed, for the first statement of a transaction (it begins it), and to drivers that are not named here.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

Rows = Sequence[Any]

_UNBEGUN = "no transaction is begun"


def ask(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> Rows:
    """The rows of a statement, as the driver gives them; SQLite takes a list of parameters one by one."""
    if connection.dispatch.before_cursor_execute:
        return _roundabout(connection, statement, parameters)
    driver: Any = connection.connection.driver_connection
    try:
        if isinstance(driver, sqlite3.Connection):
            execute = driver.executemany if isinstance(parameters, list) else driver.execute
            return execute(statement, parameters).fetchall()
        if connection.dialect.name == "postgresql" and (
            _UNBEGUN in connection.info or driver.is_in_transaction()
        ):
            rows: Rows = connection.connection.run_async(lambda to: to.fetch(statement, *parameters))
            return rows
    except OSError:
        raise
    except Exception as error:
        closed = getattr(driver, "is_closed", bool)()
        raise DBAPIError(None, None, error, hide_parameters=True, connection_invalidated=closed) from error
    return _roundabout(connection, statement, parameters)


@contextmanager
def unbegun(connection: Connection) -> Iterator[None]:
    """Within the block `ask` begins no transaction on PostgreSQL: each statement is one of its own."""
    info = connection.info
    info[_UNBEGUN] = True
    try:
        yield
    finally:
        info.pop(_UNBEGUN, None)


def begin(connection: Connection) -> None:
    """The next statement begins a transaction if there is none."""
    connection.info.pop(_UNBEGUN, None)


def pause(connection: Connection) -> None:
    """Let others have their turn: a server's transaction runs on the event loop, and may compute for long."""
    if connection.dialect.is_async:
        await_only(asyncio.sleep(0))


@contextmanager
def undecoded(connection: Connection) -> Iterator[None]:
    """Within the block text that is not UTF-8 is given as its bytes; only SQLite lets it in."""
    driver: Any = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    usual, driver.text_factory = driver.text_factory, _text_or_bytes
    try:
        yield
    finally:
        driver.text_factory = usual


def _text_or_bytes(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _roundabout(connection: Connection, statement: str, parameters: Sequence[Any]) -> Rows:
    result = connection.exec_driver_sql(statement, parameters)
    if result.cursor is None:  # it gives no rows
        return ()
    rows: Rows = result.cursor.fetchall()
    result.close()
    return rows
