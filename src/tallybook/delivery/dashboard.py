"""What a player has across all games, over time, and beside others."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.access.matrix import sees_as
from tallybook.accounts.merges import Persons
from tallybook.accounts.names import Names
from tallybook.catalogue.achievements import achievements_named
from tallybook.catalogue.statistics import Statistic, statistics_of
from tallybook.database.engine import Database
from tallybook.delivery.achievement_shapes import shown
from tallybook.delivery.achievements import held_by
from tallybook.delivery.dashboard_shapes import (
    Behind,
    Comparison,
    Dashboard,
    GameComparison,
    GameSide,
    GameStatistics,
    HeadToHead,
    PlayerStatistics,
    RecentAchievement,
    RecordFigures,
    Side,
    StatisticFigures,
    Streaks,
    hours,
    rated,
)
from tallybook.kernel.clock import iso
from tallybook.kernel.days import day_of
from tallybook.projections.aggregates import Source, Whole
from tallybook.projections.careers import PLAYTIME, CareerStatistics
from tallybook.projections.careers_lines import Line, Lines, Slot, Unlocked, lines_of
from tallybook.projections.careers_records import Best, records_of
from tallybook.projections.figures import person_behind, read_figures
from tallybook.projections.ratings import Ratings
from tallybook.projections.ratings_list import ratings_of
from tallybook.projections.ratings_model import Rating
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.snapshots import CareerDays, seen_in
from tallybook.projections.standings import Tally
from tallybook.projections.unlocks import Unlocks

RECENT = 10  # achievements on a dashboard
MOST_RECORDS_KEPT = 2_000  # persons whose records are at hand

Wait = Callable[[], Awaitable[object]]  # until what follows the ledger has what was acknowledged


class Dashboards:
    """Answers what players have. Everything raises `Refusal`."""

    def __init__(
        self,
        database: Database,
        persons: Persons,
        names: Names,
        directory: SessionDirectory,
        careers: CareerStatistics,
        unlocks: Unlocks,
        days: CareerDays,
        ratings: Ratings,
        wait: Wait,
    ) -> None:
        self._database = database
        self._persons = persons
        self._names = names
        self._directory = directory
        self._careers = careers
        self._unlocks = unlocks
        self._days = days
        self._ratings = ratings
        self._wait = wait
        self._records: dict[tuple[str, UUID], tuple[tuple[int, int], dict[UUID, list[Best]]]] = {}

    async def statistics(self, player_id: UUID) -> PlayerStatistics:
        await self._wait()

        def read(connection: Connection) -> PlayerStatistics:
            person_id, stamp = person_behind(connection, self._directory.slot, player_id)
            players = self._persons.members_of(person_id)
            lines = lines_of(connection, self._slot, {person_id: players})[person_id]
            declared = statistics_of(connection, list(lines))
            strengths = ratings_of(connection, self._ratings.slot, person_id)
            seen = seen_in(connection, self._days.slot, players)
            records = self._records_of(connection, person_id, stamp[:2])
            games = [
                _game(
                    game_id,
                    line,
                    declared.get(game_id, {}),
                    strengths.get(game_id),
                    seen.get(game_id),
                    records.get(game_id, ()),
                )
                for game_id, line in sorted(lines.items())
            ]
            return PlayerStatistics(person_id, games)

        return await self._database.read(read)

    async def dashboard(self, actor: Actor, player_id: UUID, *, language: str | None) -> Dashboard:
        """A player's figures, with the newest achievements as the actor may know them."""

        def read(connection: Connection) -> Dashboard:
            person_id, _ = person_behind(connection, self._directory.slot, player_id)
            lines = self._lines(connection, [person_id])[person_id]
            unlocked = [each for line in lines.values() for each in line.unlocked]
            newest = sorted(unlocked, key=lambda each: (-each.unlocked_at, each.achievement_id))[:RECENT]
            return Dashboard(
                player_id=person_id,
                total_achievements=len(unlocked),
                total_points=sum(each.points for each in unlocked),
                total_playtime=hours(sum(line.playtime for line in lines.values())),
                games_owned=len(lines),
                average_completion=_average(line.completion for line in lines.values()),
                recent_achievements=self._recent(connection, actor, newest, language),
            )

        return await self._database.read(read)

    def _recent(
        self, connection: Connection, actor: Actor, unlocked: Sequence[Unlocked], language: str | None
    ) -> list[RecentAchievement]:
        known = achievements_named(connection, [each.achievement_id for each in unlocked])
        hidden = [each.id for each in known.values() if each.hidden]
        mine = held_by(connection, self._unlocks.slot, actor, hidden)
        recent = []
        for each in unlocked:
            what = known[each.achievement_id]
            concealed = what.hidden and not (what.id in mine and mine[what.id].held)
            told = shown(what, language=language, concealed=concealed)
            recent.append(
                RecentAchievement(
                    achievement_id=what.id,
                    game_id=what.game_id,
                    key=told.key,
                    name=told.name,
                    icon=told.icon,
                    points=each.points,
                    unlocked_at=iso(each.unlocked_at),
                )
            )
        return recent

    async def compare(self, reader: Actor, player_id: UUID, other_id: UUID) -> Comparison:
        """Two players beside each other; against each other as far as the reader may see it."""
        slot = self._directory.slot
        await self._wait()

        def read(connection: Connection) -> tuple[UUID, UUID, Lines, Tally, list[dict[UUID, Rating]]]:
            one, _ = person_behind(connection, slot, player_id)
            other, _ = person_behind(connection, slot, other_id)
            seen_by = sees_as(reader, one, other)
            against = read_figures(connection, slot, one, None, seen_by).against.get(other, Tally())
            strengths = [ratings_of(connection, self._ratings.slot, person_id) for person_id in (one, other)]
            return one, other, self._lines(connection, {one, other}), against, strengths

        one, other, lines, against, strengths = await self._database.read(read)
        names = await self._names.of([one, other])
        games = []
        for game_id in sorted(lines[one].keys() | lines[other].keys()):
            here = [lines[one].get(game_id), lines[other].get(game_id)]
            sides = [_side_in(line, book.get(game_id)) for line, book in zip(here, strengths, strict=True)]
            had = [{each.achievement_id for each in line.unlocked} if line else set() for line in here]
            games.append(GameComparison(game_id, (sides[0], sides[1]), sorted(had[0] & had[1])))
        return Comparison(
            players=(_side(one, lines[one], names), _side(other, lines[other], names)),
            head_to_head=HeadToHead(against.played, against.won, against.lost, against.tied),
            shared_achievements=sum(len(game.shared_achievements) for game in games),
            games=games,
        )

    async def sides(self, player_ids: Sequence[UUID]) -> list[Side]:
        """Players who exist beside each other, in this order."""
        persons = [self._persons.person_of(player_id) for player_id in player_ids]
        lines = await self._database.read(lambda connection: self._lines(connection, persons))
        names = await self._names.of(persons)
        return [_side(person_id, lines[person_id], names) for person_id in persons]

    @property
    def _slot(self) -> Slot:
        return Slot(self._directory.slot, self._careers.slot, self._unlocks.slot)

    def _lines(self, connection: Connection, persons: Collection[UUID]) -> Lines:
        members = {person_id: self._persons.members_of(person_id) for person_id in persons}
        return lines_of(connection, self._slot, members)

    def _records_of(
        self, connection: Connection, person_id: UUID, stamp: tuple[int, int]
    ) -> dict[UUID, list[Best]]:
        """Counted again only when a figure of the person has moved."""
        key = self._directory.slot, person_id
        kept = self._records.get(key)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        if len(self._records) >= MOST_RECORDS_KEPT:
            self._records.clear()
        found = records_of(connection, self._directory.slot, person_id)
        self._records[key] = stamp, found
        return found


