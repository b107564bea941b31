"""History and statistics of somebody who played much, in small and large databases, against a plain route."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter, process_time
from uuid import UUID

import httpx
import uvicorn
import uvloop
from fastapi import FastAPI, Response
from sqlalchemy import Connection, text

from benchmarks.databases import both
from benchmarks.machine import Taken
from benchmarks.requests import Figures, ask
from tallybook.accounts.players import insert_player
from tallybook.bootstrap.node import node
from tallybook.bootstrap.serving import settle_collector
from tallybook.database.engine import open_database
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.delivery.rest.routing import API
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Event, Recorded, registry
from tallybook.migrations import upgrade
from tallybook.projections.sessions import SessionDirectory
from tallybook.rules.protocol import Config, Seat
from tallybook.sessions.events import Result, SeatResult, SessionCreated, SessionFinished, SessionStarted
from tallybook.settings import Settings

TOTALS = (20_000, 200_000)  # sessions in the database
MUCH = 5_000  # of them by the one who asks
PEOPLE, GAMES, FRIENDS, FAVOURITES = 2_000, 200, 60, 30
CONNECTIONS, SEARCHING = 32, 4  # SEARCHING look for a name, which nobody does all the time
SECONDS, WARM_UP = 5.0, 1.0
BEGIN, HOUR = 1_700_000_000_000_000, 3_600_000_000
BATCH = 500  # sessions


def _person(number: int) -> UUID:
    return UUID(int=0x7_0000_0000 + number)


def _game(number: int) -> UUID:
    return UUID(int=0x8_0000_0000 + number)


def _session(number: int, seats: Sequence[UUID], game: int) -> Iterator[Recorded]:
    """The events of a session, an hour after the one before; the winners alternate."""
    session_id = UUID(int=0x9_0000_0000 + number)
    scores = [(number * 7 + seat * 13) % 90 for seat in range(len(seats))]
    created = SessionCreated(
        room_id=UUID(int=0xA_0000_0000 + number),
        key="ABC234",
        public=number % 2 == 0,
        game_id=_game(game),
        rules="scoresheet",
        rules_version=1,
        config=Config(),
        seats=tuple(Seat(seat, player) for seat, player in enumerate(seats)),
        host_id=seats[0],
        scorekeepers=(seats[0],),
    )
    result = Result(
        tuple(
            SeatResult(
                seat=seat,
                player_id=player,
                place=1 + sum(other > scores[seat] for other in scores),
                winner=scores[seat] == max(scores),
                score=scores[seat],
            )
            for seat, player in enumerate(seats)
        ),
        rounds=1,
        win="highest",
    )
    told: tuple[Event, ...] = (created, SessionStarted(), SessionFinished(result))
    for index, event in enumerate(told):
        at = BEGIN + number * HOUR + index * HOUR // 4
        position = number * 3 + index + 1
        name = registry.name_of(event)
        yield Recorded(session_id, index, position, name, b"", None, None, None, at, b"", event)


def _sessions(numbers: range, one: UUID) -> Iterator[Recorded]:
    """`MUCH` of the first `TOTALS[0]` sessions are played by `one`, with friends at favourite games."""
    every = TOTALS[0] // MUCH
    for number in numbers:
        size = 2 + number % 3
        if number < TOTALS[0] and number % every == 0:
            others = [_person((number // every * 11 + seat) % FRIENDS) for seat in range(size)]
            yield from _session(number, [one, *others], number // every % FAVOURITES)
        else:
            seats = [_person((number * 31 + seat * 17) % PEOPLE) for seat in range(size + 1)]
            yield from _session(number, list(dict.fromkeys(seats)), number % GAMES)


def _settings(url: str) -> Settings:
    return Settings(database_url=url, secret_keys=("k" * 32,), rate_limit="1000000/minute")


async def _fill(url: str, numbers: range, one: UUID) -> float:
    """Let the projection take the sessions in; how many a second."""
    database = open_database(url, patient=True)
    directory = SessionDirectory()
    began = perf_counter()
    try:
        for start in range(numbers.start, numbers.stop, BATCH):
            batch = list(_sessions(range(start, min(numbers.stop, start + BATCH)), one))
            await database.write(partial(directory.apply, slot="a", events=batch))
        await database.write(_settle)
    finally:
        await database.close()
    return len(numbers) / (perf_counter() - began)


def _settle(connection: Connection) -> None:
    """What a server's housekeeping would have done by the time that much was played."""
    connection.execute(text("ANALYZE"))


