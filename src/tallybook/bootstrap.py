"""The only file that knows every concrete class: it builds a server from its settings."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI

from tallybook.access.actor import Actor
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.attempts import Attempts
from tallybook.accounts.names import Names
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.tokens import AccessTokens, kept_secrets
from tallybook.catalogue.catalogue import Catalogue
from tallybook.database.engine import open_database
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.rooms import RoomTopics
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.delivery.opening import Opening
from tallybook.delivery.rest.app import create_app
from tallybook.delivery.rest.services import Services
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.tables import Tables
from tallybook.delivery.web.app import WebApp
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.ledger.append import Projection
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import last_position
from tallybook.ledger.rebuild import rebuild as fold_again
from tallybook.ledger.verify import Report
from tallybook.ledger.verify import verify as prove
from tallybook.play.desk import Desk
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.values import SessionValues
from tallybook.sessions.plugins import hosted
from tallybook.settings import Settings

Progress = Callable[[int, int], None]  # done, of how many


def projections() -> tuple[Projection, ...]:
    """Every in-transaction projection, in the order in which each batch is applied."""
    return (SessionDirectory(), SessionValues())


@dataclass(frozen=True, slots=True)
class Node:
    """One running process of Tallybook."""

    ledger: Ledger
    accounts: Accounts
    endpoint: Endpoint
    app: FastAPI


@asynccontextmanager
async def node(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Node]:
    """Everything a process serves with, on a schema that is up to date; closed at the end of the block."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        directory = SessionDirectory()
        ledger = Ledger(database, (directory, SessionValues()), clock)
        await ledger.start()
        stack.push_async_callback(ledger.close)

        tokens = AccessTokens(settings.secret_keys or kept_secrets(settings.data_folder), clock)
        accounts = Accounts(ledger, clock, tokens, Passwords(), Attempts(settings.sign_in_limit, clock))
        stack.callback(accounts.close)
        names = Names(database)
        catalogue = Catalogue(ledger, clock, hosted())

        desk = Desk(ledger)
        tables = Tables(ledger, desk, names, clock)
        opening = Opening(ledger, desk, tables, accounts, catalogue, clock)
        sessions = Sessions(ledger, tables, opening, directory, names)

        async def authenticate(token: str) -> Actor:
            return Actor.of(accounts.verify(token))

        hub = Hub()
        rooms = RoomTopics(ledger, desk, tables, opening, names, hub, clock)
        endpoint = Endpoint(hub, authenticate, {"room": rooms}, clock=clock)
        ledger.follower.subscribe(names.follow)
        ledger.follower.subscribe(rooms.follow)

        services = Services(database, clock, accounts, catalogue, sessions, WebApp())
        yield Node(ledger, accounts, endpoint, create_app(services))


async def serve(
    settings: Settings, *, host: str, port: int, ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the address when requests are answered."""
    async with node(settings) as running:
        # What exists by now stays; looking through it again and again costs a fifth of the time under load.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        gc.enable()
        config = uvicorn.Config(
            running.app,
            host=host,
            port=port,
            http=http_protocol(running.endpoint),
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=4096,
        )
        await Server(config, running.endpoint, running.ledger.drain, ready).serve()


async def rebuild(settings: Settings, name: str, progress: Progress) -> int:
    """Fold one projection again from event 0; how many events that were."""
    database = open_database(settings.database_url, patient=True)
    try:
        total = await database.read(last_position)
        return await fold_again(database, projections(), name, lambda done: progress(done, total))
    finally:
        await database.close()


async def verify(settings: Settings, progress: Progress) -> Report:
    """Prove the whole ledger."""
    database = open_database(settings.database_url, patient=True)
    try:
        total = await database.read(last_position)
        return await database.read(partial(prove, progress=lambda done: progress(done, total)))
    finally:
        await database.close()