def _game(
    game_id: UUID,
    line: Line,
    declared: Mapping[str, Statistic],
    rating: Rating | None,
    seen: tuple[int, int, int] | None,
    records: Iterable[Best],
) -> GameStatistics:
    return GameStatistics(
        game_id=game_id,
        playtime=hours(line.playtime),
        playtime_ms=line.playtime,
        achievements=line.achievements,
        points=line.points,
        completion=line.completion,
        played=line.results.played,
        won=line.results.won,
        lost=line.results.lost,
        tied=line.results.tied,
        streaks=Streaks(line.streak, line.longest),
        rating=None if rating is None else rated(rating),
        submissions=0 if seen is None else seen[2],
        first_seen=None if seen is None else day_of(seen[0]).isoformat(),
        last_seen=None if seen is None else day_of(seen[1]).isoformat(),
        statistics=[
            _statistic(key, whole, declared.get(key))
            for key, whole in sorted(line.statistics.items())
            if key != PLAYTIME
        ],
        records=[
            RecordFigures(
                record=best.record,
                value=best.value,
                session_id=best.last,
                first_session_id=best.first,
                first_at=iso(best.since),
                at=iso(best.at),
            )
            for best in records
        ],
    )


def _statistic(key: str, whole: Whole, declared: Statistic | None) -> StatisticFigures:
    aggregation = whole.chosen(None if declared is None else declared.aggregation)
    return StatisticFigures(
        key=key,
        name=None if declared is None else declared.name,
        aggregation=aggregation,
        value=whole.value(aggregation),
        total=whole.shown(whole.total),
        reports=whole.reports + whole.changes,
        lowest=_behind(whole, whole.lowest),
        highest=_behind(whole, whole.highest),
        latest=_behind(whole, whole.latest),
    )


def _behind(whole: Whole, found: tuple[Decimal, Source] | None) -> Behind | None:
    if found is None:
        return None
    number, source = found
    return Behind(value=whole.shown(number), stream=source.stream, index=source.index, at=iso(source.at))


def _side(person_id: UUID, lines: Mapping[UUID, Line], names: Mapping[UUID, str]) -> Side:
    return Side(
        player_id=person_id,
        name=names.get(person_id),
        total_achievements=sum(line.achievements for line in lines.values()),
        total_points=sum(line.points for line in lines.values()),
        total_playtime=hours(sum(line.playtime for line in lines.values())),
        games_owned=len(lines),
        average_completion=_average(line.completion for line in lines.values()),
        played=sum(line.results.played for line in lines.values()),
        won=sum(line.results.won for line in lines.values()),
    )


def _side_in(line: Line | None, rating: Rating | None) -> GameSide | None:
    if line is None:
        return None
    return GameSide(
        playtime=hours(line.playtime),
        achievements=line.achievements,
        points=line.points,
        completion=line.completion,
        played=line.results.played,
        won=line.results.won,
        rating=None if rating is None else rating.shown,
    )


def _average(completions: Iterable[float | None]) -> float | None:
    known = [Decimal(str(completion)) for completion in completions if completion is not None]
    return round(float(sum(known) / len(known)), 1) if known else None
