"""What a finished session means for a person's figures: won or lost, ahead of whom, added up."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec

from tallybook.rules.protocol import Win
from tallybook.rules.scoresheet.values import EXACT, canonical
from tallybook.sessions.events import Result

Mode = Literal["competitive", "cooperative", "solo"]
Outcome = Literal["won", "lost", "tied"]
ALL_GAMES = UUID(int=0)

_EVERYBODY_ONE = MappingProxyType[UUID, UUID]({})


class PlayedSeat(msgspec.Struct, frozen=True, array_like=True):
    """One seat of a result, as far as figures need it."""

    player_id: UUID
    place: int
    winner: bool
    team: str | None
    score: int | str | None


class Played(msgspec.Struct, frozen=True):
    """A session's result as of one correction. Times are microseconds since 1970 UTC."""

    session_id: UUID
    game_id: UUID
    win: Win
    ended_at: int
    playtime: int  # microseconds from start to end
    seats: tuple[PlayedSeat, ...]

    @property
    def mode(self) -> Mode:
        return mode_of(self.win, len(self.seats))

    @property
    def when(self) -> tuple[int, UUID]:
        return self.ended_at, self.session_id


class Counted(msgspec.Struct, frozen=True):
    """A session as it counts for one person. `against` holds the players who played against it, each another
    person."""

    outcome: Outcome | None  # None where nobody can win
    score: int | str | None
    against: tuple[tuple[UUID, Outcome | None], ...]


def mode_of(win: Win, players: int) -> Mode:
    if players == 1:
        return "solo"
    return "cooperative" if win == "cooperative" else "competitive"


def seats_of(result: Result) -> tuple[PlayedSeat, ...]:
    return tuple(PlayedSeat(s.player_id, s.place, s.winner, s.team, s.score) for s in result.seats)


def count(played: Played, own: Collection[UUID], persons: Mapping[UUID, UUID] = _EVERYBODY_ONE) -> Counted:
    """The session for a person who sat there as the players `own`; the best of these seats counts.

    So it does for each of the others: `persons` are behind players who are not persons themselves. Whoever
    asks only how it ended for the one person can do without.
    """
    best = min((seat for seat in played.seats if seat.player_id in own), key=_standing)
    if played.mode == "solo":
        return Counted(None, best.score, ())
    if played.mode == "cooperative":
        return Counted("won" if best.winner else "lost", best.score, ())
    decided = played.win != "none"
    others: dict[UUID, PlayedSeat] = {}
    for seat in sorted(played.seats, key=_standing):
        if seat.player_id not in own and (best.team is None or seat.team != best.team):
            others.setdefault(persons.get(seat.player_id, seat.player_id), seat)
    against = tuple((seat.player_id, _compare(best, seat) if decided else None) for seat in others.values())
    if not decided:
        return Counted(None, best.score, against)
    if sum(seat.winner for seat in played.seats) in {0, len(played.seats)}:  # a draw: nobody beat anybody
        return Counted("tied", best.score, against)
    return Counted("won" if best.winner else "lost", best.score, against)


def _standing(seat: PlayedSeat) -> tuple[bool, int]:
    return not seat.winner, seat.place


def _compare(mine: PlayedSeat, theirs: PlayedSeat) -> Outcome:
    if _standing(mine) == _standing(theirs):
        return "tied"
    return "won" if _standing(mine) < _standing(theirs) else "lost"


class Tally(msgspec.Struct):
    """How often something was played, and how it came out."""

    played: int = 0
    won: int = 0
    lost: int = 0
    tied: int = 0

    def count(self, outcome: Outcome | None) -> None:
        self.played += 1
        match outcome:
            case "won":
                self.won += 1
            case "lost":
                self.lost += 1
            case "tied":
                self.tied += 1


class Record(Tally):
    """A tally with streaks and scores; its sessions have to come in the order in which they ended."""

    streak: int = 0
    longest: int = 0
    scored: int = 0  # sessions with a score
    fractions: int = 0  # 1 once a score was a decimal
    score_sum: str = "0"
    highest: str | None = None
    lowest: str | None = None
    lowest_wins: int = 0  # of the latest session
    last_at: int = 0
    last_session: UUID = UUID(int=0)
    playtime: int = 0

    def add(self, played: Played, counted: Counted, *, scores: bool) -> None:
        self.count(counted.outcome)
        if counted.outcome is not None:
            self.streak = self.streak + 1 if counted.outcome == "won" else 0
            self.longest = max(self.longest, self.streak)
        self.last_at, self.last_session = played.when
        self.playtime += played.playtime
        if not scores:
            return
        self.lowest_wins = int(played.win == "lowest")
        if counted.score is not None:
            score = Decimal(counted.score)
            self.scored += 1
            self.fractions |= isinstance(counted.score, str)
            self.score_sum = canonical(EXACT.add(Decimal(self.score_sum), score))
            self.highest = canonical(max(score, Decimal(self.highest or counted.score)))
            self.lowest = canonical(min(score, Decimal(self.lowest or counted.score)))


RecordKey = tuple[UUID, UUID, Mode]  # person, game, mode
CountKey = tuple[UUID, UUID, Mode, int]  # person, game, mode, players
AgainstKey = tuple[UUID, UUID, UUID]  # person, game, opponent as a player


class Figures:
    """The figures of some persons, with a line of their own for all games together."""

    def __init__(self) -> None:
        self.records: dict[RecordKey, Record] = {}
        self.counts: dict[CountKey, Tally] = {}
        self.against: dict[AgainstKey, Tally] = {}

    def add(self, person_id: UUID, played: Played, counted: Counted) -> None:
        """Fold one session in, which ended after all others of its mode."""
        for record in record_keys(person_id, played):
            scores = record[1] != ALL_GAMES
            self.records.setdefault(record, Record()).add(played, counted, scores=scores)
        for key in count_keys(person_id, played):
            self.counts.setdefault(key, Tally()).count(counted.outcome)
        for player_id, outcome in counted.against:
            for game_id in (ALL_GAMES, played.game_id):
                self.against.setdefault((person_id, game_id, player_id), Tally()).count(outcome)


def record_keys(person_id: UUID, played: Played) -> Iterator[RecordKey]:
    return ((person_id, game_id, played.mode) for game_id in (ALL_GAMES, played.game_id))


def count_keys(person_id: UUID, played: Played) -> Iterator[CountKey]:
    return ((*key, len(played.seats)) for key in record_keys(person_id, played))


def figures(
    person_id: UUID, sessions: Iterable[tuple[Played, Collection[UUID]]], persons: Mapping[UUID, UUID]
) -> Figures:
    """The figures of a person from all sessions, each with the players as which the person sat there.

    `persons` are behind players who are not persons themselves.
    """
    book = Figures()
    for played, own in sorted(sessions, key=lambda pair: pair[0].when):
        book.add(person_id, played, count(played, own, persons))
    return book
