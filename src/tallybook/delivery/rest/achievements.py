"""Achievements: defined under their game, unlocked by clients and servers, and who has which and why."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from fastapi import Path, Query, Request, Response
from msgspec import UNSET, Meta, UnsetType
from pydantic import BeforeValidator

from tallybook.access.actor import Actor
from tallybook.catalogue.achievements import (
    AchievementChanges,
    Authority,
    Clearable,
    Points,
    Rarity,
    Steps,
    Texts,
    Tier,
)
from tallybook.delivery.achievement_shapes import AchievementShown, BackfillResult, PlayersAchievements, Why
from tallybook.delivery.rest.answers import answer, nothing, part
from tallybook.delivery.rest.callers import Anyone, Caller, MaybeAnyone, anyone_of
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.direct import Nothing, direct
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.reading import (
    Command,
    CommandId,
    GameId,
    Language,
    Part,
    PlayerId,
    body_of,
    command_id_of,
    plain,
    read_body,
    read_data,
)
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given, Services
from tallybook.delivery.rest.shapes import Name, Page
from tallybook.delivery.unlocking import BatchItem, Moment, MoreSteps, Progressed, Unlock, Unlocked
from tallybook.kernel.ids import parse_id
from tallybook.play.requests import read_body as parse_body
from tallybook.sessions.wire import decode

router = api_router(tag="achievements")
T = TypeVar("T", bound=msgspec.Struct)
C = TypeVar("C", bound=Command)

AchievementId = Annotated[
    UUID,
    BeforeValidator(lambda text: parse_id(str(text), "achievement")),
    Path(alias="achievement_id"),
]

read_unlock = msgspec.json.Decoder(Unlock).decode


class AchievementPatch(Command, frozen=True, kw_only=True):
    """At least one field; what is left out stays. With a rule, the authority is the server's."""

    name: Name | UnsetType = UNSET
    description: str | UnsetType = UNSET
    texts: Annotated[dict[str, Texts], Meta(description="By language.")] | UnsetType = UNSET
    icon: Annotated[str, Meta(description="An emoji, or the address of a picture.")] | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    tiers: tuple[Tier, ...] | UnsetType = UNSET
    authority: Authority | UnsetType = UNSET
    rarity: Rarity | UnsetType = UNSET
    revoke: Annotated[bool, Meta(description="Whether a correction takes it back.")] | UnsetType = UNSET
    rule: Annotated[dict[str, Any], Meta(description="What unlocks it.")] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    clear: Annotated[tuple[Clearable, ...], Meta(description="What to take back.")] = ()


class NewAchievement(AchievementPatch, frozen=True, kw_only=True):
    """An achievement; its key is new in the game, and stays."""

    key: Annotated[str, Meta(description="1 to 40 of a-z, 0-9, - and _.")]
    name: Name


class UnlockAchievement(Command, frozen=True, kw_only=True):
    """Of the caller where no player is named, and of all tiers where none is named.

    `timestamp` is the player's own time, for what was unlocked offline.
    """

    achievement_id: UUID
    player_id: UUID | UnsetType = UNSET
    timestamp: Moment | UnsetType = UNSET
    tier: str | UnsetType = UNSET


class MoreProgress(Command, frozen=True, kw_only=True):
    """Steps add up, so a repetition is to be sent under the same command id."""

    achievement_id: UUID
    steps: Steps
    player_id: UUID | UnsetType = UNSET
    timestamp: Moment | UnsetType = UNSET


class UnlockBatch(Command, frozen=True, kw_only=True):
    """Up to 1000; each is answered in its place."""

    unlocks: tuple[Any, ...]


class UnlockBatchAnswer(msgspec.Struct, frozen=True):
    results: list[BatchItem]


class Backfill(Command, frozen=True, kw_only=True):
    """With `dry_run` nothing is unlocked."""

    dry_run: bool = True


_REFUSED = ("not_found", "forbidden", "idempotency_conflict")


@router.get(
    "/games/{id}/achievements", **contract(gives=Page[AchievementShown], refuses=("not_found",), public=True)
)
async def of_game(
    given: Given,
    caller: MaybeAnyone,
    game_id: GameId,
    at: Part,
    lang: Language = None,
    archived: Annotated[bool, Query(description="The archived ones instead.")] = False,
) -> Response:
    """The achievements of a game, newest first, and how far the caller has come; needs no token."""
    found = await given.achievements.of_game(
        caller, game_id, archived=archived, language=lang, before=at.last, limit=at.limit + 1
    )
    return part(found, at, lambda each: (b"", each.id), lambda each: each)


@router.post(
    "/games/{id}/achievements",
    **contract(takes=NewAchievement, gives=AchievementShown, status=201, refuses=(*_REFUSED, "name_taken")),
)
async def define(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: NewAchievement = body_of(NewAchievement),
) -> Response:
    """Define an achievement of one's game."""
    made = await given.achievements.define(
        caller, game_id, body.key, _asked(AchievementChanges, body), command_id=body.id(command_id)
    )
    return answer(made, 201)


@router.get(
    "/games/{id}/achievements/{achievement_id}",
    **contract(gives=AchievementShown, refuses=("not_found",), public=True),
)
async def one(
    given: Given, caller: MaybeAnyone, game_id: GameId, achievement_id: AchievementId, lang: Language = None
) -> Response:
    """An achievement, also an archived one; needs no token."""
    return answer(await given.achievements.one(caller, game_id, achievement_id, language=lang))


