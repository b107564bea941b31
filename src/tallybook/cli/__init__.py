"""The `tallybook` command."""

from tallybook.cli import admin, backup, demo  # noqa: F401  # they add their commands to the app
from tallybook.cli.app import main

__all__ = ["main"]
