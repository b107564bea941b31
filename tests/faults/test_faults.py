"""Real faults: whatever dies, stops or fills up, what was acknowledged is there exactly once."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.util import await_only

from tallybook.database import engine
from tallybook.database.engine import open_database
from tallybook.kernel.refusals import Refusal
from tallybook.ledger import writer
from tallybook.ledger.append import Appended
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import events_after
from tests.faults.player import STREAMS, command, make, moves_of
from tests.faults.proxy import Moment, between
from tests.ledger.kit import Pile, count, names, node, outcomes, sticks, take, verified
from tests.servers.server import Server

pytestmark = pytest.mark.faults

PLAYERS = 12


@pytest.fixture(params=["postgresql", "mariadb"])
def served(request: pytest.FixtureRequest) -> tuple[str, Server]:
    """An empty database on a server, and the server."""
    servers = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}
    return request.getfixturevalue(request.param)(), request.getfixturevalue(servers[request.param])


@contextmanager
def process(url: str, first_moves: list[int], *, stop_at: int = -1) -> Iterator[subprocess.Popen[str]]:
    """A server of its own with players that begin at these moves; killed in the end."""
    program = [sys.executable, "-m", "tests.faults.player", url, str(stop_at), *map(str, first_moves)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as player:
        try:
            yield player
        finally:
            player.kill()


def acknowledged(
    player: subprocess.Popen[str], until: Callable[[int, int], bool] = lambda _who, _move: False
) -> dict[int, int]:
    """The last move of every player that the process acknowledged, up to one for which `until` holds."""
    assert player.stdout is not None
    last: dict[int, int] = {}
    for line in player.stdout:
        if not line.endswith("\n"):
            break  # cut off in the middle of a line
        who, move = map(int, line.split())
        last[who] = move
        if until(who, move):
            break
    return last


async def assert_each_move_once(url: str, moves: list[int]) -> None:
    """Every player's moves are in the ledger, from 0 to at least `moves`, in order; so they are projected."""
    pile = Pile()
    async with node(url, pile) as ledger:
        events = await ledger.database.read(lambda c: events_after(c, 0, 1_000_000))
        for player, move in enumerate(moves):
            made = moves_of(events, player)
            assert made == list(range(len(made)))
            assert len(made) > move
        assert len(await ledger.database.read(pile.rows)) == len(events)
        assert (await verified(ledger)).sound


async def test_a_server_killed_again_and_again_loses_and_doubles_nothing(url: str) -> None:
    done = [-1] * PLAYERS
    for killing in range(1, 5):
        with process(url, [move + 1 for move in done]) as player:
            aim = done[0] + 7 * killing
            acked = acknowledged(player, lambda who, move: who == 0 and move >= aim)  # noqa: B023
            player.send_signal(signal.SIGKILL)
            acked |= acknowledged(player)
        for who, move in acked.items():
            done[who] = move
    assert min(done) > 0
    await assert_each_move_once(url, done)


@pytest.mark.parametrize("moment", ["before COMMIT arrives", "after COMMIT was done"])
async def test_a_connection_cut_at_the_commit_is_not_noticed_by_the_players(
    served: tuple[str, Server], moment: Moment
) -> None:
    url, _ = served
    async with between(url) as (proxied, proxy), node(proxied, Pile()) as ledger:
        for move in range(6):
            proxy.cuts = [moment] * (move % 3)  # none, once, twice in a row
            # The last player has no command ids: the ledger's own end tells whether the batch is in.
            anonymous = ledger.append(command(PLAYERS, move))
            await asyncio.gather(anonymous, *(make(ledger, player, move) for player in range(PLAYERS)))
            assert not proxy.cuts
    await assert_each_move_once(url, [5] * (PLAYERS + 1))


async def test_a_stopped_server_that_holds_the_lock_holds_nobody_up_for_ever(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite = url.startswith("sqlite")
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.5)
    monkeypatch.setattr(writer, "PATIENCE", 1.0 if sqlite else 10.0)
    with process(url, [0], stop_at=3) as player:
        async with node(url, Pile()) as ledger:
            await asyncio.to_thread(acknowledged, player, lambda _, move: move == 2)
            while "T (stopped)" not in Path(f"/proc/{player.pid}/status").read_text():
                await asyncio.sleep(0.01)
            if sqlite:  # there is no taking the lock away, but nobody waits for ever
                with pytest.raises(Refusal) as refused:
                    await ledger.append(command(1, 0, "1:0"))
                assert refused.value.code == "unavailable"
            else:  # the database ends the transaction that nobody goes on with
                await ledger.append(command(1, 0, "1:0"))
            player.send_signal(signal.SIGCONT)
            await asyncio.to_thread(acknowledged, player, lambda _, move: move == 5)
            await make(ledger, 1, 0)
    await assert_each_move_once(url, [5, 0])


