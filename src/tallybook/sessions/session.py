"""The state of a session and how the platform's events change it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from msgspec.structs import replace

from tallybook.kernel.events import Event, Recorded
from tallybook.rules.protocol import Config, Rules, Seat
from tallybook.sessions.events import (
    PLATFORM_EVENTS,
    HostChanged,
    PlatformEvent,
    PlayerKicked,
    PlayerReady,
    Result,
    ResultCorrected,
    ScorekeeperAdded,
    ScorekeeperRemoved,
    SeatAdded,
    SeatRemoved,
    SeatRequestDeclined,
    SeatRequested,
    SeatsReordered,
    SeatTaken,
    SessionAbandoned,
    SessionCreated,
    SessionFinished,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    SessionVoided,
    TeamSet,
)
from tallybook.sessions.plugins import rules_of

People = Callable[[UUID], Sequence[UUID]]
"""All players who are the same person as one, that one first."""

Status = Literal["waiting", "playing", "finished", "abandoned"]


class Session(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Everything known about one table. A value: events make new ones. Times are microseconds, UTC."""

    room_id: UUID
    key: str
    public: bool
    max_players: int | None
    game_id: UUID
    rules: str
    rules_version: int
    config: Config
    seats: tuple[Seat, ...]  # in their order at the table
    next_seat: int  # a number is never given twice, so that what was scored keeps its owner
    host_id: UUID
    scorekeepers: tuple[UUID, ...]
    previous: UUID | None
    created_at: int
    status: Status = "waiting"
    paused: bool = False
    started_at: int | None = None
    ended_at: int | None = None
    requests: Mapping[UUID, int] = {}  # who would like to take which seat
    kicked: tuple[UUID, ...] = ()
    ready: tuple[UUID, ...] = ()
    result: Result | None = None
    result_index: int | None = None  # of the event that said the result
    voided: bool = False
    rules_state: Any = None  # the plug-in's, from the start of play on

    @property
    def plugin(self) -> Rules[Any]:
        return rules_of(self.rules)

    def seat(self, number: int) -> Seat | None:
        return next((seat for seat in self.seats if seat.seat == number), None)

    def seat_of(self, *player_ids: UUID) -> Seat | None:
        """The seat of a player; of several, that of the first who has one."""
        return next((seat for one in player_ids for seat in self.seats if seat.player_id == one), None)


class Standing(msgspec.Struct, frozen=True):
    """What somebody is to a session; who is nothing else, spectates."""

    host: bool
    scorekeeper: bool
    seat: Seat | None
    kicked: bool


def standing(session: Session, player_id: UUID, merged: Collection[UUID] = ()) -> Standing:
    """What `player_id` is, together with the players who are the same person."""
    ids = (player_id, *merged)
    return Standing(
        host=session.host_id in ids,
        scorekeeper=any(one in session.scorekeepers for one in ids),
        seat=session.seat_of(*ids),
        kicked=any(one in session.kicked for one in ids),
    )


def alone(player_id: UUID) -> Sequence[UUID]:
    """Where nobody has claimed anybody."""
    return (player_id,)


def is_platform(event: Event) -> bool:
    return type(event) in PLATFORM_EVENTS


def evolve(session: Session | None, recorded: Recorded) -> Session:
    event = recorded.event
    if is_platform(event):
        return evolve_platform(session, recorded)
    assert session is not None
    state = session.plugin.evolve(session.rules_state, event, actor=recorded.actor, index=recorded.index)
    return replace(session, rules_state=state)


