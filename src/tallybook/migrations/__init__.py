"""The schema's history: how a database is brought to what this release expects."""

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from tallybook.database.engine import alone_with_schema, migration_engine, prepare_schema

# Alembic is imported where something is migrated: a start on a schema that is current does without it.


class Schema(StrEnum):
    """What a database holds, as seen by this release."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    UNKNOWN = "unknown"  # made by a newer release, or not ours at all


VERSIONS = Path(__file__).with_name("versions")


def revisions() -> list[str]:
    """Every revision, oldest first; a file begins with its revision's number."""
    return sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def schema_of(connection: Connection) -> Schema:
    """What the connected database holds."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        return Schema.UNKNOWN if tables else Schema.EMPTY
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    known = revisions()
    if revision == known[-1]:
        return Schema.CURRENT
    return Schema.OLDER if revision in known else Schema.UNKNOWN


def _upgrade(connection: Connection, revision: str, leave: Collection[Schema]) -> Schema:
    from alembic import command
    from alembic.config import Config

    alone_with_schema(connection)
    found = schema_of(connection)
    if found in leave:
        return found
    prepare_schema(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return found


async def upgrade(url: str, revision: str = "head", *, leave: Collection[Schema] = ()) -> Schema:
    """Bring the database at `url` to a revision, unless it holds what is to be left; what it held before.

    All of it or nothing, where the database can. On a server who comes meanwhile waits, and finds it done.
    """
    engine = migration_engine(url)
    if isinstance(engine, Engine):
        with engine.begin() as connection:
            found = _upgrade(connection, revision, leave)
        engine.dispose()
        return found
    async with engine.begin() as connection:
        found = await connection.run_sync(_upgrade, revision, leave)
    await engine.dispose()
    return found
