"""Who has unlocked what is the same as in a rebuild and in a plain recount, whatever happened in between."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.careers.events import (
    AchievementProgressed,
    AchievementRevoked,
    AchievementUnlocked,
    CareerEvent,
    ScoreSubmitted,
)
from tallybook.careers.streams import career_id
from tallybook.database.engine import open_database
from tallybook.kernel.events import Recorded
from tallybook.ledger.tables import events
from tallybook.projections.unlocks import Unlocks, counts, persons, unlocks
from tallybook.projections.unlocks_reading import Spread, holdings_of, players_of_game, spreads
from tallybook.sessions.events import SessionCreated, SessionFinished
from tests.projections.evenings import (
    BEGIN,
    MINUTE,
    Evening,
    batches,
    game,
    in_turns,
    player,
    whatever_happens,
)

PLAYERS = range(5)  # the last one is a bot
ACHIEVEMENTS = [UUID(int=0x5000 + n) for n in range(3)]


@st.composite
def careers(draw: st.DrawFn) -> Evening:
    """Unlocks, steps, revocations, scores, sessions, merges and splits in any order, in two games."""
    evening = Evening()
    merged: dict[int, int] = {}
    for _ in range(draw(st.integers(1, 25))):
        step = draw(
            st.sampled_from(
                ["unlock", "unlock", "unlock", "step", "revoke", "score", "play", "merge", "split"]
            )
        )
        who, of = draw(st.sampled_from(PLAYERS)), draw(st.integers(0, 1))
        achievement = ACHIEVEMENTS[2 * of + draw(st.integers(0, 1 - of))]
        named: dict[str, Any] = {"game": game(of), "player": player(who)}
        career = career_id(game(of), player(who))
        tier = draw(st.none() | st.integers(0, 2))
        at = draw(st.none() | st.integers(0, 60).map(lambda n: BEGIN + n * MINUTE))
        if step == "unlock":
            unlocked = AchievementUnlocked(
                **named, achievement=achievement, points=draw(st.integers(0, 9)), tier=tier, bot=who == 4
            )
            evening.happens(career, unlocked, at)
        elif step == "step":
            steps = draw(st.integers(1, 9))
            made = AchievementProgressed(**named, achievement=achievement, steps=steps, bot=who == 4)
            evening.happens(career, made, at)
        elif step == "revoke" and career in evening.indexes:
            evening.happens(career, AchievementRevoked(**named, achievement=achievement, tier=tier), at)
        elif step == "score":
            evening.happens(career, ScoreSubmitted(**named, board=game(9), score=1, bot=who == 4), at)
        elif step == "play":
            sat = draw(st.lists(st.sampled_from(PLAYERS[:4]), min_size=1, max_size=3, unique=True))
            evening.plays(of, [1] * len(sat), players=sat)
        elif step == "merge":
            free = [n for n in PLAYERS[:4] if n not in merged and n not in merged.values()]
            roots = [n for n in PLAYERS[:4] if n not in merged]
            if free and len(roots) > 1:
                number = draw(st.sampled_from(free))
                merged[number] = draw(st.sampled_from([n for n in roots if n != number]))
                evening.merges(number, merged[number])
        elif step == "split" and merged:
            number = draw(st.sampled_from(sorted(merged)))
            del merged[number]
            evening.splits(number)
    return evening


def recount(log: Iterable[Recorded]) -> tuple[dict[UUID, dict[UUID, Any]], dict[UUID, set[UUID]]]:
    """By person and achievement, and who played what; without a look at the code under test."""
    person = {player(n): player(n) for n in PLAYERS}
    each: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    played: dict[UUID, set[UUID]] = {game(0): set(), game(1): set()}
    games: dict[UUID, UUID] = {}
    for recorded in log:
        event, now = recorded.event, recorded.at or recorded.committed_at
        match event:
            case PlayerMerged(into=into):
                person[recorded.stream] = into
            case PlayerSplit():
                person[recorded.stream] = recorded.stream
            case SessionCreated(game_id=game_id):
                games[recorded.stream] = game_id
            case SessionFinished(result=result):
                played[games[recorded.stream]] |= {seat.player_id for seat in result.seats}
        if isinstance(event, CareerEvent) and event.player != player(4):
            played[event.game].add(event.player)
        if isinstance(event, AchievementUnlocked | AchievementProgressed | AchievementRevoked):
            fresh = {"tiers": set(), "steps": 0, "at": None}
            line = each.setdefault((event.player, event.achievement), fresh)
            match event:
                case AchievementProgressed(steps=steps):
                    line["steps"] += steps
                case AchievementUnlocked(tier=tier):
                    line["at"] = line["at"] if line["tiers"] else now
                    line["tiers"].add(tier or 0)
                case AchievementRevoked(tier=tier):
                    line["tiers"].discard(tier or 0)
    said: dict[UUID, dict[UUID, Any]] = {who: {} for who in set(person.values())}
    for (who, achievement), line in each.items():
        whole = said[person[who]].setdefault(achievement, {"tiers": set(), "steps": 0, "at": []})
        whole["steps"] += line["steps"]
        whole["tiers"] |= line["tiers"]
        whole["at"] += [line["at"]] if line["tiers"] else []
        if line["tiers"] and who != player(4):
            whole["counts"] = True
    return said, {of: {person[who] for who in them} for of, them in played.items()}


def content(connection: Connection, slot: str) -> list[list[Any]]:
    counted = select(counts[slot]).where(counts[slot].c.persons != 0)  # no row says the same as 0
    queries = (select(unlocks[slot]), select(persons[slot]), counted)
    return [sorted(map(tuple, connection.execute(query).all()), key=repr) for query in queries]


async def check(url: str, evening: Evening, sizes: list[int]) -> None:
    nodes = Unlocks(), Unlocks()
    database = open_database(url)

    def everything(connection: Connection) -> None:
        connection.execute(delete(events))
        for slot in "ab":
            nodes[0].clear(connection, slot)
        evening.store(connection)
        for node, batch in in_turns(nodes, batches(evening.log, sizes)):
            node.apply(connection, "a", batch)
        nodes[0].apply(connection, "b", evening.log)
        assert content(connection, "a") == content(connection, "b")
        said, played = recount(evening.log)
        for who, lines in said.items():
            found = {each.achievement_id: each for each in holdings_of(connection, "a", who)}
            assert found.keys() == lines.keys()
            for achievement, line in lines.items():
                holding = found[achievement]
                assert holding.held == bool(line["tiers"])
                assert holding.tiers == sum(1 << tier for tier in line["tiers"])
                assert holding.steps == line["steps"]
                assert holding.unlocked_at == (min(line["at"]) if line["tiers"] else None)
        of = {achievement: game(number // 2) for number, achievement in enumerate(ACHIEVEMENTS)}
        for achievement, spread in spreads(connection, "a", of).items():
            having = sum("counts" in lines.get(achievement, {}) for lines in said.values())
            assert spread == Spread(having, len(played[of[achievement]]))
        for game_id, them in played.items():
            some = players_of_game(connection, "a", game_id, after=UUID(int=0), limit=100)
            assert some == sorted(them)

    try:
        await database.write(everything)
    finally:
        await database.close()


@pytest.mark.timeout(300)
def test_unlocks_equal_a_rebuild_and_a_recount_whatever_happens(url: str) -> None:
    whatever_happens(check, url, careers(), examples=(100, 15))
