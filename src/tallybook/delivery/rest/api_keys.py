"""API keys of a game, in the hands of its owner."""

from fastapi import Response

from tallybook.accounts.api_keys import ApiKey
from tallybook.delivery.rest.allowed import require_for_game
from tallybook.delivery.rest.answers import answer, nothing, page_of
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import ApiKeyId, CommandId, GameId, Part, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import NewApiKey
from tallybook.delivery.rest.shapes import Page as PageOf

router = api_router("/games/{id}/api-keys", tag="api keys")

_OWNERS = ("not_found", "forbidden")


@router.post(
    "", **contract(takes=NewApiKey, gives=ApiKey, status=201, refuses=(*_OWNERS, "idempotency_conflict"))
)
async def make(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: NewApiKey = body_of(NewApiKey),
) -> Response:
    """Make a key; only this answer has its `secret`, which a repetition of the command leaves out."""
    await require_for_game(given, caller, "game.keys", game_id)
    made = await given.api_keys.make(caller.player_id, game_id, body.name, command_id=body.id(command_id))
    return answer(made, 201)


@router.get("", **contract(gives=PageOf[ApiKey], refuses=_OWNERS))
async def of_game(given: Given, caller: Caller, game_id: GameId, at: Part) -> Response:
    """The keys of a game, newest first, without their secrets."""
    await require_for_game(given, caller, "game.keys", game_id)
    found = await given.api_keys.of_game(game_id, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda key: key.id, lambda key: key)


@router.delete("/{key_id}", **contract(status=204, refuses=(*_OWNERS, "idempotency_conflict")))
async def revoke(
    given: Given, caller: Caller, game_id: GameId, key_id: ApiKeyId, command_id: CommandId = None
) -> Response:
    """Revoke a key: it counts no longer, at once."""
    await require_for_game(given, caller, "game.keys", game_id)
    await given.api_keys.revoke(caller.player_id, game_id, key_id, command_id=command_id)
    return nothing()
