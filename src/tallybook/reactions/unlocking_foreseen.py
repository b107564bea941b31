"""What a correction will have rules unlock, revoke and date anew, before anybody writes it down."""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.careers.events import AchievementRevoked, AchievementUnlocked
from tallybook.careers.fold import NOTHING, Standing, after, revoke, together, unlock
from tallybook.careers.streams import career_id
from tallybook.catalogue.achievement_rules import sources_of
from tallybook.catalogue.achievements import ruled_by
from tallybook.ledger.projecting import slots
from tallybook.ledger.rehearsing import Draft
from tallybook.ledger.states import load
from tallybook.projections.unlocks_past import pasts
from tallybook.projections.unlocks_reading import Given, holdings
from tallybook.reactions.judging import Found, still_earned, verdicts
from tallybook.reactions.unlocking import FOLD, elsewhere

Change = Literal["unlocked", "revoked", "redated"]


class Foreseen(msgspec.Struct, frozen=True):
    """An achievement of a person that comes, goes or moves: `kept` tiers stand, what is beyond is `wrong`."""

    found: Found
    kept: int
    wrong: Sequence[Given]

    @property
    def change(self) -> Change:
        if self.found.is_new:
            return "unlocked"
        return "revoked" if self.found.reached < self.found.held else "redated"


def foreseen_unlocks(connection: Connection, game_id: UUID, persons: Collection[UUID]) -> list[Foreseen]:
    """What changes when a session of these persons is corrected; the projections have it already."""
    ruled = [(each, each.judged) for each in ruled_by(connection, [game_id])]
    rules = [(each, rule) for each, rule in ruled if rule is not None and "sessions" in sources_of(rule)]
    if not rules:
        return []
    live = {name: kept.live for name, kept in slots(connection).items()}
    have = holdings(
        connection, live["unlocks"], [(each.id, person) for each, _ in rules for person in persons]
    )
    known = pasts(connection, live["sessions"], game_id, persons, [rule for _, rule in rules])
    changes = []
    for achievement, rule in rules:
        for person in sorted(persons):
            judged = verdicts(achievement, rule, known[person])
            found = Found(achievement, person, judged, have.get((achievement.id, person)))
            kept, wrong = still_earned(connection, found)
            if wrong or found.is_new:
                changes.append(Foreseen(found, kept, wrong))
    return changes


def drafts(connection: Connection, changes: Sequence[Foreseen]) -> Iterator[Draft]:
    """The events that will tell of these changes, but for their evidence."""
    careers = {
        career_id(each.found.achievement.game_id, player)
        for each in changes
        for player in (each.found.person, *(given.player_id for given in each.wrong))
    }
    states = load(connection, dict.fromkeys(careers, FOLD), {}, {})
    for each in changes:
        goal = each.found.achievement.goal
        players = {each.found.person, *(given.player_id for given in each.wrong)}
        standings = {
            player: states[career_id(goal.game, player)].at.state.get(goal.achievement, NOTHING)
            for player in players
        }
        for event, at in _said(each, standings):
            yield Draft(career_id(event.game, event.player), event, at)


def _said(
    change: Foreseen, standings: dict[UUID, Standing]
) -> Iterator[tuple[AchievementRevoked | AchievementUnlocked, int | None]]:
    found, goal = change.found, change.found.achievement.goal
    for given in reversed(change.wrong):
        player = given.player_id
        for revoked in revoke(goal, player, standings[player], given.tier):
            standings[player] = after(standings[player], revoked)
            yield revoked, given.at if given.tier <= found.reached else None
    own = together([standings[found.person], elsewhere(found.holding, found.person, change.kept)])
    for tier in range(change.kept, found.reached + 1):
        for unlocked in unlock(goal, found.person, own, upto=tier, by="rule"):
            own = after(own, unlocked)
            yield unlocked, found.verdicts[tier].at
