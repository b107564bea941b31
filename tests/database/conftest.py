"""The same databases as the ledger's own tests."""

from tests.ledger.conftest import mariadb, postgresql, url

__all__ = ["mariadb", "postgresql", "url"]
