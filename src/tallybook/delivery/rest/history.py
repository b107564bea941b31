"""What was played: lists of sessions found by filters or by a name, and one session step by step."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query, Request, Response
from msgspec import UNSET, Meta, Raw, UnsetType

from tallybook.access.actor import ADMIN
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.answers import answer, raw
from tallybook.delivery.rest.callers import Anyone, caller_of
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.direct import direct, given_in, read_query
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.reading import SessionId, listing, moment
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given, Services
from tallybook.delivery.rest.shapes import Page as PageOf
from tallybook.delivery.timeline import MOST_STEPS, Timeline
from tallybook.kernel.text import clean_text
from tallybook.projections.history import Scope, Wanted
from tallybook.projections.standings import Mode, Outcome
from tallybook.sessions.seating import MOST_SEATS

router = api_router("/sessions", tag="sessions")

When = Annotated[
    str,
    Meta(
        max_length=40,
        description="A date (UTC), or a time with its offset.",
        extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\d([Tt ].+)?$"},
    ),
]

Name = Annotated[str, Meta(max_length=100, description="Part of a game's, a room's or a player's name.")]


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """The query of a list of sessions."""

    q: Name | UnsetType = UNSET
    player_id: UUID | UnsetType = UNSET
    game_id: UUID | UnsetType = UNSET
    since: When | UnsetType = msgspec.field(name="from", default=UNSET)
    until: When | UnsetType = msgspec.field(name="to", default=UNSET)
    status: shapes.Status | UnsetType = UNSET
    players: Annotated[int, Meta(ge=0, le=MOST_SEATS, description="Seats at the table.")] | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    outcome: Outcome | UnsetType = UNSET
    opponent_id: UUID | UnsetType = UNSET
    voided: bool | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Annotated[str, Meta(max_length=300, description="From the page before.")] | UnsetType = UNSET


@hot
async def history(request: Request) -> Response:
    """Sessions the caller may see, newest first by their end or creation; with `player_id`, that player's.

    `outcome` and `opponent_id` (who sat there too, but not in the same team) go with `player_id`, or with
    the caller when it is left out. Scope `own` is what the caller hosted or sat in, `visible` is also what
    was finished in public rooms; it is `own` unless a game is named or the caller is an admin.
    """
    caller = await caller_of(request)
    asked = given_in(read_query(request, Filters))
    at = await listing(request, asked.pop("limit"), asked.pop("cursor", None))
    for name, field in (("since", "from"), ("until", "to")):
        asked[name] = moment(asked.get(name), field)
    asked["q"] = clean_text(asked.get("q", ""), "q").strip() or None
    if {"outcome", "opponent_id"} & asked.keys():
        asked.setdefault("player_id", caller.player_id)
    asked.setdefault("scope", "visible" if "game_id" in asked or ADMIN in caller.roles else "own")
    given: Services = request.app.services
    items, last = await given.history.list(caller, Wanted(**asked), before=at.after_number, limit=at.limit)
    following = None if last is None else at.cursor((last[0].to_bytes(8), last[1]))
    return answer({"items": Raw(items), "next_cursor": following})


HISTORY = direct(Filters, gives=PageOf[shapes.SessionSummary])
router.get("/history", **HISTORY)(history)


@router.get("/{id}/timeline", **contract(gives=Timeline, refuses=("not_found",), keys=True))
async def timeline(
    given: Given,
    caller: Anyone,
    session_id: SessionId,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1, description="-1: from the start.")] = -1,
    limit: Annotated[int, Query(ge=1, le=MOST_STEPS)] = MOST_STEPS,
) -> Response:
    """The session step by step, as far as the caller may see it: what each event did, and the totals then."""
    return raw(await given.timelines.timeline(caller, session_id, after=after, limit=limit))
