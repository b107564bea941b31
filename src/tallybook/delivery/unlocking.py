"""Unlocks and steps that clients and servers send: who may, for whom, and once only."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.access.actor import Actor
from tallybook.access.matrix import may, relations_of, require
from tallybook.accounts.known import KnownPlayers
from tallybook.accounts.merges import Persons
from tallybook.careers.fold import NOTHING, Career, CareerFold, Source, Standing, progress, together, unlock
from tallybook.careers.streams import career_id
from tallybook.catalogue.achievement_definitions import AchievementDefinitions, archived
from tallybook.catalogue.achievements import Achievement, Steps
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.games import Game
from tallybook.delivery.achievement_shapes import AchievementProgress, AchievementShown, progress_of, shown
from tallybook.kernel.clock import AHEAD, Clock, to_microseconds
from tallybook.kernel.events import Event
from tallybook.kernel.refusals import FieldError, Refusal, invalid
from tallybook.ledger.append import Appended
from tallybook.ledger.ledger import Ledger
from tallybook.play.careers import command
from tallybook.play.requests import EARLIEST, Envelope
from tallybook.sessions.wire import decode

MOST_UNLOCKS = 1_000  # in one batch
FOLD = CareerFold()

PointsRank = Callable[[UUID, UUID, Appended], Awaitable[int | None]]
"""The rank of a player on a game's board of points, after a write; None without one."""

Moment = Annotated[datetime, Meta(tz=True, description="The player's own time; now when left out.")]


class Unlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An achievement of a player, the caller's own where none is named; of one with tiers up to `tier`."""

    achievement_id: UUID
    player_id: UUID | UnsetType = UNSET
    timestamp: Moment | UnsetType = UNSET
    tier: Annotated[str, Meta(description="All of them when left out.")] | UnsetType = UNSET


