"""The `tallybook` command."""

from tallybook.cli.app import main

__all__ = ["main"]
