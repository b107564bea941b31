"""Webhooks of a game, in the hands of its developers: where events go, and what became of them."""

from typing import Annotated

from fastapi import Query, Response
from msgspec import UNSET, Meta, UnsetType

from tallybook.catalogue.webhooks import Webhook
from tallybook.delivery.rest.allowed import require_for_game
from tallybook.delivery.rest.answers import answer, nothing, page_of, part
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import (
    Command,
    CommandId,
    DeliveryId,
    GameId,
    Part,
    WebhookId,
    body_of,
)
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page as PageOf
from tallybook.reactions.deliveries import Delivery, Status

router = api_router("/games/{id}/webhooks", tag="webhooks")

Url = Annotated[str, Meta(description="An http or https URL; deliveries follow no redirects.")]
Types = Annotated[
    list[Annotated[str, Meta(max_length=80)]],
    Meta(max_length=100, description="Event types without their versions, such as `session_finished`."),
]

_OWNERS = ("not_found", "forbidden")
_WRITES = (*_OWNERS, "idempotency_conflict")


class NewWebhook(Command, frozen=True, kw_only=True):
    url: Url
    events: Types
    active: bool = True


class ChangedWebhook(Command, frozen=True, kw_only=True):
    """Fields that are left out stay. Activating one that was disabled lets it begin afresh."""

    url: Url | UnsetType = UNSET
    events: Types | UnsetType = UNSET
    active: bool | UnsetType = UNSET


@router.post("", **contract(takes=NewWebhook, gives=Webhook, status=201, refuses=_WRITES))
async def define(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: NewWebhook = body_of(NewWebhook),
) -> Response:
    """Have events of the game posted to a URL; only this answer has the `secret` that signs them."""
    await require_for_game(given, caller, "record.define", game_id)
    made = await given.webhooks.define(
        caller.player_id,
        game_id,
        body.url,
        body.events,
        active=body.active,
        command_id=body.id(command_id),
    )
    return answer(made, 201)


@router.get("", **contract(gives=PageOf[Webhook], refuses=_OWNERS))
async def of_game(given: Given, caller: Caller, game_id: GameId, at: Part) -> Response:
    """The webhooks of a game, newest first, without their secrets."""
    await require_for_game(given, caller, "record.define", game_id)
    found = await given.webhooks.of_game(game_id, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda each: each.id, lambda each: each)


@router.get("/{webhook_id}", **contract(gives=Webhook, refuses=_OWNERS))
async def webhook(given: Given, caller: Caller, game_id: GameId, webhook_id: WebhookId) -> Response:
    """One webhook, and since when it has been failing."""
    await require_for_game(given, caller, "record.define", game_id)
    return answer(await given.webhooks.webhook(game_id, webhook_id))


@router.patch("/{webhook_id}", **contract(takes=ChangedWebhook, gives=Webhook, refuses=_WRITES))
async def change(
    given: Given,
    caller: Caller,
    game_id: GameId,
    webhook_id: WebhookId,
    command_id: CommandId = None,
    body: ChangedWebhook = body_of(ChangedWebhook),
) -> Response:
    """Change a webhook; what waits goes to the new URL."""
    await require_for_game(given, caller, "record.define", game_id)
    changed = await given.webhooks.change(
        caller.player_id,
        game_id,
        webhook_id,
        url=body.url,
        events=body.events,
        active=body.active,
        command_id=body.id(command_id),
    )
    given.delivering.wake()
    return answer(changed)


@router.post("/{webhook_id}/secret", **contract(gives=Webhook, refuses=_WRITES))
async def renew_secret(
    given: Given, caller: Caller, game_id: GameId, webhook_id: WebhookId, command_id: CommandId = None
) -> Response:
    """Make a new `secret`, which only this answer has; for a day the former one signs too."""
    await require_for_game(given, caller, "record.define", game_id)
    renewed = await given.webhooks.renew_secret(caller.player_id, game_id, webhook_id, command_id=command_id)
    return answer(renewed)


@router.delete("/{webhook_id}", **contract(status=204, refuses=_WRITES))
async def remove(
    given: Given, caller: Caller, game_id: GameId, webhook_id: WebhookId, command_id: CommandId = None
) -> Response:
    """Deliver nothing to the webhook any more, not even what waits."""
    await require_for_game(given, caller, "record.define", game_id)
    await given.webhooks.remove(caller.player_id, game_id, webhook_id, command_id=command_id)
    return nothing()


@router.get("/{webhook_id}/deliveries", **contract(gives=PageOf[Delivery], refuses=_OWNERS))
async def deliveries(
    given: Given,
    caller: Caller,
    game_id: GameId,
    webhook_id: WebhookId,
    at: Part,
    status: Annotated[Status | None, Query(description="All when left out.")] = None,
) -> Response:
    """What was sent or is to be, newest event first; delivered ones stay for a week, dead ones a month."""
    await require_for_game(given, caller, "record.define", game_id)
    await given.webhooks.webhook(game_id, webhook_id)
    before = None if at.after_number is None else at.after_number[0]
    found = await given.delivering.deliveries(webhook_id, status, before=before, limit=at.limit + 1)
    return part(found, at, lambda each: (each[0].to_bytes(8), each[1].id), lambda each: each[1])


@router.post("/{webhook_id}/deliveries/{delivery_id}/retry", **contract(gives=Delivery, refuses=_OWNERS))
async def retry(
    given: Given, caller: Caller, game_id: GameId, webhook_id: WebhookId, delivery_id: DeliveryId
) -> Response:
    """Deliver a dead or waiting one now, as if for the first time; a delivered one stays as it is."""
    await require_for_game(given, caller, "record.define", game_id)
    await given.webhooks.webhook(game_id, webhook_id)
    return answer(await given.delivering.again(webhook_id, delivery_id))
