"""The matrix: for every action, which relations to the thing allow it."""

from collections.abc import Set
from types import MappingProxyType
from typing import Literal

from tallybook.access.actor import ADMIN, Actor
from tallybook.kernel.refusals import Refusal, not_found

Relation = Literal[
    "nobody",  # not signed in, or not let into a private room
    "guest",  # signed in without an account
    "stranger",  # signed in, and nothing else to the thing
    "spectator",  # let into the room
    "player",  # has a seat
    "scorekeeper",
    "host",
    "owner",  # of a game, a stat set, a library
    "admin",
]
Relations = Set[Relation]
NOBODY: Relations = frozenset({"nobody"})

_SIGNED_IN: Relations = frozenset(
    {"guest", "stranger", "spectator", "player", "scorekeeper", "host", "owner", "admin"}
)
_OWNER: Relations = frozenset({"owner", "admin"})
_TABLE: Relations = frozenset({"host", "scorekeeper"})
_HOST: Relations = frozenset({"host", "admin"})

MATRIX = MappingProxyType[str, Relations](
    {
        "game.view": _SIGNED_IN | NOBODY,
        "game.create": _SIGNED_IN,
        "game.change": _OWNER,
        "stat_set.view": _SIGNED_IN,
        "stat_set.create": _SIGNED_IN,
        "stat_set.change": _OWNER,
        "session.create": _SIGNED_IN,
        "session.view": _SIGNED_IN,
        "session.join": _SIGNED_IN,
        "session.keep_score": frozenset({"scorekeeper"}),
        "session.play": frozenset({"player"}),
        "session.run": frozenset({"host"}),
        "session.seat": _TABLE,
        "session.rematch": frozenset({"host", "scorekeeper", "player"}),
        "session.govern": _HOST,
    }
)


def may(action: str, relations: Relations) -> bool:
    """Whether any of these relations allows the action."""
    return not MATRIX[action].isdisjoint(relations)


def require(action: str, relations: Relations) -> None:
    """Refuse what is not allowed: `forbidden`, or `not_found` to whom the thing does not exist."""
    if may(action, relations):
        return
    thing = action.partition(".")[0]
    if not may(f"{thing}.view", relations):
        raise not_found(thing.replace("_", " "))
    allowed = ", ".join(sorted(MATRIX[action]))
    raise Refusal("forbidden", f"only these may: {allowed}")


def relations_of(actor: Actor | None, *, owner: bool = False) -> Relations:
    """What somebody is to a thing that people own, or to none."""
    if actor is None:
        return NOBODY
    relations: set[Relation] = {"guest" if actor.kind == "guest" else "stranger"}
    if owner:
        relations.add("owner")
    if ADMIN in actor.roles:
        relations.add("admin")
    return relations
