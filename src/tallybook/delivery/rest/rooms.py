"""Rooms: finding one, coming in by key, and what concerns the room rather than the game in it."""

from typing import Annotated

from fastapi import Path, Query, Response

from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.answers import answer, page_of, raw
from tallybook.delivery.rest.callers import Caller
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import Part, RoomId, Search, Write
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page as PageOf
from tallybook.kernel.refusals import invalid

router = api_router("/rooms", tag="rooms")

Key = Annotated[str, Path(description="Six characters, in any case.")]


@router.get("", **contract(gives=PageOf[shapes.Room]))
async def rooms(
    given: Given,
    caller: Caller,
    at: Part,
    q: Search,
    public: Annotated[
        bool, Query(description="Only public rooms are listed.", json_schema_extra={"enum": [True]})
    ] = True,
) -> Response:
    """Public rooms, newest first."""
    if not public:
        raise invalid("public", "only public rooms are listed")
    found = await given.sessions.rooms(caller, q=q, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda room: room["id"], lambda room: room)


@router.get("/by-key/{key}", **contract(gives=shapes.Room, refuses=("not_found",)))
async def room(given: Given, caller: Caller, key: Key) -> Response:
    """The room behind a key."""
    return raw(await given.sessions.room(caller, key))


@router.post(
    "/by-key/{key}/join",
    **contract(
        takes=shapes.Join,
        optional=True,
        gives=shapes.Joined,
        refuses=(
            "not_found",
            "forbidden",
            "seat_taken",
            "room_full",
            "unknown_seat",
            "in_play",
            "session_finished",
            "stale",
            "idempotency_conflict",
        ),
    ),
)
async def join(given: Given, caller: Caller, key: Key, write: Write) -> Response:
    """Come in: resume a role, take a seat, or watch."""
    body, envelope = write
    return raw(await given.sessions.join(caller, key, body, envelope))


def _add(name: str, summary: str, body: type) -> None:
    described = contract(
        takes=body,
        optional=name == "ready",
        gives=shapes.Written,
        refuses=(
            "not_found",
            "forbidden",
            "unknown_seat",
            "session_finished",
            "stale",
            "idempotency_conflict",
        ),
    )

    @router.post(f"/{{id}}/{name}", name=name, summary=summary, **described)
    async def write_in_room(given: Given, caller: Caller, room_id: RoomId, write: Write) -> Response:
        body, envelope = write
        written = await given.sessions.write_in_room(caller, room_id, name, body, envelope)
        return answer(shapes.Written(written.last))


_add("kick", "Remove a player from the room; what was scored stays.", shapes.Kick)
_add("host", "Hand the room to another player.", shapes.NewHost)
_add("ready", "Say that one is ready, or no longer.", shapes.Ready)