class MoreSteps(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Steps towards an achievement, beside those made before."""

    achievement_id: UUID
    steps: Steps
    player_id: UUID | UnsetType = UNSET
    timestamp: Moment | UnsetType = UNSET


class Unlocked(msgspec.Struct, frozen=True, kw_only=True):
    """`already` says that nothing is new; `new_rank` is the player's on the board of points."""

    success: bool = True
    already: bool
    achievement: AchievementShown
    new_rank: int | None


class Progressed(msgspec.Struct, frozen=True, kw_only=True):
    """`unlocked` says that the achievement, or a tier of it, is unlocked now."""

    success: bool = True
    already: bool
    unlocked: bool
    progress: AchievementProgress | None
    achievement: AchievementShown
    new_rank: int | None


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """One of a batch, in its order, named as it was sent; without success it says why, as a problem does."""

    success: bool
    achievement_id: str | UnsetType = UNSET
    player_id: str | UnsetType = UNSET
    already: bool | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    errors: Sequence[FieldError] | UnsetType = UNSET


class _Case(msgspec.Struct, frozen=True):
    """Whom an unlock concerns, and what that player has in the careers of others who are the same person."""

    achievement: Achievement
    player_id: UUID
    person: UUID
    elsewhere: Standing
    by: Source
    bot: bool
    at: int | None

    def standing(self, career: Career) -> Standing:
        """How the achievement stands, with the person's career as it is now."""
        own = career.get(self.achievement.id, NOTHING)
        return own if self.elsewhere is NOTHING else together([own, self.elsewhere])


class AchievementDesk:
    """Takes unlocks and steps. Everything raises `Refusal`."""

    def __init__(
        self,
        ledger: Ledger,
        definitions: AchievementDefinitions,
        book: BoardBook,
        persons: Persons,
        players: KnownPlayers,
        clock: Clock,
        points_rank: PointsRank,
    ) -> None:
        self._ledger = ledger
        self._definitions = definitions
        self._book = book
        self._persons = persons
        self._clock = clock
        self._points_rank = points_rank
        self._players = players

    async def unlock(self, actor: Actor, asked: Unlock, command_id: str | None) -> Unlocked:
        """Unlock an achievement; doing it again changes nothing and says so."""
        case, upto = await self._asked(actor, asked)
        written = await self._unlock(actor, case, upto, command_id)
        rank = await self._points_rank(case.achievement.game_id, case.person, written)
        return Unlocked(already=_nothing(written), achievement=shown(case.achievement), new_rank=rank)

    async def batch(self, actor: Actor, items: Sequence[Any], command_id: str | None) -> list[BatchItem]:
        """Unlock many at once; what is wrong with one of them does not keep the others."""
        if not 1 <= len(items) <= MOST_UNLOCKS:
            raise invalid("unlocks", f"from 1 to {MOST_UNLOCKS}")
        ids = [None if command_id is None else f"{command_id} {number}" for number in range(len(items))]
        read = await asyncio.gather(*(self._read(actor, item) for item in items))
        # Nothing waits between them from here on, so that they are taken up in their order.
        outcomes = await asyncio.gather(
            *(self._carry_out(actor, *each) for each in zip(read, ids, strict=True))
        )
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        hidden = "forbidden" if actor.key_games is None else "not_found"
        if len(refusals) == len(items) and all(refusal.code == hidden for refusal in refusals):
            raise refusals[0]  # somebody who has no business here
        return [_answer(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]

    async def _read(self, actor: Actor, item: Any) -> tuple[_Case, int] | Refusal:
        try:
            if isinstance(item, Refusal):
                raise item
            if not isinstance(item, Mapping):
                raise invalid("unlocks", "each must be an object")
            return await self._asked(actor, decode(Unlock, item))
        except Refusal as refusal:
            return refusal

    async def _carry_out(
        self, actor: Actor, read: tuple[_Case, int] | Refusal, command_id: str | None
    ) -> Appended | Refusal:
        if isinstance(read, Refusal):
            return read
        try:
            return await self._unlock(actor, *read, command_id)
        except Refusal as refusal:
            return refusal

    async def _asked(self, actor: Actor, asked: Unlock) -> tuple[_Case, int]:
        """The case of an unlock, and up to which tier."""
        case = await self._case(actor, asked)
        if isinstance(asked.tier, UnsetType):
            return case, case.achievement.goal.top
        return case, _tier(case.achievement, asked.tier)

    async def _unlock(self, actor: Actor, case: _Case, upto: int, command_id: str | None) -> Appended:
        goal = case.achievement.goal

        def decide(career: Career, _index: int) -> Sequence[Event]:
            standing = case.standing(career)
            return unlock(goal, case.person, standing, upto=upto, by=case.by, bot=case.bot)

        return await self._write(actor, case, decide, command_id, ("unlock", goal.achievement, upto))

    async def progress(self, actor: Actor, asked: MoreSteps, command_id: str | None) -> Progressed:
        """Add steps; those that reach a tier unlock it. What is beyond the last is not counted."""
        case = await self._case(actor, asked)
        achievement = case.achievement
        if not achievement.counts_steps:
            raise invalid("steps", "nobody makes steps towards this achievement")
        goal = achievement.goal

        def decide(career: Career, _index: int) -> Sequence[Event]:
            standing = case.standing(career)
            return progress(goal, case.person, standing, asked.steps, by=case.by, bot=case.bot)

        content = ("progress", goal.achievement, asked.steps)
        written = await self._write(actor, case, decide, command_id, content)
        standing = case.standing(await self._career(written))
        tier = max(standing.unlocked, default=-1)
        return Progressed(
            already=_nothing(written),
            unlocked=tier >= 0,
            progress=progress_of(achievement, standing.steps, tier),
            achievement=shown(achievement),
            new_rank=await self._points_rank(achievement.game_id, case.person, written),
        )

    async def _career(self, written: Appended) -> Career:
        """The career as a write left it, whatever has been added since."""
        at = await self._ledger.state(written.stream, FOLD)
        if at.index == written.last:
            return at.state
        return FOLD.fold(FOLD.initial(), await self._ledger.events(written.stream, upto=written.last))

    async def _case(self, actor: Actor, asked: Unlock | MoreSteps) -> _Case:
        """Everything about an unlock, once it is known that the actor may."""
        achievement = await self._definitions.known(asked.achievement_id)
        if isinstance(asked.player_id, UnsetType):
            if actor.key_games is not None:
                raise invalid("player_id", "is missing: a key is nobody's player")
            player_id = actor.player_id
        else:
            player_id = asked.player_id
        game = (await self._book.of(achievement.game_id)).game
        by = _source(actor, achievement, game, player_id)
        bot = await self._players.is_bot(player_id)
        game.check_offered()
        if achievement.archived:
            raise archived()
        person = self._persons.person_of(player_id)
        elsewhere = await self._elsewhere(achievement, person)
        at = None if isinstance(asked.timestamp, UnsetType) else self._moment(asked.timestamp)
        return _Case(achievement, player_id, person, elsewhere, by, bot, at)

    async def _elsewhere(self, achievement: Achievement, person: UUID) -> Standing:
        others = self._persons.merged_into(person)
        if not others:
            return NOTHING
        careers = await asyncio.gather(
            *(self._ledger.state(career_id(achievement.game_id, other), FOLD) for other in sorted(others))
        )
        return together([career.state.get(achievement.id, NOTHING) for career in careers])

    def _moment(self, timestamp: datetime) -> int:
        moment = to_microseconds(timestamp)
        if moment > self._clock.now() + AHEAD:
            raise invalid("timestamp", "lies more than five minutes in the future")
        if moment < EARLIEST:
            raise invalid("timestamp", "lies before 1970")
        return moment

    async def _write(
        self,
        actor: Actor,
        case: _Case,
        decide: Callable[[Career, int], Sequence[Event]],
        command_id: str | None,
        content: tuple[Any, ...],
    ) -> Appended:
        envelope = Envelope(command_id=command_id, at=case.at)
        said = (*content, case.at)
        append = command(actor, case.achievement.game_id, case.person, decide, envelope, said, fold=FOLD)
        return await self._ledger.append(append)


def _source(actor: Actor, achievement: Achievement, game: Game, player_id: UUID) -> Source:
    """Whose word this is: the player's, or that of a server where one is asked for."""
    relations = relations_of(actor, owner=game.owner_id in actor.ids, game=game.id)
    if player_id in actor.ids:
        relations |= {"player"}
    require("record.vouch" if achievement.authority == "server" else "record.submit", relations)
    return "server" if may("record.vouch", relations) else "client"


def _tier(achievement: Achievement, key: str) -> int:
    for number, tier in enumerate(achievement.tiers):
        if tier.key == key:
            return number
    keys = ", ".join(tier.key for tier in achievement.tiers)
    raise invalid("tier", f"must be one of {keys}" if keys else "the achievement has none")


def _answer(item: Any, outcome: Appended | Refusal) -> BatchItem:
    given = item if isinstance(item, Mapping) else {}
    named: dict[str, Any] = {name: value for name in _NAMED if isinstance(value := given.get(name), str)}
    if isinstance(outcome, Appended):
        return BatchItem(success=True, already=_nothing(outcome), **named)
    said: dict[str, Any] = {"code": outcome.code, "detail": outcome.detail, "errors": outcome.errors}
    return BatchItem(success=False, **named, **said)


_NAMED = ("achievement_id", "player_id")


def _nothing(written: Appended) -> bool:
    """Whether a write changed nothing, neither now nor when it was first carried out."""
    return written.last < written.first
