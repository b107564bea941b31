"""The client for ordinary programs."""

import time
from collections.abc import Callable, Iterator
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar
from uuid import UUID

import httpx

from tallybook.client import calls
from tallybook.client.calls import Call
from tallybook.client.errors import Unreachable, refusal
from tallybook.client.retries import Retries
from tallybook.client.shapes import Achievement, Ranking

P = ParamSpec("P")
T = TypeVar("T")

API = "/api/v1"
_PLAIN = Retries()


def _sends(build: Callable[Concatenate[str, P], Call[T]]) -> Callable[Concatenate["Client", P], T]:
    """The method that makes a call for the client's game and sends it."""

    @wraps(build)
    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(build(self.game_id, *args, **kwargs))

    return method


class Client:
    """The API of one game, for one thread at a time. Close it, or use it as a context manager.

    `token` is an API key of the game, or a player's access token. Requests without an answer, and those
    that are told to wait, are sent again under the same idempotency key.
    """

    def __init__(
        self,
        url: str,
        token: str,
        game_id: UUID | str,
        *,
        timeout: float = 10.0,
        retries: Retries = _PLAIN,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=url.rstrip("/") + API, headers=headers, timeout=timeout, transport=transport
        )
        self._retries = retries
        self._sleep = sleep
        self.game_id = str(game_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Send a call until there is an answer; raises `Refused`, `Unreachable` or `Unreadable`."""
        attempt = 0
        while True:
            attempt += 1
            answer, trouble = None, None
            try:
                answer = self._http.request(
                    call.method, call.path, params=call.query, content=call.body, headers=call.headers
                )
            except httpx.RequestError as error:
                trouble = error
            if answer is not None and answer.is_success:
                return call.read(answer.content)
            pause = self._retries.pause(attempt, answer)
            if pause is not None:
                self._sleep(pause)
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

    def rankings(self, board: str = "score") -> Iterator[Ranking]:
        """Every line of a leaderboard, best first, read page by page."""
        cursor = None
        while True:
            page = self.leaderboard(board, cursor=cursor)
            yield from page.rankings
            cursor = page.next_cursor
            if cursor is None:
                return

    def achievements(self) -> Iterator[Achievement]:
        """Every achievement of the game, newest first."""
        cursor = None
        while True:
            page = self.send(calls.achievement_page(self.game_id, cursor=cursor))
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
