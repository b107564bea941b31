"""A catalogue on each kind of database in turn."""

import pytest

from tallybook.catalogue.catalogue import Catalogue
from tallybook.ledger.ledger import Ledger
from tests.accounts.conftest import clock, ledger
from tests.accounts.kit import HandClock

__all__ = ["clock", "ledger"]


@pytest.fixture
def catalogue(ledger: Ledger, clock: HandClock) -> Catalogue:
    return Catalogue(ledger, clock, {"scoresheet", "el_dorado"})
