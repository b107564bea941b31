"""Leaderboards: who is at the top, who is around whom, and where somebody stands."""

import base64
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Request, Response
from msgspec import UNSET, Meta, UnsetType

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, require
from tallybook.delivery.leaderboard_shapes import Asked, PlayerStanding, Rankings
from tallybook.delivery.rest.answers import answer, raw
from tallybook.delivery.rest.callers import maybe_anyone_of
from tallybook.delivery.rest.direct import direct, read_query
from tallybook.delivery.rest.history import When
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.reading import Position, Whole, foreign_cursor, moment, parse_ids
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Services
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import invalid
from tallybook.projections.records.lists import Line

router = api_router("/leaderboards/{game_id}", tag="leaderboards")

MOST = 100
MOST_BODIES = 500

_bodies: dict[tuple[UUID, "Top"], tuple[Rankings, bytes]] = {}  # encoded lists; no list is ever changed
_cursors = msgspec.msgpack.Encoder(uuid_format="bytes")
_read_cursor = msgspec.msgpack.Decoder(tuple[bytes, UUID, Whole, Whole, Position])


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """The query of a leaderboard."""

    board: Annotated[str, Meta(max_length=40, description="The key of a board.")] = "points"
    period: Annotated[
        str, Meta(max_length=40, description="`current`, `previous`, or a time within the period.")
    ] = "current"
    season: (
        Annotated[
            str,
            Meta(
                description="The id of a season: the board within it, in the end as it stood when it closed.",
                extra_json_schema={"format": "uuid"},
            ),
        ]
        | UnsetType
    ) = UNSET
    region: Annotated[str, Meta(max_length=16, description="Players of this region alone.")] | UnsetType = (
        UNSET
    )
    friends: Annotated[bool, Meta(description="Whom the caller follows, and the caller.")] = False
    players: (
        Annotated[str, Meta(max_length=3700, description="Up to 100 players: ids with commas between.")]
        | UnsetType
    ) = UNSET
    as_of: When | UnsetType = UNSET
    metadata: Annotated[bool, Meta(description="With what was sent along.")] = False

    def asked(self) -> Asked:
        within = self.period if self.period in {"current", "previous"} else moment(self.period, "period")
        return Asked(
            board=self.board,
            period=within,  # type: ignore[arg-type]  # one of two words, or a time
            season=None if isinstance(self.season, UnsetType) else parse_id(self.season, "season"),
            region=None if isinstance(self.region, UnsetType) else self.region,
            friends=self.friends,
            players=() if isinstance(self.players, UnsetType) else parse_ids(self.players, "players", MOST),
            as_of=None if isinstance(self.as_of, UnsetType) else moment(self.as_of, "as_of"),
            metadata=self.metadata,
        )


class Top(Which, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=MOST)] = MOST
    cursor: Annotated[str, Meta(max_length=300, description="From the page before.")] | UnsetType = UNSET


class Around(Which, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 11


@hot
async def top(request: Request) -> Response:
    """A leaderboard, best first: by default the points of achievements. Needs no token but for `friends`."""
    caller, given, game_id = await _given(request)
    query = read_query(request, Top)
    of_list = _of_list(game_id, query)
    after = None if isinstance(query.cursor, UnsetType) else _line(query.cursor, of_list)
    shown, last = await given.leaderboards.top(caller, game_id, query.asked(), limit=query.limit, after=after)
    kept = _bodies.get((game_id, query))
    if kept is not None and kept[0] is shown:  # the very list that was encoded before
        return raw(kept[1])
    whole = shown
    if last is not None:
        following = _cursors.encode((_digest(of_list), last.member_id, last.value, last.second, last.since))
        whole = msgspec.structs.replace(shown, next_cursor=base64.urlsafe_b64encode(following).decode())
    body = msgspec.json.encode(whole)
    if len(_bodies) >= MOST_BODIES:
        _bodies.clear()
    _bodies[game_id, query] = shown, body
    return raw(body)


@hot
async def standing(request: Request) -> Response:
    """Where a player stands; 404 without an entry."""
    caller, given, game_id = await _given(request)
    player_id = parse_id(request.path_params["player_id"], "player")
    asked = read_query(request, Which).asked()
    return answer(await given.leaderboards.standing(caller, game_id, player_id, asked))


@hot
async def around(request: Request) -> Response:
    """The lines around a player; 404 when the player is not in the list."""
    caller, given, game_id = await _given(request)
    player_id = parse_id(request.path_params["player_id"], "player")
    query = read_query(request, Around)
    found = await given.leaderboards.around(caller, game_id, player_id, query.asked(), limit=query.limit)
    return answer(found)


_PUBLIC: dict[str, Any] = {"refuses": ("not_found",), "public": True}
router.get("", **direct(Top, "game_id", gives=Rankings, **_PUBLIC))(top)
router.get("/player/{player_id}", **direct(Which, "game_id", "player_id", gives=PlayerStanding, **_PUBLIC))(
    standing
)
router.get("/around/{player_id}", **direct(Around, "game_id", "player_id", gives=Rankings, **_PUBLIC))(around)


async def _given(request: Request) -> tuple[Actor | None, Services, UUID]:
    caller = await maybe_anyone_of(request)
    game_id = parse_id(request.path_params["game_id"], "game")
    require("record.view", relations_of(caller, game=game_id))
    return caller, request.app.services, game_id


@lru_cache(maxsize=4096)
def _of_list(game_id: UUID, query: Top) -> bytes:
    return msgspec.json.encode((game_id, msgspec.structs.replace(query, limit=MOST, cursor=UNSET)))


def _line(cursor: str, of_list: bytes) -> Line:
    try:
        read = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        digest, member, value, second, since = _read_cursor.decode(read)
    except (ValueError, msgspec.DecodeError):
        raise foreign_cursor() from None
    if digest != _digest(of_list):
        raise invalid("cursor", "belongs to another list")
    return Line(member, 0, value, second, since)


def _digest(of_list: bytes) -> bytes:
    return blake2b(of_list, digest_size=8).digest()
