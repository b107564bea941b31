"""Look-ups of many callers at the same time as one read of the database."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """What is asked for while a read is under way waits for the next one, and shares it with its like."""

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._wanted: set[K] = set()
        self._next: asyncio.Future[Mapping[K, V]] | None = None
        self._task: asyncio.Task[None] | None = None

    async def of(self, keys: Collection[K]) -> Mapping[K, V]:
        """What there is under these keys, and maybe under others, as of now or later."""
        self._wanted.update(keys)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        answer = self._next
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        while self._next is not None:
            wanted, answer = self._wanted, self._next
            self._wanted, self._next = set(), None
            try:
                answer.set_result(await self._read(wanted))
            except Exception as error:  # everybody who waits gets it
                answer.set_exception(error)
                answer.exception()  # they may all have gone away
        self._task = None
