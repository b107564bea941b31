"""What an operator does to a whole database: the demo, the first administrator, copies."""

from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, delete
from sqlalchemy.exc import IntegrityError

from tallybook.accounts.tokens import kept_secrets
from tallybook.bootstrap.node import node
from tallybook.database.backup import BadBackup, Header, dump, load, new_file, read_header
from tallybook.database.engine import open_database
from tallybook.database.schema import metadata
from tallybook.demo.fill import Filling, Story, StoryClock
from tallybook.kernel.clock import SystemClock
from tallybook.ledger.identity import become_another
from tallybook.ledger.read import events_after, last_position
from tallybook.ledger.tables import events, ledger_ids
from tallybook.migrations import Schema, revisions, schema_of, upgrade
from tallybook.settings import Settings
from tallybook.upkeep import Progress

_IN_USE = "a server has used the database meanwhile: stop it, and restore into an empty one"


async def is_unused(settings: Settings) -> bool:
    """Whether nothing was ever written to the database, whose schema is there."""
    database = open_database(settings.database_url)
    try:
        return await database.read(last_position) == 0
    finally:
        await database.close()


async def fill_demo(settings: Settings, story: Story, progress: Progress) -> int:
    """Play the demo into the database; the position of its last event."""
    clock = StoryClock(story.begins, SystemClock().monotonic)
    async with node(settings, clock) as running:
        following = running.following
        filling = Filling(running.ledger, running.desk, running.accounts, running.catalogue, following, clock)
        await filling.run(story, progress)
        return await running.ledger.database.read(last_position)


async def make_admin(settings: Settings, username: str, password: str | None) -> None:
    """A new account with this password that is an admin; without one, the account of this name is."""
    async with node(settings) as running:
        if password is None:
            await running.roles.make_admin(username)
        else:
            await running.accounts.create_admin(username, password)


async def backup(settings: Settings, file: Path, *, with_keys: bool, progress: Progress) -> Header:
    """Copy the database, whose schema is of this release, into a new file, while servers write on."""
    keys = (settings.secret_keys or kept_secrets(settings.data_folder)) if with_keys else ()
    database = open_database(settings.database_url, patient=True)

    def copy(connection: Connection) -> Header:
        newest = events_after(connection, last_position(connection) - 1, 1)
        header = Header(
            made_at=SystemClock().now(),
            release=version("tallybook"),
            revision=revisions()[-1],
            position=newest[0].position if newest else 0,
            hash=newest[0].hash if newest else b"",
            secret_keys=keys,
        )
        with new_file(file) as opened:
            return dump(connection, metadata.sorted_tables, header, opened, progress)

    try:
        if await database.read(schema_of) is not Schema.CURRENT:
            raise BadBackup("the database is empty or of another release: there is nothing to back up")
        return await database.read(copy)
    finally:
        await database.close()


async def restore(settings: Settings, file: Path, progress: Progress) -> Header:
    """Put a backup into an unused database, and bring it up to date; all of it or nothing."""
    header = read_header(file)
    if header.revision not in revisions():
        raise BadBackup(f"{file} was made by a newer release: restore it with that one")
    database = open_database(settings.database_url, patient=True)

    def put_in(connection: Connection) -> None:
        if connection.execute(delete(events)).rowcount:
            raise BadBackup(_IN_USE)
        with file.open("rb") as opened:
            load(connection, opened, progress)
        if any(table.name == ledger_ids.name for table in header.tables):
            become_another(connection)  # one of an older release gets its id as it is brought up to date

    try:
        found = await database.read(schema_of)
        if found is not Schema.EMPTY and (
            found is not Schema.CURRENT
            or header.revision != revisions()[-1]
            or await database.read(last_position) > 0
        ):
            raise BadBackup("there is something in the database: restore into an empty one")
        await upgrade(settings.database_url, header.revision)
        try:
            await database.write(put_in)
        except IntegrityError as error:
            raise BadBackup(_IN_USE) from error
        await upgrade(settings.database_url)
        return header
    finally:
        await database.close()
