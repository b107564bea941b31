"""Achievements that a rule unlocks: earned by what happened, revoked by corrections, filled in afterwards."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from tallybook.access.actor import Actor
from tallybook.accounts.merges import persons_of
from tallybook.careers.events import CareerEvent, ScoreSubmitted, StatsReported
from tallybook.careers.fold import NOTHING, Career, CareerFold, Standing, revoke, together, unlock
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.catalogue.achievement_earning import Past
from tallybook.catalogue.achievement_rules import Rule, Source, sources_of
from tallybook.catalogue.achievements import Achievement
from tallybook.database.engine import Database
from tallybook.kernel.events import Event, Recorded
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import last_position
from tallybook.play.careers import command
from tallybook.play.requests import Envelope
from tallybook.projections.results import people
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.unlocks import Unlocks
from tallybook.projections.unlocks_past import PastCareers, pasts
from tallybook.projections.unlocks_reading import Given, Holding, games_played, holdings, players_of_game
from tallybook.reactions.judging import SESSIONS, Found, still_earned, verdicts

AT_ONCE = 200  # persons whose past is in memory
FOLD = CareerFold()

_CORRECTIONS = SESSIONS[1:]


class Touched(msgspec.Struct):
    """Of whom something changed in a game: where, and whether it was a correction."""

    sources: set[Source]
    corrected: bool = False


class Unlocking:
    """A reaction to the ledger, and the filling in of what was earned before a rule was there.

    Doing it again changes nothing: what was unlocked is in the career that the unlock is written to.
    """

    name = "achievements"
    concerns = frozenset(
        {
            *(name.rstrip(".") for name in SESSIONS),
            "stats_reported",
            "score_submitted",
            "player_merged",
        }
    )
    from_start = False  # what was before is filled in when a developer asks for it

    def __init__(
        self,
        database: Database,
        definitions: AchievementDefinitions,
        ledger: Ledger,
        directory: SessionDirectory,
        unlocks: Unlocks,
    ) -> None:
        self._database = database
        self._definitions = definitions
        self._ledger = ledger
        self._directory = directory
        self._unlocks = unlocks
        self._remembered = PastCareers()  # of those who play now

    async def react(self, events: Sequence[Recorded]) -> bool:
        """Evaluate the rules of the games touched, for the persons concerned; whether any came out new."""
        settled = False
        games = {each.event.game for each in events if isinstance(each.event, CareerEvent)}
        plain = {game_id for game_id in games if not await self._definitions.ruled(game_id)}
        events = [each for each in events if getattr(each.event, "game", None) not in plain]
        if not events:  # most games have no rules
            return False
        touched = await self._database.read(partial(self._touched, events=events))
        for game_id, persons in touched.items():
            if not (achievements := await self._definitions.ruled(game_id)):
                continue
            for some in _chunks(sorted(persons)):
                concerned = {each: persons[each] for each in some}
                for found in await self._judge(achievements, concerned, self._remembered):
                    corrected = persons[found.person].corrected
                    settled |= await self._settle(found, events[-1].position, corrected=corrected)
        return settled

    async def fill_in(self, achievement: Achievement, *, dry_run: bool) -> tuple[int, int]:
        """Unlock what was earned before: how many persons have played, and for how many that is new."""
        players = gained = 0
        after = UUID(int=0)
        position = await self._database.read(last_position)
        everything = Touched(set(_EVERYWHERE))
        of_game = partial(players_of_game, game_id=achievement.game_id, limit=AT_ONCE)
        while some := await self._database.read(partial(of_game, slot=self._unlocks.slot, after=after)):
            after = some[-1]
            players += len(some)
            found = await self._judge([achievement], dict.fromkeys(some, everything))
            fresh = [each for each in found if each.is_new]
            gained += len(fresh)
            if not dry_run:
                await asyncio.gather(*(self._settle(each, position) for each in fresh))
        return players, gained

    def _touched(self, connection: Connection, events: Sequence[Recorded]) -> dict[UUID, dict[UUID, Touched]]:
        """By game and person, what these events may have changed."""
        touched: dict[UUID, dict[UUID, Touched]] = {}

        def touch(game_id: UUID, person: UUID, sources: Iterable[Source], *, corrected: bool = False) -> None:
            known = touched.setdefault(game_id, {}).setdefault(person, Touched(set()))
            known.sources.update(sources)
            known.corrected |= corrected

        sessions: dict[UUID, bool] = {}
        careers: list[tuple[CareerEvent, Source]] = []
        merged: set[UUID] = set()
        for recorded in events:
            if recorded.type.startswith(SESSIONS):
                corrected = recorded.type.startswith(_CORRECTIONS)
                sessions[recorded.stream] = sessions.get(recorded.stream, False) or corrected
            elif recorded.type.startswith("player_merged."):
                merged.add(recorded.stream)
            elif isinstance(event := recorded.event, StatsReported | ScoreSubmitted) and not event.bot:
                careers.append((event, "reports" if isinstance(event, StatsReported) else "scores"))
        there = people[self._directory.slot]
        sat = select(there.c.session_id, there.c.game_id, there.c.person_id).where(
            there.c.session_id.in_(list(sessions)), there.c.sat == 1
        )
        for session_id, game_id, person in connection.execute(sat) if sessions else ():
            touch(game_id, person, ["sessions"], corrected=sessions[session_id])
        persons = persons_of(connection, {event.player for event, _ in careers} | merged)
        for event, source in careers:
            touch(event.game, persons[event.player], [source])
        if merged:
            slot = self._unlocks.slot
            for game_id, person in games_played(connection, slot, [persons[each] for each in merged]):
                touch(game_id, person, _EVERYWHERE)
        return touched

    async def _judge(
        self,
        achievements: Sequence[Achievement],
        persons: Mapping[UUID, Touched],
        remembered: PastCareers | None = None,
    ) -> list[Found]:
        """What rules say of persons, where that may be something else than what they have."""

        def read(connection: Connection) -> list[tuple[Achievement, Rule, UUID, Holding | None, Past]]:
            pairs = [(each.id, person) for each in achievements for person in persons]
            have = holdings(connection, self._unlocks.slot, pairs)
            open_: list[tuple[Achievement, Rule, UUID, Holding | None]] = []
            for achievement in achievements:
                rule = achievement.judged
                assert rule is not None
                sources = sources_of(rule)
                for person, touched in persons.items():
                    holding = have.get((achievement.id, person))
                    done = holding is not None and holding.tier == achievement.goal.top
                    undone = touched.corrected and achievement.revoke
                    if sources & touched.sources and (not done or undone):
                        open_.append((achievement, rule, person, holding))
            found: list[tuple[Achievement, Rule, UUID, Holding | None, Past]] = []
            concerned = {person for _, _, person, _ in open_}
            if concerned:
                rules = [rule for _, rule, _, _ in open_]
                slot, game_id = self._directory.slot, achievements[0].game_id
                known = pasts(connection, slot, game_id, concerned, rules, remembered)
                found = [(*each, known[each[2]]) for each in open_]
            return found

        open_ = await self._database.read(read)
        # Whoever has played for years has much to be judged: the server goes on meanwhile.
        return await asyncio.to_thread(
            lambda: [
                Found(achievement, person, verdicts(achievement, rule, past), holding)
                for achievement, rule, person, holding, past in open_
            ]
        )

    async def _settle(self, found: Found, position: int, *, corrected: bool = False) -> bool:
        """Write down what was earned, and take back what was not, or otherwise; whether there was any."""
        kept, wrong = found.held + 1, list[Given]()
        if corrected and found.achievement.revoke:
            kept, wrong = await self._database.read(partial(still_earned, found=found))
        others = elsewhere(found.holding, found.person, kept)
        # Nothing waits between them: who has it still, by something else, is not to be seen without it.
        await asyncio.gather(
            *(self._revoke(found, each, position) for each in reversed(wrong)),
            *(self._unlock(found, tier, others, position) for tier in range(kept, found.reached + 1)),
        )
        return bool(wrong) or kept <= found.reached

    async def _unlock(self, found: Found, tier: int, others: Standing, position: int) -> None:
        achievement, verdict = found.achievement, found.verdicts[tier]

        def decide(career: Career, _index: int) -> Sequence[Event]:
            standing = together([career.get(achievement.id, NOTHING), others])
            return unlock(
                achievement.goal,
                found.person,
                standing,
                upto=tier,
                by="rule",
                evidence=verdict.evidence,
                again=tier <= found.held,
            )

        await self._write(found, found.person, decide, f"{tier}-{position}", at=verdict.at)

    async def _revoke(self, found: Found, given: Given, position: int) -> None:
        """Take a tier back: now, or as if it had never been where it is earned at another time."""
        goal = found.achievement.goal

        def decide(career: Career, _index: int) -> Sequence[Event]:
            return revoke(goal, given.player_id, career.get(goal.achievement, NOTHING), given.tier)

        at = given.at if given.tier <= found.reached else None
        await self._write(found, given.player_id, decide, f"r-{given.tier}-{position}", at=at)

    async def _write(
        self, found: Found, player_id: UUID, decide: Any, what: str, *, at: int | None = None
    ) -> None:
        achievement = found.achievement
        command_id = f"rule-{achievement.id.hex}-{what}"
        append = command(
            Actor(player_id),
            achievement.game_id,
            player_id,
            decide,
            Envelope(command_id=command_id, at=at),
            ("by_rule", achievement.id, what),
            fold=FOLD,
        )
        await self._ledger.append(append)


_EVERYWHERE: tuple[Source, ...] = ("sessions", "reports", "scores")


def elsewhere(holding: Holding | None, person: UUID, kept: int) -> Standing:
    """What careers of other players than this one hold, who are the same person, of the tiers kept."""
    rows = () if holding is None else holding.rows
    tiers = {
        tier: 0
        for row in rows
        if row.player_id != person
        for tier in range(min(kept, row.tiers.bit_length()))
        if row.tiers >> tier & 1
    }
    return Standing(0, tiers)


def _chunks(persons: Sequence[UUID]) -> Iterable[Collection[UUID]]:
    return (persons[start : start + AT_ONCE] for start in range(0, len(persons), AT_ONCE))
