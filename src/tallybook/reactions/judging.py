"""What rules say of persons, beside what these have: what is new, and what a correction has left of it."""

from collections.abc import Collection
from operator import attrgetter
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.catalogue.achievement_earning import Past, Verdict, judge, tiers_reached
from tallybook.catalogue.achievement_rules import Rule
from tallybook.catalogue.achievements import Achievement
from tallybook.projections.records.reading import events_at
from tallybook.projections.unlocks_reading import Given, Holding, given

SESSIONS = ("session_finished.", "result_corrected.", "session_voided.")
"""How the events begin that say what became of a session."""


class Found(msgspec.Struct, frozen=True):
    """One achievement of one person: what its rule says of each tier, and what the person has."""

    achievement: Achievement
    person: UUID
    verdicts: tuple[Verdict, ...]
    holding: Holding | None

    @property
    def reached(self) -> int:
        """The highest tier that is earned, -1 for none."""
        return sum(verdict.met for verdict in self.verdicts) - 1

    @property
    def held(self) -> int:
        return -1 if self.holding is None else self.holding.tier

    @property
    def is_new(self) -> bool:
        return self.reached > self.held


def verdicts(achievement: Achievement, rule: Rule, past: Past) -> tuple[Verdict, ...]:
    """What a rule says of each tier; without tiers there is one."""
    if achievement.tiers:
        return tuple(tiers_reached(rule, [tier.steps for tier in achievement.tiers], past))
    return (judge(rule, past),)


def still_earned(connection: Connection, found: Found) -> tuple[int, list[Given]]:
    """How many tiers, the lowest first, stand as the rule says by now, and whatever was given beyond those.

    All of them, where the achievement's policy is that corrections revoke nothing. What a server vouched for
    is not a rule's to take back, nor is a tier below it.
    """
    if found.holding is None or not found.achievement.revoke:
        return found.held + 1, []
    standing = given(connection, found.holding)
    vouched = max((each.tier for each in standing if each.by != "rule"), default=-1)
    earliest = {each.tier: each for each in sorted(standing, key=attrgetter("at", "position"), reverse=True)}
    said = {one for verdict in found.verdicts for one in verdict.evidence}
    of = _sources(connection, said.union(*(each.evidence for each in standing)))
    for tier, each in sorted(earliest.items()):
        verdict = found.verdicts[tier]
        same = verdict.met and verdict.at == each.at
        by_the_same = {of[one] for one in verdict.evidence} == {of[one] for one in each.evidence}
        if tier > vouched and not (same and by_the_same):
            return tier, [each for each in standing if each.tier >= tier]
    return found.held + 1, []


def _sources(connection: Connection, positions: Collection[int]) -> dict[int, UUID | int]:
    """What events are evidence of: those of a session all of that session, any other of itself."""
    found = events_at(connection, positions)
    return {at: each.stream if each.type.startswith(SESSIONS) else at for at, each in found.items()}
