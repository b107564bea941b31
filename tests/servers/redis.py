"""A Redis of its own for tests and benchmarks, forgetful unless asked to keep what it has."""

from collections.abc import Sequence
from pathlib import Path

from tests.servers.server import Server


class Redis(Server):
    """Lets everybody in. Writes to its disk only on SAVE, and reads that when it starts again."""

    program = "redis-server"
    package = "redis-server"
    folders = ("/usr/sbin", "/opt/homebrew/bin", "/usr/local/opt/redis/bin")
    users = ("redis", "nobody")

    def command(self) -> Sequence[str | Path]:
        network = ["--bind", "127.0.0.1", "--port", str(self.port)]
        disk = ["--dir", str(self.folder), "--save", "", "--appendonly", "no"]
        return [self.binaries / self.program, *network, *disk]

    def ready(self) -> bool:
        return self.spawn([*self._client, "ping"]).wait() == 0 and self.cli("ping") == "PONG"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def cli(self, *command: str) -> str:
        """Run one command over a connection of its own; what it answered."""
        return self.run([*self._client, *command]).strip()

    @property
    def _client(self) -> list[str | Path]:
        return [self.binaries / "redis-cli", "-p", str(self.port)]
