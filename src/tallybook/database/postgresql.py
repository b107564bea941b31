"""How a session on PostgreSQL is set up, and what makes a server unsafe."""

from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from tallybook.database.driver import Rows
from tallybook.database.prepared import Filled

ANSWER_WITHIN: float | None = None  # asyncpg itself waits no longer for a statement than it is told below
IDLE_SECONDS = 5  # in a transaction with which nobody goes on

# A plan for the values at hand takes somebody with a long history for one with little to sort.
BEFORE_GLANCES = "SELECT set_config('plan_cache_mode', 'force_generic_plan', false)"
ALONE_WITH_SCHEMA = "SELECT pg_advisory_xact_lock(2051116045)"  # the ledger's own has the number before


def driver(url: URL) -> URL:
    _tell_arrays_by_type()
    return url.set(drivername="postgresql+asyncpg")


@cache
def _tell_arrays_by_type() -> None:
    """Whatever is to be an array is a list or a tuple here.

    asyncpg asks abstract classes, and of every element, too, which takes longer than to encode it. Under
    other names than these it goes on asking them.
    """
    from asyncpg.protocol import protocol

    types = {"IterableABC": (list, tuple), "SizedABC": (list, tuple), "MappingABC": dict}
    for name, those in types.items():
        if hasattr(protocol, name):
            setattr(protocol, name, those)


def session(*, read_only: bool, patient: bool) -> dict[str, Any]:
    """What asyncpg is told. Time-outs keep a stopped process from holding everyone else up."""
    settings = {
        "application_name": "tallybook",
        "lock_timeout": "10s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "timezone": "UTC",
        # A plan made while a table is small is kept when it is large: then every key would cost a scan of it.
        "enable_seqscan": "off",
        "jit": "off",
    }
    # A server that vanishes without a word ends no statement: then it is we who stop waiting.
    answer_within: float | None = 35
    if patient:  # maintenance works in long statements
        settings |= {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
        answer_within = None
    if read_only:
        settings |= {
            "default_transaction_isolation": "repeatable read",
            "default_transaction_read_only": "on",
        }
    else:  # a few statements again and again: those with few rows would be planned anew each time
        settings |= {"plan_cache_mode": "force_generic_plan"}
    return {"server_settings": settings, "timeout": 5, "command_timeout": answer_within}


async def fetch(driver: Any, filled: Filled) -> Rows:
    statement, parameters = filled
    rows: Rows = await driver.fetch(statement, *parameters)
    return rows


def weakness(connection: Connection) -> str | None:
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if (value := connection.exec_driver_sql(f"SHOW {name}").scalar_one()) in {"off", "local"}:
            return f"PostgreSQL runs with {name} {value}; turn it on"
    return None
