"""Backups: taken from a server at work, put back elsewhere, and refused when they are not whole."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, MetaData, Table, inspect, select

from tallybook import operating, upkeep
from tallybook.accounts.tables import players
from tallybook.bootstrap.node import node
from tallybook.database.backup import MAGIC, BadBackup, Header, dump, new_file, read_header
from tallybook.database.engine import Transaction, open_database
from tallybook.database.schema import metadata
from tallybook.demo.fill import Story
from tallybook.ledger.identity import identity_of
from tallybook.ledger.tables import ledger_ids
from tallybook.migrations import Schema, revisions, schema_of, upgrade
from tallybook.settings import Settings
from tests.app.people import Person, door
from tests.app.serving import Tallybook, tallybook
from tests.app.test_operating import rows

KEY = "x" * 32
T = TypeVar("T")


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """An empty database of another kind."""
    if database_url.startswith("sqlite"):
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{tmp_path}/elsewhere/tallybook.db"


def unheard(_done: int, _total: int) -> None:
    pass


async def small_backup(url: str, file: Path) -> None:
    """A backup of a server that one guest has visited."""
    await upgrade(url)
    settings = Settings(database_url=url, secret_keys=(KEY,))
    async with node(settings) as running:
        await running.accounts.guest("Ana")
    await operating.backup(settings, file, with_keys=False, progress=unheard)


async def asked(url: str, question: Transaction[T]) -> T:
    database = open_database(url)
    try:
        return await database.read(question)
    finally:
        await database.close()


@pytest.mark.faults
async def test_a_backup_under_load_has_all_that_was_acknowledged_before_and_works_in_another_database(
    server: Tallybook, elsewhere: str, tmp_path: Path
) -> None:
    async with door(server.url) as entrance:
        ana = await entrance.guest("Ana")
        session = await ana.open({"name": "Ben"})
        acknowledged: list[int] = []
        going = True

        async def write(seat: int) -> None:
            while going:
                answer = await ana.post(
                    f"/sessions/{session['id']}/record", seat=seat, stat="Points", delta=1
                )
                acknowledged.append(answer["index"])

        load = [asyncio.create_task(write(seat)) for seat in (0, 1)]
        while len(acknowledged) < 50:
            await asyncio.sleep(0)
        before = max(acknowledged)
        made = await asyncio.to_thread(
            tallybook, server.folder, server.database_url, "backup", f"{tmp_path}/copy", "--with-keys"
        )
        during = max(acknowledged)
        going = False
        await asyncio.gather(*load)
    assert made.returncode == 0, made.stderr
    assert during > before  # nobody was stopped

    folder = tmp_path / "second"
    folder.mkdir()
    restored = tallybook(folder, elsewhere, "restore", f"{tmp_path}/copy")
    assert restored.returncode == 0, restored.stderr
    assert "are as they were written" in restored.stdout
    live = await rows(elsewhere, "session_values")
    await upkeep.rebuild(Settings(database_url=elsewhere), ["session_values"], unheard)
    assert await rows(elsewhere, "session_values") == live

    second = Tallybook(elsewhere, folder)
    await asyncio.to_thread(second.start)
    try:
        async with door(second.url) as entrance:
            returned = Person(entrance.http, ana.id, ana.token)  # the keys came along
            board = await returned.get(f"/sessions/{session['id']}/scoreboard")
            assert before <= board["index"] <= during
            assert [seat["name"] for seat in board["seats"]] == ["Ana", "Ben"]
            path = f"/sessions/{session['id']}/record"
            answer = await returned.post(path, seat=0, stat="Points", value=0)
            assert answer["index"] == board["index"] + 1
    finally:
        await asyncio.to_thread(second.close)


async def test_a_file_with_any_byte_lacking_or_altered_is_refused_and_the_database_stays_empty(
    tmp_path: Path,
) -> None:
    file, broken = tmp_path / "copy", tmp_path / "broken"
    await small_backup(f"sqlite:///{tmp_path}/first.db", file)
    whole = file.read_bytes()
    assert read_header(file).position == 1

    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            broken.write_bytes(damaged)
            with pytest.raises(BadBackup):
                read_header(broken)
    broken.write_bytes(MAGIC)
    with pytest.raises(BadBackup):
        read_header(broken)

    target = f"sqlite:///{tmp_path}/target.db"
    broken.write_bytes(whole[:-100])
    with pytest.raises(BadBackup, match="damaged"):
        await operating.restore(Settings(database_url=target), broken, unheard)
    assert await asked(target, schema_of) is Schema.EMPTY
    await operating.restore(Settings(database_url=target), file, unheard)
    assert await asked(target, schema_of) is Schema.CURRENT
    with pytest.raises(BadBackup, match="into an empty one"):
        await operating.restore(Settings(database_url=target), file, unheard)
    with pytest.raises(BadBackup, match="exists already"):
        await small_backup(target, file)
    assert file.read_bytes() == whole


async def test_what_a_server_writes_while_a_backup_is_restored_stays_and_the_backup_does_not(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "copy"
    await small_backup(f"sqlite:///{tmp_path}/first.db", file)
    settings = Settings(database_url=database_url, secret_keys=(KEY,))

    async def and_somebody_comes(url: str, revision: str = "head") -> None:
        await upgrade(url, revision)
        async with node(settings) as running:
            await running.accounts.guest("Cleo")

    monkeypatch.setattr(operating, "upgrade", and_somebody_comes)
    with pytest.raises(BadBackup, match="a server has used the database"):
        await operating.restore(settings, file, unheard)
    names = partial(Connection.execute, statement=select(players.c.display_name))
    assert await asked(database_url, lambda connection: names(connection).scalars().all()) == ["Cleo"]


async def test_every_kind_of_value_in_every_table_comes_back(
    database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    first, second = (Settings(database_url=url, secret_keys=(KEY,)) for url in (database_url, elsewhere))
    await upgrade(database_url)
    story = Story(seed=3, until=1_770_000_000_000_000, years=1, sessions=25)
    await operating.fill_demo(first, story, unheard)

    made = await operating.backup(first, tmp_path / "copy", with_keys=False, progress=unheard)
    await operating.restore(second, tmp_path / "copy", unheard)

    assert {table.name for table in made.tables} == set(metadata.tables)
    for table in metadata.sorted_tables:
        there = await content(elsewhere, table)
        if table is ledger_ids:
            assert len(there) == 2  # it is another ledger from now on
        else:
            assert there == await content(database_url, table), table.name
    assert len({await asked(url, identity_of) for url in (database_url, elsewhere, elsewhere)}) == 2


async def content(url: str, table: Table) -> list[str]:
    return sorted(map(repr, await asked(url, lambda connection: connection.execute(select(table)).all())))


async def test_a_backup_of_an_older_release_is_brought_up_to_date_and_one_of_a_newer_is_refused(
    database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    oldest = revisions()[0]
    await upgrade(database_url, oldest)
    database = open_database(database_url)

    def write(connection: Connection, *, revision: str, file: Path) -> None:
        names = {column["name"] for column in inspect(connection).get_columns("players")}
        columns = [
            column._copy()  # of the table as it was in that release
            for column in players.columns
            if column.name in names
        ]
        header = Header(made_at=0, release="0", revision=revision, position=0, hash=b"")
        with new_file(file) as opened:
            dump(connection, [Table("players", MetaData(), *columns)], header, opened, unheard)

    try:
        for revision in (oldest, "9999"):
            await database.read(partial(write, revision=revision, file=tmp_path / revision))
    finally:
        await database.close()
    settings = Settings(database_url=elsewhere)
    with pytest.raises(BadBackup, match="newer release"):
        await operating.restore(settings, tmp_path / "9999", unheard)
    assert await asked(elsewhere, schema_of) is Schema.EMPTY
    await operating.restore(settings, tmp_path / oldest, unheard)
    assert await asked(elsewhere, schema_of) is Schema.CURRENT
    await upgrade(database_url)
    assert await asked(elsewhere, identity_of) != await asked(database_url, identity_of)
