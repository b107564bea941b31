"""Defining, changing and archiving the achievements of a game."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from tallybook.accounts.registry import refusing_twins, write_facts
from tallybook.catalogue.achievements import (
    MOST_ACHIEVEMENTS,
    PLAIN,
    Achievement,
    AchievementChanges,
    achievements_of,
    check_whole,
    columns,
    find_achievement,
    ruled_by,
)
from tallybook.catalogue.events import AchievementArchived, AchievementDefined, AchievementRestored
from tallybook.catalogue.statistics import checked_key
from tallybook.catalogue.tables import achievements
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.ledger.ledger import Ledger

_FACTS = ("points", "steps", "tiers", "hidden", "authority", "rarity", "revoke", "rule")
_TAKEN = ("name_taken", "the game has an achievement with this key")

Contradiction = Callable[[Connection, Achievement, Mapping[str, Any]], None]


class AchievementDefinitions:
    """Achievements by game. Who may do it is asked before. Subscribe `follow` to the ledger."""

    # Types of events that `follow` is for.
    news = ("achievement_defined.", "achievement_archived.", "achievement_restored.")

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock
        self._remembered: dict[UUID, Achievement] = {}
        self._ruled: dict[UUID, list[Achievement]] = {}  # by game
        self._forgotten = 0

    async def achievement(self, achievement_id: UUID, game_id: UUID | None = None) -> Achievement:
        """Read from the database: any acknowledged change is in it."""
        return await self._database.read(
            partial(find_achievement, achievement_id=achievement_id, game_id=game_id)
        )

    async def known(self, achievement_id: UUID) -> Achievement:
        """The same, remembered: what other nodes changed within the last second may be missing."""
        found = self._remembered.get(achievement_id)
        if found is None:
            forgotten = self._forgotten
            found = await self.achievement(achievement_id)
            if forgotten == self._forgotten:  # else it may have been changed since it was read
                self._remembered[achievement_id] = found
        return found

    async def ruled(self, game_id: UUID) -> list[Achievement]:
        """Those of a game that a rule unlocks: with all that the ledger's follower has handed on."""
        found = self._ruled.get(game_id)
        if found is None:
            forgotten = self._forgotten
            found = await self._database.read(partial(ruled_by, games=[game_id]))
            if forgotten == self._forgotten:
                self._ruled[game_id] = found
        return found

    async def of_game(
        self, game_id: UUID, *, archived: bool, before: UUID | None, limit: int
    ) -> list[Achievement]:
        return await self._database.read(
            partial(achievements_of, game_id=game_id, archived=archived, before=before, limit=limit)
        )

    async def define(
        self,
        actor: UUID,
        game_id: UUID,
        key: str,
        changes: AchievementChanges,
        *,
        command_id: str | None = None,
    ) -> Achievement:
        """A new achievement; `name` has to be set."""
        given = changes.given()
        authority = "client" if given.get("rule") is None else "server"
        fields = {**PLAIN, "authority": authority, "archived": False, **given}
        if "name" not in given:
            raise invalid("name", "is missing")
        check_whole(fields)
        checked_key(key)
        achievement_id = new_id()

        def beside(connection: Connection) -> None:
            of_game = achievements.c.game_id == game_id
            many = connection.execute(select(func.count()).select_from(achievements).where(of_game))
            if many.scalar_one() >= MOST_ACHIEVEMENTS:
                raise invalid("key", f"a game has at most {MOST_ACHIEVEMENTS} achievements")
            row = columns(fields) | {
                "id": achievement_id,
                "game_id": game_id,
                "key": key,
                "created_at": self._clock.now(),
            }
            with refusing_twins(*_TAKEN):
                connection.execute(insert(achievements).values(row))

        written = await write_facts(
            self._ledger,
            game_id,
            [_defined(achievement_id, key, fields)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("define_achievement", game_id, key, given),
            scope=actor,
        )
        if written.repeated:
            achievement_id = cast("AchievementDefined", await self._ledger.first_of(written)).achievement
        return await self.achievement(achievement_id)

    async def change(
        self,
        actor: UUID,
        before: Achievement,
        changes: AchievementChanges,
        contradiction: Contradiction,
        *,
        command_id: str | None = None,
    ) -> Achievement:
        """Change an achievement; `contradiction` refuses, in the same transaction, what records forbid."""
        given = changes.given()
        if not given:
            raise invalid("name", "give at least one field to change")
        tiered = bool(given.get("tiers", before.tiers))
        own = {"points": 0, "steps": None} if tiered or before.tiers else {}  # they are those of the tiers
        fields = {name: getattr(before, name) for name in (*PLAIN, "authority", "archived")} | own | given
        if fields["rule"] is not None and "authority" not in given:
            fields["authority"] = "server"
        check_whole(fields)

        def beside(connection: Connection) -> None:
            contradiction(connection, before, fields)
            this = achievements.c.id == before.id
            connection.execute(update(achievements).where(this).values(columns(fields)))

        facts: list[Event] = []
        if given.keys() != {"archived"}:
            facts.append(_defined(before.id, before.key, fields))
        if fields["archived"] != before.archived:
            facts.append(
                AchievementArchived(before.id) if fields["archived"] else AchievementRestored(before.id)
            )
        await write_facts(
            self._ledger,
            before.game_id,
            facts,
            beside,
            actor=actor,
            command_id=command_id,
            content=("change_achievement", before.id, given),
            scope=actor,
        )
        self._forget()
        return await self.achievement(before.id)

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        self._forget()

    def _forget(self) -> None:
        self._forgotten += 1
        self._remembered.clear()  # definitions are few, and rarely changed
        self._ruled.clear()


def _defined(achievement_id: UUID, key: str, fields: Mapping[str, Any]) -> AchievementDefined:
    facts = {name: fields[name] for name in _FACTS}
    return AchievementDefined(achievement=achievement_id, key=key, **facts)


def archived() -> Refusal:
    return Refusal("archived", "this achievement can be unlocked no longer")
