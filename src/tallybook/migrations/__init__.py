"""The schema's history: how a database is brought to what this release expects."""

from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from tallybook.database.engine import migration_engine


class Schema(StrEnum):
    """What a database holds, as seen by this release."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    UNKNOWN = "unknown"  # made by a newer release, or not ours at all


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def schema_of(connection: Connection) -> Schema:
    """What the connected database holds."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return Schema.UNKNOWN if inspect(connection).get_table_names() else Schema.EMPTY
    scripts = ScriptDirectory.from_config(_config())
    if revision == scripts.get_current_head():
        return Schema.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return Schema.OLDER if revision in known else Schema.UNKNOWN


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision; all of it or nothing, where the database can."""
    engine = migration_engine(url)
    if isinstance(engine, Engine):
        with engine.begin() as connection:
            _upgrade(connection, revision)
        engine.dispose()
        return
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, revision)
    await engine.dispose()
