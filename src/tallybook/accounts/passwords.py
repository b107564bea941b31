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

# The first guesses of everybody who guesses, of those that are long enough.
_FIRST_GUESSES = """
    password password1 password12 password123 passw0rd p@ssw0rd p@ssword pa55word passwort passwort1
    password! password1! letmein1 letmein123 welcome1 welcome123 changeme changeme1 changeme123 trustno1
    12345678 123456789 1234567890 0123456789 0987654321 987654321 87654321 11111111 111111111 00000000
    88888888 99999999 12341234 11223344 12121212 123123123 147258369 123qweasd 12345678a a12345678
    1q2w3e4r 1q2w3e4r5t 1qaz2wsx qwertyui qwertyuiop qwerty12 qwerty123 qwertz123 qwertzuiop asdfghjk
    asdfghjkl zxcvbnm1 qazwsxedc q1w2e3r4 abcd1234 abc12345 aa123456 iloveyou iloveyou1 sunshine princess
    football baseball superman starwars jennifer michelle computer internet whatever dragon123 monkey123
    hallo123 hallo1234 schatz123 admin123 admin1234 administrator test1234 testtest secret123 tallybook
"""
_COMMON = frozenset(_FIRST_GUESSES.split())
SHORTEST, LONGEST = 8, 256
FEWEST_DIFFERENT = 3  # characters
AT_ONCE = 2  # each takes 64 MiB and some 50 ms of a core
MOST_WAITING = 64


class Passwords:
    """Hashes and verifies. Verifying for a user that does not exist takes as long as for one that does."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._busy = 0
        self._nobody: str | None = None

    async def hash(self, password: str, *, username: str, field: str = "password") -> str:
        """Refuses, before any work, what is too short, too long or among the first guesses."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise invalid(field, f"needs {SHORTEST} to {LONGEST} characters")
        if password.lower() == username.lower():
            raise invalid(field, "must not be the username")
        if password.lower() in _COMMON or len(set(password)) < FEWEST_DIFFERENT:
            raise invalid(field, "is among the first that anybody would guess")
        return await self.hash_again(password)

    async def hash_again(self, password: str) -> str:
        """The hash of a password that was accepted before."""
        return await self._run(lambda: self._hasher.hash(_canonical(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; None stands for a user that does not exist."""
        if len(password) > LONGEST:
            return False

        def verify() -> bool:
            if self._nobody is None:  # whoever comes first, so that it tells nothing
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
