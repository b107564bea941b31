"""The matrix: for every action, which relations to the thing allow it."""

from collections.abc import Set
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from tallybook.access.actor import ADMIN, MANAGER, Actor
from tallybook.catalogue.games import Game
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
    "manager",  # a community manager, of any game
    "api_key",  # of the game
    "admin",
]
Relations = Set[Relation]
NOBODY: Relations = frozenset({"nobody"})

_SIGNED_IN: Relations = frozenset(
    {"guest", "stranger", "spectator", "player", "scorekeeper", "host", "owner", "manager", "admin"}
)
_SEEN: Relations = _SIGNED_IN | {"api_key"}
_OWNER: Relations = frozenset({"owner", "admin"})
_TABLE: Relations = frozenset({"host", "scorekeeper"})
_HOST: Relations = frozenset({"host", "admin"})

MATRIX = MappingProxyType[str, Relations](
    {
        "game.view": _SEEN | NOBODY,
        "game.create": _SIGNED_IN,
        "game.change": _OWNER,
        "game.keys": _OWNER,
        "stat_set.view": _SEEN,  # those of the game's owner; others' are unknown
        "stat_set.create": _SIGNED_IN,
        "stat_set.change": _OWNER,
        "session.create": _SIGNED_IN,
        "session.view": _SEEN,
        "session.join": _SIGNED_IN,
        "session.keep_score": frozenset({"scorekeeper"}),
        "session.play": frozenset({"player"}),
        "session.run": frozenset({"host"}),
        "session.seat": _TABLE,
        "session.rematch": frozenset({"host", "scorekeeper", "player"}),
        "session.govern": _HOST,
        "record.view": _SEEN | NOBODY,  # boards and achievements of a game
        "record.define": _OWNER,
        "record.submit": frozenset({"player", "owner", "api_key", "admin"}),  # "player": whom it concerns
        "record.vouch": frozenset({"owner", "api_key", "admin"}),  # where a server's word is asked for
        "season.view": _SEEN | NOBODY,
        "season.manage": frozenset({"owner", "manager", "admin"}),
        "analytics.view": frozenset({"owner", "api_key", "manager", "admin"}),
        "time.claim": frozenset({"admin"}),
        "player.view": _SIGNED_IN,
        "player.register": _SIGNED_IN | NOBODY,
        "player.password": _SIGNED_IN - {"guest"},
        "player.claim": frozenset({"stranger", "admin"}),  # a guest's history goes into an account instead
        "player.invite": _OWNER,
        "player.roles": frozenset({"admin"}),
        "player.suspend": frozenset({"admin"}),
        "claim.view": _OWNER,
        "claim.decide": _OWNER,
        "claim.withdraw": _OWNER,
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


def relations_of(actor: Actor | None, *, owner: bool = False, game: UUID | None = None) -> Relations:
    """What somebody is to a thing that people own, or to none; to an API key only its `game` exists."""
    if actor is None:
        return NOBODY
    if actor.key_games is not None:
        return {"api_key"} if game in actor.key_games else frozenset()
    relations: set[Relation] = {"guest" if actor.kind == "guest" else "stranger"}
    if owner:
        relations.add("owner")
    if MANAGER in actor.roles:
        relations.add("manager")
    if ADMIN in actor.roles:
        relations.add("admin")
    return relations


def relations_to_game(actor: Actor | None, game: Game) -> Relations:
    """What somebody is to a game and to all that is a game's."""
    owner = actor is not None and game.owner_id in actor.ids
    return relations_of(actor, owner=owner, game=game.id)


def relations_to_stat_set(actor: Actor, owner_id: UUID, *, game: UUID, offered: bool) -> Relations:
    """What somebody is to a stat set; of one that is not offered with its game, others know nothing."""
    relations = relations_of(actor, owner=owner_id in actor.ids, game=game)
    return relations if offered or may("stat_set.change", relations) else NOBODY


def sees_as(reader: Actor, *persons: UUID) -> Set[UUID] | None:
    """The players as whom somebody looks at with whom these persons played; None sees everything."""
    return None if ADMIN in reader.roles or not reader.ids.isdisjoint(persons) else reader.ids
