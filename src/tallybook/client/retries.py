"""When to send a request again, and how long to wait before; the waiting itself is the clients' part."""

from dataclasses import dataclass
from secrets import SystemRandom

import httpx

FIRST_PAUSE = 0.2  # seconds
_AGAIN = frozenset({429, 502, 503, 504})
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is: how often it sends a request, and how long it waits at most, in seconds."""

    attempts: int = 5
    longest_pause: float = 30.0

    def pause(self, attempt: int, answer: httpx.Response | None) -> float | None:
        """Seconds until the next attempt after this one (from 1); None when there is to be none.

        `answer` is None when there was none.
        """
        if attempt >= self.attempts or (answer is not None and answer.status_code not in _AGAIN):
            return None
        asked: str = "" if answer is None else answer.headers.get("Retry-After", "")
        if asked.isdecimal():
            wait = float(asked)
            return wait if wait <= self.longest_pause else None
        # By chance, so that many clients do not come back at the same moment.
        return _random.uniform(0.5, 1.0) * min(self.longest_pause, FIRST_PAUSE * 2.0 ** (attempt - 1))
