"""A PostgreSQL of its own for tests and benchmarks, with fresh databases at the price of a copy."""

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.server import Server

USER = "tallybook"


class Postgres(Server):
    """Trusts whoever connects. `options` are settings of postgresql.conf; commits reach the disk unless
    `fsync` is off."""

    program = "postgres"
    package = "postgresql"
    folders = (
        "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
        "/usr/pgsql-*/bin",  # Red Hat
        "/opt/homebrew/opt/postgresql@*/bin",  # macOS
        "/usr/local/opt/postgresql@*/bin",
    )
    users = ("postgres", "nobody")
    end = signal.SIGINT  # does not wait for clients to leave
    crash = signal.SIGQUIT  # ends every backend without a checkpoint: the next start is a crash recovery

    def __init__(
        self, *, fsync: bool = True, in_memory: bool = False, options: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(in_memory=in_memory)
        self._options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if fsync else "off",
            **(options or {}),
        }
        self._databases = 0

    def prepare(self) -> None:
        # Linguistic order, as most installations have it, so that nothing comes to rely on byte order.
        collation = ["--locale", "C", "--locale-provider", "icu", "--icu-locale", "und"]
        initdb = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync", *collation]
        self.run([self.binaries / "initdb", "--pgdata", self._data, *initdb])

    def command(self) -> Sequence[str | Path]:
        options = [f"--{name}={value}" for name, value in self._options.items()]
        return [self.binaries / "postgres", "-D", self._data, *options]

    def ready(self) -> bool:
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        return self.spawn([self.binaries / "pg_isready", "--quiet", *address]).wait() == 0

    def create_database(self, *, template: str = "template1") -> str:
        """The URL of a new database: empty, or a copy of `template` (to which nobody may be connected)."""
        self._databases += 1
        name = f"fresh_{self._databases}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop what `create_database` made, throwing out whoever is still connected."""
        self.sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run one statement over a connection of its own; the rows it printed, unaligned."""
        psql: list[str | Path] = [self.binaries / "psql", "-XqAt"]  # no psqlrc, no decoration
        return self.run([*psql, "-c", statement, self.url(database)]).strip()

    @property
    def _data(self) -> Path:
        return self.folder / "data"