@router.patch(
    "/games/{id}/achievements/{achievement_id}",
    **contract(takes=AchievementPatch, gives=AchievementShown, refuses=(*_REFUSED, "contradicts_records")),
)
async def change(
    given: Given,
    caller: Caller,
    game_id: GameId,
    achievement_id: AchievementId,
    command_id: CommandId = None,
    body: AchievementPatch = body_of(AchievementPatch),
) -> Response:
    """Change an achievement; what was unlocked keeps the points it gave."""
    changed = await given.achievements.change(
        caller, game_id, achievement_id, _asked(AchievementChanges, body), command_id=body.id(command_id)
    )
    return answer(changed)


@router.delete("/games/{id}/achievements/{achievement_id}", **contract(status=204, refuses=_REFUSED))
async def archive(
    given: Given, caller: Caller, game_id: GameId, achievement_id: AchievementId, command_id: CommandId = None
) -> Response:
    """Archive an achievement: nobody can unlock it any more, and who has it keeps it."""
    changes = AchievementChanges(archived=True)
    await given.achievements.change(caller, game_id, achievement_id, changes, command_id=command_id)
    return nothing()


@router.post(
    "/games/{id}/achievements/{achievement_id}/backfill",
    **contract(
        takes=Backfill, optional=True, gives=BackfillResult, refuses=("not_found", "forbidden", "archived")
    ),
)
async def backfill(
    given: Given,
    caller: Caller,
    game_id: GameId,
    achievement_id: AchievementId,
    body: Backfill = body_of(Backfill),
) -> Response:
    """Unlock, dated when it was earned, what the rule finds in the past; at first only count it."""
    filled = await given.achievements.fill_in(caller, game_id, achievement_id, dry_run=body.dry_run)
    return answer(filled)


@hot
async def unlock(request: Request) -> Response:
    """Unlock an achievement of a player; unlocking it again changes nothing."""
    caller = await anyone_of(request)
    given: Services = request.app.services
    data, command_id = await read_data(request), command_id_of(request)
    asked = plain(read_unlock, data)
    if asked is None:
        body = decode(UnlockAchievement, parse_body(data))
        asked, command_id = _asked(Unlock, body), body.id(command_id)
    return answer(await given.achievement_desk.unlock(caller, asked, command_id))


@hot
async def unlock_batch(request: Request) -> Response:
    """Unlock many; what is refused is named in its place, and the others land."""
    caller, given, body, command_id = await _write(request, UnlockBatch, each_of="unlocks")
    return answer(UnlockBatchAnswer(await given.achievement_desk.batch(caller, body.unlocks, command_id)))


@hot
async def progress(request: Request) -> Response:
    """Add steps towards an achievement; reaching a tier, or the last step, unlocks."""
    caller, given, body, command_id = await _write(request, MoreProgress)
    return answer(await given.achievement_desk.progress(caller, _asked(MoreSteps, body), command_id))


def _writes(takes: type[Command], gives: type, *more: str) -> dict[str, Any]:
    return direct(Nothing, takes=takes, gives=gives, refuses=(*_REFUSED, *more), keys=True, writes=True)


router.post("/achievements/unlock", **_writes(UnlockAchievement, Unlocked, "archived"))(unlock)
router.post("/achievements/unlock/batch", **_writes(UnlockBatch, UnlockBatchAnswer))(unlock_batch)
router.post("/achievements/progress", **_writes(MoreProgress, Progressed, "archived"))(progress)


@router.get("/players/{id}/achievements", **contract(gives=PlayersAchievements, refuses=("not_found",)))
async def of_player(
    given: Given,
    caller: Caller,
    player_id: PlayerId,
    at: Part,
    game_id: Annotated[UUID | None, Query()] = None,
    unlocked: Annotated[bool, Query(description="False: those that steps were made towards.")] = True,
    lang: Language = None,
) -> Response:
    """What a player has unlocked, newest first; hidden ones only by their points to who has them not."""
    items, total, following = await given.achievements.of_player(
        caller,
        player_id,
        game_id=game_id,
        unlocked=unlocked,
        language=lang,
        after=at.after,
        limit=at.limit,
    )
    cursor = None if following is None else at.cursor(following)
    return answer(PlayersAchievements(items, total, cursor))


@router.get(
    "/players/{id}/achievements/{achievement_id}/why",
    **contract(gives=Why, refuses=("not_found", "forbidden"), keys=True),
)
async def why(given: Given, caller: Anyone, player_id: PlayerId, achievement_id: AchievementId) -> Response:
    """The events behind an achievement, and what is missing for it or for its next tier."""
    return answer(await given.achievements.why(caller, player_id, achievement_id))


async def _write(
    request: Request, shape: type[C], *, each_of: str | None = None
) -> tuple[Actor, Services, C, str | None]:
    """Who writes with what, and under which command id."""
    caller = await anyone_of(request)
    body: C = decode(shape, await read_body(request, each_of=each_of))
    return caller, request.app.services, body, body.id(command_id_of(request))


def _asked(shape: type[T], body: Command) -> T:
    """What a body asks for, without its command id."""
    return shape(**{name: getattr(body, name) for name in shape.__struct_fields__})
