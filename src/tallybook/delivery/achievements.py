"""Achievements for whoever asks: developers, who has them, and who has not; and why."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from tallybook.access.actor import Actor
from tallybook.access.matrix import Relations, may, relations_of, require
from tallybook.accounts.players import find_player
from tallybook.careers.events import AchievementUnlocked
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.catalogue.achievement_earning import Past, Verdict
from tallybook.catalogue.achievement_rules import document_of
from tallybook.catalogue.achievements import (
    Achievement,
    AchievementChanges,
    achievements_named,
    find_achievement,
)
from tallybook.catalogue.games import find_game
from tallybook.database.engine import Database
from tallybook.delivery.achievement_shapes import (
    AchievementShown,
    BackfillResult,
    Evidence,
    Number,
    RuleCondition,
    Why,
    shown,
)
from tallybook.kernel.clock import iso
from tallybook.kernel.events import registry
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.ledger.tables import events
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.unlocks import Unlocks
from tallybook.projections.unlocks_past import pasts
from tallybook.projections.unlocks_reading import (
    Holding,
    furthest,
    holdings,
    holdings_of,
    person_of,
    spreads,
)
from tallybook.reactions.judging import verdicts
from tallybook.reactions.unlocking import Unlocking
from tallybook.rules.scoresheet.values import canonical


class Achievements:
    """Reads and changes achievements for whoever asks. Everything raises `Refusal`."""

    def __init__(
        self,
        database: Database,
        definitions: AchievementDefinitions,
        unlocks: Unlocks,
        directory: SessionDirectory,
        unlocking: Unlocking,
        sessions: str,
    ) -> None:
        self._database = database
        self._definitions = definitions
        self._unlocks = unlocks
        self._directory = directory
        self._unlocking = unlocking
        self._sessions = sessions  # the path above a session's

    async def define(
        self,
        actor: Actor,
        game_id: UUID,
        key: str,
        changes: AchievementChanges,
        *,
        command_id: str | None = None,
    ) -> AchievementShown:
        await self._relations(actor, game_id, "record.define")
        made = await self._definitions.define(actor.player_id, game_id, key, changes, command_id=command_id)
        return shown(made, developer=True)

    async def change(
        self,
        actor: Actor,
        game_id: UUID,
        achievement_id: UUID,
        changes: AchievementChanges,
        *,
        command_id: str | None = None,
    ) -> AchievementShown:
        """Change one; refuses with `contradicts_records` what does not fit to what players have."""
        await self._relations(actor, game_id, "record.define")
        before = await self._definitions.achievement(achievement_id, game_id)
        changed = await self._definitions.change(
            actor.player_id, before, changes, self._contradiction, command_id=command_id
        )
        return shown(changed, developer=True)

    def _contradiction(self, connection: Connection, before: Achievement, fields: Mapping[str, Any]) -> None:
        own_steps = None if before.tiers else before.steps
        if (fields["steps"], fields["tiers"]) == (own_steps, before.tiers):
            return
        unlocked, steps = furthest(connection, self._unlocks.slot, before.id)
        if unlocked:
            raise Refusal(
                "contradicts_records", "steps and tiers stay once somebody has unlocked any of them"
            )
        if steps and (fields["tiers"] or fields["steps"] is None):
            raise Refusal(
                "contradicts_records", "somebody has made steps towards it: only their number may change"
            )
        if steps and fields["steps"] <= steps:
            raise Refusal("contradicts_records", f"steps: somebody has made {steps} of them already")

    async def of_game(
        self,
        actor: Actor | None,
        game_id: UUID,
        *,
        archived: bool,
        language: str | None,
        before: UUID | None,
        limit: int,
    ) -> list[AchievementShown]:
        """The achievements of a game, the newest first."""
        relations = await self._relations(actor, game_id, "record.view")
        found = await self._definitions.of_game(game_id, archived=archived, before=before, limit=limit)
        return await self._database.read(
            lambda connection: self._show(connection, found, actor, relations, language)
        )

    async def one(
        self, actor: Actor | None, game_id: UUID, achievement_id: UUID, *, language: str | None
    ) -> AchievementShown:
        relations = await self._relations(actor, game_id, "record.view")
        found = await self._definitions.achievement(achievement_id, game_id)
        (only,) = await self._database.read(
            lambda connection: self._show(connection, [found], actor, relations, language)
        )
        return only

    def _show(
        self,
        connection: Connection,
        found: Sequence[Achievement],
        actor: Actor | None,
        relations: Relations,
        language: str | None,
    ) -> list[AchievementShown]:
        developer = may("record.vouch", relations)
        mine = held_by(connection, self._unlocks.slot, actor, [achievement.id for achievement in found])
        spread = spreads(connection, self._unlocks.slot, {each.id: each.game_id for each in found})
        return [
            shown(
                each,
                language=language,
                developer=developer,
                holding=mine.get(each.id),
                concealed=each.hidden and not developer and not _held(mine.get(each.id)),
                spread=spread[each.id],
            )
            for each in found
        ]

    async def of_player(
        self,
        actor: Actor,
        player_id: UUID,
        *,
        game_id: UUID | None,
        unlocked: bool,
        language: str | None,
        after: tuple[bytes, UUID] | None,
        limit: int,
    ) -> tuple[list[AchievementShown], int, tuple[bytes, UUID] | None]:
        """What a player has unlocked, the newest first, or is on the way to; how many; where it goes on."""

        def read(
            connection: Connection,
        ) -> tuple[list[AchievementShown], int, tuple[bytes, UUID] | None]:
            find_player(connection, player_id)
            slot = self._unlocks.slot
            person = person_of(connection, slot, player_id)
            everything = holdings_of(connection, slot, person, game_id)
            wanted = [each for each in everything if each.held == unlocked and (unlocked or each.steps)]
            rest = [each for each in wanted if after is None or _place(each) < after]
            part = rest[:limit]
            known = achievements_named(connection, [each.achievement_id for each in part])
            mine = held_by(connection, self._unlocks.slot, actor, list(known))
            spread = spreads(connection, slot, {each.id: each.game_id for each in known.values()})
            items = [
                shown(
                    known[each.achievement_id],
                    language=language,
                    holding=each,
                    concealed=known[each.achievement_id].hidden and not _held(mine.get(each.achievement_id)),
                    spread=spread[each.achievement_id],
                )
                for each in part
            ]
            return items, len(wanted), _place(part[-1]) if len(rest) > limit else None

        require("player.view", relations_of(actor))
        return await self._database.read(read)

    async def why(self, actor: Actor, player_id: UUID, achievement_id: UUID) -> Why:
        """The events behind an achievement of a player and what is missing; for whom it concerns."""

        def read(connection: Connection) -> tuple[Achievement, Holding | None, Past | None]:
            achievement = find_achievement(connection, achievement_id)
            owner = find_game(connection, achievement.game_id).owner_id
            relations = relations_of(actor, owner=owner in actor.ids, game=achievement.game_id)
            if player_id in actor.ids:
                relations |= {"player"}
            require("record.submit", relations)
            find_player(connection, player_id)
            slot = self._unlocks.slot
            person = person_of(connection, slot, player_id)
            holding = holdings(connection, slot, [(achievement_id, person)]).get((achievement_id, person))
            if achievement.hidden and not _held(holding) and not may("record.vouch", relations):
                raise not_found("achievement")
            if (rule := achievement.judged) is None or _tier(holding) == achievement.goal.top:
                return achievement, holding, None
            past = pasts(connection, self._directory.slot, achievement.game_id, [person], [rule])[person]
            return achievement, holding, past

        achievement, holding, past = await self._database.read(read)
        verdict: Verdict | None = None
        if past is not None:
            assert achievement.judged is not None
            # Whoever has played for years has much to be judged: the server goes on meanwhile.
            judged = await asyncio.to_thread(verdicts, achievement, achievement.judged, past)
            verdict = judged[_tier(holding) + 1]
        return await self._database.read(
            lambda connection: self._why(connection, achievement, player_id, holding, verdict)
        )

    def _why(
        self,
        connection: Connection,
        achievement: Achievement,
        player_id: UUID,
        holding: Holding | None,
        verdict: Verdict | None,
    ) -> Why:
        said: AchievementUnlocked | None = None
        positions: set[int] = set()
        if holding is not None and holding.held:
            assert holding.position is not None
            (row,) = _events(connection, [holding.position])
            event = registry.decode(row.type, bytes(row.payload))
            assert isinstance(event, AchievementUnlocked)
            said = event
            positions = {holding.position, *said.evidence}
        missing: list[RuleCondition] = []
        if verdict is not None:
            missing = [_condition(part) for part in _open(verdict)]
            positions.update(verdict.evidence if not verdict.met else ())
        elif _tier(holding) < achievement.goal.top and achievement.steps is not None:
            steps = 0 if holding is None else holding.steps
            need = achievement.goal.tiers[_tier(holding) + 1][0]
            missing = [RuleCondition({"type": "steps"}, steps, need, met=False)]
        return Why(
            player_id=player_id,
            achievement_id=achievement.id,
            unlocked=_held(holding),
            unlocked_at=_iso(None if holding is None or not holding.held else holding.unlocked_at),
            revoked_at=_iso(None if holding is None else holding.revoked_at),
            by=None if said is None else said.by,
            events=[self._because(row) for row in _events(connection, positions)],
            missing=missing,
        )

    def _because(self, row: Row[Any]) -> Evidence:
        at = iso(row.committed_at if row.at is None else row.at)
        of_session = row.type.startswith(("session_", "result_"))
        return Evidence(row.position, row.type, at, f"{self._sessions}/{row.stream}" if of_session else None)

    async def fill_in(
        self, actor: Actor, game_id: UUID, achievement_id: UUID, *, dry_run: bool
    ) -> BackfillResult:
        """Unlock by its rule what was earned before it was there, or say how many that would be."""
        await self._relations(actor, game_id, "record.define")
        achievement = await self._definitions.achievement(achievement_id, game_id)
        if achievement.rule is None:
            raise Refusal("invalid", "the achievement has no rule")
        if achievement.archived and not dry_run:
            raise Refusal("archived", "this achievement can be unlocked no longer")
        players, gained = await self._unlocking.fill_in(achievement, dry_run=dry_run)
        return BackfillResult(players, gained, round(gained / players, 4) if players else None, dry_run)

    async def _relations(self, actor: Actor | None, game_id: UUID, action: str) -> Relations:
        game = await self._database.read(partial(find_game, game_id=game_id))
        owner = actor is not None and game.owner_id in actor.ids
        relations = relations_of(actor, owner=owner, game=game_id)
        require(action, relations)
        return relations


def held_by(
    connection: Connection, slot: str, actor: Actor | None, achievement_ids: Collection[UUID]
) -> dict[UUID, Holding]:
    """What a caller has of these."""
    if actor is None or actor.key_games is not None:
        return {}
    person = person_of(connection, slot, actor.player_id)
    found = holdings(connection, slot, [(each, person) for each in achievement_ids])
    return {achievement_id: holding for (achievement_id, _), holding in found.items()}


def _held(holding: Holding | None) -> bool:
    return holding is not None and holding.held


def _tier(holding: Holding | None) -> int:
    return -1 if holding is None else holding.tier


def _place(holding: Holding) -> tuple[bytes, UUID]:
    return (holding.unlocked_at or 0).to_bytes(8), holding.achievement_id


def _iso(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def _events(connection: Connection, positions: Collection[int]) -> Sequence[Row[Any]]:
    query = select(events).where(events.c.position.in_(positions)).order_by(events.c.position)
    return connection.execute(query).all() if positions else []


def _open(verdict: Verdict) -> list[Verdict]:
    """The conditions of a rule that do not hold yet; nothing once the whole does."""
    if verdict.met:
        return []
    if not verdict.parts:
        return [verdict]
    return [each for part in verdict.parts for each in _open(part)]


def _condition(verdict: Verdict) -> RuleCondition:
    return RuleCondition(document_of(verdict.rule), _number(verdict.have), _number(verdict.need), verdict.met)


def _number(value: Decimal) -> Number:
    return int(value) if value == value.to_integral_value() else canonical(value)
