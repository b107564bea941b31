"""The only file that knows every concrete class: it builds a server from its settings."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from importlib.metadata import version
from socket import socket
from typing import TYPE_CHECKING
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection, make_url

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, require
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.api_keys import ApiKeys
from tallybook.accounts.attempts import Attempts
from tallybook.accounts.claims import Claiming
from tallybook.accounts.emails import Emails
from tallybook.accounts.erasure import Erasure
from tallybook.accounts.follows import Following
from tallybook.accounts.inbox import Inbox
from tallybook.accounts.known import KnownPlayers
from tallybook.accounts.merges import Persons
from tallybook.accounts.names import Names
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.revocations import Revocations
from tallybook.accounts.roles import Roles
from tallybook.accounts.sign_ins import SignIns
from tallybook.accounts.tokens import AccessTokens, kept_secrets
from tallybook.bus.bus import Bus
from tallybook.bus.memory import MemoryBus
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.season_definitions import Seasons
from tallybook.catalogue.statistic_definitions import StatisticDefinitions
from tallybook.catalogue.webhooks import Webhooks
from tallybook.database.engine import Database, open_database
from tallybook.delivery.achievements import Achievements
from tallybook.delivery.analytics import GameAnalytics
from tallybook.delivery.careers import Careers
from tallybook.delivery.channels.contract import Topics
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.games import FirstPlaces, GameTopics
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.metrics import socket_metrics
from tallybook.delivery.channels.players import PlayerTopics
from tallybook.delivery.channels.rooms import RoomTopics
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.delivery.corrections import Corrections
from tallybook.delivery.dashboard import Dashboards
from tallybook.delivery.export import Export
from tallybook.delivery.feed import Feed
from tallybook.delivery.health import Health
from tallybook.delivery.history import History
from tallybook.delivery.leaderboards import Leaderboards
from tallybook.delivery.leaving import Leaving
from tallybook.delivery.library import Library
from tallybook.delivery.limits.requests import RequestLimits
from tallybook.delivery.naming import Naming
from tallybook.delivery.notifications import Notifications
from tallybook.delivery.opening import Opening
from tallybook.delivery.overtaking import Overtaking
from tallybook.delivery.own_ranks import OwnRanks
from tallybook.delivery.ratings import RatingList
from tallybook.delivery.rest.app import create_app
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.delivery.rest.routing import API
from tallybook.delivery.rest.services import Services
from tallybook.delivery.rest.watch import Scrape, Watch
from tallybook.delivery.scores import Scores
from tallybook.delivery.seasons import SeasonStandings
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.socketio.polling import Polling
from tallybook.delivery.socketio.sessions import Engine
from tallybook.delivery.socketio.websocket import carriers
from tallybook.delivery.statistics import Statistics
from tallybook.delivery.tables import Tables
from tallybook.delivery.timeline import Timelines
from tallybook.delivery.trends import Trends
from tallybook.delivery.unlocking import AchievementDesk
from tallybook.delivery.web.app import WebApp
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.ledger.following import Runner
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.metrics import WriterMetrics, following_metrics, ledger_metrics
from tallybook.ledger.writer import Writer
from tallybook.migrations import Schema, schema_of
from tallybook.play.careers import CareerDesk
from tallybook.play.desk import Desk
from tallybook.projections.analytics import Analytics
from tallybook.projections.careers import CareerStatistics, was_changed
from tallybook.projections.ratings import Ratings
from tallybook.projections.records.metrics import ranking_metrics
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.records import RELEVANT, Records
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.snapshots import CareerDays
from tallybook.projections.unlocks import Unlocks
from tallybook.ranking.memory import MemoryRanking
from tallybook.ranking.port import Ranking
from tallybook.reactions.announcing import Announcing
from tallybook.reactions.delivering import Delivering
from tallybook.reactions.notifying import Notifying
from tallybook.reactions.seasons import SeasonKeeping
from tallybook.reactions.unlocking import Unlocking
from tallybook.reactions.webhooks import Queueing
from tallybook.sessions.plugins import hosted
from tallybook.settings import Settings
from tallybook.telemetry.logs import Log, Request
from tallybook.telemetry.metrics import Metric, Number, Reading
from tallybook.telemetry.traces import sending
from tallybook.upkeep import following_projections, projections

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


def metrics(
    written: WriterMetrics,
    ledger: Ledger,
    endpoint: Endpoint,
    http: HttpMetrics,
    runner: Runner,
    ranks: Ranks,
) -> Sequence[Metric]:
    """Everything that a node counts and measures."""
    release: Reading = {(version("tallybook"),): 1}
    info = Number(
        "gauge", "tallybook_info", "1, with the release that runs.", lambda: release, labels=("version",)
    )
    return (
        info,
        *http.all,
        *socket_metrics(endpoint),
        *written.all,
        *ledger_metrics(ledger),
        *following_metrics(runner),
        *ranking_metrics(ranks.index),
    )


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
    following: Following
    ranks: Ranks
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
    inbox: Inbox


def _bus(settings: Settings, ring: Sequence[str]) -> Bus:
    """How this node speaks with others. Who shares the oldest secret belongs together."""
    if settings.redis_url is None:
        return MemoryBus()
    from tallybook.bus.redis import RedisBus

    installation = blake2b(ring[-1].encode(), digest_size=16, person=b"tallybook-bus").hexdigest()
    return RedisBus(settings.redis_url, installation)


def _ranking(settings: Settings, ring: Sequence[str], clock: Clock) -> Ranking:
    """What answers questions about ranks. Releases that make other entries of the same events share none."""
    if settings.redis_url is None:
        return MemoryRanking()
    from tallybook.ranking.redis import RedisRanking

    installation = blake2b(ring[-1].encode(), digest_size=16, person=b"tallybook-ranks").hexdigest()
    prefix = f"tallybook:ranks:{Records.version}:{installation}:"
    return RedisRanking(settings.redis_url, prefix=prefix, clock=clock)


async def _people(settings: Settings, ring: Sequence[str], ledger: Ledger, clock: Clock, bus: Bus) -> _People:
    revocations = Revocations(ledger.database, clock)
    sign_ins = SignIns(ledger, clock, revocations)
    attempts = Attempts(settings.sign_in_limit, clock, bus)
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
    inbox = Inbox(ledger.database, clock)
    claiming = Claiming(ledger, clock, persons, accounts.verify, inbox)
    return _People(accounts, roles, api_keys, persons, claiming, revocations, inbox)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything else stands on."""

    settings: Settings
    clock: Clock
    ring: Sequence[str]
    bus: Bus
    database: Database
    ledger: Ledger
    written: WriterMetrics
    directory: SessionDirectory
    unlocks: Unlocks
    records: Records
    careers: CareerStatistics
    analytics: Analytics
    ratings: Ratings
    days: CareerDays

    @property
    def behind(self) -> tuple[Analytics, Ratings, CareerDays]:
        return (self.analytics, self.ratings, self.days)


