"""The loop and the servers of the tests of Socket.IO."""

from tests.channels.conftest import pytest_asyncio_loop_factories, server

__all__ = ["pytest_asyncio_loop_factories", "server"]
