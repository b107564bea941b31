"""What a correction will have rules unlock and revoke, before anybody writes it down."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.careers.events import CareerEvent
from tallybook.careers.fold import NOTHING, Standing, revoke, together, unlock
from tallybook.careers.streams import career_id
from tallybook.catalogue.achievement_rules import sources_of
from tallybook.catalogue.achievements import ruled_by
from tallybook.ledger.projecting import slots
from tallybook.ledger.rehearsing import Draft
from tallybook.ledger.states import load
from tallybook.projections.unlocks_past import pasts
from tallybook.projections.unlocks_reading import holdings
from tallybook.reactions.unlocking import FOLD, Found, by_rule, verdicts


class Foreseen(msgspec.Struct, frozen=True):
    """An achievement of a person that comes or goes, and how it stands in the careers of the person."""

    found: Found
    change: Literal["unlocked", "revoked"]

    @property
    def players(self) -> list[UUID]:
        """Whose careers tell of it: that of the person is the first."""
        rows = () if self.found.holding is None else self.found.holding.rows
        return list(dict.fromkeys([self.found.person, *(row.player_id for row in rows)]))


def foreseen_unlocks(connection: Connection, game_id: UUID, persons: Collection[UUID]) -> list[Foreseen]:
    """What comes and goes when a session of these persons is corrected; the projections have it already."""
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
            if found.is_new:
                changes.append(Foreseen(found, "unlocked"))
            elif (
                achievement.revoke
                and found.holding is not None
                and found.reached < found.held
                and by_rule(connection, found.holding.position)
            ):
                changes.append(Foreseen(found, "revoked"))
    return changes


def drafts(connection: Connection, changes: Sequence[Foreseen]) -> Iterator[Draft]:
    """The events that will tell of these changes, but for their evidence."""
    careers = {
        career_id(each.found.achievement.game_id, player) for each in changes for player in each.players
    }
    states = load(connection, dict.fromkeys(careers, FOLD), {}, {})
    for each in changes:
        goal = each.found.achievement.goal
        standings = {
            player: states[career_id(goal.game, player)].at.state.get(goal.achievement, NOTHING)
            for player in each.players
        }
        said = (
            _unlocked(each.found, together(list(standings.values())))
            if each.change == "unlocked"
            else _revoked(each.found, standings.items())
        )
        for event, at in said:
            yield Draft(career_id(event.game, event.player), event, at)


def _unlocked(found: Found, standing: Standing) -> Iterator[tuple[CareerEvent, int | None]]:
    for tier in range(found.held + 1, found.reached + 1):
        verdict = found.verdicts[tier]
        for event in unlock(found.achievement.goal, found.person, standing, upto=tier, by="rule"):
            yield event, verdict.at
        standing = Standing(unlocked=dict.fromkeys(range(tier + 1), 0))


def _revoked(
    found: Found, standings: Iterable[tuple[UUID, Standing]]
) -> Iterator[tuple[CareerEvent, int | None]]:
    for player, standing in standings:
        for event in revoke(found.achievement.goal, player, standing, above=found.reached):
            yield event, None
