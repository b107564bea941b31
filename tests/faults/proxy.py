"""A network in front of a database server that loses connections at the worst moment."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

from sqlalchemy import make_url

LOCKS = (b"pg_advisory_xact_lock", b"ledger_lock")
# What PostgreSQL says of COMMIT or of a whole batch, and how MariaDB's answer to one packet begins.
COMMITTED = (b"COMMIT", b"SELECT 1\x00", b"\x01\x00")
# A batch that is one statement is prepared once, and then carried out by its name.
BATCH = re.compile(rb"(__asyncpg_stmt_\w+__)\x00WITH held [^\x00]* INSERT INTO")
CARRIED_OUT = re.compile(rb"B....\x00(__asyncpg_stmt_\w+__)\x00", re.DOTALL)

Moment = Literal["before COMMIT arrives", "after COMMIT was done"]


class Proxy:
    """Cuts the connection of whoever holds the ledger's lock and commits, as often as `cuts` says."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.cuts: list[Moment] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one client says, and what the server answers."""
        from_server, to_server = await asyncio.open_connection(*self._server)
        answers = asyncio.create_task(self._pass(from_server, writer))
        locks = False
        batches: set[bytes] = set()
        try:
            while said := await reader.read(65536):
                locks = locks or any(lock in said for lock in LOCKS)
                batches |= set(BATCH.findall(said))
                commits = b"COMMIT" in said or not batches.isdisjoint(CARRIED_OUT.findall(said))
                if locks and self.cuts and commits:
                    answers.cancel()
                    if self.cuts.pop(0) == "after COMMIT was done":
                        await asyncio.gather(answers, return_exceptions=True)
                        to_server.write(said)
                        answer = await from_server.read(65536)
                        assert any(word in answer for word in COMMITTED)
                    break
                to_server.write(said)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            for end in (writer, to_server):
                end.transport.abort()

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(65536):
            writer.write(said)
        writer.close()


@asynccontextmanager
async def between(url: str) -> AsyncIterator[tuple[str, Proxy]]:
    """The URL of a proxy to the database at `url`, and the proxy."""
    target = make_url(url)
    assert target.host is not None
    assert target.port is not None
    proxy = Proxy(target.host, target.port)
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = proxy.serve
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield target.set(port=port).render_as_string(hide_password=False), proxy
    finally:
        server.close()
