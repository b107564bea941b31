"""`tallybook serve --workers`: what the supervisor starts, and how a worker knows its place."""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from socket import socket

import typer

from tallybook.bootstrap.serving import open_log, serve
from tallybook.cli.listening import listener
from tallybook.cli.supervisor import READY, Failed, Supervisor
from tallybook.kernel.clock import SystemClock
from tallybook.settings import Settings


async def supervise(settings: Settings, reserved: socket, workers: int, ready: Callable[[str], None]) -> None:
    """Serve with several workers until SIGTERM or SIGINT; `ready` hears the address when all answer."""
    open_log(settings, SystemClock())
    with reserved:
        host, port = reserved.getsockname()[:2]
        command = _command(settings, host, port)
        supervisor = Supervisor(command, workers, lambda: ready(f"http://{host}:{port}"))
        try:
            ended_well = await supervisor.run()
        except Failed as failed:
            raise typer.Exit(failed.code) from None
        if not ended_well:
            raise typer.Exit(1)


def _command(settings: Settings, host: str, port: int) -> Sequence[str]:
    logs = ["--log-level", settings.log_level, "--access-log" if settings.access_log else "--no-access-log"]
    if settings.log_format is not None:
        logs += ["--log-format", settings.log_format]
    # -P: a folder that happens to be called tallybook must not be taken for this one.
    program = [sys.executable, "-P", "-m", "tallybook.cli"]
    return [*program, "serve", "--worker", "--host", host, "--port", str(port), *logs]


async def work(settings: Settings, host: str, port: int) -> None:
    """Serve as one of several workers, until the supervisor says so or is no more."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(sys.stdin)
        signal.raise_signal(signal.SIGTERM)

    def ready(_address: str) -> None:
        loop.add_reader(sys.stdin, gone)  # nothing is ever written to it
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()

    with listener(host, port) as bound:
        await serve(settings, [bound], ready)
