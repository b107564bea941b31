"""How a session on MariaDB is set up to behave as on the other databases, and what makes a server unsafe."""

import logging
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from tallybook.database.driver import Rows
from tallybook.database.prepared import Filled

OLDEST = (10, 11)
COLLATION = "utf8mb4_nopad_bin"  # by bytes: neither capitals nor a space at the end are overlooked
SMALLEST_PACKET = 16 * 1024 * 1024  # the server's default; statements end after a megabyte, at the next row
# For a whole transaction: asyncmy's `read_timeout` now and then loses a task's cancellation on Python 3.11.
ANSWER_WITHIN: float | None = 35
IDLE_SECONDS = 5  # in a transaction with which nobody goes on
BEFORE_GLANCES = "SET autocommit = 1"
# Locks have names for the whole server; waiting is for as long as the longest migration.
ALONE_WITH_SCHEMA = "SELECT GET_LOCK(MD5(CONCAT('tallybook schema ', DATABASE())), 86400)"

_SQL_MODE = (
    "ANSI_QUOTES",  # "name" is a column
    "PIPES_AS_CONCAT",
    "STRICT_ALL_TABLES",  # what does not fit is an error
    "NO_AUTO_VALUE_ON_ZERO",
    "NO_ENGINE_SUBSTITUTION",
)

# It logs the server's remarks (that a primary key needs no name); what matters is an error in strict mode.
logging.getLogger("asyncmy").setLevel(logging.ERROR)


def driver(url: URL) -> URL:
    return url.set(drivername="mariadb+asyncmy")  # and not mysql+asyncmy, which takes MySQL for good


def session(*, read_only: bool, patient: bool) -> dict[str, Any]:
    """What asyncmy is told. Time-outs keep a stopped process from holding everyone else up."""
    seconds = {
        "innodb_lock_wait_timeout": 10,
        "lock_wait_timeout": 10,
        "max_statement_time": 0 if patient else 30,  # maintenance works in long statements
        "idle_transaction_timeout": 0 if patient else IDLE_SECONDS,
        "wait_timeout": 31_536_000,  # a connection may lie in the pool as long as it likes
    }
    settings = {
        "sql_mode": f"'{','.join(_SQL_MODE)}'",
        "default_storage_engine": "InnoDB",
        "time_zone": "'+00:00'",
        **seconds,
    }
    isolation = "REPEATABLE READ, READ ONLY" if read_only else "READ COMMITTED, READ WRITE"
    begin = (
        f"SET NAMES utf8mb4 COLLATE {COLLATION}, {', '.join(f'{k} = {v}' for k, v in settings.items())}",
        f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}",
    )
    return {
        "charset": "utf8mb4",
        "init_command": "; ".join(begin),
        "connect_timeout": 5,
    }


async def fetch(driver: Any, filled: Filled) -> Rows:
    async with driver.cursor() as cursor:
        await cursor.execute(*filled)
        rows: Rows = await cursor.fetchall()
        return rows


def compare_bytewise(connection: Connection) -> None:
    """Make it the rule for every table to come, whatever the database was made with."""
    connection.exec_driver_sql(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {COLLATION}")


def weakness(connection: Connection) -> str | None:
    version = connection.dialect.server_version_info
    if version is None or version < OLDEST:
        return f"MariaDB {version} is too old; {'.'.join(map(str, OLDEST))} is the oldest that will do"
    flush, doublewrite, method, log_bin, sync_binlog, packet, collation = connection.exec_driver_sql(
        "SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, @@innodb_flush_method,"
        " @@log_bin, @@sync_binlog, @@max_allowed_packet, @@collation_database"
    ).one()
    if flush not in {1, 3}:  # 3 does more than 1
        return f"MariaDB runs with innodb_flush_log_at_trx_commit {flush}; set it to 1"
    if not doublewrite:
        return "MariaDB runs with innodb_doublewrite off; turn it on"
    if method in {"nosync", "littlesync"}:
        return f"MariaDB runs with innodb_flush_method {method}; leave it at its default"
    if log_bin and sync_binlog != 1:
        return f"MariaDB keeps a binary log with sync_binlog {sync_binlog}; set it to 1"
    if packet < SMALLEST_PACKET:
        return f"MariaDB runs with max_allowed_packet {packet}; give it at least {SMALLEST_PACKET}"
    if collation != COLLATION:
        return f"the database has the collation {collation}; run ALTER DATABASE … COLLATE {COLLATION}"
    return None
