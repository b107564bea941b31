"""A player's figures as finished JSON, each with the list of sessions behind it."""

import asyncio
from collections.abc import Mapping, Set
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import partial
from typing import Annotated, Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.access.matrix import sees_as
from tallybook.database.engine import Database
from tallybook.delivery.naming import Naming
from tallybook.kernel.clock import Clock, iso, iso_or_none
from tallybook.kernel.refusals import invalid
from tallybook.projections.figures import (
    Earlier,
    PersonFigures,
    Stamp,
    figures_at,
    glance_at_person,
    person_behind,
    read_figures,
    score_types,
)
from tallybook.projections.ratings import Ratings
from tallybook.projections.ratings_list import ratings_of
from tallybook.projections.ratings_model import Rating
from tallybook.projections.rows import NAME, ScoreType
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.standings import ALL_GAMES, Mode, Record, Tally
from tallybook.rules.scoresheet.values import canonical

MOST_OPPONENTS = 100  # in one answer, the most frequent ones
MOST_KEPT = 20_000_000  # characters of answers at hand
_PLACES = Decimal("0.0001")  # to which an average is rounded
_WIDE = Context(prec=60)

Rate = Annotated[float, Meta(ge=0, le=1, description="Of the sessions that somebody could win.")]
Milliseconds = Annotated[int, Meta(ge=0)]
Link = Annotated[str, Meta(description="The list of the sessions behind these figures.")]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """`played` also counts what nobody can win, so it may be more than the other three together."""

    played: int
    won: int
    lost: int
    tied: int
    win_rate: Rate | None
    sessions: Link


class Course(Results, frozen=True, kw_only=True):
    current_streak: Annotated[int, Meta(description="Wins in a row, up to the last session.")]
    longest_streak: int
    last_played: Time | None
    playtime: Milliseconds


class Scored(Course, frozen=True, kw_only=True):
    """Scores are exact; an average is rounded to four places."""

    score_type: Annotated[ScoreType, Meta(description="Of the last session. Durations are milliseconds.")]
    best: int | str | None
    average: int | str | None
    worst: int | str | None


class Totals(Course, frozen=True, kw_only=True):
    """Against each other; `cooperative` and `solo` are apart. `h_index` is null for one game."""

    h_index: Annotated[int, Meta(description="So many games were played so many times each.")] | None
    cooperative: Course
    solo: Course


class GameFigures(Scored, frozen=True, kw_only=True):
    """`wins` says the same as `won`. The rating is null before a session counted, and as of the past."""

    game_id: UUID
    wins: int
    rating: Annotated[int | None, Meta(description="1500 for a newcomer.")]
    provisional: Annotated[bool | None, Meta(description="Too few sessions counted for it to be sure.")]
    cooperative: Scored
    solo: Scored


class CountFigures(Results, frozen=True, kw_only=True):
    players: int
    mode: Mode


class OpponentFigures(Results, frozen=True, kw_only=True):
    """Who was ahead of whom, in sessions that both played and not in one team."""

    player_id: UUID
    name: str | None


