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
from tallybook.sessions.session import People, Session

MOST_SEATS = 100
MOST_REQUESTS = 100
LONGEST_TEAM = 40


def first_seats(
    seats: Sequence[SeatToAdd], max_players: int | None, people: People, kicked: Collection[UUID]
) -> tuple[Seat, ...]:
    """The seats of a new session, numbered from 0."""
    most = MOST_SEATS if max_players is None else max_players
    if len(seats) > most:
        raise invalid("seats", f"at most {most}")
    seen: set[UUID] = set()
    for number, seat in enumerate(seats):
        if seat.player_id in seen:
            raise invalid(f"seats.{number}", "this player has a seat already")
        ids = people(seat.player_id)
        _refuse_kicked(kicked, ids)
        seen.update(ids)
    return tuple(
        Seat(number, seat.player_id, _team(seat.team, f"seats.{number}.team"), seat.is_bot)
        for number, seat in enumerate(seats)
    )


def change_seats(session: Session, command: Seats, actor: UUID, people: People) -> Sequence[Event]:
    changes = [name for name in command.__struct_fields__ if getattr(command, name) is not UNSET]
    if len(changes) != 1:
        raise invalid("seats", "give exactly one of " + ", ".join(command.__struct_fields__))
    if session.status == "playing" and not session.plugin.manual and changes[0] not in {"approve", "decline"}:
        raise Refusal("in_play", "the seats are fixed once the game has begun")
    match command:
        case Seats(add=PersonToSeat() as add):
            team = _team(add.team, "add.team")
            ids = people(add.player_id)
            if session.host_id not in people(actor):  # who has sent somebody out may let them in again
                _refuse_kicked(session.kicked, ids)
            return _add_seat(session, ids, team=team)
        case Seats(remove=int(number)):
            return (SeatRemoved(_seat(session, number).seat),)
        case Seats(reorder=tuple(numbers)):
            if sorted(numbers) != sorted(seat.seat for seat in session.seats):
                raise invalid("reorder", "name every seat once")
            unchanged = numbers == tuple(seat.seat for seat in session.seats)
            return () if unchanged else (SeatsReordered(numbers),)
        case Seats(team=TeamOf() as of):
            seat, team = _seat(session, of.seat), _team(of.team, "team.team")
            return () if team == seat.team else (TeamSet(seat.seat, team),)
        case Seats(approve=RequestOf() as request):
            seat = _requested(session, request)
            _refuse_second_seat(session, people(request.player_id))
            return (SeatTaken(seat.seat, request.player_id, seat.player_id),)
        case Seats(decline=RequestOf() as request):
            return (SeatRequestDeclined(_requested(session, request).seat, request.player_id),)
    raise AssertionError(changes)


def take_seat(session: Session, number: int, ids: Sequence[UUID]) -> Sequence[Event]:
    seat = _seat(session, number)
    _refuse_kicked(session.kicked, ids)
    if seat.player_id in ids or any(session.requests.get(one) == number for one in ids):
        return ()
    _refuse_second_seat(session, ids)
    if len(session.requests) >= MOST_REQUESTS:
        raise Refusal("room_full", "too many people wait for a seat already")
    return (SeatRequested(number, ids[0]),)


def join_seat(session: Session, ids: Sequence[UUID]) -> Sequence[Event]:
    if session.seat_of(*ids) is not None:
        return ()
    if session.status == "playing" and not session.plugin.manual:
        raise Refusal("in_play", "the seats are fixed once the game has begun")
    _refuse_kicked(session.kicked, ids)
    return _add_seat(session, ids, team=None)


def add_scorekeeper(session: Session, ids: Sequence[UUID]) -> Sequence[Event]:
    _refuse_kicked(session.kicked, ids)
    return () if ids[0] in session.scorekeepers else (ScorekeeperAdded(ids[0]),)


def remove_scorekeeper(session: Session, player_id: UUID) -> Sequence[Event]:
    if player_id not in session.scorekeepers:
        raise not_found("scorekeeper")
    if len(session.scorekeepers) == 1:
        raise _last_scorekeeper()
    return (ScorekeeperRemoved(player_id),)


def kick(session: Session, ids: Sequence[UUID]) -> Sequence[Event]:
    """Out of the room. What was scored stays: only before the game the seat is given up too."""
    if session.host_id in ids:
        raise invalid("player_id", "the host cannot be removed; hand the room over first")
    if ids[0] in session.kicked:
        return ()
    keepers = [one for one in session.scorekeepers if one in ids]
    if len(keepers) == len(session.scorekeepers):
        raise _last_scorekeeper()
    events: list[Event] = [ScorekeeperRemoved(one) for one in keepers]
    if session.status == "waiting":
        events += [SeatRemoved(seat.seat) for seat in session.seats if seat.player_id in ids]
    return (*events, PlayerKicked(ids[0]))


def change_host(session: Session, ids: Sequence[UUID]) -> Sequence[Event]:
    if session.host_id in ids:
        return ()
    seat = session.seat_of(*ids)
    at_the_table = any(one in session.scorekeepers for one in ids) or (seat is not None and not seat.is_bot)
    if not at_the_table or any(one in session.kicked for one in ids):
        raise invalid("player_id", "must be a person at the table")
    return (HostChanged(ids[0]),)


def set_ready(session: Session, ids: Sequence[UUID], *, ready: bool) -> Sequence[Event]:
    seat = session.seat_of(*ids)
    if seat is None:
        raise Refusal("unknown_seat", "only who has a seat can be ready")
    sitting = seat.player_id  # as whom the table knows the person
    return () if ready == (sitting in session.ready) else (PlayerReady(sitting, ready),)


def _seat(session: Session, number: int) -> Seat:
    seat = session.seat(number)
    if seat is None:
        raise Refusal("unknown_seat", f"there is no seat {number}")
    return seat


def _requested(session: Session, request: RequestOf) -> Seat:
    if session.requests.get(request.player_id) != request.seat:
        raise not_found("request for a seat")
    return _seat(session, request.seat)


def _add_seat(session: Session, ids: Sequence[UUID], *, team: str | None) -> Sequence[Event]:
    _refuse_second_seat(session, ids)
    most = MOST_SEATS if session.max_players is None else session.max_players
    if len(session.seats) >= most:
        raise Refusal("room_full", f"the table has {most} seats, all of them taken")
    waiting = [SeatRequestDeclined(session.requests[one], one) for one in ids[1:] if one in session.requests]
    return (*waiting, SeatAdded(session.next_seat, ids[0], team=team))


def _refuse_second_seat(session: Session, ids: Sequence[UUID]) -> None:
    seat = session.seat_of(*ids)
    if seat is not None:
        raise Refusal("seat_taken", f"this player sits at seat {seat.seat} already")


def _last_scorekeeper() -> Refusal:
    return invalid("player_id", "the last scorekeeper stays")


def _refuse_kicked(kicked: Collection[UUID], ids: Sequence[UUID]) -> None:
    if any(one in kicked for one in ids):
        raise Refusal("forbidden", "this player was removed from the room")


def _team(team: str | None, field: str) -> str | None:
    return None if team is None else clean_name(team, field, longest=LONGEST_TEAM)