async def _ground(
    settings: Settings, clock: Clock, traces: "TracerProvider | None", stack: AsyncExitStack
) -> _Ground:
    """The database, the projections and the ledger, which runs."""
    database = open_database(settings.database_url)
    stack.push_async_callback(database.close)
    database, writer = _traced(database, traces)
    written = WriterMetrics()
    ring = settings.secret_keys or kept_secrets(settings.data_folder)
    bus = _bus(settings, ring)
    declared, behind = projections(), following_projections()
    directory, _, unlocks, records, careers = declared
    ledger = Ledger(database, declared, clock, written, writer, bus, behind)
    await ledger.start()
    stack.push_async_callback(ledger.close)
    return _Ground(
        settings, clock, ring, bus, database, ledger, written, directory, unlocks, records, careers, *behind
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    """Games and what is played at tables."""

    following: Following
    names: Names
    naming: Naming
    catalogue: Catalogue
    desk: Desk
    tables: Tables
    opening: Opening


def _tables(ground: _Ground, people: _People) -> _Tables:
    ledger, clock = ground.ledger, ground.clock
    names = Names(ground.database)
    catalogue = Catalogue(ledger, clock, hosted())
    desk = Desk(ledger)
    tables = Tables(ledger, desk, names, clock)
    opening = Opening(ledger, desk, tables, people.accounts, catalogue, clock)
    ledger.follower.subscribe(names.follow)
    return _Tables(
        Following(ground.database, people.inbox, clock),
        names,
        Naming(names),
        catalogue,
        desk,
        tables,
        opening,
    )


@dataclass(frozen=True, slots=True)
class _Records:
    """Leaderboards, achievements, seasons and webhooks."""

    desk: CareerDesk
    players: KnownPlayers
    book: BoardBook
    ranks: Ranks
    leaderboards: Leaderboards
    scores: Scores
    seasons: Seasons
    achievements: AchievementDefinitions
    unlocking: Unlocking
    webhooks: Webhooks
    delivering: Delivering


async def _records(ground: _Ground, people: _People, played: _Tables, stack: AsyncExitStack) -> _Records:
    database, ledger, clock = ground.database, ground.ledger, ground.clock
    desk = CareerDesk(ledger)
    book = BoardBook(ledger, clock)
    ranks = Ranks(database, ground.records, _ranking(ground.settings, ground.ring, clock))
    await ranks.index.start()
    stack.push_async_callback(ranks.close)
    ledger.subscribe_own(ranks.committed)
    ledger.follower.watch(ranks.index.looked)
    leaderboards = Leaderboards(
        database, ground.records, ground.directory, ranks, book,
        played.names, people.persons, played.following, clock,
    )  # fmt: skip
    players = KnownPlayers(database)
    scores = Scores(ledger, desk, book, ranks, leaderboards, players, clock)
    achievements = AchievementDefinitions(ledger, clock)
    for kept in (book, ranks.index, players, achievements):
        ledger.follower.subscribe(kept.follow)
    webhooks = Webhooks(ledger, clock, ground.ring)
    await webhooks.renew_seals()
    return _Records(
        desk,
        players,
        book,
        ranks,
        leaderboards,
        scores,
        Seasons(ledger, clock),
        achievements,
        Unlocking(database, desk, ground.directory, ground.unlocks),
        webhooks,
        Delivering(database, clock, webhooks, private=ground.settings.webhooks_to_private),
    )


@dataclass(frozen=True, slots=True)
class _Live:
    """The sockets, and who can be told something on them."""

    hub: Hub
    players: PlayerTopics
    endpoint: Endpoint


def _live(
    ground: _Ground, people: _People, played: _Tables, records: _Records, stack: AsyncExitStack
) -> _Live:
    ledger = ground.ledger

    async def authenticate(token: str) -> Actor:
        await ledger.caught_up()
        claims = people.accounts.verify(token)
        return Actor.of(claims, people.persons.merged_into(claims.player_id))

    async def see_game(actor: Actor, game_id: UUID) -> None:
        require("game.view", relations_of(actor, game=(await played.catalogue.game(game_id)).id))

    hub = Hub(ground.bus)
    rooms = RoomTopics(ledger, played.desk, played.tables, played.opening, played.names, hub, ground.clock)
    games = GameTopics(hub, see_game, FirstPlaces(records.leaderboards), RELEVANT)
    players = PlayerTopics(hub, ground.bus)
    own_ranks = OwnRanks(
        ground.database, ground.records, records.ranks, records.book,
        people.persons, ground.clock, players.tell_here,
    )  # fmt: skip
    players.watch(own_ranks.came)
    stack.push_async_callback(own_ranks.close)
    topics: dict[str, Topics] = {"room": rooms, "game": games, "player": players}
    endpoint = Endpoint(hub, authenticate, topics, clock=ground.clock)
    for kept in (games, own_ranks, rooms, endpoint):
        ledger.follower.subscribe(kept.follow)
    return _Live(hub, players, endpoint)


def _runner(ground: _Ground, people: _People, records: _Records, live: _Live) -> Runner:
    """Everything that goes on behind the ledger."""
    database, inbox = ground.database, people.inbox
    return Runner(
        ground.ledger,
        ground.clock,
        projections=ground.behind,
        reactions=[
            Notifying(database, inbox, people.persons, ground.directory),
            records.unlocking,
            Queueing(ground.ledger, records.delivering),
            Overtaking(records.leaderboards, records.book, inbox),
            Announcing(database, inbox, ground.records),
        ],
        routines=[SeasonKeeping(database, records.seasons, ground.records, ground.clock), records.delivering],
    )


def _services(
    ground: _Ground, people: _People, played: _Tables, records: _Records, live: _Live, runner: Runner
) -> Services:
    """What the endpoints of REST stand on."""
    settings, clock, database, ledger = ground.settings, ground.clock, ground.database, ground.ledger
    directory, names, naming, tables = ground.directory, played.names, played.naming, played.tables
    rated = partial(runner.reached, Ratings.name)
    by_day = partial(runner.reached, CareerDays.name)
    return Services(
        database=database,
        clock=clock,
        accounts=people.accounts,
        catalogue=played.catalogue,
        library=Library(database, played.catalogue, directory, f"{API}/sessions/history"),
        sessions=Sessions(ledger, tables, played.opening),
        history=History(database, directory, naming),
        statistics=Statistics(
            database, directory, ground.ratings, naming, clock, f"{API}/sessions/history"
        ),
        timelines=Timelines(ledger, tables, names),
        web=WebApp(),
        persons=people.persons,
        claiming=people.claiming,
        following=played.following,
        feed=Feed(database, directory, naming, people.persons, played.following),
        export=Export(ledger, clock, people.accounts, people.claiming, tables, directory),
        leaving=Leaving(
            ledger,
            people.accounts,
            played.catalogue,
            played.desk,
            directory,
            Erasure(ledger, clock, people.revocations),
        ),
        roles=people.roles,
        api_keys=people.api_keys,
        limits=RequestLimits(
            people=settings.rate_limit,
            admins=settings.admin_rate_limit,
            keys=settings.key_rate_limit,
            clock=clock,
            bus=ground.bus,
        ),
        caught_up=ledger.caught_up,
        analytics=GameAnalytics(
            database, directory, ground.analytics, clock, partial(runner.reached, Analytics.name)
        ),
        careers=Careers(database, records.desk),
        statistic_definitions=StatisticDefinitions(
            ledger, clock, lambda *asked: was_changed(asked[0], ground.careers.slot, *asked[1:])
        ),
        dashboards=Dashboards(
            database, people.persons, names, directory, ground.careers, ground.unlocks,
            ground.days, ground.ratings, lambda: asyncio.gather(rated(), by_day()),
        ),
        trends=Trends(database, people.persons, directory, ground.days, clock, by_day),
        seasons=records.seasons,
        season_standings=SeasonStandings(database, records.seasons, ground.records, records.ranks, names),
        corrections=Corrections(database, tables, people.persons, ground.ratings, projections),
        ratings=RatingList(database, names, ground.ratings, rated),
        notifications=Notifications(database, people.inbox, names, live.players.tell),
        webhooks=records.webhooks,
        delivering=records.delivering,
        achievements=Achievements(
            database, records.achievements, ground.unlocks, directory, records.unlocking, f"{API}/sessions"
        ),
        achievement_desk=AchievementDesk(
            ledger, records.desk, records.achievements, people.persons, records.players, clock,
            records.leaderboards.points_rank,
        ),
        book=records.book,
        scores=records.scores,
        leaderboards=records.leaderboards,
    )  # fmt: skip


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
        ground = await _ground(settings, clock, traces, stack)
        ledger = ground.ledger
        people = await _people(settings, ground.ring, ledger, clock, ground.bus)
        stack.callback(people.accounts.close)
        played = _tables(ground, people)
        records = await _records(ground, people, played, stack)
        live = _live(ground, people, played, records, stack)
        runner = _runner(ground, people, records, live)
        services = _services(ground, people, played, records, live, runner)
        await ground.bus.start()
        stack.push_async_callback(ground.bus.close)
        if live.hub.neighbours is not None:
            live.hub.neighbours.start()
            stack.callback(live.hub.neighbours.close)
        runner.start()
        stack.push_async_callback(runner.close)
        health = Health(ledger, _foreign)
        stack.push_async_callback(health.close)
        http = HttpMetrics()
        measured = metrics(ground.written, ledger, live.endpoint, http, runner, records.ranks)
        watch = Watch(health, Scrape(measured, settings.metrics_token), http, log_request, traces)
        yield Node(
            ledger,
            played.desk,
            people.accounts,
            people.roles,
            played.catalogue,
            played.following,
            records.ranks,
            live.endpoint,
            create_app(services, watch),
        )


def settle_collector() -> None:
    """Take what exists by now for permanent: looking through it costs a fifth of the time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def open_log(settings: Settings, clock: Clock) -> Log:
    """The process's log, which knows what must never be in it."""
    secrets = settings.secret_keys or kept_secrets(settings.data_folder)
    urls = filter(None, (settings.database_url, settings.redis_url))
    passwords = [make_url(url).password for url in urls]
    secrets += tuple(filter(None, (settings.metrics_token, *passwords)))
    log = Log(sys.stderr, clock, form=settings.log_format, secrets=secrets)
    log.install(settings.log_level)
    return log


async def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    listener: socket | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the address when requests are answered.

    A `listener` that is bound already is served in the place of `host` and `port`.
    """
    clock = SystemClock()
    log = open_log(settings, clock)
    log_request = log.request if settings.access_log and settings.log_level in {"debug", "info"} else None
    with sending() as traces:
        async with node(settings, clock, log_request=log_request, traces=traces) as running:
            await _serve(running, host=host, port=port, listener=listener, ready=ready)


async def _serve(
    running: Node, *, host: str, port: int, listener: socket | None, ready: Callable[[str], None]
) -> None:
    """Answer requests until the end is asked for."""
    settle_collector()
    engine = Engine(running.endpoint)
    config = uvicorn.Config(
        Polling(engine, running.app),
        host=host,
        port=port,
        http=http_protocol(running.endpoint, carriers(engine)),
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=4096,
    )
    server = Server(config, running.endpoint, running.ledger.drain, ready)
    await server.serve(None if listener is None else [listener])
