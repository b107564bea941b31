"""`tallybook serve` as a real process that tests may stop, kill and start again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from tests.servers.server import free_port

PROGRAM = Path(sys.executable).parent / "tallybook"
START_SECONDS = 60
END_SECONDS = 10  # the server's own promise


def environment(database_url: str) -> dict[str, str]:
    """Nothing of ours but the database, whatever the developer has set; and what was compiled may be kept."""
    ours = ("TALLYBOOK_", "PYTHONDONTWRITEBYTECODE")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    limited = ("RATE_LIMIT", "ADMIN_RATE_LIMIT", "KEY_RATE_LIMIT", "SIGN_IN_LIMIT")
    limits = {f"TALLYBOOK_{name}": "1000000/minute" for name in limited}
    return rest | limits | {"TALLYBOOK_DATABASE_URL": database_url}


def tallybook(
    folder: Path, database_url: str, *arguments: str, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, wherever it leads."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment(database_url) | dict(more or {}),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


class Tallybook:
    """A server over one database on one port, of which one process at most is alive."""

    def __init__(self, database_url: str, folder: Path, *arguments: str, **more: str) -> None:
        self.database_url = database_url
        self.arguments = arguments  # of `serve`
        self.more = more  # of the environment
        self.folder = folder
        self.port = free_port()
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Return when requests are answered, by every worker where there are several."""
        starts = self._said_ready() + 1
        with self.log.open("ab") as log:
            self._process = process = subprocess.Popen(
                [PROGRAM, "serve", "--port", str(self.port), *self.arguments],
                cwd=self.folder,
                env=environment(self.database_url) | self.more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._said_ready() < starts or not self._ready():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
            assert process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()

    def _said_ready(self) -> int:
        return self.log.read_text().count("Tallybook is ready") if self.log.exists() else 0

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def terminate(self) -> None:
        """Ask for an end in good order, without waiting for it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def ended(self) -> None:
        """The end that was asked for comes in time, in good order, and nothing had gone wrong before."""
        assert self._process is not None
        assert self._process.wait(END_SECONDS) == 0, self.log.read_text()
        self._process = None
        assert "Traceback" not in self.log.read_text(), self.log.read_text()

    def stop(self) -> None:
        self.terminate()
        self.ended()

    def kill(self) -> None:
        """The end without a warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Kill it and start it again at the same address."""
        self.kill()
        self.start()

    def close(self) -> None:
        """What a fixture does in the end: a server that is alive still has to end well."""
        if self._process is None:
            return
        try:
            self.stop()
        finally:
            if self._process is not None:
                self.kill()
