"""The same databases as the ledger's own tests, with some load to put on them."""

from tests.ledger.conftest import postgresql, url

__all__ = ["postgresql", "url"]
