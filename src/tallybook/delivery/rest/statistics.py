"""A player's figures: how often, how well, and against whom."""

from uuid import UUID

import msgspec
from fastapi import Request, Response
from msgspec import UNSET, UnsetType

from tallybook.delivery.rest.answers import raw
from tallybook.delivery.rest.callers import caller_of
from tallybook.delivery.rest.direct import direct, given_in, read_query
from tallybook.delivery.rest.history import When
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.reading import moment
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Services
from tallybook.delivery.statistics import PlayerStats
from tallybook.kernel.ids import parse_id

router = api_router("/players", tag="players")


class Asked(msgspec.Struct, frozen=True):
    """The query of figures."""

    game_id: UUID | UnsetType = UNSET
    as_of: When | UnsetType = UNSET


@hot
async def stats(request: Request) -> Response:
    """What a player has played, won and scored, for anybody to see; `as_of` goes by the time of commit.

    Against whom is told of the sessions that the caller may see.
    """
    caller = await caller_of(request)
    player_id = parse_id(request.path_params["id"], "player")
    asked = given_in(read_query(request, Asked))
    given: Services = request.app.services
    as_of = moment(asked.get("as_of"), "as_of")
    game_id = asked.get("game_id")
    return raw(await given.statistics.stats(caller, player_id, game_id=game_id, as_of=as_of))


STATS = direct(Asked, "id", gives=PlayerStats, refuses=("not_found",))
router.get("/{id}/stats", **STATS)(stats)