@asynccontextmanager
async def _listening(app: FastAPI, http: type[asyncio.Protocol]) -> AsyncIterator[int]:
    """An application served in this process, spoken with as by a server; its port."""
    settle_collector()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(app, http=http, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def _asked(
    app: FastAPI,
    http: type[asyncio.Protocol],
    paths: Sequence[str],
    token: str,
    connections: int = CONNECTIONS,
) -> tuple[Figures, float]:
    """What the clients saw, and the seconds of this process's CPU a request."""
    async with _listening(app, http) as port:
        began = process_time()
        figures = await ask(port, paths, token, connections=connections, seconds=SECONDS, warm_up=WARM_UP)
        return figures, (process_time() - began) / figures.requests * SECONDS / (SECONDS + WARM_UP)


async def _person_who_asks(url: str) -> tuple[UUID, str]:
    """Somebody with a token, and people with names."""
    async with node(_settings(url)) as running:
        asking = await running.accounts.guest("Ana")

        def name_everybody(connection: Connection) -> None:
            for number in range(PEOPLE):
                insert_player(connection, _person(number), "named", f"Person {number}", BEGIN)

        await running.ledger.database.write(name_everybody)
    return asking.player.id, asking.access_token


def _pages(one: UUID) -> dict[str, list[str]]:
    """What is asked for, by what it is called here."""
    lists = f"{API}/sessions/history?limit=50"
    games = [f"&game_id={_game(number)}" for number in range(FAVOURITES)]
    return {
        "history": [lists],
        # Each asked for once: what was found for one is of no use to the next.
        "up to a time": [f"{lists}&to={iso(BEGIN + number * HOUR)}" for number in range(TOTALS[0])],
        "of a game": [f"{lists}&player_id={one}{game}" for game in games],
        "wins against": [
            f"{lists}&player_id={one}&outcome=won&opponent_id={_person(number)}" for number in range(FRIENDS)
        ],
        "text search": [f"{lists}&q=person%20{number}" for number in range(1_000, 1_050)],
        "figures": [f"{API}/players/{one}/stats"],
        "of one game": [f"{API}/players/{one}/stats?{game[1:]}" for game in games],
        "of others": [f"{API}/players/{_person(number)}/stats" for number in range(PEOPLE)],
    }


async def _plain(http: type[asyncio.Protocol], body: bytes) -> tuple[Figures, float]:
    """A route of the framework that answers the same bytes, with nothing behind it."""
    app = FastAPI(openapi_url=None)

    @app.get("/plain")
    async def plain() -> Response:
        return Response(body, media_type="application/json")

    return await _asked(app, http, ["/plain"], "none")


async def _body(app: FastAPI, path: str, token: str) -> bytes:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, answer.text
        return answer.content


async def _measure(url: str, one: UUID, token: str) -> None:
    async with node(_settings(url)) as running:
        http = http_protocol(running.endpoint, quick=running.app.quick)
        for name, paths in _pages(one).items():
            connections = SEARCHING if "&q=" in paths[0] else CONNECTIONS
            taken = Taken()
            figures, cpu = await _asked(running.app, http, paths, token, connections)
            by_others = str(taken)
            plain, bare = await _plain(http, await _body(running.app, paths[0], token))
            print(
                f"    {name:<13}{figures.requests / SECONDS:>7,.0f}/s   p50 {figures.p50 * 1e3:>5.1f} ms"
                f"   p99 {figures.p99 * 1e3:>5.1f} ms   server CPU {cpu * 1e6:>5.0f} us"
                f"   {by_others:>3} taken"
                f"   {figures.size / 1024:>5.1f} KiB   plain {plain.requests / SECONDS:>6,.0f}/s,"
                f" p99 {plain.p99 * 1e3:.1f} ms, {bare * 1e6:.0f} us"
                f"   ratio {figures.requests / plain.requests:.2f}, CPU {cpu / bare:.1f}",
                flush=True,
            )


async def _run(totals: Sequence[int]) -> None:
    with both() as kinds:
        for databases in kinds:
            print(databases.name)
            url = databases.empty()
            await upgrade(url)
            one, token = await _person_who_asks(url)
            filled = 0
            for total in totals:
                rate = await _fill(url, range(filled, total), one)
                filled = total
                print(f"  {total:,} sessions, {MUCH:,} of them by the player ({rate:,.0f} taken in a second)")
                await _measure(url, one, token)


def main() -> None:
    uvloop.run(_run(TOTALS))


if __name__ == "__main__":
    uvloop.run(_run([int(total) for total in sys.argv[1:]] or TOTALS))
