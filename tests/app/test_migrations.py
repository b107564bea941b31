"""The schema that migrations make is the one the code expects, from every release on."""

import asyncio
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
from tallybook.careers.fold import CareerFold
from tallybook.database.driver import ask
from tallybook.database.engine import open_database
from tallybook.database.schema import Id, metadata
from tallybook.kernel.ids import new_id
from tallybook.ledger.append import EMPTY
from tallybook.ledger.states import newer_events_of
from tallybook.migrations import Schema, schema_of, upgrade
from tallybook.settings import Settings
from tests.app.serving import Tallybook

RELEASED = [
    script.revision for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()
]


def declared(_object: object, name: str | None, *_: object) -> bool:
    """Not what has no words in the metadata of all databases."""
    return name != "ix_events_achievements"


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_object": declared})
    return list(compare_metadata(context, metadata))


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


@pytest.mark.parametrize("kind", ["postgres_url", "mariadb_url"])
async def test_nodes_that_start_together_on_an_empty_database_all_serve(
    request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    url = request.getfixturevalue(kind)
    secret = {"TALLYBOOK_SECRET_KEYS": "x" * 32}
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    nodes = [Tallybook(url, folder, **secret) for folder in folders]
    try:
        starts = (asyncio.to_thread(each.start) for each in nodes)
        ended = await asyncio.gather(*starts, return_exceptions=True)  # all, lest one be left behind
        assert ended == [None] * len(nodes)
    finally:
        for each in nodes:
            each.close()


async def test_what_a_career_has_achieved_is_found_without_its_scores(database_url: str) -> None:
    """MariaDB has no indexes of some rows: there nothing is promised."""

    def planned(connection: Connection) -> str:
        dialect = connection.dialect
        statement, keys = newer_events_of(CareerFold.concerns).filled(dialect, [(new_id(), EMPTY)])
        explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
        return str(ask(connection, f"{explain} {statement}", keys))

    await upgrade(database_url)
    database = open_database(database_url)
    try:
        plan = await database.read(planned)
        assert "ix_events_achievements" in plan or database_url.startswith("mysql")
    finally:
        await database.close()
