"""A node that listens, until it is asked to end."""

import gc
import sys
from collections.abc import Callable, Sequence
from socket import socket

import uvicorn
from sqlalchemy import make_url

from tallybook.accounts.tokens import kept_secrets
from tallybook.bootstrap.node import Node, node
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.upgrade import http_protocol
from tallybook.delivery.socketio.polling import Polling
from tallybook.delivery.socketio.sessions import Engine
from tallybook.delivery.socketio.websocket import carriers
from tallybook.kernel.clock import Clock, SystemClock
from tallybook.settings import Settings
from tallybook.telemetry.logs import Log
from tallybook.telemetry.traces import sending


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
    settings: Settings, listeners: Sequence[socket], ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve on bound sockets until SIGTERM or SIGINT; `ready` hears the first one's address when requests
    are answered."""
    clock = SystemClock()
    log = open_log(settings, clock)
    log_request = log.request if settings.access_log and settings.log_level in {"debug", "info"} else None
    with sending() as traces:
        async with node(settings, clock, log_request=log_request, traces=traces) as running:
            await _serve(running, listeners, ready)


async def _serve(running: Node, listeners: Sequence[socket], ready: Callable[[str], None]) -> None:
    """Answer requests until the end is asked for."""
    settle_collector()
    engine = Engine(running.endpoint)
    config = uvicorn.Config(
        Polling(engine, running.app),
        http=http_protocol(running.endpoint, carriers(engine), running.app.quick),
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=4096,
    )
    server = Server(config, running.endpoint, running.ledger.drain, ready)
    await server.serve(list(listeners))
