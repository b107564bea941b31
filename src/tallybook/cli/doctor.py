"""What a server needs, looked at one by one."""

import platform
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from sqlalchemy.exc import DBAPIError

from tallybook.database.engine import Database, UnsafeDatabase, check_durability, open_database, shown
from tallybook.database.trouble import DatabaseUnavailable, said_of
from tallybook.delivery.web.app import built
from tallybook.ledger.projecting import Projector
from tallybook.ledger.read import last_position
from tallybook.migrations import Schema, schema_of
from tallybook.settings import Settings
from tallybook.upkeep import projections

MINIMUM_FREE = 512 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `mend` says what to do when it is not `ok`."""

    what: str
    found: str
    ok: bool
    mend: str = ""


async def examine(settings: Settings) -> Sequence[Check]:
    """Every check, in the order in which to mend what is wrong."""
    checks = [
        Check("Tallybook", f"{version('tallybook')} on Python {platform.python_version()}", ok=True),
        Check(
            "SQLite",
            sqlite3.sqlite_version,
            sqlite3.sqlite_version_info >= (3, 35),
            "needs SQLite 3.35 or newer",
        ),
        _disk(settings),
        Check("web app", "built" if built() else "not built", built(), "run `make setup`"),
    ]
    file = settings.database_file
    if file is not None and not file.exists():  # to open it would make it
        return [*checks, Check("database", f"{file} is not there yet; `tallybook serve` makes it", ok=True)]
    try:
        database = open_database(settings.database_url)
    except DatabaseUnavailable as error:
        return [*checks, _away(error)]
    try:
        checks.extend(await _database(database))
    except (DatabaseUnavailable, DBAPIError) as error:
        return [*checks, _away(error)]
    finally:
        await database.close()
    return checks


def _away(error: DatabaseUnavailable | DBAPIError) -> Check:
    return Check("database", said_of(error), ok=False, mend="start it, or mend TALLYBOOK_DATABASE_URL")


def _disk(settings: Settings) -> Check:
    folder = settings.data_folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Check(
        "disk", f"{free / 2**30:.1f} GiB free", free >= MINIMUM_FREE, "make room for the ledger to grow"
    )


async def _database(database: Database) -> list[Check]:
    schema = await database.read(schema_of)
    checks = [Check("database", shown(database.url), ok=True)]
    if schema is not Schema.CURRENT:
        mend = {
            Schema.EMPTY: "run `tallybook migrate`, or just serve",
            Schema.OLDER: "run `tallybook migrate`",
            Schema.UNKNOWN: "point TALLYBOOK_DATABASE_URL at a database of this release",
        }[schema]
        checks.append(Check("schema", schema.value, schema is Schema.EMPTY, mend))
        return checks
    checks.append(Check("schema", "up to date", ok=True))
    checks.append(await _try(database, "durability", check_durability, "every commit reaches the disk"))
    stale = await database.read(Projector(projections()).check)
    checks.append(
        Check(
            "projections",
            ", ".join(stale) + " out of date" if stale else "up to date",
            not stale,
            "run `tallybook rebuild`",
        )
    )
    checks.append(Check("ledger", f"{await database.read(last_position)} events", ok=True))
    return checks


async def _try(database: Database, what: str, check: Callable[..., None], fine: str) -> Check:
    try:
        await database.read(check)
    except UnsafeDatabase as error:
        return Check(what, str(error), ok=False, mend="mend the server's configuration")
    return Check(what, fine, ok=True)
