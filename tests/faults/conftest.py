"""The same databases as the ledger's own tests, with some load to put on them."""

from tests.ledger.conftest import mariadb, postgresql, url

__all__ = ["mariadb", "postgresql", "url"]