def evolve_platform(session: Session | None, recorded: Recorded) -> Session:
    event = cast("PlatformEvent", recorded.event)
    happened_at = recorded.happened_at
    if isinstance(event, SessionCreated):
        return _created(event, happened_at)
    assert session is not None, "a session begins with session_created"
    match event:
        case SessionStarted():
            state = session.plugin.start(session.config, session.seats)
            return replace(session, status="playing", started_at=happened_at, rules_state=state)
        case SessionPaused():
            return replace(session, paused=True)
        case SessionResumed():
            return replace(session, paused=False)
        case SessionFinished(result=result):
            ended = replace(session, status="finished", paused=False, ended_at=happened_at, requests={})
            return replace(ended, result=result, result_index=recorded.index)
        case SessionAbandoned():
            return replace(session, status="abandoned", paused=False, ended_at=happened_at, requests={})
        case ResultCorrected(result=result):
            return replace(session, result=result, result_index=recorded.index)
        case SessionVoided():
            return replace(session, voided=True)
        case SeatAdded(seat=number, player_id=player_id, is_bot=is_bot, team=team):
            session = replace(
                session,
                next_seat=number + 1,
                kicked=_except(session.kicked, player_id),
                requests=_without(session.requests, player_id),
            )
            return _seated(session, (*session.seats, Seat(number, player_id, team, is_bot)))
        case SeatRemoved(seat=number):
            requests = {player: wanted for player, wanted in session.requests.items() if wanted != number}
            seats = tuple(seat for seat in session.seats if seat.seat != number)
            return replace(_seated(session, seats), requests=requests)
        case SeatsReordered(seats=numbers):
            by_number = {seat.seat: seat for seat in session.seats}
            return _seated(session, tuple(by_number[number] for number in numbers))
        case TeamSet(seat=number, team=team):
            return _with_seat(session, number, team=team)
        case SeatRequested(seat=number, player_id=player_id):
            return replace(session, requests={**session.requests, player_id: number})
        case SeatRequestDeclined(player_id=player_id):
            return replace(session, requests=_without(session.requests, player_id))
        case SeatTaken(seat=number, player_id=player_id):
            taken = _with_seat(session, number, player_id=player_id, is_bot=False)
            return replace(taken, requests=_without(session.requests, player_id))
        case ScorekeeperAdded(player_id=player_id):
            return replace(session, scorekeepers=(*session.scorekeepers, player_id))
        case ScorekeeperRemoved(player_id=player_id):
            return replace(session, scorekeepers=_except(session.scorekeepers, player_id))
        case PlayerKicked(player_id=player_id):
            requests = _without(session.requests, player_id)
            return replace(session, kicked=(*session.kicked, player_id), requests=requests)
        case HostChanged(player_id=player_id):
            return replace(session, host_id=player_id)
        case PlayerReady(player_id=player_id, ready=ready):
            others = _except(session.ready, player_id)
            return replace(session, ready=(*others, player_id) if ready else others)


def _created(event: SessionCreated, happened_at: int) -> Session:
    return Session(
        room_id=event.room_id,
        key=event.key,
        public=event.public,
        max_players=event.max_players,
        game_id=event.game_id,
        rules=event.rules,
        rules_version=event.rules_version,
        config=event.config,
        seats=event.seats,
        next_seat=1 + max((seat.seat for seat in event.seats), default=-1),
        host_id=event.host_id,
        scorekeepers=event.scorekeepers,
        previous=event.previous,
        kicked=event.kicked,
        created_at=happened_at,
    )


def _seated(session: Session, seats: tuple[Seat, ...]) -> Session:
    """The session with these seats, and its rules told of them."""
    state = session.rules_state
    if state is not None:
        state = session.plugin.reseat(state, seats)
    return replace(session, seats=seats, rules_state=state)


def _with_seat(session: Session, number: int, **changes: Any) -> Session:
    seats = (replace(seat, **changes) if seat.seat == number else seat for seat in session.seats)
    return _seated(session, tuple(seats))


def _without(requests: Mapping[UUID, int], player_id: UUID) -> dict[UUID, int]:
    return {player: seat for player, seat in requests.items() if player != player_id}


def _except(players: tuple[UUID, ...], player_id: UUID) -> tuple[UUID, ...]:
    return tuple(player for player in players if player != player_id)
