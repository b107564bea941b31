"""The commands an operator gives, to servers at rest, at work and in trouble."""

import asyncio
import os
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, text
from websockets.exceptions import ConnectionClosed

from tallybook.database.engine import Database, open_database
from tallybook.ledger.rebuild import rebuild
from tallybook.settings import BadSettings, load
from tallybook.upkeep import projections
from tests.app.people import Json, Person, Refused, door
from tests.app.serving import END_SECONDS, Tallybook, tallybook

pytestmark = pytest.mark.faults

# How a write ends that was under way, or that was yet to be sent, when the server went.
CUT_OFF = (Refused, httpx.TransportError, ConnectionClosed, AssertionError, asyncio.CancelledError)


async def execute(database_url: str, *statements: str) -> None:
    """Do to the database what nobody should."""
    database: Database = open_database(database_url)

    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    try:
        await database.write(run)
    finally:
        await database.close()


async def rows(database_url: str, table: str) -> Sequence[tuple[object, ...]]:
    """The rows of a projection in the slot that is live."""
    database = open_database(database_url)

    def live(connection: Connection) -> Sequence[tuple[object, ...]]:
        query = text("SELECT live FROM projections WHERE name = 'session_values'")
        slot = connection.execute(query).scalar_one()
        found = connection.execute(text(f"SELECT * FROM {table}_{slot}")).all()
        return sorted((tuple(row) for row in found), key=repr)

    try:
        return await database.read(live)
    finally:
        await database.close()


async def rebuilt(database_url: str, name: str) -> None:
    """Rebuild a projection where no process has to notice, so that nobody waits until it has."""
    database = open_database(database_url, patient=True)
    try:
        await rebuild(database, projections(), [name], grace=0)
    finally:
        await database.close()


async def busy(person: Person, session: Json, seat: int, acknowledged: list[int]) -> None:
    """Write without end, noting what was acknowledged."""
    while True:
        body = {"seat": seat, "stat": "Points", "delta": 1}
        answer = await person.ask("POST", f"/sessions/{session['id']}/record", body)
        acknowledged.append(answer["index"])


@pytest.mark.timeout(400)
async def test_operators_commands_on_a_database_from_empty_to_altered(
    database_url: str, tmp_path: Path
) -> None:
    def run(*arguments: str, **more: str) -> tuple[int, str]:
        done = tallybook(tmp_path, database_url, *arguments, more=more)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    code, said = run("serve", TALLYBOOK_DATABSE_URL="sqlite:///x.db")
    assert (code, said.count("\n")) == (2, 1)
    assert "TALLYBOOK_DATABSE_URL" in said
    assert run("migrate") == (0, "The schema is up to date now.\n")
    assert run("migrate") == (0, "The schema is up to date.\n")

    server = Tallybook(database_url, tmp_path)
    await asyncio.to_thread(server.start)
    try:
        async with door(server.url) as entrance:
            ana = await entrance.guest("Ana")
            session = await ana.open({"name": "Ben"})
            acknowledged: list[int] = []
            load = [asyncio.create_task(busy(ana, session, seat, acknowledged)) for seat in (0, 1)]
            code, said = await asyncio.to_thread(run, "rebuild", "session_values")
            for task in load:
                task.cancel()
            await asyncio.gather(*load, return_exceptions=True)
            assert (code, "Rebuilt session_values." in said) == (0, True)
            await ana.post(f"/sessions/{session['id']}/record", seat=0, stat="Points", round=2, value=5)
            live = await rows(database_url, "session_values")
            assert [item["id"] for item in (await ana.get("/sessions/history"))["items"]] == [session["id"]]
    finally:
        await asyncio.to_thread(server.close)
    assert acknowledged
    await rebuilt(database_url, "session_values")
    assert await rows(database_url, "session_values") == live
    assert run("verify")[0] == 0
    checks = run("doctor")[1]
    assert [f"ok   {what}: " in checks for what in ("schema", "durability", "projections", "ledger")] == [
        True
    ] * 4

    kind = {"sqlite": "BLOB", "postgresql": "BYTEA", "mysql": "BINARY"}[database_url.partition(":")[0]]
    altered = f"UPDATE events SET payload = CAST('{{}}' AS {kind}) WHERE position = 3"
    await execute(database_url, altered)
    code, said = run("verify")
    assert code == 1
    assert re.search(r"is not what its hash sealed", said)

    await execute(database_url, "UPDATE alembic_version SET version_num = 'from_the_future'")
    for command in ("serve", "migrate"):
        code, said = run(command)
        assert (command, code, said.count("\n")) == (command, 2, 1)


