"""Live updates over sockets, all the way, against a bare loop over the same statements and batches."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import process_time
from typing import Any, TypeVar

import httpx
import uvicorn
import uvloop

from benchmarks.databases import Databases, both
from benchmarks.scorekeepers import Figures, Place, Scorekeepers
from benchmarks.statements import recording, replay
from tallybook.bootstrap.node import Node, node
from tallybook.bootstrap.serving import settle_collector
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.migrations import upgrade
from tallybook.settings import Settings

WARM_UP = 1.5  # seconds
MEASURED = 5.0
RECORDED = 2.5
REPLAYS = 3  # of which the middle one counts: each takes less than a second
API = "/api/v1"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mode:
    """How many sessions there are, sockets that write to each, and commands that each has under way."""

    sessions: int
    sockets: int
    under_way: int = 1

    def __str__(self) -> str:
        return f"{self.sessions} sessions x {self.sockets} sockets, {self.under_way} under way"


MODES = (Mode(500, 1), Mode(100, 1), Mode(1, 50), Mode(1, 50, 8))


def _settings(url: str) -> Settings:
    return Settings(
        database_url=url, secret_keys=("k" * 32,), sign_in_limit="100000/minute", rate_limit="1000000/minute"
    )


async def _each(number: int, make: Callable[[int], Awaitable[T]]) -> list[T]:
    """Make several things, a hundred at a time, so that they share their commits."""
    made: list[T] = []
    for start in range(0, number, 100):
        made += await asyncio.gather(*(make(n) for n in range(start, min(number, start + 100))))
    return made


async def _set_up(running: Node, mode: Mode) -> list[Place]:
    """Sessions with four seats; everybody who writes is a player of their own and keeps the score."""
    transport = httpx.ASGITransport(app=running.app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://localhost{API}") as client:

        async def call(method: str, path: str, body: object, token: str = "") -> Any:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

        post = partial(call, "POST")

        people = await _each(
            mode.sessions * mode.sockets, lambda n: post("/auth/guest", {"display_name": f"Guest {n}"})
        )
        first = str(people[0]["access_token"])
        game = await post("/games", {"name": "Darts", "win": "highest"}, first)
        stats = [{"name": "Points", "data_type": "integer", "scoring": True}]
        stat_set = await post(f"/games/{game['id']}/stat-sets", {"name": "Points", "stats": stats}, first)

        async def open_session(number: int) -> list[Place]:
            keepers = people[number * mode.sockets : (number + 1) * mode.sockets]
            token = keepers[0]["access_token"]
            ids = [keeper["player"]["id"] for keeper in keepers]
            seats = [{"player_id": ids[0]}, *({"name": name} for name in ("Ana", "Ben", "Cleo"))]
            opened = {"game_id": game["id"], "stat_set_id": stat_set["id"], "seats": seats, "public": True}
            session = await post("/sessions", opened, token)
            for id_ in ids[1:]:
                await call("PUT", f"/sessions/{session['id']}/scorekeepers/{id_}", {}, token)
            return [Place(keeper["access_token"], session["key"], n % 4) for n, keeper in enumerate(keepers)]

        return [place for places in await _each(mode.sessions, open_session) for place in places]


@asynccontextmanager
async def _serving(url: str) -> AsyncIterator[int]:
    """The whole server in this process; its port."""
    async with node(_settings(url)) as running:
        settle_collector()
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        config = uvicorn.Config(
            running.app,
            http=http_protocol(running.endpoint),
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        server = Server(config, running.endpoint, running.ledger.drain)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@dataclass(frozen=True, slots=True)
class Measured:
    figures: Figures
    updates: float  # a second
    cpu: float  # seconds of the server's process an update
    bare: float  # updates a second
    sizes: Sequence[int]


async def measure(databases: Databases, mode: Mode) -> Measured:
    url = databases.empty()
    await upgrade(url)
    async with node(_settings(url)) as running:
        places = await _set_up(running, mode)
    lacking = [databases.copy(url) for _ in range(REPLAYS)]
    async with _serving(url) as port:
        load = await Scorekeepers.start(port, places, under_way=mode.under_way)
        load.go()
        await asyncio.sleep(WARM_UP)
        await load.figures()
        loop = asyncio.get_running_loop()
        started, cpu = loop.time(), process_time()
        await asyncio.sleep(MEASURED)
        figures = await load.figures()
        seconds, cpu = loop.time() - started, process_time() - cpu
        with recording() as recorded:
            await asyncio.sleep(RECORDED)
        await load.end()
    bare = median([await replay(recorded, copy) for copy in lacking])
    return Measured(figures, figures.updates / seconds, cpu / figures.updates, bare, recorded.sizes)


async def run(modes: Sequence[Mode] = MODES) -> None:
    with both() as kinds:
        for mode in modes:
            print(mode)
            for databases in kinds:
                m = await measure(databases, mode)
                f = m.figures
                print(
                    f"  {databases.name:<11}{m.updates:>8,.0f} updates/s   bare {m.bare:>8,.0f}/s"
                    f"   ratio {m.updates / m.bare:.2f}   p50 {f.p50 * 1e3:.1f} ms   p99 {f.p99 * 1e3:.1f} ms"
                    f"   batches of {median(m.sizes):.0f} (to {max(m.sizes)})"
                    f"   server CPU {m.cpu * 1e6:.0f} us, {f.events / f.updates:.1f} events heard an update",
                    flush=True,
                )


def main() -> None:
    uvloop.run(run())


if __name__ == "__main__":
    chosen = [MODES[int(number)] for number in sys.argv[1:]]
    uvloop.run(run(chosen or MODES))
