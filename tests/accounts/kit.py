"""Accounts on a real ledger, with a clock that only moves when told and passwords that hash fast."""

from collections.abc import Sequence

from argon2 import PasswordHasher

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.attempts import Attempts
from tallybook.accounts.emails import Emails
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.revocations import Revocations
from tallybook.accounts.sign_ins import SignIns
from tallybook.accounts.tokens import AccessTokens
from tallybook.ledger.ledger import Ledger

SECRET = "a secret of the tests, long enough"
PASSWORD = "correct horse"


class HandClock:
    """Time as the test wants it."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def now(self) -> int:
        return int(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.seconds


def accounts_on(ledger: Ledger, clock: HandClock, ring: Sequence[str] = (SECRET,)) -> Accounts:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    tokens = AccessTokens(ring, clock)
    sign_ins = SignIns(ledger, clock, Revocations(ledger.database, clock), ring)
    attempts = Attempts("3/minute", clock)
    return Accounts(ledger, clock, tokens, Passwords(hasher), attempts, Emails(ring), sign_ins)