class PlayerStats(msgspec.Struct, frozen=True, kw_only=True):
    """`player_id` is the person's: that of the player into whom the one asked for was merged."""

    player_id: UUID
    as_of: Time | None
    totals: Totals
    games: list[GameFigures]
    player_counts: list[CountFigures]
    head_to_head: list[OpponentFigures]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer without the names, and the stamp of the figures it was made of."""

    stamp: Stamp
    template: str


class Statistics:
    """Answers figures. `lists` is the path of the history."""

    def __init__(
        self,
        database: Database,
        directory: SessionDirectory,
        ratings: Ratings,
        naming: Naming,
        clock: Clock,
        lists: str,
    ) -> None:
        self._database = database
        self._directory = directory
        self._ratings = ratings
        self._naming = naming
        self._clock = clock
        self._lists = lists
        self._kept: dict[tuple[str, UUID, UUID | None, Set[UUID] | None], _Kept] = {}
        self._size = 0  # of all that was kept since it was last emptied

    async def stats(
        self, reader: Actor, player_id: UUID, *, game_id: UUID | None, as_of: int | None
    ) -> bytes:
        """The figures of a player, now or as of a commit time; `not_found` without such a player.

        Against whom is told of sessions that the reader may see.
        """
        if as_of is not None:
            template = await self._earlier(reader, player_id, game_id, as_of)
        else:
            template = await self._current(reader, player_id, game_id)
        return (await self._naming.fill(template)).encode()

    async def _current(self, reader: Actor, player_id: UUID, game_id: UUID | None) -> str:
        """What was answered before, as long as nothing moved the stamp: then one look is enough."""
        slot, of_ratings = self._directory.slot, self._ratings.slot
        person_id, stamp = await glance_at_person(self._database, slot, player_id, of_ratings=of_ratings)
        seen_by = sees_as(reader, person_id)
        key = slot + of_ratings, person_id, game_id, seen_by
        kept = self._kept.get(key)
        if kept is None or kept.stamp != stamp:

            def read(connection: Connection) -> tuple[PersonFigures, _Pages]:
                rated = ratings_of(connection, of_ratings, person_id) if stamp[2] else {}
                figures = read_figures(connection, slot, person_id, game_id, seen_by)
                types = score_types(connection, slot, figures.records.values())
                return figures, _Pages(self._lists, person_id, game_id, types, rated)

            # What is read now may be newer than the stamp, but never older.
            figures, pages = await self._database.read(read)
            kept = _Kept(stamp, pages.render(figures, None))
            self._size += len(kept.template)
            if self._size > MOST_KEPT:
                self._kept, self._size = {}, len(kept.template)
            self._kept[key] = kept
        return kept.template

    async def _earlier(self, reader: Actor, player_id: UUID, game_id: UUID | None, as_of: int) -> str:
        if as_of > self._clock.now():
            raise invalid("as_of", "lies in the future")

        slot = self._directory.slot

        def read(connection: Connection) -> Earlier:
            person_id, _ = person_behind(connection, slot, player_id)
            return figures_at(connection, slot, player_id, game_id, as_of, seen_by=sees_as(reader, person_id))

        earlier = await self._database.read(read)
        # Whoever played for years has much to be counted: the server goes on meanwhile.
        figures = await asyncio.to_thread(earlier.count)
        types = await self._database.read(partial(score_types, slot=slot, records=figures.records.values()))
        return _Pages(self._lists, earlier.person_id, game_id, types, {}).render(figures, as_of)


class _Pages:
    """Writes the answer about one person."""

    def __init__(
        self,
        lists: str,
        person_id: UUID,
        game_id: UUID | None,
        score_types: Mapping[UUID, str],
        ratings: Mapping[UUID, Rating],
    ) -> None:
        self._lists = lists
        self._person_id = person_id
        self._game_id = game_id
        self._score_types = score_types
        self._ratings = ratings

    def render(self, figures: PersonFigures, as_of: int | None) -> str:
        """JSON in which players' ids between two `NAME`s stand for their names."""
        stats = PlayerStats(
            player_id=self._person_id,
            as_of=iso_or_none(as_of),
            totals=self._totals(figures),
            games=self._games(figures),
            player_counts=[
                CountFigures(**self._results(tally, mode=mode, players=size), players=size, mode=mode)
                for (mode, size), tally in sorted(figures.counts.items())
            ],
            head_to_head=self._opponents(figures.against),
        )
        escaped = msgspec.json.encode(NAME)[1:-1].decode()
        text = msgspec.json.encode(stats).decode()
        return text.replace(f'"{escaped}', NAME).replace(f'{escaped}"', NAME)

    def _totals(self, figures: PersonFigures) -> Totals:
        whole = {mode: figures.records.get((self._game_id or ALL_GAMES, mode), Record()) for mode in _MODES}
        played: dict[UUID, int] = {}
        for (game_id, _), record in figures.records.items():
            if game_id != ALL_GAMES:
                played[game_id] = played.get(game_id, 0) + record.played
        often = enumerate(sorted(played.values(), reverse=True), start=1)
        return Totals(
            **self._course(whole["competitive"], mode="competitive"),
            h_index=None if self._game_id else sum(times >= rank for rank, times in often),
            cooperative=Course(**self._course(whole["cooperative"], mode="cooperative")),
            solo=Course(**self._course(whole["solo"], mode="solo")),
        )

    def _games(self, figures: PersonFigures) -> list[GameFigures]:
        """The games, last played first."""
        by_game: dict[UUID, dict[str, Record]] = {}
        for (game_id, mode), record in figures.records.items():
            if game_id != ALL_GAMES and self._game_id in {None, game_id}:
                by_game.setdefault(game_id, {})[mode] = record
        last = {game_id: max(record.last_at for record in by_game[game_id].values()) for game_id in by_game}
        games = []
        for game_id in sorted(by_game, key=lambda game_id: (-last[game_id], game_id)):
            each = {
                mode: self._scored(by_game[game_id].get(mode, Record()), mode=mode, game_id=game_id)
                for mode in _MODES
            }
            rated = self._ratings.get(game_id)
            games.append(
                GameFigures(
                    **each["competitive"],
                    game_id=game_id,
                    wins=each["competitive"]["won"],
                    rating=None if rated is None else rated.shown,
                    provisional=None if rated is None else not rated.settled,
                    cooperative=Scored(**each["cooperative"]),
                    solo=Scored(**each["solo"]),
                )
            )
        return games

    def _opponents(self, against: Mapping[UUID, Tally]) -> list[OpponentFigures]:
        often = sorted(against.items(), key=lambda pair: (-pair[1].played, pair[0]))
        return [
            OpponentFigures(
                **self._results(tally, mode="competitive", opponent_id=opponent),
                player_id=opponent,
                name=f"{NAME}{opponent}{NAME}",
            )
            for opponent, tally in often[:MOST_OPPONENTS]
        ]

    def _results(self, tally: Tally, **filters: Any) -> dict[str, Any]:
        decided = tally.won + tally.lost + tally.tied
        return {
            "played": tally.played,
            "won": tally.won,
            "lost": tally.lost,
            "tied": tally.tied,
            "win_rate": round(tally.won / decided, 4) if decided else None,
            "sessions": self._link(**filters),
        }

    def _course(self, record: Record, **filters: Any) -> dict[str, Any]:
        return self._results(record, **filters) | {
            "current_streak": record.streak,
            "longest_streak": record.longest,
            "last_played": iso(record.last_at) if record.played else None,
            "playtime": record.playtime // 1_000,
        }

    def _scored(self, record: Record, **filters: Any) -> dict[str, Any]:
        ends = _score(record, record.highest), _score(record, record.lowest)
        best, worst = reversed(ends) if record.lowest_wins else ends
        return self._course(record, **filters) | {
            "score_type": self._score_types.get(record.last_session, "number"),
            "best": best,
            "average": _average(record),
            "worst": worst,
        }

    def _link(self, **filters: Any) -> str:
        counted = {"player_id": self._person_id, "status": "finished", "voided": "false"}
        game = {} if self._game_id is None else {"game_id": self._game_id}
        return f"{self._lists}?{urlencode(counted | game | filters)}"


_MODES: tuple[Mode, ...] = get_args(Mode)


def _score(record: Record, score: str | None) -> int | str | None:
    return score if score is None or record.fractions else int(score)


def _average(record: Record) -> int | str | None:
    if not record.scored:
        return None
    average = _WIDE.divide(Decimal(record.score_sum), record.scored).quantize(_PLACES, context=_WIDE)
    whole = average == average.to_integral_value() and not record.fractions
    return int(average) if whole else canonical(average)
