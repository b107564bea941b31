"""Passwords: argon2id on two threads of its own, so that hashing never holds up the event loop."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from tallybook.kernel.refusals import Refusal, invalid

T = TypeVar("T")

SHORTEST, LONGEST = 8, 256
AT_ONCE = 2  # each takes 64 MiB and some 50 ms of a core
MOST_WAITING = 64


class Passwords:
    """Hashes and verifies. Verifying for a user that does not exist takes as long as for one that does."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._busy = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise invalid("password", f"needs {SHORTEST} to {LONGEST} characters")
        return await self._run(lambda: self._hasher.hash(_canonical(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; None stands for a user that does not exist."""
        if len(password) > LONGEST:
            return False

        def verify() -> bool:
            if password_hash is None and self._nobody is None:
                self._nobody = self._hasher.hash("the password of nobody")
            try:
                self._hasher.verify(password_hash or self._nobody or "", _canonical(password))
            except VerifyMismatchError:
                return False
            return password_hash is not None

        return await self._run(verify)

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._busy >= MOST_WAITING:
            raise Refusal("overloaded", "too many people are signing in: try again shortly", retry_after=2)
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._busy -= 1


def _canonical(password: str) -> str:
    return unicodedata.normalize("NFC", password)  # keyboards differ in how they compose an accent
