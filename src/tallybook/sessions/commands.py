"""What can be asked of a session besides playing; play itself is the plug-in's commands."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from tallybook.rules.protocol import Command, Config


class PlatformCommand(Command, frozen=True):
    """A command that the platform decides, under any rules."""


class SeatToAdd(msgspec.Struct, frozen=True):
    """A seat of a new session. Whether a bot sits there the rules say; it is never decoded from a body."""

    player_id: UUID
    is_bot: bool = False
    team: str | None = None


class PersonToSeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    player_id: UUID
    team: str | None = None


class CreateSession(PlatformCommand, frozen=True, kw_only=True):
    """Open a session. Callers choose room, key and players; it is never decoded from a body."""

    name = "create"

    room_id: UUID
    key: str
    game_id: UUID
    host_id: UUID
    rules: str = "scoresheet"
    config: Config = Config()
    seats: tuple[SeatToAdd, ...] = ()
    scorekeepers: tuple[UUID, ...] = ()  # the host when empty
    public: bool = False
    max_players: int | None = None
    previous: UUID | None = None
    kicked: tuple[UUID, ...] = ()


class Start(PlatformCommand, frozen=True):
    name = "start"


class Pause(PlatformCommand, frozen=True):
    name = "pause"


class Resume(PlatformCommand, frozen=True):
    name = "resume"


class GivenPlacing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the table says about one seat, and with it about the seat's team."""

    seat: int
    place: int | None = None
    winner: bool | None = None


class End(PlatformCommand, frozen=True):
    """End the session with the result the rules compute, or with the one the table gives."""

    name = "end"

    result: tuple[GivenPlacing, ...] | None = None


class Abandon(PlatformCommand, frozen=True):
    name = "abandon"


class Correct(PlatformCommand, frozen=True):
    """After the end: carry out a command of the rules, or give another result, for `reason`."""

    name = "correct"

    change: Any  # an `End` with a result, or a `Command` of the rules
    reason: str


class Void(PlatformCommand, frozen=True):
    name = "void"

    reason: str


class TeamOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seat: int
    team: str | None = None  # absent takes the seat out of its team


class RequestOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seat: int
    player_id: UUID


class Seats(PlatformCommand, frozen=True):
    """Exactly one change of the table."""

    name = "seats"

    add: PersonToSeat | UnsetType = UNSET
    remove: int | UnsetType = UNSET
    reorder: tuple[int, ...] | UnsetType = UNSET
    team: TeamOf | UnsetType = UNSET
    approve: RequestOf | UnsetType = UNSET
    decline: RequestOf | UnsetType = UNSET


class TakeSeat(PlatformCommand, frozen=True):
    """The caller sits down at a seat: resumes an own one, asks for somebody else's."""

    name = "take_seat"

    seat: int


class JoinSeat(PlatformCommand, frozen=True):
    """The caller sits down at a new seat, unless there is an own one already."""

    name = "join_seat"


class AddScorekeeper(PlatformCommand, frozen=True):
    name = "add_scorekeeper"

    player_id: UUID


class RemoveScorekeeper(PlatformCommand, frozen=True):
    name = "remove_scorekeeper"

    player_id: UUID


class Kick(PlatformCommand, frozen=True):
    name = "kick"

    player_id: UUID


class Host(PlatformCommand, frozen=True):
    """Hand the room to another player."""

    name = "host"

    player_id: UUID


class Ready(PlatformCommand, frozen=True):
    name = "ready"

    ready: bool = True
