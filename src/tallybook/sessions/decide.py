"""What a command brings about, under any rules: the platform decides its own, the plug-in decides play."""

from collections.abc import Sequence
from uuid import UUID

from tallybook.kernel.events import Event
from tallybook.kernel.randomness import Seed
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.rules.protocol import Command
from tallybook.sessions import lifecycle, seating
from tallybook.sessions.commands import (
    Abandon,
    AddScorekeeper,
    Correct,
    CreateSession,
    End,
    Host,
    JoinSeat,
    Kick,
    Pause,
    PlatformCommand,
    Ready,
    RemoveScorekeeper,
    Resume,
    Seats,
    Start,
    TakeSeat,
    Void,
)
from tallybook.sessions.session import People, Session, alone


def decide(
    session: Session | None,
    command: Command,
    *,
    actor: UUID,
    index: int,
    seed: Seed | None = None,
    people: People = alone,
) -> Sequence[Event]:
    """The events that `command` brings about, none when it asks for what is the case already.

    Raises a `Refusal` where the session or its rules do not allow it. Who may ask for what is decided
    before, in `access`. `people` knows who has claimed whom: what one of a person's players is at the table,
    all are. `seed` is for tests and imports: without one, a fresh one deals the cards.
    """
    if isinstance(command, CreateSession):
        if session is not None:
            raise Refusal("stale", "the session exists already")
        return lifecycle.create(command, seed, people)
    if session is None:
        raise not_found("session")
    if isinstance(command, Correct):
        return lifecycle.correct(session, command.change, command.reason, actor=actor, index=index)
    if isinstance(command, Void):
        return lifecycle.void(session, command.reason)
    if session.ended_at is not None:
        raise Refusal("session_finished", f"the session is {session.status}")
    if not isinstance(command, PlatformCommand):
        return lifecycle.play(session, command, ids=people(actor), index=index)
    match command:
        case Start():
            return lifecycle.start(session, seed)
        case Pause():
            return lifecycle.pause(session)
        case Resume():
            return lifecycle.resume(session)
        case End():
            return lifecycle.end(session, command)
        case Abandon():
            return lifecycle.abandon()
        case Seats():
            return seating.change_seats(session, command, actor, people)
        case TakeSeat(seat=seat):
            return seating.take_seat(session, seat, people(actor))
        case JoinSeat():
            return seating.join_seat(session, people(actor))
        case AddScorekeeper(player_id=player_id):
            return seating.add_scorekeeper(session, people(player_id))
        case RemoveScorekeeper(player_id=player_id):
            return seating.remove_scorekeeper(session, player_id)
        case Kick(player_id=player_id):
            return seating.kick(session, people(player_id))
        case Host(player_id=player_id):
            return seating.change_host(session, people(player_id))
        case Ready(ready=ready):
            return seating.set_ready(session, people(actor), ready=ready)
    raise TypeError(f"nobody decides {type(command).__name__}")
