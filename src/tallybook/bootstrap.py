"""The only file that knows every concrete class: it builds a server from its settings."""

import gc
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection, make_url

from tallybook.access.actor import Actor
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.api_keys import ApiKeys
from tallybook.accounts.attempts import Attempts
from tallybook.accounts.claims import Claiming
from tallybook.accounts.emails import Emails
from tallybook.accounts.erasure import Erasure
from tallybook.accounts.follows import Following
from tallybook.accounts.merges import Persons
from tallybook.accounts.names import Names
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.revocations import Revocations
from tallybook.accounts.roles import Roles
from tallybook.accounts.sign_ins import SignIns
from tallybook.accounts.tokens import AccessTokens, kept_secrets
from tallybook.catalogue.catalogue import Catalogue
from tallybook.database.engine import Database, open_database
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.metrics import socket_metrics
from tallybook.delivery.channels.rooms import RoomTopics
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.delivery.export import Export
from tallybook.delivery.feed import Feed
from tallybook.delivery.health import Health
from tallybook.delivery.history import History
from tallybook.delivery.leaving import Leaving
from tallybook.delivery.library import Library
from tallybook.delivery.naming import Naming
from tallybook.delivery.opening import Opening
from tallybook.delivery.rest.app import create_app
from tallybook.delivery.rest.frame import API
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.delivery.rest.services import Services
from tallybook.delivery.rest.watch import Scrape, Watch
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.statistics import Statistics
from tallybook.delivery.tables import Tables
from tallybook.delivery.timeline import Timelines
from tallybook.delivery.web.app import WebApp
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.ledger.append import Projection
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.metrics import WriterMetrics, ledger_metrics
from tallybook.ledger.read import last_position
from tallybook.ledger.rebuild import rebuild as fold_again
from tallybook.ledger.verify import Report
from tallybook.ledger.verify import verify as prove
from tallybook.ledger.writer import Writer
from tallybook.migrations import Schema, schema_of
from tallybook.play.desk import Desk
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.values import SessionValues
from tallybook.sessions.plugins import hosted
from tallybook.settings import Settings
from tallybook.telemetry.logs import Log, Request
from tallybook.telemetry.metrics import Metric, Number, Reading
from tallybook.telemetry.traces import sending

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

Progress = Callable[[int, int], None]  # done, of how many


def projections() -> tuple[Projection, ...]:
    """Every in-transaction projection, in the order in which each batch is applied."""
    return (SessionDirectory(), SessionValues())


def metrics(
    written: WriterMetrics, ledger: Ledger, endpoint: Endpoint, http: HttpMetrics
) -> Sequence[Metric]:
    """Everything that a node counts and measures."""
    release: Reading = {(version("tallybook"),): 1}
    info = Number(
        "gauge", "tallybook_info", "1, with the release that runs.", lambda: release, labels=("version",)
    )
    return (info, *http.all, *socket_metrics(endpoint), *written.all, *ledger_metrics(ledger))


def _traced(database: Database, traces: "TracerProvider | None") -> tuple[Database, Callable[..., Writer]]:
    """The database and the kind of writer a node works with: such as leave traces, if it is to."""
    if traces is None:
        return database, Writer
    from tallybook.database.traced import TracedDatabase
    from tallybook.ledger.traced import TracedWriter

    return TracedDatabase(database, traces), partial(TracedWriter, traces=traces)


def _foreign(connection: Connection) -> bool:
    return schema_of(connection) is not Schema.CURRENT


@dataclass(frozen=True, slots=True)
class Node:
    """One running process of Tallybook."""

    ledger: Ledger
    desk: Desk
    accounts: Accounts
    roles: Roles
    catalogue: Catalogue
    endpoint: Endpoint
    app: FastAPI


@dataclass(frozen=True, slots=True)
class _People:
    """Who somebody is, and who may say so."""

    accounts: Accounts
    roles: Roles
    api_keys: ApiKeys
    persons: Persons
    claiming: Claiming
    revocations: Revocations


