"""A whole server in process, and people on its sockets."""

from tests.contract.conftest import client, server, settings

__all__ = ["client", "server", "settings"]
