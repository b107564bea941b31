"""The inbox of whoever calls."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query, Response
from msgspec import UNSET, Meta, UnsetType

from tallybook.delivery.notifications import Notification
from tallybook.delivery.rest.answers import answer, page_of
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import Command, CommandId, Part, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page as PageOf
from tallybook.kernel.refusals import invalid

router = api_router("/notifications", tag="notifications")

MOST_AT_ONCE = 500


class ReadNotifications(Command, frozen=True, kw_only=True):
    """Which were read: some by their `ids`, or all `upto` one of them."""

    ids: Annotated[list[UUID], Meta(max_length=MOST_AT_ONCE)] | UnsetType = UNSET
    upto: UUID | UnsetType = UNSET


class Unread(msgspec.Struct, frozen=True):
    """How many are still unread."""

    unread: int


@router.get("", **contract(gives=PageOf[Notification]))
async def notifications(
    given: Given,
    caller: Caller,
    at: Part,
    unread: Annotated[bool | None, Query(description="Only the unread, or only the read.")] = None,
) -> Response:
    """What has happened to the caller, newest first; the newest 500 are kept."""
    found = await given.notifications.of(caller, unread=unread, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda each: each.id, lambda each: each)


@router.post("/read", **contract(takes=ReadNotifications, gives=Unread))
async def read(
    given: Given,
    caller: Caller,
    command_id: CommandId = None,
    body: ReadNotifications = body_of(ReadNotifications),
) -> Response:
    """Mark as read; doing it again changes nothing."""
    body.id(command_id)
    if isinstance(body.ids, UnsetType) == isinstance(body.upto, UnsetType):
        raise invalid("ids", "give either ids or upto")
    which = body.upto if isinstance(body.ids, UnsetType) else body.ids
    assert not isinstance(which, UnsetType)
    return answer(Unread(await given.notifications.mark_read(caller, which)))
