"""The schema that migrations make is the one the code expects, from every release on."""

from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, bindparam, text

from tallybook import migrations
from tallybook.bootstrap.node import node
from tallybook.database.engine import open_database
from tallybook.database.schema import Id, metadata
from tallybook.kernel.ids import new_id
from tallybook.migrations import Schema, schema_of, upgrade
from tallybook.settings import Settings

RELEASED = [
    script.revision for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()
]


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def keep_a_guest(connection: Connection, player_id: UUID) -> None:
    """As the first release did; every later one can read it."""
    row = text(
        "INSERT INTO players (id, kind, display_name, avatar_seed, color, roles, created_at, last_seen) "
        "VALUES (:id, 'guest', 'Ana', 'a seed', '#1971c2', '', 0, 0)"
    )
    connection.execute(row.bindparams(bindparam("id", player_id, Id())))


@pytest.mark.parametrize("released", RELEASED)
async def test_a_database_of_any_release_becomes_what_the_code_expects_and_keeps_its_data(
    database_url: str, released: str
) -> None:
    settings = Settings(database_url=database_url, secret_keys=("x" * 32,))
    await upgrade(database_url, released)
    database = open_database(database_url)
    ana = new_id()
    try:
        await database.write(partial(keep_a_guest, player_id=ana))
        await upgrade(database_url)
        assert await database.read(schema_of) is Schema.CURRENT
        assert await database.read(differences) == []
        async with node(settings) as running:
            assert (await running.accounts.player(ana)).display_name == "Ana"
            bea = await running.accounts.guest("Bea")
            assert running.accounts.verify(bea.access_token).player_id == bea.player.id
    finally:
        await database.close()
