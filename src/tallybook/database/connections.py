"""Connections to a server, for whoever comes first: the pool itself lets latecomers overtake."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # it brings the ORM with it, for which an embedded server does not want to wait
    from sqlalchemy.ext.asyncio import AsyncEngine

PATIENCE = 5.0  # seconds to wait for a free one


class Connections:
    """An engine with room for `size` connections; `async with` it to wait for one, but not for long."""

    def __init__(self, engine: "AsyncEngine", size: int) -> None:
        self.engine = engine
        self._size = size
        self._free = asyncio.Semaphore(size)

    @property
    def busy(self) -> bool:
        """Whether there is none that is free."""
        return self._free.locked()

    async def __aenter__(self) -> Self:
        if self.busy:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        else:
            await self._free.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._free.release()

    async def finished(self) -> None:
        """Let those at work finish, but not for long; nobody begins after them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for _ in range(self._size):
                    await self._free.acquire()

    async def close(self) -> None:
        await self.finished()
        await self.engine.dispose()
