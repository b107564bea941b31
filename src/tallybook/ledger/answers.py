"""Waking those who waited for a commit a few at a time, so that the next batch gets on meanwhile.

A batch asks its database several things, one after the other. Were everybody woken at once, each of its
steps would wait until all of them have said what they have to say, and the database would stand idle.
"""

import asyncio
from collections import deque

from tallybook.ledger.append import Appended, Outcome

AT_ONCE = 4  # in one turn of the event loop


class Answers:
    """Outcomes on their way to the futures of who waits for them, in order."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Appended], Outcome]] = deque()

    def give(self, future: asyncio.Future[Appended], outcome: Outcome) -> None:
        self._waiting.append((future, outcome))
        if len(self._waiting) == 1:
            future.get_loop().call_soon(self._wake)

    def _wake(self) -> None:
        for _ in range(min(AT_ONCE, len(self._waiting))):
            future, outcome = self._waiting.popleft()
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._wake)
