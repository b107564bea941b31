"""A ledger and accounts, on each kind of database in turn."""

from collections.abc import AsyncIterator

import pytest

from tallybook.accounts.accounts import Accounts
from tallybook.ledger.ledger import Ledger
from tests.accounts.kit import HandClock, accounts_on
from tests.ledger.kit import node


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    async with node(url) as ledger:
        yield ledger


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def accounts(ledger: Ledger, clock: HandClock) -> AsyncIterator[Accounts]:
    accounts = accounts_on(ledger, clock)
    yield accounts
    accounts.close()
