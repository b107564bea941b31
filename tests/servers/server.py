"""What every server program under test has in common: a folder, a port, an owner, a start and an end."""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar, Self

MEMORY = Path("/dev/shm")  # a commit that waits for a disk costs ten times as much
START_SECONDS = 60
STOP_SECONDS = 30


class Absent(Exception):
    """The program is not on this machine; the message says how to install it."""


class Server(ABC):
    """A real server of its own in a temporary folder on a free loopback port, gone when the block ends.

    To add a technology: name the `program`, the Debian `package` and the `folders` to search besides
    PATH (patterns; the highest version wins), and say what `prepare`, `command` and `ready` are.
    """

    program: ClassVar[str]
    package: ClassVar[str]
    folders: ClassVar[Sequence[str]] = ()
    users: ClassVar[Sequence[str]] = ("nobody",)  # who runs it in place of root: the first that exists
    end: ClassVar[signal.Signals] = signal.SIGTERM  # asks for an end in good order
    crash: ClassVar[signal.Signals] = signal.SIGKILL  # leaves no time to tidy up

    process: subprocess.Popen[bytes]

    def __init__(self, *, in_memory: bool = False) -> None:
        self.binaries = self._find()
        self.port = free_port()
        within = MEMORY if in_memory and MEMORY.is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix=f"tallybook-{self.program}-", dir=within))
        self.log = self.folder / "log"
        self._owner = self._unprivileged()
        if self._owner is not None:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)

    def prepare(self) -> None:  # noqa: B027  # most servers need nothing before their first start
        """Make what the server expects in its folder; called once, before the first start."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The program and its arguments, staying in the foreground."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether a client that connects now is served."""

    def start(self) -> None:
        """Start, or start again after `stop`, in the same folder on the same port; return when ready."""
        with self.log.open("ab") as log:
            self.process = self.spawn(self.command(), stdout=log)
        try:
            self._wait_until_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.02)
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.program} did not start:\n{self.log.read_text(errors='replace')}")

    def stop(self, *, crashing: bool = False) -> None:
        """End in good order, or `crashing`: with no time to tidy up."""
        self.process.send_signal(self.crash if crashing else self.end)
        self.process.wait(STOP_SECONDS)

    def spawn(
        self, command: Sequence[str | Path], *, stdout: int | IO[bytes] = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a program as the server's owner, in its folder, apart from the terminal's signals."""
        owner = self._owner
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            start_new_session=True,
            user=owner and owner.pw_uid,
            group=owner and owner.pw_gid,
            extra_groups=owner and [],
        )

    def run(self, command: Sequence[str | Path]) -> str:
        """Run a program of the server's to its end; what it printed."""
        process = self.spawn(command, stdout=subprocess.PIPE)
        output = process.communicate(timeout=START_SECONDS)[0].decode()
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{output}")
        return output

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)

    @classmethod
    def _find(cls) -> Path:
        """The folder of the program and its companions."""
        on_path = shutil.which(cls.program)
        if on_path is not None:
            return Path(on_path).resolve().parent
        found = [path for pattern in cls.folders for path in Path("/").glob(pattern.lstrip("/"))]
        found = [path for path in found if (path / cls.program).exists()]
        if not found:
            raise Absent(f"{cls.program} is not installed (Debian and Ubuntu: apt-get install {cls.package})")
        return max(found, key=_version)

    @classmethod
    def _unprivileged(cls) -> pwd.struct_passwd | None:
        """Whom root lends the server to; None when we are not root."""
        if os.geteuid() != 0:
            return None
        existing = {entry.pw_name: entry for entry in pwd.getpwall()}
        return next(existing[name] for name in cls.users if name in existing)


def free_port() -> int:
    """A loopback port nobody listens on, below those the system gives to outgoing connections.

    So it also stays free while a server is down between two starts.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]
