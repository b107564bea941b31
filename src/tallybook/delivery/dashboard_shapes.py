"""The shapes in which a player's figures are answered, and how numbers are shown there."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from tallybook.catalogue.statistics import Aggregation
from tallybook.projections.careers_records import Achieved
from tallybook.projections.ratings_model import Rating

Hours = Annotated[float, Meta(ge=0, description="Hours, rounded to hundredths.")]
Milliseconds = Annotated[int, Meta(ge=0, description="The same, exactly, in milliseconds.")]
Percent = Annotated[float, Meta(ge=0, le=100)]
Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """The event in the ledger behind a number: `index` in the `stream` of the career."""

    value: int | str
    stream: UUID
    index: int
    at: Time


class StatisticFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One statistic; `value` is what its aggregation makes of it. Undeclared, its name is null."""

    key: str
    name: str | None
    aggregation: Aggregation
    value: int | str | None
    total: int | str
    reports: Annotated[int, Meta(description="How many values and changes were reported.")]
    lowest: Behind | None
    highest: Behind | None
    latest: Behind | None


class RecordFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A record of sessions; a streak lasted from `first_session_id` to `session_id`, `first_at` to `at`."""

    record: Achieved
    value: int | str
    session_id: UUID
    first_session_id: UUID
    first_at: Time
    at: Time


class Streaks(msgspec.Struct, frozen=True):
    """Wins in a row, in competitive sessions."""

    current: int
    longest: int


class Rated(msgspec.Struct, frozen=True):
    """`rating` is 1500 for a newcomer; until enough sessions counted it is `provisional`."""

    rating: int
    provisional: bool
    sessions: int
    mu: Annotated[str, Meta(description="The estimate, 25 for a newcomer.")]
    sigma: Annotated[str, Meta(description="Its standard deviation.")]


class GameStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What a player has in one game; `completion` is null where there are no achievements."""

    game_id: UUID
    playtime: Hours
    playtime_ms: Milliseconds
    achievements: int
    points: int
    completion: Percent | None
    played: int
    won: int
    lost: int
    tied: int
    streaks: Streaks
    rating: Rated | None
    submissions: int
    first_seen: Day | None
    last_seen: Day | None
    statistics: list[StatisticFigures]
    records: list[RecordFigures]


class PlayerStatistics(msgspec.Struct, frozen=True):
    """`player_id` is the person's: that of the player into whom the one asked for was merged."""

    player_id: UUID
    games: list[GameStatistics]


class RecentAchievement(msgspec.Struct, frozen=True, kw_only=True):
    """What it is, is null where it is hidden and the caller has not unlocked it."""

    achievement_id: UUID
    game_id: UUID
    key: str | None
    name: str | None
    icon: str | None
    points: int
    unlocked_at: Time


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """All games together; the average completion is that of games that have achievements."""

    player_id: UUID
    total_achievements: int
    total_points: int
    total_playtime: Hours
    games_owned: Annotated[int, Meta(description="Games that the player has to do with.")]
    average_completion: Percent | None
    recent_achievements: list[RecentAchievement]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of those who are compared, over all games."""

    player_id: UUID
    name: str | None
    total_achievements: int
    total_points: int
    total_playtime: Hours
    games_owned: int
    average_completion: Percent | None
    played: int
    won: int


class GameSide(msgspec.Struct, frozen=True, kw_only=True):
    """One of those who are compared, in one game."""

    playtime: Hours
    achievements: int
    points: int
    completion: Percent | None
    played: int
    won: int
    rating: int | None


class GameComparison(msgspec.Struct, frozen=True):
    """Both in the order in which they were asked for; null who has nothing to do with the game."""

    game_id: UUID
    players: tuple[GameSide | None, GameSide | None]
    shared_achievements: list[UUID]


class HeadToHead(msgspec.Struct, frozen=True):
    """Sessions that both played against each other, as the first of them came out."""

    played: int
    won: int
    lost: int
    tied: int


class Comparison(msgspec.Struct, frozen=True):
    players: tuple[Side, Side]
    head_to_head: HeadToHead
    shared_achievements: int
    games: list[GameComparison]


def rated(rating: Rating) -> Rated:
    mu, sigma = (f"{number / 1_000_000:.6f}" for number in (rating.mu, rating.sigma))
    return Rated(rating.shown, not rating.settled, rating.rated, mu, sigma)


def hours(milliseconds: int) -> float:
    return round(milliseconds / 3_600_000, 2)
