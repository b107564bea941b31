"""The client for programs on an event loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar
from uuid import UUID

import httpx

from tallybook.client import calls
from tallybook.client.calls import Call
from tallybook.client.errors import Unreachable, refusal
from tallybook.client.retries import Retries
from tallybook.client.shapes import Achievement, Ranking
from tallybook.client.synchronous import API

P = ParamSpec("P")
T = TypeVar("T")

_PLAIN = Retries()


def _sends(
    build: Callable[Concatenate[str, P], Call[T]],
) -> Callable[Concatenate["AsyncClient", P], Coroutine[Any, Any, T]]:
    """The method that makes a call for the client's game and sends it."""

    @wraps(build)
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(self.game_id, *args, **kwargs))

    return method


class AsyncClient:
    """The same as `Client`, for any number of tasks at once."""

    def __init__(
        self,
        url: str,
        token: str,
        game_id: UUID | str,
        *,
        timeout: float = 10.0,
        retries: Retries = _PLAIN,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + API, headers=headers, timeout=timeout, transport=transport
        )
        self._retries = retries
        self._sleep = sleep
        self.game_id = str(game_id)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Send a call until there is an answer; raises `Refused`, `Unreachable` or `Unreadable`."""
        attempt = 0
        while True:
            attempt += 1
            answer, trouble = None, None
            try:
                answer = await self._http.request(
                    call.method, call.path, params=call.query, content=call.body, headers=call.headers
                )
            except httpx.RequestError as error:
                trouble = error
            if answer is not None and answer.is_success:
                return call.read(answer.content)
            pause = self._retries.pause(attempt, answer)
            if pause is not None:
                await self._sleep(pause)
            elif answer is None:
                raise Unreachable(f"no answer from {self._http.base_url}: {trouble}") from trouble
            else:
                raise refusal(answer.status_code, answer.content)

    new_guest = _sends(calls.new_guest)
    submit_score = _sends(calls.submit_score)
    submit_scores = _sends(calls.submit_scores)
    boards = _sends(calls.boards)
    leaderboard = _sends(calls.leaderboard)
    around = _sends(calls.around)
    standing = _sends(calls.standing)
    report_stats = _sends(calls.report_stats)
    unlock = _sends(calls.unlock)
    unlock_many = _sends(calls.unlock_many)
    progress = _sends(calls.progress)

    async def rankings(self, board: str = "score") -> AsyncIterator[Ranking]:
        """Every line of a leaderboard, best first, read page by page."""
        cursor = None
        while True:
            page = await self.leaderboard(board, cursor=cursor)
            for ranking in page.rankings:
                yield ranking
            cursor = page.next_cursor
            if cursor is None:
                return

    async def achievements(self) -> AsyncIterator[Achievement]:
        """Every achievement of the game, newest first."""
        cursor = None
        while True:
            page = await self.send(calls.achievement_page(self.game_id, cursor=cursor))
            for achievement in page.items:
                yield achievement
            cursor = page.next_cursor
            if cursor is None:
                return
