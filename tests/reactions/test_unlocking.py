"""What rules have unlocked after corrections is what they unlock where all was entered right at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tallybook.careers.events import AchievementRevoked, AchievementUnlocked
from tallybook.careers.streams import career_id
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.catalogue.achievements import Achievement, AchievementChanges, Tier
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import events_after, last_position
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.unlocks import Unlocks
from tallybook.projections.unlocks_reading import holdings
from tallybook.reactions.unlocking import Unlocking
from tests.ledger.kit import node
from tests.projections.evenings import BEGIN, MINUTE, Evening, game, player

TWICE: dict[str, Any] = {"type": "streak", "wins": 2}
GREAT: dict[str, Any] = {"type": "in_one_session", "stat": "score", "at_least": 7}
WINS: dict[str, Any] = {"type": "stat", "stat": "wins", "at_least": 3}
RULES: list[dict[str, Any]] = [
    {"type": "nth", "what": "win"},
    {"type": "stat", "stat": "score_total", "at_least": 9},
    {"all": [TWICE, GREAT]},
    {"any": [TWICE, GREAT]},
    WINS,
]
TIERS = tuple(Tier(f"of-{steps}", steps, steps) for steps in (1, 2, 3))
ANA, GUEST, BEA = range(3)

Scores = tuple[int, int]
Step = tuple[int, Scores | None, int]  # a session, played, corrected or (without scores) voided; against whom
Standing = dict[int, tuple[int, frozenset[int]]]  # by tier: when it was earned, and by which sessions


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Sessions one after the other, corrected and voided in between; the last one changes nothing more."""
    told: list[Step] = []
    last: dict[int, Step] = {}
    scores = st.tuples(st.integers(0, 9), st.integers(0, 9))
    for _ in range(draw(st.integers(1, 12))):
        counted = [number for number, step in last.items() if step[1] is not None]
        number = draw(st.sampled_from([len(last), len(last), *counted]))
        who = last[number][2] if number in last else draw(st.sampled_from([ANA, ANA, GUEST]))
        last[number] = number, draw(scores | st.none() if number in last else scores), who
        told.append(last[number])
    return told


def straight(told: Sequence[Step]) -> list[Step]:
    """The same with nothing to correct."""
    return [step for number, step in sorted({step[0]: step for step in told}.items()) if step[1] is not None]


