"""An empty database of each kind in turn."""

from tests.ledger.conftest import mariadb, postgresql, url

__all__ = ["mariadb", "postgresql", "url"]
