"""What persons have in each game, side by side: time played, achievements, results, statistics."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, select

from tallybook.catalogue.tables import achievements
from tallybook.projections.aggregates import Whole
from tallybook.projections.careers import PLAYTIME, statistics_of_players
from tallybook.projections.standings import ALL_GAMES, Tally
from tallybook.projections.statistics import player_games
from tallybook.projections.unlocks import unlocks

_TENTH = Decimal("0.1")


class Slot(NamedTuple):
    """Which slot of each projection is read."""

    sessions: str
    careers: str
    unlocks: str


class Unlocked(msgspec.Struct, frozen=True):
    """An achievement that a person has; archived ones count for no completion."""

    achievement_id: UUID
    game_id: UUID
    points: int
    unlocked_at: int
    archived: bool


class Line(msgspec.Struct):
    """One person in one game. `results` are of competitive sessions, `playtime` is in milliseconds."""

    playtime: int = 0
    results: Tally = msgspec.field(default_factory=Tally)
    streak: int = 0
    longest: int = 0
    unlocked: list[Unlocked] = []
    statistics: dict[str, Whole] = {}
    offered: int = 0  # achievements of the game

    @property
    def achievements(self) -> int:
        return len(self.unlocked)

    @property
    def points(self) -> int:
        return sum(each.points for each in self.unlocked)

    @property
    def completion(self) -> float | None:
        """Percent of what the game offers; None where that is nothing."""
        return percent(sum(not each.archived for each in self.unlocked), self.offered)


def percent(part: int, whole: int) -> float | None:
    return float((Decimal(100 * part) / whole).quantize(_TENTH)) if whole else None


Lines = dict[UUID, dict[UUID, Line]]  # by person and game


def lines_of(connection: Connection, slot: Slot, persons: Mapping[UUID, Collection[UUID]]) -> Lines:
    """The lines of persons, each with all the players that it is, in every game that they have to do with."""
    found: Lines = {person_id: {} for person_id in persons}
    _take_statistics(connection, slot.careers, persons, found)
    table = player_games.tables[slot.sessions]
    played = select(
        table.c.person_id, table.c.game_id, table.c.mode, table.c.playtime, table.c.streak, table.c.longest,
        *(table.c[name] for name in Tally.__struct_fields__),
    ).where(table.c.person_id.in_(list(persons)), table.c.game_id != ALL_GAMES)  # fmt: skip
    for person_id, game_id, mode, playtime, streak, longest, *tally in connection.execute(played):
        line = found[person_id].setdefault(game_id, Line())
        line.playtime += playtime // 1_000
        if mode == "competitive":
            line.results, line.streak, line.longest = Tally(*tally), streak, longest
    for person_id, each in _unlocked(connection, slot.unlocks, persons):
        found[person_id].setdefault(each.game_id, Line()).unlocked.append(each)
    for person_id, game_id in _played(connection, slot.unlocks, persons):
        found[person_id].setdefault(game_id, Line())
    games = {game_id for lines in found.values() for game_id in lines}
    offered = _offered(connection, games)
    for lines in found.values():
        for game_id, line in lines.items():
            line.offered = offered.get(game_id, 0)
    return found


def _take_statistics(
    connection: Connection, slot: str, persons: Mapping[UUID, Collection[UUID]], found: Lines
) -> None:
    who = {player_id: person_id for person_id, players in persons.items() for player_id in players}
    for (person_id, game_id), statistics in statistics_of_players(connection, slot, who).items():
        line = found[person_id].setdefault(game_id, Line())
        line.statistics = statistics
        if PLAYTIME in statistics:
            line.playtime += int(statistics[PLAYTIME].total)


def _played(connection: Connection, slot: str, persons: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Who has ever played what, if only by submitting a score."""
    table = unlocks[slot]
    query = select(table.c.person_id, table.c.game_id).where(
        table.c.person_id.in_(list(persons)), table.c.held == 1, table.c.thing_id == table.c.game_id
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _unlocked(connection: Connection, slot: str, persons: Collection[UUID]) -> list[tuple[UUID, Unlocked]]:
    """Each achievement of a person once, newest first, whoever of the person's players unlocked it."""
    table = unlocks[slot]
    query = (
        select(
            table.c.person_id,
            table.c.thing_id,
            table.c.game_id,
            func.max(table.c.points),
            func.min(table.c.unlocked_at).label("first"),
            achievements.c.archived,
        )
        .join(achievements, achievements.c.id == table.c.thing_id)
        .where(table.c.person_id.in_(list(persons)), table.c.held == 1)
        .group_by(table.c.person_id, table.c.thing_id, table.c.game_id, achievements.c.archived)
    )
    rows = [(row[0], Unlocked(*row[1:])) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: (-row[1].unlocked_at, row[1].achievement_id))


def _offered(connection: Connection, games: Collection[UUID]) -> dict[UUID, int]:
    """By game, how many achievements there are to be unlocked."""
    here = achievements.c.game_id.in_(list(games)), ~achievements.c.archived
    query = select(achievements.c.game_id, func.count()).where(*here).group_by(achievements.c.game_id)
    return {row[0]: row[1] for row in connection.execute(query)}