@dataclass
class World:
    """A node, and one game after the other."""

    ledger: Ledger
    unlocks: Unlocks
    definitions: AchievementDefinitions
    unlocking: Unlocking
    evening: Evening
    game: int = 0

    def who(self, number: int) -> int:
        return 3 * self.game + number

    async def play(self, told: Sequence[Step], *, merged: int) -> dict[tuple[int, str], Standing]:
        """By person and achievement what stands in the end; Ana is the guest, too, after so many steps."""
        begun = await self.ledger.database.read(last_position)
        self.game = len(self.evening.sessions) + 1
        made = await asyncio.gather(
            *(
                self._defined(number, rule, revoke=revoke)
                for number, rule in enumerate(RULES)
                for revoke in (True, False)
            )
        )
        sessions: dict[int, UUID] = {}
        for turn, step in enumerate(told):
            if turn == min(merged, len(told) - 1):
                self.evening.merges(self.who(GUEST), self.who(ANA))
            self._happens(step, sessions)
            await self._told()
        number, scores, who = told[-1]
        if scores is not None:  # corrected to what it is: everything of the persons is looked at again
            self._happens((number, scores, who), sessions)
        await self._told()
        log = await self.ledger.database.read(lambda connection: events_after(connection, begun, 10_000))
        assert await self.unlocking.react(log) is False
        of = {session: number for number, session in sessions.items()}
        positions = {each.position: of[each.stream] for each in log if each.stream in of}
        return {
            (person, achievement.key): await self._stands(achievement, person, positions)
            for achievement in made
            for person in (ANA, BEA)
        }

    def _happens(self, step: Step, sessions: dict[int, UUID]) -> None:
        number, scores, who = step
        if number not in sessions:
            assert scores is not None
            players = [self.who(who), self.who(BEA)]
            ended_at = BEGIN + number * MINUTE
            sessions[number] = self.evening.plays(self.game, scores, players=players, ended_at=ended_at)
            return
        place = [session for session, _ in self.evening.sessions].index(sessions[number])
        if scores is None:
            self.evening.voids(place)
        else:
            self.evening.corrects(place, scores)

    async def _told(self) -> None:
        """Put into the ledger what has happened, and hear of it."""
        before = await self.ledger.database.read(last_position)
        await self.ledger.append_all([_append(recorded) for recorded in self.evening.log])
        self.evening.log.clear()
        news = await self.ledger.database.read(lambda connection: events_after(connection, before, 100))
        await self.unlocking.react(news)

    async def _defined(self, number: int, rule: dict[str, Any], *, revoke: bool) -> Achievement:
        key = f"{'strict' if revoke else 'kind'}-{number}"
        changes = AchievementChanges(name=key, rule=rule, revoke=revoke)
        if rule is WINS:
            changes = msgspec.structs.replace(changes, tiers=TIERS)
        return await self.definitions.define(player(0), game(self.game), key, changes)

    async def _stands(self, achievement: Achievement, person: int, positions: dict[int, int]) -> Standing:
        """What the careers of a person have, which is what is shown, and was news only when it was."""
        players = [player(self.who(number)) for number in ((ANA, GUEST) if person == ANA else (BEA,))]
        careers = [await self.ledger.events(career_id(achievement.game_id, each)) for each in players]
        every: dict[tuple[UUID, int], tuple[int, frozenset[int]]] = {}
        moved: set[int] = set()
        for recorded in sorted(chain(*careers), key=attrgetter("position")):
            event = recorded.event
            if getattr(event, "achievement", None) != achievement.id:
                continue
            if isinstance(event, AchievementUnlocked):
                key = event.player, event.tier or 0
                assert key not in every
                assert recorded.at is not None
                assert event.again <= (key[1] in moved)
                every[key] = recorded.at, frozenset(positions[position] for position in event.evidence)
            elif isinstance(event, AchievementRevoked):
                assert achievement.revoke
                earned = every.pop((event.player, event.tier or 0))
                if recorded.at is not None:  # as if it had never been, for whoever counts by days
                    assert recorded.at == earned[0]
                    moved.add(event.tier or 0)
        whole: Standing = {}
        for (_, tier), earned in every.items():
            whole[tier] = min(whole.get(tier, earned), earned, key=itemgetter(0))
        pair = achievement.id, players[0]
        slot = self.unlocks.slot
        found = await self.ledger.database.read(lambda connection: holdings(connection, slot, [pair]))
        shown = found.get(pair)
        assert bool(shown and shown.held) == bool(whole)
        if shown and whole:
            assert shown.tiers == sum(1 << tier for tier in whole)
            assert shown.unlocked_at == whole[0][0]
        return whole


def _append(recorded: Recorded) -> Append[None]:
    event = recorded.event
    kind: Any = "registry" if recorded.type.startswith("player_") else "session"
    return Append(
        stream=recorded.stream, kind=kind, fold=None, decide=lambda _state, _index: [event], at=recorded.at
    )


async def check(url: str, evening: Evening, told: Sequence[Step], merged: int) -> None:
    directory, unlocks, clock = SessionDirectory(), Unlocks(), SystemClock()
    async with node(url, directory, unlocks, clock=clock) as ledger:
        definitions = AchievementDefinitions(ledger, clock)
        unlocking = Unlocking(ledger.database, definitions, ledger, directory, unlocks)
        world = World(ledger, unlocks, definitions, unlocking, evening)
        corrected = await world.play(told, merged=merged)
        if right := straight(told):
            entered = await world.play(right, merged=0)
            strict = [key for key in corrected if key[1].startswith("strict")]
            assert {key: corrected[key] for key in strict} == {key: entered[key] for key in strict}


@pytest.mark.timeout(300)
def test_what_is_earned_after_corrections_is_what_is_earned_by_results_entered_right_at_once(
    url: str,
) -> None:
    embedded = url.startswith("sqlite")
    evening = Evening()  # one, so that no example meets what another one has left

    @settings(
        max_examples=40 if embedded else 8,
        deadline=None,
        derandomize=not embedded,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if embedded else [])),
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(steps(), st.integers(0, 13))
    @example([(0, (0, 0), 0), (1, (7, 0), 0), (2, (0, 0), 0), (0, (1, 0), 0)], 0)  # two conditions at once
    def property_(told: list[Step], merged: int) -> None:
        asyncio.run(check(url, evening, told, merged))

    property_()