@pytest.mark.parametrize(
    ("setting", "value", "code", "said"),
    [
        ("DATABASE_URL", "postgresql://ana:hush@127.0.0.1:1/x", 1, "//ana:***@127.0.0.1:1/x"),
        ("DATABASE_URL", "mysql://ana:hush@127.0.0.1:1/x?charset=utf8mb4", 1, "//ana:***@127.0.0.1:1/x"),
        ("DATABASE_URL", "postgresql://ana:hush@no.such.invalid/x", 1, "//ana:***@no.such.invalid/x"),
        ("DATABASE_URL", "postgresql://ana:@127.0.0.1:1/x?password=hush", 1, "127.0.0.1:1/x cannot be used"),
        ("DATABASE_URL", "postgresql://ana:hush@127.0.0.1:1/x?odd=1", 1, "argument 'odd'"),
        ("DATABASE_URL", "sqlite:////proc/tallybook.db", 1, "unable to open database file"),
        ("DATABASE_URL", "sqlite:////proc/none/tallybook.db", 1, "No such file or directory"),
        ("KAFKA_URL", "nonsense", 2, "must look like kafka://"),
    ],
)
def test_a_start_that_cannot_be_says_in_one_line_which_setting_it_is_and_why(
    tmp_path: Path, setting: str, value: str, code: int, said: str
) -> None:
    more = {f"TALLYBOOK_{setting}": value}
    refused = tallybook(tmp_path, f"sqlite:///{tmp_path}/tallybook.db", "serve", "--port", "0", more=more)

    assert (refused.returncode, refused.stderr.count("\n")) == (code, 1), refused.stderr
    assert f"TALLYBOOK_{setting}" in refused.stderr
    assert said in refused.stderr
    assert "hush" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("DATABASE_URL", "postgresql://[bad", "must look like postgresql://"),
        ("DATABASE_URL", "postgresql://ana:ab@hush@127.0.0.1/x", "%40"),
        ("DATABASE_URL", "postgresql://ana:no@127.0.0.1:hush/x", "must look like postgresql://"),
        ("DATABASE_URL", "sqlite://tallybook.db", "must name a file"),
        ("REDIS_URL", "http://:hush@x", "must look like redis://"),
        ("REDIS_URL", "redis://[bad", "must look like redis://"),
        ("REDIS_URL", "redis://127.0.0.1:hush", "must look like redis://"),
        ("KAFKA_URL", "kafka://", "must look like kafka://"),
        ("RABBITMQ_URL", "::", "must look like amqp://"),
        ("RABBITMQ_URL", "amqp://ana@127.0.0.1:hush", "must look like amqp://"),
        ("OBJECTS_URL", "ftp//", "s3://bucket"),
        ("OBJECTS_URL", "s3://", "s3://bucket"),
        ("SECRET_KEYS", ",", "at least 32 characters"),
        ("SECRET_KEYS", f",{'k' * 32}", "at least 32 characters"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_one_line_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, setting: str, value: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TALLYBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(f"TALLYBOOK_{setting}", value)

    with pytest.raises(BadSettings) as refused:
        load()

    assert str(refused.value).startswith(f"TALLYBOOK_{setting}: ")
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_of_settings_may_be_shared_but_what_begins_as_ours_must_be_ours(tmp_path: Path) -> None:
    file, url = tmp_path / ".env", f"sqlite:///{tmp_path}/tallybook.db"
    file.write_text(
        "POSTGRES_PASSWORD=x\nKAFKA_URL=y\n"
        "TALLYBOOK_KAFKA_URL=kafka://one:9092,two:9092\n"
        "TALLYBOOK_RABBITMQ_URL=amqps://ana:no@broker/host\n"
        "TALLYBOOK_OBJECTS_URL=./archives\n"
    )
    assert tallybook(tmp_path, url, "migrate").returncode == 0

    file.write_text("POSTGRES_PASSWORD=x\nTALLYBOOK_DATABSE_URL=sqlite:///x.db\n")
    refused = tallybook(tmp_path, url, "migrate")

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "unknown setting TALLYBOOK_DATABSE_URL in .env" in refused.stderr


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1", "Address already in use"),
        ("192.0.2.1", "Cannot assign requested address"),
        ("no.such.invalid", "Name or service not known"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_told_in_one_line(
    tmp_path: Path, host: str, why: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        arguments = ("serve", "--host", host, "--port", str(port))
        refused = tallybook(tmp_path, f"sqlite:///{tmp_path}/tallybook.db", *arguments)

    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert f"cannot listen on port {port} of {host}: {why}" in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.parametrize("command", [["verify"], ["rebuild"], ["backup", "new.backup"]])
def test_where_there_is_no_ledger_a_command_that_works_on_one_says_so_and_makes_none(
    tmp_path: Path, command: Sequence[str]
) -> None:
    refused = tallybook(tmp_path, "sqlite:///data/tallybook.db", *command)

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "there is no ledger in the database sqlite:///data/tallybook.db" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_makes_no_database_by_looking_for_one(tmp_path: Path) -> None:
    done = tallybook(tmp_path, "sqlite:///data/tallybook.db", "doctor")

    assert "data/tallybook.db is not there yet" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_benchmark_measures_in_a_moment_and_leaves_nothing(tmp_path: Path) -> None:
    done = tallybook(tmp_path, f"sqlite:///{tmp_path}/tallybook.db", "bench", "--seconds", "0.2")
    assert (done.returncode, done.stdout.count("/s")) == (0, 4), done.stderr
    assert list(tmp_path.iterdir()) == []


async def test_sigterm_under_load_keeps_what_was_acknowledged_and_says_service_restart(
    server: Tallybook,
) -> None:
    acknowledged: list[int] = []
    async with door(server.url) as entrance:
        ana = await entrance.guest("Ana")
        session = await ana.open({"name": "Ben"})
        async with ana.device(session["key"]) as a, ana.device(session["key"]) as b:

            async def push() -> None:
                while True:
                    reply = await a.push("record", seat=0, stat="Points", delta=1)
                    acknowledged.append(reply["index"])

            load = [asyncio.create_task(busy(ana, session, 1, acknowledged)), asyncio.create_task(push())]
            while len(acknowledged) < 50:
                await asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(server.terminate)
            async with asyncio.timeout(END_SECONDS):
                assert [await device.until_closed() for device in (a, b)] == [1012, 1012]
            await asyncio.to_thread(server.ended)
            for task in load:
                task.cancel()
                with suppress(*CUT_OFF):
                    await task
    await asyncio.to_thread(server.start)
    async with door(server.url) as entrance:
        again = Person(entrance.http, ana.id, ana.token)
        board = await again.get(f"/sessions/{session['id']}/scoreboard")
        assert board["index"] >= max(acknowledged)
        assert sum(seat["total"] for seat in board["seats"]) >= len(set(acknowledged)) == len(acknowledged)
