"""Figures kept as results come in are those of a rebuild and of a plain recount, at any moment."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.database.engine import open_database
from tallybook.kernel.events import Recorded
from tallybook.ledger.tables import events
from tallybook.projections.figures import PersonFigures, figures_at, read_figures
from tallybook.projections.merges import merges
from tallybook.projections.results import people, results
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.standings import ALL_GAMES
from tallybook.projections.statistics import TABLES
from tallybook.rules.scoresheet.values import canonical
from tallybook.sessions.events import ResultCorrected, SessionFinished, SessionStarted, SessionVoided
from tests.projections.evenings import BEGIN, MINUTE, Evening, batches, game, player, whatever_happens

PLAYERS = range(5)


@st.composite
def evenings(draw: st.DrawFn) -> Evening:
    """Sessions, corrections, voids, merges and splits in any order."""
    evening = Evening()
    voided: set[int] = set()
    merged: dict[int, int] = {}
    for turn in range(draw(st.integers(1, 14))):
        standing = [n for n in range(len(evening.sessions)) if n not in voided]
        steps = ["play", "play", "play", "correct", "void", "merge", "split"]
        step = draw(st.sampled_from(steps)) if turn else "play"
        if step == "play":
            who = draw(st.lists(st.sampled_from(PLAYERS), min_size=1, max_size=4, unique=True))
            evening.plays(
                draw(st.integers(0, 1)),
                draw(_scores(len(who))),
                players=who,
                teams=draw(st.lists(st.sampled_from([None, "red", "blue"]), max_size=len(who))),
                win=draw(st.sampled_from(["highest", "lowest", "cooperative", "none"])),
                ended_at=draw(st.none() | st.integers(0, 60).map(lambda n: BEGIN + n * MINUTE)),
            )
        elif step == "correct" and standing:
            number = draw(st.sampled_from(standing))
            evening.corrects(number, draw(_scores(len(evening.sessions[number][1].seats))))
        elif step == "void" and standing:
            voided.add(number := draw(st.sampled_from(standing)))
            evening.voids(number)
        elif step == "merge":
            free = [n for n in PLAYERS if n not in merged and n not in merged.values()]
            roots = [n for n in PLAYERS if n not in merged]
            if free and len(roots) > 1:
                number = draw(st.sampled_from(free))
                merged[number] = draw(st.sampled_from([n for n in roots if n != number]))
                evening.merges(number, merged[number])
        elif step == "split" and merged:
            number = draw(st.sampled_from(sorted(merged)))
            del merged[number]
            evening.splits(number)
    return evening


def _scores(size: int) -> st.SearchStrategy[list[Any]]:
    score = st.none() | st.integers(-3, 9) | st.sampled_from(["0.5", "2.25", "-1"])
    return st.lists(score, min_size=size, max_size=size)


def recount(log: Iterable[Recorded]) -> dict[UUID, dict[str, Any]]:
    """By person, what a person with a pencil would say; written without a look at the code under test."""
    person = {player(n): player(n) for n in PLAYERS}
    held: dict[UUID, Any] = {}
    times: dict[UUID, tuple[int, int]] = {}
    games: dict[UUID, UUID] = {}
    for recorded in log:
        event, now = recorded.event, recorded.at or recorded.committed_at
        if isinstance(event, PlayerMerged):
            person[recorded.stream] = event.into
        elif isinstance(event, PlayerSplit):
            person[recorded.stream] = recorded.stream
        elif isinstance(event, SessionStarted):
            times[recorded.stream] = now, now
        elif isinstance(event, SessionFinished | ResultCorrected):
            held[recorded.stream] = event.result
            if isinstance(event, SessionFinished):
                times[recorded.stream] = times[recorded.stream][0], now
        elif isinstance(event, SessionVoided):
            del held[recorded.stream]
        else:
            games[recorded.stream] = event.game_id  # type: ignore[attr-defined]  # it was created
    said: dict[UUID, dict[str, Any]] = {
        each: {"games": {}, "counts": Counter(), "against": Counter()} for each in set(person.values())
    }
    for session_id in sorted(held, key=lambda each: (times[each][1], each)):
        result, (begun, ended) = held[session_id], times[session_id]
        kind = (
            "solo"
            if len(result.seats) == 1
            else "cooperative"
            if result.win == "cooperative"
            else "competitive"
        )
        for who in {person[seat.player_id] for seat in result.seats}:
            mine = min(
                (s for s in result.seats if person[s.player_id] == who), key=lambda s: (not s.winner, s.place)
            )
            if kind == "solo" or result.win == "none":
                outcome = None
            elif kind == "competitive" and len({seat.winner for seat in result.seats}) == 1:
                outcome = "tied"
            else:
                outcome = "won" if mine.winner else "lost"
            for game_id in (ALL_GAMES, games[session_id]):
                line = said[who]["games"].setdefault((game_id, kind), [])
                line.append((outcome, mine.score, result.win, ended, max(0, ended - begun)))
            said[who]["counts"][kind, len(result.seats), outcome] += 1
            rivals = [
                s
                for s in result.seats
                if person[s.player_id] != who and not (mine.team and s.team == mine.team)
            ]
            for other in {person[seat.player_id] for seat in rivals} if kind == "competitive" else ():
                here = (not mine.winner, mine.place)
                there = min((not s.winner, s.place) for s in rivals if person[s.player_id] == other)
                ahead = "won" if here < there else "lost" if here > there else "tied"
                said[who]["against"][other, None if result.win == "none" else ahead] += 1
    return said


def agrees(figures: PersonFigures, said: dict[str, Any]) -> None:
    assert figures.records.keys() == said["games"].keys()
    for key, line in said["games"].items():
        record = figures.records[key]
        outcomes = [entry[0] for entry in line]
        decided = [outcome for outcome in outcomes if outcome is not None]
        runs = "".join("w" if outcome == "won" else " " for outcome in decided)
        assert (record.played, record.won, record.lost, record.tied) == (
            len(line), *(outcomes.count(outcome) for outcome in ("won", "lost", "tied")),
        )  # fmt: skip
        assert record.streak == len(runs) - len(runs.rstrip("w"))
        assert record.longest == max(map(len, runs.split()), default=0)
        assert (record.last_at, record.playtime) == (line[-1][3], sum(entry[4] for entry in line))
        if key[0] != ALL_GAMES:
            scores = [Decimal(entry[1]) for entry in line if entry[1] is not None]
            assert (record.scored, record.score_sum) == (len(scores), canonical(sum(scores, Decimal(0))))
            assert record.highest == (canonical(max(scores)) if scores else None)
            assert record.lowest == (canonical(min(scores)) if scores else None)
            assert record.fractions == any(isinstance(entry[1], str) for entry in line)
            assert record.lowest_wins == (line[-1][2] == "lowest")
    counts: Counter[Any] = Counter()
    for (mode, size), tally in figures.counts.items():
        counts.update(_outcomes((mode, size), tally))
    assert +counts == +said["counts"]
    against: Counter[Any] = Counter()
    for opponent, tally in figures.against.items():
        against.update(_outcomes((opponent,), tally))
    assert +against == +said["against"]


def _outcomes(key: tuple[Any, ...], tally: Any) -> dict[Any, int]:
    undecided = tally.played - tally.won - tally.lost - tally.tied
    named = {"won": tally.won, "lost": tally.lost, "tied": tally.tied, None: undecided}
    return {(*key, outcome): times for outcome, times in named.items()}


def content(connection: Connection, slot: str) -> list[list[Any]]:
    kept = (SessionDirectory.sessions, SessionDirectory.seats, people, results, merges, *TABLES)
    return [sorted(map(tuple, connection.execute(select(tables[slot])).all()), key=repr) for tables in kept]


async def check(url: str, evening: Evening, sizes: list[int], asked: int) -> None:
    directory = SessionDirectory()
    database = open_database(url)

    def everything(connection: Connection) -> None:
        connection.execute(delete(events))
        for slot in "ab":
            directory.clear(connection, slot)
        evening.store(connection)
        for batch in batches(evening.log, sizes):
            directory.apply(connection, "a", batch)
        directory.apply(connection, "b", evening.log)
        assert content(connection, "a") == content(connection, "b")
        for who, said in recount(evening.log).items():
            agrees(read_figures(connection, "a", who, None), said)
        position = asked % (len(evening.log) + 1)
        moment = BEGIN + position * MINUTE
        for who, said in recount(evening.log[:position]).items():
            agrees(figures_at(connection, "a", who, None, moment).count(), said)
        last = BEGIN + (len(evening.log) + 1) * MINUTE
        everybody = {player(number) for number in range(9)}
        for who in recount(evening.log):
            for game_id in (None, game(0)):
                now = read_figures(connection, "b", who, game_id)
                again = figures_at(connection, "b", who, game_id, last).count()
                assert (now.counts, now.against) == (again.counts, again.against)
                seen = read_figures(connection, "b", who, game_id, seen_by=everybody)
                assert seen.against == now.against

    try:
        await database.write(everything)
    finally:
        await database.close()


@pytest.mark.timeout(300)
def test_figures_equal_a_rebuild_and_a_recount_whatever_happens(url: str) -> None:
    whatever_happens(check, url, evenings(), st.integers(0, 60), examples=(60, 10))
