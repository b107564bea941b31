"""The ratings of a game."""

import struct

from fastapi import Response

from tallybook.access.matrix import relations_of, require
from tallybook.delivery.ratings import RankedPlayer
from tallybook.delivery.rest.answers import part
from tallybook.delivery.rest.callers import MaybeAnyone
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import GameId, Part, foreign_cursor
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page
from tallybook.projections.ratings_list import Place

router = api_router("/games/{id}", tag="statistics")


@router.get("/ratings", **contract(gives=Page[RankedPlayer], refuses=("not_found",), public=True))
async def ratings(given: Given, caller: MaybeAnyone, game_id: GameId, at: Part) -> Response:
    """Who is rated how, best first; at the end those whose ratings are provisional."""
    await given.catalogue.game(game_id)
    require("record.view", relations_of(caller, game=game_id))
    try:
        after = None if at.after is None else Place.of(*at.after)
    except struct.error:
        raise foreign_cursor() from None
    found = await given.ratings.ranked(game_id, after=after, limit=at.limit + 1)
    return part(found, at, lambda each: (each[0].key, each[0].person_id), lambda each: each[1])
