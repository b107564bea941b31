"""`tallybook serve --workers`: one port, several processes, of which any may die."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tallybook.cli.listening import listener
from tests.app.people import Person, door
from tests.app.serving import Tallybook, tallybook

pytestmark = pytest.mark.faults


def of(server: Tallybook) -> set[int]:
    """The processes of the workers."""
    return {child.pid for child in psutil.Process(server.pid).children()}


async def keep_score(ana: Person, session_id: str, seat: int, stop: asyncio.Event) -> int:
    """Add points over connections of their own, again where one broke; how many were acknowledged."""
    points, unsure = 0, False
    while unsure or not stop.is_set():
        unsure = True
        command = f"{seat}-{points}"
        with suppress(httpx.TransportError):
            await ana.post(
                f"/sessions/{session_id}/record", seat=seat, stat="Points", delta=1, command_id=command
            )
            points, unsure = points + 1, False
    return points


async def test_a_killed_worker_is_replaced_while_the_others_serve(workers: Tallybook) -> None:
    before = of(workers)
    assert len(before) == 3
    async with door(workers.url) as entrance:
        ana = await entrance.guest("Ana")
        session = await ana.open({"name": "Bea"}, {"name": "Cara"}, {"name": "Dora"})
        stop = asyncio.Event()
        keeping = [asyncio.create_task(keep_score(ana, session["id"], seat, stop)) for seat in range(4)]
        killed = sorted(before)[:2]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(60):
                while len(of(workers) - {pid}) < 3:
                    with suppress(httpx.TransportError):
                        await ana.get("/players/me")
        stop.set()
        points = await asyncio.gather(*keeping)
        board = await ana.get(f"/sessions/{session['id']}/scoreboard")

    assert [seat["total"] for seat in board["seats"]] == points
    assert of(workers).isdisjoint(killed)


async def test_no_worker_outlives_its_supervisor(workers: Tallybook) -> None:
    orphans = [psutil.Process(pid) for pid in of(workers)]

    workers.kill()

    _, alive = psutil.wait_procs(orphans, timeout=20)
    assert not alive


def test_a_second_server_on_the_same_port_says_that_it_is_taken(
    postgres_url: str, shared: dict[str, str], tmp_path: Path
) -> None:
    with listener("127.0.0.1", 0) as of_a_worker:  # which would share its port with others like it
        of_a_worker.listen()
        port = of_a_worker.getsockname()[1]
        second = tallybook(
            tmp_path, postgres_url, "serve", "--workers", "2", "--port", str(port), more=shared
        )

    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert f"cannot listen on port {port} of 127.0.0.1: Address already in use" in second.stderr


@pytest.mark.parametrize(
    ("database", "more", "said"),
    [
        ("postgresql://nobody@localhost/nothing", {}, "needs Redis: set TALLYBOOK_REDIS_URL"),
        ("sqlite:///x.db", {"TALLYBOOK_REDIS_URL": "redis://localhost"}, "SQLite serves one process"),
    ],
)
def test_several_workers_without_what_they_need_are_refused_in_one_line(
    tmp_path: Path, database: str, more: dict[str, str], said: str
) -> None:
    refused = tallybook(tmp_path, database, "serve", "--workers", "2", more=more)

    assert refused.returncode == 2
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1
