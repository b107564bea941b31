"""Which rules this server can host: the built-in ones and what other packages bring by entry point."""

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from tallybook.rules.protocol import Rules
from tallybook.rules.scoresheet import Scoresheet


@cache
def hosted() -> dict[str, Rules[Any]]:
    """The plug-ins by id. The built-in ones need no installed metadata."""
    plugins: dict[str, Rules[Any]] = {Scoresheet.id: Scoresheet()}
    for entry_point in entry_points(group="tallybook.rules"):
        rules: Rules[Any] = entry_point.load()()
        plugins.setdefault(rules.id, rules)
    return plugins


@cache
def rules_of(rules_id: str) -> Rules[Any]:
    """The plug-in of a session that exists; a server without it cannot read the session (KeyError)."""
    return hosted()[rules_id]
