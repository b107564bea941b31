"""A career's state as far as decisions need it: which achievements it has, and how far others have come."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from tallybook.careers.events import (
    AchievementProgressed,
    AchievementRevoked,
    AchievementUnlocked,
    CareerEvent,
)
from tallybook.kernel.events import Recorded

PLAIN = 0  # the tier, to this module, of an achievement that has none


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """One achievement in a career: steps made, and the points that each unlocked tier gave."""

    steps: int = 0
    unlocked: Mapping[int, int] = {}


Career = Mapping[UUID, Standing]  # by achievement; a value: events make new ones
NOTHING = Standing()
_decoder = msgspec.msgpack.Decoder(dict[UUID, Standing])
_encoder = msgspec.msgpack.Encoder(uuid_format="canonical")


class CareerFold:
    """Folds the achievements of a career. There is one fold for careers: commands of a batch share states."""

    name = "career"
    version = 1
    kind: Literal["career"] = "career"
    concerns = "achievement_"

    def initial(self) -> Career:
        return {}

    def evolve(self, state: Career, recorded: Recorded) -> Career:
        return self.fold(state, [recorded])

    def fold(self, state: Career, events: Sequence[Recorded]) -> Career:
        ours = [recorded for recorded in events if recorded.type.startswith(self.concerns)]
        if not ours:
            return state
        changed = dict(state)
        for recorded in ours:
            event = recorded.event
            match event:
                case AchievementUnlocked() | AchievementProgressed() | AchievementRevoked():
                    standing = changed.get(event.achievement, NOTHING)
                    changed[event.achievement] = after(standing, event)
        return changed

    def dump(self, state: Career) -> bytes:
        return _encoder.encode(state)

    def load(self, data: bytes) -> Career:
        return _decoder.decode(data)


def after(
    standing: Standing, event: AchievementUnlocked | AchievementProgressed | AchievementRevoked
) -> Standing:
    """How an achievement stands after an event about it."""
    match event:
        case AchievementProgressed(steps=steps):
            return replace(standing, steps=standing.steps + steps)
        case AchievementUnlocked(tier=tier, points=points):
            return replace(standing, unlocked={**standing.unlocked, tier or PLAIN: points})
        case AchievementRevoked(tier=tier):
            left = {each: points for each, points in standing.unlocked.items() if each != (tier or PLAIN)}
            return replace(standing, unlocked=left)


def together(standings: Sequence[Standing]) -> Standing:
    """How an achievement stands in several careers of one person."""
    unlocked = {tier: points for each in standings for tier, points in each.unlocked.items()}
    return Standing(sum(each.steps for each in standings), unlocked)


class Goal(msgspec.Struct, frozen=True):
    """What an achievement asks for: steps and points of each tier, the lowest first; without tiers, of it."""

    game: UUID
    achievement: UUID
    tiers: tuple[tuple[int, int], ...]
    tiered: bool = False

    @property
    def steps(self) -> int:
        """All that there are to make."""
        return self.tiers[-1][0]

    @property
    def top(self) -> int:
        return len(self.tiers) - 1


Source = Literal["client", "server", "rule"]


def unlock(
    goal: Goal,
    player: UUID,
    standing: Standing,
    *,
    upto: int,
    by: Source,
    bot: bool = False,
    evidence: Sequence[int] = (),
    again: bool = False,
) -> list[AchievementUnlocked]:
    """The tiers up to one that are not unlocked yet."""
    return [
        AchievementUnlocked(
            game=goal.game,
            player=player,
            achievement=goal.achievement,
            points=goal.tiers[tier][1],
            tier=tier if goal.tiered else None,
            by=by,
            evidence=tuple(evidence),
            bot=bot,
            again=again,
        )
        for tier in range(upto + 1)
        if tier not in standing.unlocked
    ]


def progress(
    goal: Goal, player: UUID, standing: Standing, steps: int, *, by: Source, bot: bool = False
) -> list[CareerEvent]:
    """Steps towards the highest tier, and the tiers they reach; nothing once it is unlocked."""
    if goal.top in standing.unlocked:
        return []
    added = max(0, min(steps, goal.steps - standing.steps))
    made: list[CareerEvent] = []
    if added:
        of = {"game": goal.game, "player": player, "achievement": goal.achievement}
        made.append(AchievementProgressed(**of, steps=added, bot=bot))
    reached = sum(needed <= standing.steps + added for needed, _ in goal.tiers) - 1
    return [*made, *unlock(goal, player, standing, upto=reached, by=by, bot=bot)]


def revoke(goal: Goal, player: UUID, standing: Standing, tier: int) -> list[AchievementRevoked]:
    """Take back a tier, with the points that it gave."""
    if tier not in standing.unlocked:
        return []
    return [
        AchievementRevoked(
            game=goal.game,
            player=player,
            achievement=goal.achievement,
            points=standing.unlocked[tier],
            tier=tier if goal.tiered else None,
        )
    ]
