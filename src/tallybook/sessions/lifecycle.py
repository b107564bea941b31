"""From creation to the end and what may be said after it: the decisions about a session as a whole."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from tallybook.kernel.events import Event
from tallybook.kernel.randomness import Seed
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.kernel.text import FreeText, clean_text
from tallybook.rules.protocol import Command
from tallybook.sessions.commands import CreateSession, End, SeatToAdd
from tallybook.sessions.events import (
    Result,
    ResultCorrected,
    SessionAbandoned,
    SessionCreated,
    SessionFinished,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    SessionVoided,
)
from tallybook.sessions.plugins import hosted
from tallybook.sessions.results import computed_placings, given_placings, result_of
from tallybook.sessions.seating import MOST_SEATS, first_seats
from tallybook.sessions.session import People, Session, alone


def create(command: CreateSession, seed: Seed | None, people: People) -> Sequence[Event]:
    rules = hosted().get(command.rules)
    if rules is None:
        raise invalid("rules", "this server does not host these rules")
    if command.max_players is not None and not 1 <= command.max_players <= MOST_SEATS:
        raise invalid("max_players", f"must be from 1 to {MOST_SEATS}")
    created = SessionCreated(
        room_id=command.room_id,
        key=command.key,
        public=command.public,
        max_players=command.max_players,
        game_id=command.game_id,
        rules=rules.id,
        rules_version=rules.version,
        config=rules.configure(command.config),
        seats=first_seats(command.seats, command.max_players, people, command.kicked),
        host_id=command.host_id,
        scorekeepers=tuple(dict.fromkeys(command.scorekeepers)) or (command.host_id,),
        previous=command.previous,
        kicked=command.kicked,
    )
    if not (rules.manual and created.seats):
        return (created,)
    opening = rules.initial(created.config, created.seats, seed or Seed.fresh())
    return (created, SessionStarted(), *opening)


def rematch_of(session: Session, *, session_id: UUID, people: People = alone) -> CreateSession:
    """The command that opens the next session of a room: `session_id`'s table, with nothing scored.

    Who was sent out stays out. In ledgers of old people sit as bots, and twice; and who was claimed since may
    be somebody who sat there as well: everybody sits once, as a person.
    """
    seats: dict[UUID, SeatToAdd] = {}
    for seat in session.seats:
        if seats.keys().isdisjoint(ids := people(seat.player_id)) and not set(session.kicked) & set(ids):
            is_bot = seat.is_bot and not session.plugin.manual
            seats[seat.player_id] = SeatToAdd(seat.player_id, is_bot, seat.team)
    return CreateSession(
        room_id=session.room_id,
        key=session.key,
        game_id=session.game_id,
        host_id=session.host_id,
        rules=session.rules,
        config=session.config,
        seats=tuple(seats.values()),
        scorekeepers=session.scorekeepers,
        public=session.public,
        max_players=session.max_players,
        previous=session_id,
        kicked=session.kicked,
    )


def start(session: Session, seed: Seed | None) -> Sequence[Event]:
    """The seed is drawn here unless one is given; chance outcomes are events, so it is drawn only once."""
    if session.status == "playing":
        return ()
    opening = session.plugin.initial(session.config, session.seats, seed or Seed.fresh())
    return (SessionStarted(), *opening)


def pause(session: Session) -> Sequence[Event]:
    _refuse_before_start(session)
    return () if session.paused else (SessionPaused(),)


def resume(session: Session) -> Sequence[Event]:
    _refuse_before_start(session)
    return (SessionResumed(),) if session.paused else ()


def play(session: Session, command: Command, *, ids: Sequence[UUID], index: int) -> Sequence[Event]:
    if session.status != "playing" or session.paused:
        state = "is paused" if session.paused else "has not started"
        raise Refusal("session_not_playing", f"the session {state}")
    rules = session.plugin
    actor, *merged = ids
    seat = None if rules.manual else session.seat_of(*ids)
    events = rules.decide(session.rules_state, command, seat, actor=actor, index=index, merged=merged)
    if rules.manual:
        return events
    played = _after(session, events, actor=actor, index=index)
    return (*events, *end(played, End())) if rules.over(played.rules_state) else events


def end(session: Session, command: End) -> Sequence[Event]:
    _refuse_before_start(session)
    return (SessionFinished(_result(session, command)),)


def abandon() -> Sequence[Event]:
    return (SessionAbandoned(),)


def correct(
    session: Session, change: End | Command, reason: str, *, actor: UUID, index: int
) -> Sequence[Event]:
    """Change the score or the result of a finished session.

    A result that the table gave stays as given when a value is corrected; an `End` without a result, which
    is asked for in so many words, goes back to the one the rules compute.
    """
    before, corrects = _finished(session)
    because = _reason(reason)
    events: Sequence[Event] = ()
    if isinstance(change, End):
        result = _result(session, change)
    elif not session.plugin.manual:
        raise Refusal("move_rejected", "the game is over; only its result can be corrected")
    else:
        events = session.plugin.decide(session.rules_state, change, None, actor=actor, index=index)
        corrected = _after(session, events, actor=actor, index=index)
        if before.given:
            placings = {seat.seat: (seat.place, seat.winner) for seat in before.seats}
            result = result_of(corrected, placings, given=True)
        else:
            result = _result(corrected, End())
    return (*events, ResultCorrected(corrects, result, because))


def void(session: Session, reason: str) -> Sequence[Event]:
    _finished(session)
    return (SessionVoided(_reason(reason)),)


def _result(session: Session, command: End) -> Result:
    if command.result is None:
        return result_of(session, computed_placings(session), given=False)
    return result_of(session, given_placings(session, command.result), given=True)


def _after(session: Session, events: Sequence[Event], *, actor: UUID, index: int) -> Session:
    """The session once the rules' `events` have happened."""
    happened = [(event, actor, number) for number, event in enumerate(events, start=index)]
    return replace(session, rules_state=session.plugin.fold(session.rules_state, happened))


def _refuse_before_start(session: Session) -> None:
    if session.status == "waiting":
        raise Refusal("session_not_playing", "the session has not started")


def _finished(session: Session) -> tuple[Result, int]:
    """The result as it stands and the index of the event that says so."""
    if session.voided:
        raise Refusal("session_finished", "the session was voided")
    if session.result is None or session.result_index is None:
        raise Refusal("session_not_finished", "the session has no result")
    return session.result, session.result_index


def _reason(text: str) -> FreeText:
    reason = clean_text(text, "reason").strip()
    if not reason:
        raise invalid("reason", "say why")
    return FreeText.of(reason)
