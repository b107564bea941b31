"""Entries of leaderboards are those of a rebuild and of a plain recount, whatever happened in between."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from tallybook.careers.events import (
    AchievementRevoked,
    AchievementUnlocked,
    Reported,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.careers.streams import career_id
from tallybook.catalogue.boards import PLAIN, Definition, board_id
from tallybook.catalogue.events import BoardDefined, BoardFilled, BoardPeriodBegun
from tallybook.catalogue.tables import board_periods, boards
from tallybook.database.engine import open_database
from tallybook.ledger.projecting import Projector
from tallybook.ledger.tables import events
from tallybook.projections.records import filling
from tallybook.projections.records.records import Records
from tallybook.projections.records.tables import TABLES, built, entries
from tallybook.projections.sessions import SessionDirectory
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
from tests.projections.recount import PLAYERS, recount

KEYS = ("first", "other")
STEPS = ("submit",) * 3 + (
    "report", "unlock", "play", "correct", "void", "merge", "split", "define", "fill", "begin",
)  # fmt: skip
ACHIEVEMENTS = (UUID(int=9), UUID(int=10))
DEFINITIONS = (
    Definition(),
    Definition(second="lowest"),
    Definition(order="lowest", schedule="*/7 * * * *", bots=True),
    Definition(operator="latest", decimals=1),
    Definition(operator="latest", schedule="manual"),
    Definition(schedule="manual", teams=True),
    Definition(operator="sum", schedule="manual", source="session", of="score"),
    Definition(operator="sum"),
    Definition(operator="count", teams=True),
    Definition(operator="average", source="action", of="jump"),
    Definition(operator="average", order="lowest", decimals=2),
    Definition(operator="best", source="stat", of="kills"),
    Definition(operator="latest", source="stat", of="kills", order="lowest"),
    Definition(operator="sum", source="stat", of="kills", schedule="*/7 * * * *"),
    Definition(operator="sum", source="action", of="jump", server=True),
    Definition(operator="sum", source="points"),
    Definition(operator="sum", source="session", of="won"),
    Definition(operator="best", source="session", of="score", decimals=2),
    Definition(operator="latest", source="session", of="score", schedule="*/9 * * * *"),
    Definition(operator="count", source="session", of="played", teams=True),
)


@st.composite
def careers(draw: st.DrawFn) -> Evening:
    """Submissions, reports, unlocks, sessions, merges and definitions in any order, in one game."""
    evening = Evening()
    merged: dict[int, int] = {}
    voided: set[int] = set()
    held: dict[tuple[int, UUID], int] = {}
    known: set[str] = set()
    number = st.integers(-9, 9) | st.sampled_from(["0.5", "-2.25", "3.0625"])
    for _ in range(draw(st.integers(1, 25))):
        step = draw(st.sampled_from(STEPS))
        who = draw(st.sampled_from(PLAYERS))
        of: dict[str, Any] = {"game": game(0), "player": player(who)}
        career = career_id(game(0), player(who))
        latest = len(evening.log) + 5  # minutes; a client's clock may be ahead by so much
        at = draw(st.none() | st.integers(0, latest).map(lambda n: BEGIN + n * MINUTE))
        standing = [n for n in range(len(evening.sessions)) if n not in voided]
        if step == "submit":
            submitted = ScoreSubmitted(
                **of,
                board=board_id(game(0), draw(st.sampled_from((*KEYS, "score")))),
                score=draw(number),
                action=draw(st.sampled_from(["", "jump"])),
                second=draw(st.none() | number),
                team=draw(st.sampled_from([None, "red", "blue"])),
                bot=draw(st.booleans()),
                client=draw(st.booleans()),
            )
            evening.happens(career, submitted, at)
        elif step == "report":
            value = draw(st.integers(-5, 5))
            report = Reported("kills", value=value) if draw(st.booleans()) else Reported("kills", delta=value)
            client = draw(st.booleans())
            evening.happens(career, StatsReported(**of, values=(report,), client=client), at)
        elif step == "unlock":
            achievement = draw(st.sampled_from(ACHIEVEMENTS))
            points = held.pop((who, achievement), None)
            kind = AchievementUnlocked if points is None else AchievementRevoked
            if points is None:
                points = held[who, achievement] = draw(st.integers(0, 5))
            evening.happens(career, kind(**of, achievement=achievement, points=points), at)
        elif step == "play":
            players = draw(st.lists(st.sampled_from(PLAYERS), min_size=1, max_size=3, unique=True))
            teams = draw(st.lists(st.sampled_from([None, "red"]), max_size=len(players)))
            scores = [draw(st.none() | number) for _ in players]
            evening.plays(0, scores, players=players, teams=teams, ended_at=at)
        elif step == "correct" and standing:
            session = draw(st.sampled_from(standing))
            evening.corrects(session, [draw(st.none() | number) for _ in evening.sessions[session][1].seats])
        elif step == "void" and standing:
            voided.add(session := draw(st.sampled_from(standing)))
            evening.voids(session)
        elif step == "merge" and who not in merged and who not in merged.values():
            if roots := [n for n in PLAYERS if n not in merged and n != who]:
                merged[who] = draw(st.sampled_from(roots))
                evening.merges(who, merged[who])
        elif step == "split" and who in merged:
            del merged[who]
            evening.splits(who)
        elif step == "define":
            known.add(key := draw(st.sampled_from(KEYS)))
            defined = BoardDefined(board_id(game(0), key), key, draw(st.sampled_from(DEFINITIONS)))
            evening.happens(game(0), defined)
        elif step == "begin" and known:
            key, earlier = draw(st.sampled_from(sorted(known))), draw(st.integers(0, 2))
            begun = BEGIN + (len(evening.log) + 1 - earlier) * MINUTE + MINUTE // 2
            evening.happens(game(0), BoardPeriodBegun(board_id(game(0), key), begun))
        elif step == "fill":
            upto = draw(st.none() | st.integers(0, len(evening.log)))
            evening.happens(game(0), BoardFilled(board_id(game(0), draw(st.sampled_from(KEYS))), upto))
    for key in KEYS:  # no board stays without what is still to come
        evening.happens(game(0), BoardFilled(board_id(game(0), key)))
    return evening


def content(connection: Connection, slot: str) -> list[Any]:
    kept = [tables for tables in TABLES if tables is not built]
    return [sorted(map(tuple, connection.execute(select(tables[slot])).all()), key=repr) for tables in kept]


def define(connection: Connection, defined: BoardDefined) -> None:
    connection.execute(delete(boards).where(boards.c.id == defined.board))
    row = {"id": defined.board, "game_id": game(0), "key": defined.key, "name": defined.key}
    row |= {"definition": msgspec.json.encode(defined.definition), "archived": False, "created_at": 0}
    connection.execute(boards.insert().values(row))


def begin(connection: Connection, begun: BoardPeriodBegun) -> None:
    row = {"board_id": begun.board, "begins_at": begun.at}
    connection.execute(delete(board_periods).filter_by(**row))
    connection.execute(board_periods.insert().values(row))


async def check(url: str, evening: Evening, sizes: list[int]) -> None:
    directory, records, other = SessionDirectory(), Records(), Records()
    database = open_database(url)

    def everything(connection: Connection) -> None:
        connection.execute(delete(events))
        connection.execute(delete(boards))
        connection.execute(delete(board_periods))
        Projector([directory, records]).prepare(connection)
        for slot in "ab":
            directory.clear(connection, slot)
            records.clear(connection, slot)
        evening.store(connection)
        for node, batch in in_turns((records, other), batches(evening.log, sizes)):
            for recorded in batch:
                if isinstance(recorded.event, BoardDefined):
                    define(connection, recorded.event)
                elif isinstance(recorded.event, BoardPeriodBegun):
                    begin(connection, recorded.event)
            directory.apply(connection, "a", batch)
            node.apply(connection, "a", batch)
        records.begin("b")
        for start in range(0, len(evening.log), 7):
            records.apply(connection, "b", evening.log[start : start + 7])
        while not records.finish(connection, "b"):
            pass
        assert content(connection, "a") == content(connection, "b")
        current = dict(PLAIN)
        for recorded in evening.log:
            if isinstance(recorded.event, BoardDefined):
                current[recorded.event.key] = "", recorded.event.definition
        table = entries.tables["a"]
        for key, (_, definition) in current.items():
            rows = connection.execute(select(table).where(table.c.board_id == board_id(game(0), key)))
            found = {(row.period, row.member_id): (row.value, row.second, row.since) for row in rows}
            said = recount(evening.log, key, definition)
            assert found.keys() == said.keys()
            for place, (value, second, since) in said.items():
                assert Decimal(definition.shown(found[place][0])) == value
                assert found[place][1:] == (definition.stored(str(second)), since)

    try:
        await database.write(everything)
    finally:
        await database.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("at_once", [filling.PIECE, 0])
def test_entries_equal_a_rebuild_and_a_recount_whatever_happens(
    url: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "PIECE", at_once)
    whatever_happens(check, url, careers(), examples=(80, 10))


def test_of_two_players_of_one_person_in_one_session_the_better_is_the_latest(url: str) -> None:
    evening = Evening()
    latest = Definition(operator="latest", source="session", of="score")
    evening.happens(game(0), BoardDefined(board_id(game(0), "first"), "first", latest))
    for one, other in ((1, 2), (3, 0)):
        evening.merges(one, other)
        evening.plays(0, [0, 5], players=[one, other])
        evening.plays(0, [7, 3], players=[one, other])
    asyncio.run(check(url, evening, [2]))


def test_a_correction_that_comes_again_with_the_void_after_it_changes_nothing(url: str) -> None:
    evening = Evening()
    won = Definition(operator="sum", source="session", of="won")
    evening.happens(game(0), BoardDefined(board_id(game(0), "first"), "first", won))
    evening.plays(0, [1, 2], players=[0, 1])
    evening.plays(0, [3], players=[0])
    evening.corrects(0, [2, 1])
    evening.merges(0, 1)
    evening.voids(0)
    evening.voids(1)
    asyncio.run(check(url, evening, [1, 6, 4]))  # the third batch comes twice


def test_points_for_what_two_players_of_one_person_have_count_once(url: str) -> None:
    evening = Evening()
    points = Definition(operator="sum", source="points", schedule="*/7 * * * *")
    evening.happens(game(0), BoardDefined(board_id(game(0), "first"), "first", points))

    def happens(who: int, kind: type[AchievementUnlocked] | type[AchievementRevoked], worth: int) -> None:
        event = kind(game=game(0), player=player(who), achievement=ACHIEVEMENTS[0], points=worth)
        evening.happens(career_id(game(0), player(who)), event)
        for minute in range(4):  # in another period
            evening.plays(0, [minute], players=[3])

    happens(1, AchievementUnlocked, 7)
    happens(0, AchievementUnlocked, 5)
    happens(2, AchievementUnlocked, 3)
    evening.merges(2, 0)
    evening.merges(1, 0)
    asyncio.run(check(url, evening, [2]))
    happens(1, AchievementRevoked, 7)
    asyncio.run(check(url, evening, [2]))
    happens(1, AchievementUnlocked, 2)
    evening.splits(1)
    asyncio.run(check(url, evening, [2]))
    happens(2, AchievementRevoked, 3)
    happens(0, AchievementRevoked, 5)
    asyncio.run(check(url, evening, [2]))


def test_nodes_that_write_in_turns_add_to_what_the_others_have_written(url: str) -> None:
    evening = Evening()
    boards = {
        "own": Definition(operator="sum"),
        "team": Definition(operator="sum", teams=True),
        "won": Definition(operator="sum", source="session", of="won"),
    }
    for key, definition in boards.items():
        evening.happens(game(0), BoardDefined(board_id(game(0), key), key, definition))
    for turn in range(1, 10):
        for who, key, team in ((0, "own", None), (turn % 2, "team", "red")):
            submitted = ScoreSubmitted(game(0), player(who), board_id(game(0), key), turn, team=team)
            evening.happens(career_id(game(0), player(who)), submitted)
        evening.plays(0, [turn, 5], players=[0, 1])
    for size in (1, 2, 3):
        asyncio.run(check(url, evening, [size]))
