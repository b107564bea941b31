"""What a correction would change, found out by carrying it out and taking it back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.accounts.merges import Persons
from tallybook.catalogue.boards import Definition, boards_by_id
from tallybook.catalogue.schedules import ALWAYS
from tallybook.catalogue.seasons import MOST_SEASONS, season_board_id, seasons_of
from tallybook.database.engine import Database
from tallybook.delivery.tables import Tables
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Event
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import Projection
from tallybook.ledger.projecting import slots
from tallybook.ledger.rehearsing import Draft, Rehearsal
from tallybook.ledger.states import Versioned
from tallybook.play.requests import Body, Envelope
from tallybook.projections.figures import read_figures
from tallybook.projections.ratings import Ratings, foreseen
from tallybook.projections.records.contributions import team_id
from tallybook.projections.records.entries import Entry
from tallybook.projections.records.tables import Place, entries
from tallybook.projections.rows import ScoreType, score_type
from tallybook.projections.standings import ALL_GAMES, Mode, Record
from tallybook.reactions.unlocking_foreseen import Change, Foreseen, drafts, foreseen_unlocks
from tallybook.rules.protocol import Config
from tallybook.sessions.events import ResultCorrected
from tallybook.sessions.session import Session

T = TypeVar("T")


class Standing(msgspec.Struct, frozen=True):
    place: int | None
    winner: bool | None
    score: int | str | None


class ChangedStanding(msgspec.Struct, frozen=True):
    """`after` is null where the session would count no longer."""

    seat: int
    player_id: UUID
    before: Standing
    after: Standing | None


class Tally(msgspec.Struct, frozen=True):
    """Figures of a person; scores are of one game."""

    played: int
    won: int
    lost: int
    tied: int
    current_streak: int
    longest_streak: int
    highest: str | None
    lowest: str | None


class ChangedStatistics(msgspec.Struct, frozen=True):
    """In one game, or without `game_id` in all of them; null where nothing is left, or was."""

    player_id: UUID
    game_id: UUID | None
    mode: Mode
    before: Tally | None
    after: Tally | None


class ChangedRating(msgspec.Struct, frozen=True):
    player_id: UUID
    before: int | None
    after: int | None


class ChangedEntry(msgspec.Struct, frozen=True):
    """An entry of a leaderboard; `period` is null where it has none. A `team` has an id of its own.

    `board` is its key and `name` what people call it; `season` is the name of the season whose own it is.
    """

    board_id: UUID
    board: str
    name: str
    season: str | None
    score_type: Annotated[ScoreType, Meta(description="Durations are milliseconds.")]
    period: str | None
    member_id: UUID
    team: str | None
    before: int | str | None
    after: int | str | None


class ChangedAchievement(msgspec.Struct, frozen=True):
    """Redated is what was earned nevertheless, at another time or by something else."""

    player_id: UUID
    achievement_id: UUID
    key: str
    change: Change


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Only what would be different. `index` is the session's now; sent as `expected_index`, this is meant."""

    index: int
    standings: list[ChangedStanding]
    statistics: list[ChangedStatistics]
    ratings: list[ChangedRating]
    other_ratings: Annotated[int, Meta(description="Of persons who did not sit there.")]
    boards: list[ChangedEntry]
    achievements: list[ChangedAchievement]


Records = Mapping[tuple[UUID, UUID, Mode], Record]  # by person, game and mode


