"""Ratings kept as results come in, late or corrected, are those of a rebuild and of a plain recount."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from openskill.models import PlackettLuce
from sqlalchemy import Connection, delete, select

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.database.engine import open_database
from tallybook.kernel.events import Recorded
from tallybook.ledger.tables import events
from tallybook.projections.ratings import Ratings
from tallybook.projections.ratings_model import NEWCOMER, UNIT, RatedSeat, Rating, play
from tallybook.projections.ratings_tables import TABLES, ratings
from tallybook.sessions.events import ResultCorrected, SessionCreated, SessionFinished, SessionVoided
from tests.projections.evenings import BEGIN, Evening, batches, player, whatever_happens
from tests.projections.test_figures import evenings


def recount(log: Iterable[Recorded]) -> dict[tuple[UUID, UUID], tuple[int, int, int]]:
    """By game and person: mean, deviation and sessions; written without a look at the code under test."""
    person: dict[UUID, UUID] = {}
    games: dict[UUID, UUID] = {}
    held: dict[UUID, Any] = {}
    ended: dict[UUID, int] = {}
    for recorded in log:
        match recorded.event:
            case SessionCreated(game_id=game_id):
                games[recorded.stream] = game_id
            case SessionFinished(result=result):
                held[recorded.stream] = result
                ended[recorded.stream] = recorded.at or recorded.committed_at
            case ResultCorrected(result=result):
                held[recorded.stream] = result
            case SessionVoided():
                del held[recorded.stream]
            case PlayerMerged(into=into):
                person[recorded.stream] = into
            case PlayerSplit():
                del person[recorded.stream]
    model, book = PlackettLuce(), dict[tuple[UUID, UUID], tuple[int, int, int]]()
    for session_id in sorted(held, key=lambda each: (ended[each], each)):
        result, game_id = held[session_id], games[session_id]
        if result.win in {"cooperative", "none"} or len(result.seats) == 1:
            continue
        best: dict[UUID, tuple[tuple[bool, int], str, UUID, str | None]] = {}
        for seat in result.seats:
            who = person.get(seat.player_id, seat.player_id)
            line = (not seat.winner, seat.place), seat.team or "", seat.player_id, seat.team
            best[who] = min(best.get(who, line), line, key=lambda each: each[:3])
        sides: dict[Any, list[UUID]] = {}
        for who, line in sorted(best.items(), key=lambda pair: pair[1][:3]):
            book.setdefault((game_id, who), (NEWCOMER.mu, NEWCOMER.sigma, 0))
            sides.setdefault(line[3] or who, []).append(who)
        if len(sides) == 1:
            continue
        teams = [sorted(side) for side in sides.values()]
        places = [min(best[who][0] for who in team) for team in teams]
        now = [
            [model.create_rating([n / UNIT for n in book[game_id, who][:2]]) for who in team]
            for team in teams
        ]
        ranks = [float(sum(other < place for other in set(places))) for place in places]
        for team, rated in zip(teams, model.rate(now, ranks=ranks), strict=True):
            for who, after in zip(team, rated, strict=True):
                values = round(after.mu * UNIT), round(after.sigma * UNIT)
                book[game_id, who] = (*values, book[game_id, who][2] + 1)
    return book


def content(connection: Connection, slot: str) -> list[list[Any]]:
    """Everything but by which batch a rating came about."""
    rows = []
    for tables in TABLES:
        columns = [column for column in tables[slot].c if column.name != "position"]
        rows.append(sorted(map(tuple, connection.execute(select(*columns)).all()), key=repr))
    return rows


async def check(url: str, evening: Evening, sizes: list[int]) -> None:
    book = Ratings()
    database = open_database(url)

    def everything(connection: Connection) -> None:
        connection.execute(delete(events))
        for slot in "ab":
            book.clear(connection, slot)
        evening.store(connection)
        for batch in batches(evening.log, sizes):
            book.apply(connection, "a", batch)
        book.apply(connection, "b", evening.log)
        assert content(connection, "a") == content(connection, "b")
        table = ratings["a"]
        query = select(table.c.game_id, table.c.person_id, table.c.mu, table.c.sigma, table.c.rated)
        found = {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(query)}
        assert found == recount(evening.log)

    try:
        await database.write(everything)
    finally:
        await database.close()


@pytest.mark.timeout(300)
def test_ratings_equal_a_rebuild_and_a_recount_whatever_happens(url: str) -> None:
    whatever_happens(check, url, evenings(), examples=(60, 10))


async def test_a_result_dated_back_is_put_in_its_place_among_many(url: str) -> None:
    evening = Evening()
    for turn in range(620):  # more than one statement takes
        evening.plays(0, [turn % 5, turn % 3], players=[turn % 4, 4])
    evening.plays(0, [1, 2], players=[0, 1], ended_at=BEGIN)
    await check(url, evening, [300, 1_400, 200])


def test_the_better_team_gains_and_a_draw_brings_the_two_together() -> None:
    red, blue = [player(0), player(1)], [player(2), player(3)]
    seats = [RatedSeat(each, True, 1, "red") for each in red]  # fmt: skip
    seats += [RatedSeat(each, False, 2, "blue") for each in blue]

    after = play(seats, {}, {})

    assert after[red[0]] == after[red[1]]
    assert after[blue[0]] == after[blue[1]]
    assert after[red[0]].mu > NEWCOMER.mu > after[blue[0]].mu
    drawn = play([RatedSeat(each, False, 1, None) for each in (red[0], blue[0])], {}, after)
    assert after[red[0]].mu > drawn[red[0]].mu > drawn[blue[0]].mu > after[blue[0]].mu


def test_a_rating_is_provisional_for_about_ten_duels() -> None:
    book: dict[UUID, Rating] = {}
    duels = 0
    while not book or not book[player(0)].settled:
        assert NEWCOMER.shown == 1_500
        winner = duels % 3 == 0
        seats = [RatedSeat(player(0), winner, 2 - winner, None)]
        book = play([*seats, RatedSeat(player(1), not winner, 1 + winner, None)], {}, book)
        duels += 1
    assert 8 <= duels <= 12
