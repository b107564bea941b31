"""What the platform writes about a session, whatever is played in it."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event, event
from tallybook.kernel.text import FreeText
from tallybook.rules.protocol import Config, Seat, Value, Win


class SeatResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one seat came out. `values` holds the total of every stat that has one."""

    seat: int
    player_id: UUID
    place: int
    winner: bool
    is_bot: bool = False
    team: str | None = None
    score: int | str | None = None  # a string when decimal, None when the seat never scored
    values: Mapping[str, Value] = {}


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session's result, complete, so that records of it never run rules code."""

    seats: tuple[SeatResult, ...]
    rounds: int
    win: Win
    given: bool = False  # the table said who won, instead of the rules
    table: Mapping[str, Value] = {}


@event("session_created.v1")
class SessionCreated(Event, frozen=True, kw_only=True):
    room_id: UUID
    key: str
    public: bool
    max_players: int | None = None
    game_id: UUID
    rules: str
    rules_version: int
    config: Config
    seats: tuple[Seat, ...]
    host_id: UUID
    scorekeepers: tuple[UUID, ...]
    previous: UUID | None = None  # the session of which this is the rematch
    kicked: tuple[UUID, ...] = ()  # who was sent out of the room before


@event("session_started.v1")
class SessionStarted(Event, frozen=True):
    pass


@event("session_paused.v1")
class SessionPaused(Event, frozen=True):
    pass


@event("session_resumed.v1")
class SessionResumed(Event, frozen=True):
    pass


@event("session_finished.v1")
class SessionFinished(Event, frozen=True):
    result: Result


@event("session_abandoned.v1")
class SessionAbandoned(Event, frozen=True):
    pass


@event("result_corrected.v1")
class ResultCorrected(Event, frozen=True):
    """The result is `result` now; `corrects` is the index of the event that said otherwise."""

    free_text = ("reason",)

    corrects: int
    result: Result
    reason: FreeText


@event("session_voided.v1")
class SessionVoided(Event, frozen=True):
    """The finished session counts for nothing any more."""

    free_text = ("reason",)

    reason: FreeText


@event("seat_added.v1")
class SeatAdded(Event, frozen=True):
    seat: int
    player_id: UUID
    is_bot: bool = False
    team: str | None = None


@event("seat_removed.v1")
class SeatRemoved(Event, frozen=True):
    seat: int


@event("seats_reordered.v1")
class SeatsReordered(Event, frozen=True):
    seats: tuple[int, ...]


@event("team_set.v1")
class TeamSet(Event, frozen=True):
    seat: int
    team: str | None = None


@event("seat_requested.v1")
class SeatRequested(Event, frozen=True):
    """`player_id` would like to take over a seat; a newer request replaces an older one."""

    seat: int
    player_id: UUID


@event("seat_request_declined.v1")
class SeatRequestDeclined(Event, frozen=True):
    seat: int
    player_id: UUID


@event("seat_taken.v1")
class SeatTaken(Event, frozen=True):
    """The seat is `player_id`'s now, with everything scored on it; it was `previous`'s."""

    seat: int
    player_id: UUID
    previous: UUID


@event("scorekeeper_added.v1")
class ScorekeeperAdded(Event, frozen=True):
    player_id: UUID


@event("scorekeeper_removed.v1")
class ScorekeeperRemoved(Event, frozen=True):
    player_id: UUID


@event("player_kicked.v1")
class PlayerKicked(Event, frozen=True):
    """The player left against their will and may not come back to the room until its host seats them."""

    player_id: UUID


@event("host_changed.v1")
class HostChanged(Event, frozen=True):
    player_id: UUID


@event("player_ready.v1")
class PlayerReady(Event, frozen=True):
    player_id: UUID
    ready: bool = True


PlatformEvent = (
    SessionCreated
    | SessionStarted
    | SessionPaused
    | SessionResumed
    | SessionFinished
    | SessionAbandoned
    | ResultCorrected
    | SessionVoided
    | SeatAdded
    | SeatRemoved
    | SeatsReordered
    | TeamSet
    | SeatRequested
    | SeatRequestDeclined
    | SeatTaken
    | ScorekeeperAdded
    | ScorekeeperRemoved
    | PlayerKicked
    | HostChanged
    | PlayerReady
)
PLATFORM_EVENTS = frozenset(PlatformEvent.__args__)