@dataclass(frozen=True, slots=True)
class _State:
    """What is looked at before and after."""

    records: Records
    entries: Mapping[Place, Entry]


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay, with what was found in it."""


class Corrections:
    """Answers previews. `projections` makes the ledger's anew: the node's own may not hear of this."""

    def __init__(
        self,
        database: Database,
        tables: Tables,
        persons: Persons,
        ratings: Ratings,
        projections: Callable[[], Sequence[Projection]],
    ) -> None:
        self._database = database
        self._tables = tables
        self._persons = persons
        self._ratings = ratings
        self._projections = projections

    async def preview(
        self, actor: Actor, session_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> Preview:
        """What the command would change; refuses what the command itself would."""
        at, events = await self._tables.rehearse(actor, session_id, name, body, envelope)
        if envelope.expected_index not in {None, at.index}:
            raise Refusal("stale", f"the stream is at index {at.index}: read on and retry")
        session = at.state
        assert session.result is not None
        people = {self._persons.person_of(seat.player_id) for seat in session.result.seats}
        after = next((e.result for e in events if isinstance(e, ResultCorrected)), None)
        rated = await self._database.read(
            partial(foreseen, slot=self._ratings.slot, session_id=session_id, result=after)
        )
        moved = {who: pair for who, pair in rated.items() if pair[0] != pair[1]}
        carried_out = partial(self._carried_out, session_id=session_id, at=at, events=events, people=people)
        before, then, changes = await self._undone(carried_out)
        return Preview(
            index=at.index,
            standings=_standings(session, None if after is None else after.seats),
            statistics=_statistics(before.records, then.records),
            ratings=[
                ChangedRating(who, *(None if rating is None else rating.shown for rating in pair))
                for who, pair in sorted(moved.items())
                if who in people
            ],
            other_ratings=len(moved.keys() - people),
            boards=await self._database.read(
                partial(_entries, session=session, before=before.entries, after=then.entries)
            ),
            achievements=[
                ChangedAchievement(
                    each.found.person, each.found.achievement.id, each.found.achievement.key, each.change
                )
                for each in changes
            ],
        )

    async def _undone(self, transaction: Callable[[Connection], T]) -> T:
        """What a transaction finds that is taken back."""

        def run(connection: Connection) -> None:
            raise _Undone(transaction(connection))

        try:
            await self._database.write(run)
        except _Undone as undone:
            found: T = undone.args[0]
            return found
        raise AssertionError("it was not taken back")

    def _carried_out(
        self,
        connection: Connection,
        *,
        session_id: UUID,
        at: Versioned[Session],
        events: Sequence[Event],
        people: set[UUID],
    ) -> tuple[_State, _State, Sequence[Foreseen]]:
        rehearsal = Rehearsal(connection, self._projections())
        look = partial(_look, connection, at.state, people)
        before = look()
        rehearsal.happens(Draft(session_id, event) for event in events)
        changes = foreseen_unlocks(connection, at.state.game_id, people)
        rehearsal.happens(drafts(connection, changes))
        return before, look(), changes


def _look(connection: Connection, session: Session, people: set[UUID]) -> _State:
    """Whatever may change for those who sat there."""
    found = slots(connection)
    sessions, boards = (found[name].live for name in ("sessions", "records"))
    assert session.result is not None
    records = {
        (person_id, game_id, mode): record
        for person_id in people
        for (game_id, mode), record in read_figures(connection, sessions, person_id, None).records.items()
        if game_id in {ALL_GAMES, session.game_id}
    }
    teams = {team_id(session.game_id, seat.team) for seat in session.result.seats if seat.team}
    return _State(records, entries.of_members(connection, boards, people | teams))


def _standings(session: Session, seats: Sequence[Any] | None) -> list[ChangedStanding]:
    assert session.result is not None
    after = {} if seats is None else {seat.seat: seat for seat in seats}
    changed = []
    for seat in session.result.seats:
        now = Standing(seat.place, seat.winner, seat.score)
        other = after.get(seat.seat)
        then = None if other is None else Standing(other.place, other.winner, other.score)
        if now != then:
            changed.append(ChangedStanding(seat.seat, seat.player_id, now, then))
    return changed


def _statistics(before: Records, after: Records) -> list[ChangedStatistics]:
    changed = []
    for key in sorted(before.keys() | after.keys()):
        person_id, game_id, mode = key
        now, then = _course(before.get(key)), _course(after.get(key))
        if now != then:
            game = None if game_id == ALL_GAMES else game_id
            changed.append(ChangedStatistics(person_id, game, mode, now, then))
    return changed


def _course(record: Record | None) -> Tally | None:
    if record is None:
        return None
    return Tally(
        record.played,
        record.won,
        record.lost,
        record.tied,
        record.streak,
        record.longest,
        record.highest,
        record.lowest,
    )


def _entries(
    connection: Connection, session: Session, before: Mapping[Place, Entry], after: Mapping[Place, Entry]
) -> list[ChangedEntry]:
    places = sorted(
        place
        for place in before.keys() | after.keys()
        if _worth(before.get(place)) != _worth(after.get(place))
    )
    boards = boards_by_id(connection, {place[0] for place in places})
    seasonal = any(board.seasonal for board in boards.values())
    names = _season_names(connection, session.game_id) if seasonal else {}
    changed = []
    for place in places:
        board_id, period, member_id = place
        board = boards[board_id]
        both = [before.get(place), after.get(place)]
        team = next(entry.team for entry in both if entry) if board.definition.teams else None
        values = [None if entry is None else board.definition.shown(entry.value) for entry in both]
        begins = None if period == ALWAYS else iso(period)
        season, kind = names.get(board_id), _score_type(board.definition, session.config)
        changed.append(
            ChangedEntry(board_id, board.key, board.name, season, kind, begins, member_id, team, *values)
        )
    return changed


def _season_names(connection: Connection, game_id: UUID) -> dict[UUID, str]:
    """What the seasons of a game are called, by their own boards."""
    return {
        season_board_id(season.id, key): season.name
        for season in seasons_of(connection, game_id, before=None, limit=MOST_SEASONS)
        for key in season.boards
    }


def _score_type(definition: Definition, config: Config) -> ScoreType:
    """What a board adds up of a session."""
    if definition.source != "session" or definition.operator == "count":
        return "number"
    if definition.of == "score":
        return score_type(config)
    timed = any(stat.name == definition.of and stat.data_type == "duration" for stat in config.stats)
    return "duration" if timed else "number"


def _worth(entry: Entry | None) -> tuple[int, int] | None:
    return None if entry is None else (entry.value, entry.second)
