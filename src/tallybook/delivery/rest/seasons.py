"""Seasons of a game: public to look at, in the hands of its owner and the community managers."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Path, Query, Response
from msgspec import UNSET, Meta, UnsetType
from pydantic import BeforeValidator

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, require
from tallybook.catalogue.seasons import Announcement, SeasonChanges, SeasonTexts, SeasonTier, State
from tallybook.catalogue.seasons import Season as Defined
from tallybook.delivery.rest.allowed import require_for_game
from tallybook.delivery.rest.answers import answer, nothing, page_of
from tallybook.delivery.rest.callers import Caller, MaybeAnyone
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import (
    Command,
    CommandId,
    GameId,
    Key,
    Part,
    Position,
    Whole,
    body_of,
    foreign_cursor,
    moment,
)
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given, Services
from tallybook.delivery.rest.shapes import Name, Page
from tallybook.delivery.seasons import StandingLine
from tallybook.kernel.clock import iso, iso_or_none
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import not_found
from tallybook.projections.records.lists import Line

router = api_router("/games/{id}/seasons", tag="seasons")

SeasonId = Annotated[
    UUID, BeforeValidator(lambda text: parse_id(str(text), "season")), Path(alias="season_id")
]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
SlugKey = Annotated[str, Meta(extra_json_schema={"pattern": "^[a-z0-9][a-z0-9_-]{0,39}$"})]
Boards = Annotated[tuple[SlugKey, ...], Meta(description="Keys of the game's boards.")]
Announced = Annotated[
    SeasonTexts, Meta(description="Announced by itself at the start, and once it is closed.")
]

_WRITES = ("not_found", "forbidden", "season_fixed", "idempotency_conflict")


class NewSeason(Command, frozen=True, kw_only=True):
    """A season; it may have begun already, but it may not be over."""

    key: SlugKey
    name: Name
    boards: Boards
    starts_at: Time
    ends_at: Time
    tiers: tuple[SeasonTier, ...] = ()
    texts: Announced = SeasonTexts()


class ChangedSeason(Command, frozen=True, kw_only=True):
    """At least one field. Boards and start stay once it runs; end and tiers once it is over."""

    name: Name | UnsetType = UNSET
    boards: Boards | UnsetType = UNSET
    starts_at: Time | UnsetType = UNSET
    ends_at: Time | UnsetType = UNSET
    tiers: tuple[SeasonTier, ...] | UnsetType = UNSET
    texts: Announced | UnsetType = UNSET


class Season(msgspec.Struct, frozen=True):
    """`digest` is what the event that closed it says of its final standings."""

    id: UUID
    game_id: UUID
    key: SlugKey
    name: str
    boards: tuple[SlugKey, ...]
    starts_at: Time
    ends_at: Time
    tiers: tuple[SeasonTier, ...]
    texts: SeasonTexts
    state: State
    closed_at: Time | None
    digest: str | None
    created_at: Time


class NewAnnouncement(Command, frozen=True, kw_only=True):
    text: Annotated[str, Meta(description="At most 2000 characters.")]


class Standings(msgspec.Struct, frozen=True):
    """A part of the list; `final` ones never change."""

    season_id: UUID
    board: SlugKey
    final: bool
    total: int
    items: list[StandingLine]
    next_cursor: str | None


@router.get("", **contract(gives=Page[Season], refuses=("not_found",), public=True))
async def of_game(given: Given, caller: MaybeAnyone, game_id: GameId, at: Part) -> Response:
    """The seasons of a game, newest first."""
    await given.catalogue.game(game_id)
    require("season.view", relations_of(caller, game=game_id))
    found = await given.seasons.of_game(game_id, before=at.last, limit=at.limit + 1)
    return page_of(found, at, lambda season: season.id, lambda season: _shown(given, season))


@router.post("", **contract(takes=NewSeason, gives=Season, status=201, refuses=(*_WRITES, "name_taken")))
async def define(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: NewSeason = body_of(NewSeason),
) -> Response:
    """Define a season over boards of the game."""
    await require_for_game(given, caller, "season.manage", game_id)
    season = await given.seasons.define(
        caller.player_id, game_id, body.key, _changes(body), command_id=body.id(command_id)
    )
    return answer(_shown(given, season), 201)


@router.get("/{season_id}", **contract(gives=Season, refuses=("not_found",), public=True))
async def season(given: Given, caller: MaybeAnyone, game_id: GameId, season_id: SeasonId) -> Response:
    """A season."""
    return answer(_shown(given, await _seen(given, caller, game_id, season_id)))


@router.patch("/{season_id}", **contract(takes=ChangedSeason, gives=Season, refuses=_WRITES))
async def change(
    given: Given,
    caller: Caller,
    game_id: GameId,
    season_id: SeasonId,
    command_id: CommandId = None,
    body: ChangedSeason = body_of(ChangedSeason),
) -> Response:
    """Change what can still change of a season."""
    before = await _managed(given, caller, game_id, season_id)
    changed = await given.seasons.change(
        caller.player_id, before, _changes(body), command_id=body.id(command_id)
    )
    return answer(_shown(given, changed))


@router.delete("/{season_id}", **contract(status=204, refuses=_WRITES))
async def remove(
    given: Given, caller: Caller, game_id: GameId, season_id: SeasonId, command_id: CommandId = None
) -> Response:
    """Call a season off; a closed one stays for ever."""
    found = await _managed(given, caller, game_id, season_id, removed=True)
    await given.seasons.remove(caller.player_id, found, command_id=command_id)
    return nothing()


@router.get("/{season_id}/standings", **contract(gives=Standings, refuses=("not_found",), public=True))
async def standings(
    given: Given,
    caller: MaybeAnyone,
    game_id: GameId,
    season_id: SeasonId,
    at: Part,
    board: Annotated[
        str | None, Query(max_length=40, description="Its key; the season's first board without it.")
    ] = None,
) -> Response:
    """Who stands where on a board within the season; from its end on the final standings, frozen."""
    found = await _seen(given, caller, game_id, season_id)
    key = board or found.boards[0]
    after = None if at.after is None else _line(*at.after)
    shown = await given.season_standings.of(found, key, after=after, limit=at.limit)
    following = None if shown.last is None else at.cursor(_key(shown.last))
    closed = found.closed_at is not None
    return answer(Standings(found.id, key, closed, shown.total, shown.lines, following))


@router.get(
    "/{season_id}/announcements", **contract(gives=Page[Announcement], refuses=("not_found",), public=True)
)
async def announcements(
    given: Given, caller: MaybeAnyone, game_id: GameId, season_id: SeasonId, at: Part
) -> Response:
    """What was said about a season, newest first."""
    found = await _seen(given, caller, game_id, season_id)
    said = await given.seasons.announcements(found.id, before=at.last, limit=at.limit + 1)
    return page_of(said, at, lambda each: each.id, lambda each: each)


@router.post(
    "/{season_id}/announcements",
    **contract(takes=NewAnnouncement, gives=Announcement, status=201, refuses=_WRITES),
)
async def announce(
    given: Given,
    caller: Caller,
    game_id: GameId,
    season_id: SeasonId,
    command_id: CommandId = None,
    body: NewAnnouncement = body_of(NewAnnouncement),
) -> Response:
    """Say something about a season."""
    found = await _managed(given, caller, game_id, season_id)
    said = await given.seasons.announce(caller.player_id, found, body.text, command_id=body.id(command_id))
    return answer(said, 201)


async def _seen(given: Services, caller: Actor | None, game_id: UUID, season_id: UUID) -> Defined:
    require("season.view", relations_of(caller, game=game_id))
    found = await given.seasons.season(game_id, season_id)
    if found.key is None:
        raise not_found("season")
    return found


async def _managed(
    given: Services, caller: Actor, game_id: UUID, season_id: UUID, *, removed: bool = False
) -> Defined:
    """The season, to those who may change it; a `removed` one only where that is nothing new."""
    await require_for_game(given, caller, "season.manage", game_id)
    found = await given.seasons.season(game_id, season_id)
    if found.key is None and not removed:
        raise not_found("season")
    return found


def _changes(body: NewSeason | ChangedSeason) -> SeasonChanges:
    return SeasonChanges(
        name=body.name,
        boards=body.boards,
        starts_at=_moment(body.starts_at, "starts_at"),
        ends_at=_moment(body.ends_at, "ends_at"),
        tiers=body.tiers,
        texts=body.texts,
    )


def _moment(text: str | UnsetType, field: str) -> int | UnsetType:
    found = moment(text, field) if isinstance(text, str) else None
    return UNSET if found is None else found


_keys = msgspec.msgpack.Encoder()
_read_key = msgspec.msgpack.Decoder(tuple[Whole, Whole, Position])


def _key(line: Line) -> Key:
    return _keys.encode((line.value, line.second, line.since)), line.member_id


def _line(key: bytes, member: UUID) -> Line:
    try:
        return Line(member, 0, *_read_key.decode(key))
    except msgspec.DecodeError:
        raise foreign_cursor() from None


def _shown(given: Services, season: Defined) -> Season:
    return Season(
        id=season.id,
        game_id=season.game_id,
        key=season.key or "",
        name=season.name,
        boards=season.boards,
        starts_at=iso(season.starts_at),
        ends_at=iso(season.ends_at),
        tiers=season.tiers,
        texts=season.texts,
        state=season.state(given.clock.now()),
        closed_at=iso_or_none(season.closed_at),
        digest=season.digest,
        created_at=iso(season.created_at),
    )