async def _people(settings: Settings, ledger: Ledger, clock: Clock) -> _People:
    ring = settings.secret_keys or kept_secrets(settings.data_folder)
    revocations = Revocations(ledger.database, clock)
    sign_ins = SignIns(ledger, clock, revocations)
    attempts = Attempts(settings.sign_in_limit, clock)
    tokens = AccessTokens(ring, clock)
    accounts = Accounts(ledger, clock, tokens, Passwords(), attempts, Emails(ring), sign_ins)
    api_keys = ApiKeys(ledger, clock)
    persons = Persons(ledger, clock)
    for kept in (revocations, api_keys, persons):
        ledger.follower.subscribe(kept.follow)
    await revocations.load()
    await persons.load()
    await accounts.renew_emails()
    roles = Roles(ledger, clock, sign_ins)
    return _People(
        accounts, roles, api_keys, persons, Claiming(ledger, clock, persons, accounts.verify), revocations
    )


@asynccontextmanager
async def node(
    settings: Settings,
    clock: Clock | None = None,
    *,
    log_request: Callable[[Request], None] | None = None,
    traces: "TracerProvider | None" = None,
) -> AsyncIterator[Node]:
    """Everything a process serves with, on a schema that is up to date; closed at the end of the block."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        directory = SessionDirectory()
        database, writer = _traced(database, traces)
        written = WriterMetrics()
        ledger = Ledger(database, (directory, SessionValues()), clock, written, writer)
        await ledger.start()
        stack.push_async_callback(ledger.close)

        people = await _people(settings, ledger, clock)
        stack.callback(people.accounts.close)
        following = Following(database)
        names = Names(database)
        naming = Naming(names)
        catalogue = Catalogue(ledger, clock, hosted())
        library = Library(database, catalogue, directory, f"{API}/sessions/history")

        desk = Desk(ledger)
        tables = Tables(ledger, desk, names, clock)
        opening = Opening(ledger, desk, tables, people.accounts, catalogue, clock)
        sessions = Sessions(ledger, tables, opening)

        async def authenticate(token: str) -> Actor:
            claims = people.accounts.verify(token)
            return Actor.of(claims, people.persons.merged_into(claims.player_id))

        hub = Hub()
        rooms = RoomTopics(ledger, desk, tables, opening, names, hub, clock)
        endpoint = Endpoint(hub, authenticate, {"room": rooms}, clock=clock)
        ledger.follower.subscribe(names.follow)
        ledger.follower.subscribe(rooms.follow)
        ledger.follower.subscribe(endpoint.follow)

        services = Services(
            database,
            clock,
            people.accounts,
            catalogue,
            library,
            sessions,
            History(database, directory, naming),
            Statistics(database, directory, naming, clock, f"{API}/sessions/history"),
            Timelines(ledger, tables, names),
            WebApp(),
            people.persons,
            people.claiming,
            following,
            Feed(database, directory, naming, people.persons, following),
            Export(ledger, clock, people.accounts, people.claiming, tables, directory),
            Leaving(
                ledger,
                people.accounts,
                catalogue,
                desk,
                directory,
                Erasure(ledger, clock, people.revocations),
            ),
            people.roles,
            people.api_keys,
        )
        health = Health(ledger, _foreign)
        stack.push_async_callback(health.close)
        http = HttpMetrics()
        watch = Watch(
            health,
            Scrape(metrics(written, ledger, endpoint, http), settings.metrics_token),
            http,
            log_request,
            traces,
        )
        yield Node(
            ledger, desk, people.accounts, people.roles, catalogue, endpoint, create_app(services, watch)
        )


def settle_collector() -> None:
    """Take what exists by now for permanent: looking through it costs a fifth of the time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


async def serve(
    settings: Settings, *, host: str, port: int, ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the address when requests are answered."""
    clock = SystemClock()
    secrets = settings.secret_keys or kept_secrets(settings.data_folder)
    secrets += tuple(filter(None, (settings.metrics_token, make_url(settings.database_url).password)))
    log = Log(sys.stderr, clock, form=settings.log_format, secrets=secrets)
    log.install(settings.log_level)
    log_request = log.request if settings.access_log and settings.log_level in {"debug", "info"} else None
    with sending() as traces:
        async with node(settings, clock, log_request=log_request, traces=traces) as running:
            await _serve(running, host=host, port=port, ready=ready)


async def _serve(running: Node, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer requests until the end is asked for."""
    settle_collector()
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
