"""What callers may do with what is a game's, asked before an endpoint does it."""

from uuid import UUID

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_to_game, require
from tallybook.delivery.rest.services import Services


async def require_for_game(given: Services, caller: Actor, action: str, game_id: UUID) -> None:
    """Refuse what the caller may not do; `not_found` without such a game."""
    require(action, relations_to_game(caller, await given.catalogue.game(game_id)))
