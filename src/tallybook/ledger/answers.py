"""Waking those who waited for a commit some at a time, so that the next batch gets on meanwhile.

A batch asks its database several things, one after the other. Were everybody woken at once, each of its
steps would wait until all of them have said what they have to say, and the database would stand idle. Were
it one by one, batches would be small.
"""

import asyncio
from collections import deque
from typing import Any

FEWEST = 4  # in one turn of the event loop
PART = 6  # or the sixth part of all


class Answers:
    """Outcomes on their way to the futures of who waits for them, in order; an error is raised there."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Any], object]] = deque()

    def give(self, future: asyncio.Future[Any], outcome: object) -> None:
        self._waiting.append((future, outcome))
        if len(self._waiting) == 1:
            future.get_loop().call_soon(self._wake)

    def _wake(self) -> None:
        waiting = self._waiting
        for _ in range(min(len(waiting), max(FEWEST, len(waiting) // PART))):
            future, outcome = waiting.popleft()
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if waiting:
            asyncio.get_running_loop().call_soon(self._wake)
