"""How long a start takes, from the command to the first answered request, on an existing database."""

import asyncio
import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.databases import Databases, both
from tallybook.migrations import upgrade
from tests.servers.server import free_port

ROUNDS = 7
PATH = "/api/v1/sessions"  # refused without a token, after everything that serves it has been loaded


def _start(url: str, folder: Path) -> float:
    port = free_port()
    environment = {**os.environ, "TALLYBOOK_DATABASE_URL": url}
    command: list[str | Path] = [Path(sys.executable).parent / "tallybook", "serve", "--port", str(port)]
    started = perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, cwd=folder, stdout=quiet, stderr=quiet) as process:
        while not _answers(port):
            assert process.poll() is None, "the server ended"
            time.sleep(0.005)
        seconds = perf_counter() - started
        process.send_signal(signal.SIGTERM)
    return seconds


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", PATH)
        connection.getresponse().read()
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()
    return True


def measure(databases: Databases, folder: Path) -> list[float]:
    url = databases.empty()
    asyncio.run(upgrade(url))
    _start(url, folder)  # compiles what has not been imported before
    return [_start(url, folder) for _ in range(ROUNDS)]


def main() -> None:
    with both() as kinds:
        folder = kinds[1].folder
        for databases in kinds:
            seconds = measure(databases, folder)
            print(
                f"  {databases.name:<11} start to first answer: median {median(seconds):.2f} s, "
                f"best {min(seconds):.2f} s, worst {max(seconds):.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
