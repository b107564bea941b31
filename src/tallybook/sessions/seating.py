"""Who sits where, keeps the score and runs the room: the decisions about people."""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import UNSET

from tallybook.kernel.events import Event
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.kernel.text import clean_name
from tallybook.rules.protocol import Seat
from tallybook.sessions.commands import PersonToSeat, RequestOf, Seats, SeatToAdd, TeamOf
from tallybook.sessions.events import (
    HostChanged,
    PlayerKicked,
    PlayerReady,
    ScorekeeperAdded,
    ScorekeeperRemoved,
    SeatAdded,
    SeatRemoved,
    SeatRequestDeclined,
    SeatRequested,
    SeatsReordered,
    SeatTaken,
    TeamSet,
)
from tallybook.sessions.session import Session

MOST_SEATS = 100
MOST_REQUESTS = 100
LONGEST_TEAM = 40


def first_seats(
    seats: Sequence[SeatToAdd], max_players: int | None, kicked: Collection[UUID] = ()
) -> tuple[Seat, ...]:
    """The seats of a new session, numbered from 0."""
    most = MOST_SEATS if max_players is None else max_players
    if len(seats) > most:
        raise invalid("seats", f"at most {most}")
    seen: set[UUID] = set()
    for number, seat in enumerate(seats):
        if seat.player_id in seen:
            raise invalid(f"seats.{number}", "this player has a seat already")
        _refuse_kicked(kicked, seat.player_id)
        seen.add(seat.player_id)
    return tuple(
        Seat(number, seat.player_id, _team(seat.team, f"seats.{number}.team"), seat.is_bot)
        for number, seat in enumerate(seats)
    )


def change_seats(session: Session, command: Seats, actor: UUID) -> Sequence[Event]:
    changes = [name for name in command.__struct_fields__ if getattr(command, name) is not UNSET]
    if len(changes) != 1:
        raise invalid("seats", "give exactly one of " + ", ".join(command.__struct_fields__))
    if session.status == "playing" and not session.plugin.manual and changes[0] not in {"approve", "decline"}:
        raise Refusal("in_play", "the seats are fixed once the game has begun")
    match command:
        case Seats(add=PersonToSeat() as add):
            team = _team(add.team, "add.team")
            if actor != session.host_id:  # who has sent somebody out may let them in again
                _refuse_kicked(session.kicked, add.player_id)
            return (_add_seat(session, add.player_id, team=team),)
        case Seats(remove=int(number)):
            return (SeatRemoved(_seat(session, number).seat),)
        case Seats(reorder=tuple(numbers)):
            if sorted(numbers) != sorted(seat.seat for seat in session.seats):
                raise invalid("reorder", "name every seat once")
            return (SeatsReordered(numbers),)
        case Seats(team=TeamOf() as of):
            return (TeamSet(_seat(session, of.seat).seat, _team(of.team, "team.team")),)
        case Seats(approve=RequestOf() as request):
            seat = _requested(session, request)
            _refuse_second_seat(session, request.player_id)
            return (SeatTaken(seat.seat, request.player_id, seat.player_id),)
        case Seats(decline=RequestOf() as request):
            return (SeatRequestDeclined(_requested(session, request).seat, request.player_id),)
    raise AssertionError(changes)


def take_seat(session: Session, number: int, actor: UUID) -> Sequence[Event]:
    seat = _seat(session, number)
    _refuse_kicked(session.kicked, actor)
    if seat.player_id == actor or session.requests.get(actor) == number:
        return ()
    _refuse_second_seat(session, actor)
    if len(session.requests) >= MOST_REQUESTS:
        raise Refusal("room_full", "too many people wait for a seat already")
    return (SeatRequested(number, actor),)


def join_seat(session: Session, actor: UUID) -> Sequence[Event]:
    if session.seat_of(actor) is not None:
        return ()
    if session.status == "playing" and not session.plugin.manual:
        raise Refusal("in_play", "the seats are fixed once the game has begun")
    _refuse_kicked(session.kicked, actor)
    return (_add_seat(session, actor, team=None),)


def add_scorekeeper(session: Session, player_id: UUID) -> Sequence[Event]:
    _refuse_kicked(session.kicked, player_id)
    return () if player_id in session.scorekeepers else (ScorekeeperAdded(player_id),)


def remove_scorekeeper(session: Session, player_id: UUID) -> Sequence[Event]:
    if player_id not in session.scorekeepers:
        raise not_found("scorekeeper")
    if len(session.scorekeepers) == 1:
        raise invalid("player_id", "the last scorekeeper stays")
    return (ScorekeeperRemoved(player_id),)


def kick(session: Session, player_id: UUID) -> Sequence[Event]:
    """Out of the room. What was scored stays: only before the game the seat is given up too."""
    if player_id == session.host_id:
        raise invalid("player_id", "the host cannot be removed; hand the room over first")
    if player_id in session.kicked:
        return ()
    events: list[Event] = []
    if player_id in session.scorekeepers:
        events += remove_scorekeeper(session, player_id)
    if session.status == "waiting":
        events += [SeatRemoved(seat.seat) for seat in session.seats if seat.player_id == player_id]
    return (*events, PlayerKicked(player_id))


def change_host(session: Session, player_id: UUID) -> Sequence[Event]:
    if player_id == session.host_id:
        return ()
    seat = session.seat_of(player_id)
    at_the_table = player_id in session.scorekeepers or (seat is not None and not seat.is_bot)
    if not at_the_table or player_id in session.kicked:
        raise invalid("player_id", "must be a person at the table")
    return (HostChanged(player_id),)


def set_ready(session: Session, actor: UUID, *, ready: bool) -> Sequence[Event]:
    if session.seat_of(actor) is None:
        raise Refusal("unknown_seat", "only who has a seat can be ready")
    return () if ready == (actor in session.ready) else (PlayerReady(actor, ready),)


def _seat(session: Session, number: int) -> Seat:
    seat = session.seat(number)
    if seat is None:
        raise Refusal("unknown_seat", f"there is no seat {number}")
    return seat


def _requested(session: Session, request: RequestOf) -> Seat:
    if session.requests.get(request.player_id) != request.seat:
        raise not_found("request for a seat")
    return _seat(session, request.seat)


def _add_seat(session: Session, player_id: UUID, *, team: str | None) -> SeatAdded:
    _refuse_second_seat(session, player_id)
    most = MOST_SEATS if session.max_players is None else session.max_players
    if len(session.seats) >= most:
        raise Refusal("room_full", f"the table has {most} seats, all of them taken")
    return SeatAdded(session.next_seat, player_id, team=team)


def _refuse_second_seat(session: Session, player_id: UUID) -> None:
    seat = session.seat_of(player_id)
    if seat is not None:
        raise Refusal("seat_taken", f"this player sits at seat {seat.seat} already")


def _refuse_kicked(kicked: Collection[UUID], player_id: UUID) -> None:
    if player_id in kicked:
        raise Refusal("forbidden", "this player was removed from the room")


def _team(team: str | None, field: str) -> str | None:
    return None if team is None else clean_name(team, field, longest=LONGEST_TEAM)
