"""The schema that migrations make is the one the code expects, from every release on."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tallybook import bootstrap, migrations
from tallybook.database.engine import open_database
from tallybook.database.schema import metadata
from tallybook.migrations import Schema, schema_of, upgrade
from tallybook.settings import Settings

RELEASED = [
    script.revision for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()
]


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


@pytest.mark.parametrize("released", RELEASED)
async def test_a_database_of_any_release_becomes_what_the_code_expects_and_keeps_its_data(
    database_url: str, released: str
) -> None:
    settings = Settings(database_url=database_url, secret_keys=("x" * 32,))
    await upgrade(database_url, released)
    database = open_database(database_url)
    try:
        if await database.read(schema_of) is Schema.CURRENT:
            async with bootstrap.node(settings) as node:
                ana = await node.accounts.guest("Ana")
        await upgrade(database_url)
        assert await database.read(schema_of) is Schema.CURRENT
        assert await database.read(differences) == []
        async with bootstrap.node(settings) as node:
            assert node.accounts.verify(ana.access_token).player_id == ana.player.id
            assert (await node.accounts.player(ana.player.id)).display_name == "Ana"
    finally:
        await database.close()
