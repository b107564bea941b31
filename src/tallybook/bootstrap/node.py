"""One process of Tallybook, put together from its settings."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.follows import Following
from tallybook.accounts.roles import Roles
from tallybook.bootstrap.ground import Ground, build_ground
from tallybook.bootstrap.live import Live, build_live
from tallybook.bootstrap.people import People, build_people
from tallybook.bootstrap.played import build_played
from tallybook.bootstrap.scoring import Scoring, build_scoring
from tallybook.bootstrap.services import build_services
from tallybook.catalogue.catalogue import Catalogue
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.metrics import socket_metrics
from tallybook.delivery.health import Health
from tallybook.delivery.overtaking import Overtaking
from tallybook.delivery.rest.app import Api, create_app
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.delivery.rest.watch import Scrape, Watch
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.ledger.following import Runner
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.metrics import WriterMetrics, following_metrics, ledger_metrics
from tallybook.migrations import Schema, schema_of
from tallybook.play.desk import Desk
from tallybook.projections.records.metrics import ranking_metrics
from tallybook.projections.records.ranks import Ranks
from tallybook.reactions.announcing import Announcing
from tallybook.reactions.filling import Filling
from tallybook.reactions.notifying import Notifying
from tallybook.reactions.seasons import SeasonKeeping
from tallybook.reactions.webhooks import Queueing
from tallybook.settings import Settings
from tallybook.telemetry.logs import Request
from tallybook.telemetry.metrics import Metric, Number, Reading

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
    app: Api
    runner: Runner


def _runner(ground: Ground, people: People, scoring: Scoring, live: Live) -> Runner:
    """Everything that goes on behind the ledger."""
    database, inbox = ground.database, people.inbox
    return Runner(
        ground.ledger,
        ground.clock,
        projections=ground.behind,
        reactions=[
            Notifying(database, inbox, people.persons, ground.directory),
            scoring.unlocking,
            Queueing(ground.ledger, scoring.delivering),
            Overtaking(scoring.leaderboards, scoring.book, inbox),
            Announcing(database, inbox, ground.records),
            Filling(database, scoring.book, ground.records, ground.clock),
        ],
        routines=[SeasonKeeping(database, scoring.seasons, ground.records, ground.clock), scoring.delivering],
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
        ground = await build_ground(settings, clock, traces, stack)
        people = await build_people(ground, stack)
        played = build_played(ground, people)
        scoring = await build_scoring(ground, people, played, stack)
        live = build_live(ground, people, played, scoring, stack)
        runner = _runner(ground, people, scoring, live)
        services = build_services(ground, people, played, scoring, live, runner)
        await ground.bus.start()
        stack.push_async_callback(ground.bus.close)
        if live.hub.neighbours is not None:
            live.hub.neighbours.start()
            stack.callback(live.hub.neighbours.close)
        runner.start()
        stack.push_async_callback(runner.close)
        health = Health(ground.ledger, _foreign)
        stack.push_async_callback(health.close)
        http = HttpMetrics()
        measured = metrics(ground.written, ground.ledger, live.endpoint, http, runner, scoring.ranks)
        watch = Watch(health, Scrape(measured, settings.metrics_token), http, log_request, traces)
        yield Node(
            ground.ledger,
            played.desk,
            people.accounts,
            people.roles,
            played.catalogue,
            played.following,
            scoring.ranks,
            live.endpoint,
            create_app(services, watch),
            runner,
        )
