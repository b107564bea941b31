"""What leaves the server: nothing but what is shown here to this viewer, on every way out."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from tallybook.kernel.events import Event, Recorded
from tallybook.rules.protocol import Viewer
from tallybook.sessions.session import Session, is_platform

_SPECTATORS = ((Viewer(over=False),), (Viewer(over=True),))  # while it is played, and after


def viewer_of(session: Session, player_id: UUID | None) -> Viewer:
    """As whom somebody looks. Equal viewers see the same, so a broadcast is made once for each."""
    over = session.ended_at is not None
    if player_id is None or not session.plugin.secret:
        return Viewer(over=over)
    seat = session.seat_of(player_id)
    return Viewer(None if seat is None else seat.seat, over)


def viewers(session: Session) -> Sequence[Viewer]:
    """Every viewer that `viewer_of` can tell apart now, the spectator first."""
    over = session.ended_at is not None
    spectators = _SPECTATORS[over]
    if not session.plugin.secret:
        return spectators
    return (*spectators, *(Viewer(seat.seat, over) for seat in session.seats))


def view_event(session: Session, recorded: Recorded, viewer: Viewer) -> Event | None:
    """The event as `viewer` may see it, or None; `session` is the state the event led to, or a later one.

    The platform's own events are about who sits where and how it ended, and hide nothing. Any other is
    shown only as the rules show it.
    """
    event = recorded.event
    if is_platform(event):
        return event
    return session.plugin.view(session.rules_state, event, viewer)


def view_state(session: Session, viewer: Viewer) -> Session:
    if session.rules_state is None:
        return session
    seen = session.plugin.view_state(session.rules_state, viewer)
    return session if seen is session.rules_state else replace(session, rules_state=seen)