async def test_a_full_disk_refuses_everybody_and_writes_nothing_by_halves_until_there_is_room(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.2)
    async with node(url, Pile()) as ledger:
        await make(ledger, 0, 0)
        await ledger.database.write(fill)
        long = take(STREAMS[0], 1, remark="-" * 10_000)
        answers = await outcomes(ledger, *(command(player, 1) for player in range(PLAYERS)), long)
        assert {a.code for a in answers if isinstance(a, Refusal)} == {"unavailable"}
        assert len(answers) == sum(isinstance(a, Refusal) for a in answers) == PLAYERS + 1
        assert len(await ledger.database.read(lambda c: events_after(c, 0, 100))) == 1
        assert (await verified(ledger)).sound
        await ledger.database.write(empty)
        await asyncio.gather(*(make(ledger, player, player == 0) for player in range(PLAYERS)))
    await assert_each_move_once(url, [1] + [0] * (PLAYERS - 1))


async def test_a_transaction_that_the_database_gave_up_in_the_middle_writes_nothing_of_its_batch(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.2)

    def give_up(connection: Connection) -> None:
        connection.execute(insert(names).values(name=1))
        if connection.dialect.name == "sqlite":  # as it does by itself when a disk is full at a bad moment
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("SELECT 1 FROM nowhere")
        if connection.dialect.name == "mariadb":
            connection.exec_driver_sql("KILL CONNECTION_ID()")
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    async with node(url, Pile()) as ledger:
        batch = [command(player, 0) for player in range(PLAYERS)]
        batch[5].beside = give_up
        answers = await outcomes(ledger, *batch)
        assert {a.code for a in answers if isinstance(a, Refusal)} == {"unavailable"}
        assert len(answers) == sum(isinstance(a, Refusal) for a in answers) == PLAYERS
        assert await ledger.database.read(lambda c: events_after(c, 0, 100)) == []
        assert await ledger.database.read(lambda c: count(c, names)) == 0
        await make(ledger, 0, 0)
    await assert_each_move_once(url, [0])


async def test_a_deadlock_leaves_no_command_without_what_is_beside_it(
    served: tuple[str, Server],
) -> None:
    url, _ = served
    other = open_database(url)
    begun, waits = asyncio.Event(), asyncio.Event()

    def hold(connection: Connection) -> None:
        """Take name 2, then want 1 when the batch wants 2. With much to roll back it is no victim."""
        connection.execute(insert(names), [{"name": name} for name in range(100, 400)])
        connection.execute(insert(names).values(name=2))
        begun.set()
        await_only(waits.wait())
        connection.execute(insert(names).values(name=1))

    def beside(name: int) -> Callable[[Connection], None]:
        def write(connection: Connection) -> None:
            if name == 2:
                waits.set()
            connection.execute(insert(names).values(name=name))

        return write

    async with node(url, Pile()) as ledger:
        holding = asyncio.create_task(other.write(hold))
        await begun.wait()
        batch = [command(player, 0) for player in range(4)]
        for name, append in enumerate(batch):
            append.beside = beside(name)
        answers = await outcomes(ledger, *batch)
        (held,) = await asyncio.gather(holding, return_exceptions=True)
        written = {name for name, answer in enumerate(answers) if isinstance(answer, Appended)}
        assert {0, 3} <= written
        kept = set(await ledger.database.read(lambda c: c.execute(select(names.c.name)).scalars()))
        assert kept == written | (set() if held is not None else {1, 2, *range(100, 400)})
        assert len(await ledger.database.read(lambda c: events_after(c, 0, 100))) == len(written)
        assert (await verified(ledger)).sound
    await other.close()


def fill(connection: Connection) -> None:
    """Leave no room. The servers only say so, in the words they would say it in."""
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        return
    if connection.dialect.name == "mariadb":
        connection.exec_driver_sql(
            "CREATE TRIGGER test_full BEFORE INSERT ON events FOR EACH ROW SIGNAL SQLSTATE 'HY000'"
            " SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table ''events'' is full'"
        )
        return
    connection.exec_driver_sql(
        "CREATE FUNCTION test_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    )
    connection.exec_driver_sql("CREATE TRIGGER test_full AFTER INSERT ON events EXECUTE FUNCTION test_full()")


def empty(connection: Connection) -> None:
    """Make room again."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    elif connection.dialect.name == "mariadb":
        connection.exec_driver_sql("DROP TRIGGER test_full")
    else:
        connection.exec_driver_sql("DROP FUNCTION test_full CASCADE")


async def test_a_database_stopped_and_started_again_under_load_loses_nothing(
    served: tuple[str, Server],
) -> None:
    url, server = served
    made = [-1] * PLAYERS
    stop = asyncio.Event()

    async def play(ledger: Ledger, player: int) -> None:
        while not stop.is_set():
            await make(ledger, player, made[player] + 1)
            made[player] += 1

    async def more() -> None:
        before = list(made)
        while any(now <= then + 3 for now, then in zip(made, before, strict=True)):
            await asyncio.sleep(0.01)

    async with node(url, Pile()) as ledger:
        players = [asyncio.create_task(play(ledger, player)) for player in range(PLAYERS)]
        for crashing in (True, False):
            await more()
            await asyncio.to_thread(server.stop, crashing=crashing)
            await asyncio.to_thread(server.start)
            await more()
            assert (await ledger.state(STREAMS[0], sticks)).index > 0
        stop.set()
        await asyncio.gather(*players)
    await assert_each_move_once(url, made)
