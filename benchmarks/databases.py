"""Throwaway databases of both kinds for benchmarks, which can be copied while nobody uses them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tests.servers.postgres import Postgres


class Databases(Protocol):
    """Makes databases, given and returned as settings URLs."""

    name: str

    def empty(self) -> str: ...

    def copy(self, url: str) -> str: ...


class PostgresDatabases:
    name = "PostgreSQL"

    def __init__(self, server: Postgres) -> None:
        self.server = server

    def empty(self) -> str:
        return self.server.create_database()

    def copy(self, url: str) -> str:
        return self.server.create_database(template=url.rpartition("/")[2])


class SqliteDatabases:
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0

    def empty(self) -> str:
        self._made += 1
        return f"sqlite:///{self.folder}/{self._made}.db"

    def copy(self, url: str) -> str:
        made = self.empty()
        shutil.copyfile(url.removeprefix("sqlite:///"), made.removeprefix("sqlite:///"))
        return made


@contextmanager
def both() -> Iterator[tuple[PostgresDatabases, SqliteDatabases]]:
    """A PostgreSQL of its own and a folder for SQLite, gone when the block ends."""
    with Postgres() as server, TemporaryDirectory(prefix="tallybook-bench-") as folder:
        yield PostgresDatabases(server), SqliteDatabases(Path(folder))
