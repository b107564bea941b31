"""A MariaDB of its own for tests, in memory where there is room for it."""

from collections.abc import Sequence
from pathlib import Path

from tests.servers.server import Server


class MariaDB(Server):
    """Lets `root` in without a password. Commits are as safe as anywhere, but for where the files are."""

    program = "mariadbd"
    package = "mariadb-server"
    folders = ("/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin")
    users = ("mysql", "nobody")

    def __init__(self) -> None:
        super().__init__(in_memory=True)
        self._databases = 0

    def prepare(self) -> None:
        root = ["--auth-root-authentication-method=normal", "--skip-name-resolve", "--skip-test-db"]
        self.run(["mariadb-install-db", *self._files, *root])

    def command(self) -> Sequence[str | Path]:
        network = ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.folder}/socket"]
        return [self.binaries / self.program, *self._files, *network, "--innodb-buffer-pool-size=64M"]

    def ready(self) -> bool:
        return self.spawn(["mariadb-admin", *self._address, "--silent", "ping"]).wait() == 0

    def create_database(self) -> str:
        """The URL of a new, empty database, made as a person would who thinks of nothing."""
        self._databases += 1
        name = f"fresh_{self._databases}"
        self.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        return f"mysql://root@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Drop what `create_database` made."""
        self.sql(f"DROP DATABASE {url.rpartition('/')[2]}")

    def sql(self, statement: str, *, database: str = "mysql") -> str:
        """Run statements over a connection of their own; the rows they printed, tabs between the columns."""
        client = ["mariadb", *self._address, "--batch", "--skip-column-names"]
        return self.run([*client, "--execute", statement, database]).strip()

    @property
    def _files(self) -> list[str]:
        # A server that starts tidies up what others have in a folder for temporary tables that they share.
        places = [f"--datadir={self.folder}/data", f"--tmpdir={self.folder}"]
        return ["--no-defaults", *places, "--innodb-log-file-size=8M"]

    @property
    def _address(self) -> list[str]:
        return ["--no-defaults", "--host=127.0.0.1", f"--port={self.port}", "--user=root"]
