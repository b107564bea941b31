"""The shapes of rooms and sessions, for the OpenAPI document: they are read and written behind this layer."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.catalogue.stat_sets import NewStat
from tallybook.delivery.rest.reading import COMMAND_ID
from tallybook.delivery.rest.shapes import Name, Stat
from tallybook.play.requests import LARGEST_NUMBER
from tallybook.projections.rows import ScoreType
from tallybook.projections.standings import Mode
from tallybook.rules.protocol import Win
from tallybook.rules.scoresheet.commands import Clear as ClearCommand
from tallybook.rules.scoresheet.commands import Record as RecordCommand
from tallybook.sessions import commands

Time = Annotated[str, Meta(description="ISO-8601 in UTC.", extra_json_schema={"format": "date-time"})]
Number = Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
ZONE = "^[A-Za-z0-9_+/-]{1,64}$"
Status = Literal["waiting", "playing", "finished", "abandoned"]
Role = Literal["scorekeeper", "player", "spectator"]
Value = Number | str | bool | None


class Write(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every write to a session may carry besides what it says."""

    command_id: Annotated[str, Meta(pattern=COMMAND_ID)] | UnsetType = UNSET
    expected_index: Annotated[int, Meta(ge=-1, lt=2**31)] | UnsetType = UNSET
    at: Time | UnsetType = UNSET
    zone: Annotated[str, Meta(description="IANA time zone.", pattern=ZONE)] | UnsetType = UNSET


def described(command: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """A command's body as a client writes it: its own fields, where null is no value, and every write's."""
    fields = [
        (field.name, field.type) if field.required else (field.name, _given(field.type), UNSET)
        for field in msgspec.structs.fields(command)
    ]
    return msgspec.defstruct(
        command.__name__,
        fields,
        bases=(Write,),
        namespace={"__doc__": command.__doc__},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )


def _given(type_: Any) -> Any:
    """The type of an optional field when it is there."""
    if type_ is Any:
        return Number | str | bool | UnsetType
    options = get_args(type_) if isinstance(type_, UnionType) else (type_,)
    return reduce(or_, [option for option in options if option is not NoneType], UnsetType)


Record = described(RecordCommand)
Clear = described(ClearCommand)
Void = described(commands.Void)


class GivenPlacing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the table says about one seat, and with it about the seat's team: a place, or who won."""

    seat: int
    place: int | UnsetType = UNSET
    winner: bool | UnsetType = UNSET


class End(Write, frozen=True, kw_only=True):
    """End the session with the result the rules compute, or with the one the table gives."""

    result: tuple[GivenPlacing, ...] | UnsetType = UNSET


class TeamOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without a `team` the seat leaves its team."""

    seat: int
    team: str | UnsetType = UNSET


class AddedSeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either of the two; a `name` finds or creates a player in the caller's library."""

    player_id: UUID | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    team: str | UnsetType = UNSET


class SeatChange(Write, frozen=True, kw_only=True):
    """Exactly one change of the table; whoever asked for a seat may `decline` their own request."""

    add: AddedSeat | UnsetType = UNSET
    remove: int | UnsetType = UNSET
    reorder: tuple[int, ...] | UnsetType = UNSET
    team: TeamOf | UnsetType = UNSET
    approve: commands.RequestOf | UnsetType = UNSET
    decline: commands.RequestOf | UnsetType = UNSET


Kick = described(commands.Kick)
NewHost = described(commands.Host)
Ready = described(commands.Ready)


class Move(msgspec.Struct, frozen=True):
    """A move in a game with rules; its fields are those the rules ask for."""


Computed = Annotated[
    Literal["computed"], Meta(description="In place of a given result, which else stays: the computed one.")
]


class Correction(Write, frozen=True, kw_only=True):
    """After the end: a cell's new value, or none to empty the cell, or another result; and why."""

    reason: str
    seat: int | UnsetType | None = UNSET
    stat: str | UnsetType = UNSET
    value: Number | str | bool | UnsetType = UNSET
    delta: Number | str | UnsetType = UNSET
    round: int | UnsetType = UNSET
    result: tuple[GivenPlacing, ...] | Computed | UnsetType = UNSET


class SeatedPlayer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of the three; a `name` finds or creates a player in the caller's library."""

    player_id: UUID | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    bot: Annotated[str, Meta(description="The name of a level.")] | UnsetType = UNSET
    team: str | UnsetType = UNSET


class NewSession(Write, frozen=True, kw_only=True):
    """A session, in a room of its own unless `room_id` names one. Give `stat_set_id` or `stats`.

    A room that is there keeps its `name`, `public` and `max_players`: others are refused.
    """

    expected_index: Literal[-1] | UnsetType = UNSET
    game_id: UUID
    stat_set_id: UUID | UnsetType = UNSET
    stats: tuple[NewStat, ...] | UnsetType = UNSET
    seats: tuple[SeatedPlayer, ...] = ()
    name: Name | UnsetType = UNSET
    public: bool = False
    max_players: int | UnsetType = UNSET
    room_id: UUID | UnsetType = UNSET
    config: dict[str, Any] | UnsetType = UNSET


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most one of `seat`, `name` and `spectator`; without any the caller resumes a role or spectates."""

    seat: int | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    spectator: bool | UnsetType = UNSET
    command_id: Annotated[str, Meta(pattern=COMMAND_ID)] | UnsetType = UNSET


class Joined(msgspec.Struct, frozen=True):
    role: Role
    seat: int | None
    session_id: UUID
    room_id: UUID
    key: str


class Written(msgspec.Struct, frozen=True):
    """`index` is that of the last event written."""

    index: int


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    seat: int
    player_id: UUID
    name: str | None
    team: str | UnsetType = UNSET
    is_bot: bool
    ready: bool


class SeatRequest(msgspec.Struct, frozen=True):
    seat: int
    player_id: UUID
    name: str | None


class Placing(msgspec.Struct, frozen=True):
    seat: int
    player_id: UUID
    name: str | None
    team: str | None
    is_bot: bool
    place: int
    winner: bool
    score: int | str | None
    values: Mapping[str, Value]


class Result(msgspec.Struct, frozen=True):
    seats: tuple[Placing, ...]
    table: Mapping[str, Value]
    rounds: int
    given: bool
    win: Win


class Session(msgspec.Struct, frozen=True):
    id: UUID
    key: str
    room_id: UUID
    game_id: UUID
    rules: str
    rules_version: int
    status: Status
    paused: bool
    public: bool
    max_players: int | None
    host_id: UUID
    scorekeepers: tuple[UUID, ...]
    seats: tuple[Seat, ...]
    requests: tuple[SeatRequest, ...]
    stats: tuple[Stat, ...]
    win: Win
    config: dict[str, Any]
    index: int
    round: int
    previous: UUID | None
    created_at: Time
    started_at: Time | None
    ended_at: Time | None
    result: Result | None
    voided: bool


class SummarySeat(msgspec.Struct, frozen=True):
    seat: int
    player_id: UUID
    name: str | None
    team: str | None
    is_bot: bool
    place: int | None
    winner: bool | None
    score: int | str | None


class SessionSummary(msgspec.Struct, frozen=True):
    """A session as lists show it, with its result; scores that are durations are milliseconds."""

    id: UUID
    key: str
    room_id: UUID
    game_id: UUID
    rules: str
    host_id: UUID
    public: bool
    status: Status
    voided: bool
    mode: Mode
    score_type: ScoreType
    seats: tuple[SummarySeat, ...]
    created_at: Time
    started_at: Time | None
    ended_at: Time | None


class Cell(msgspec.Struct, frozen=True):
    round: int | None
    value: Value


class StatScore(msgspec.Struct, frozen=True):
    total: Value
    by_round: tuple[Cell, ...]


class SeatScore(msgspec.Struct, frozen=True):
    seat: int
    player_id: UUID
    name: str | None
    team: str | None
    total: int | str
    rank: int
    values: Mapping[str, StatScore]


class Scoreboard(msgspec.Struct, frozen=True):
    session_id: UUID
    key: str
    index: int
    status: Status
    paused: bool
    round: int
    seats: tuple[SeatScore, ...]
    table: Mapping[str, StatScore]
    missing: tuple[int, ...]


class SessionEvent(msgspec.Struct, frozen=True):
    """`prev_index` is the index of the event before it that the caller may see."""

    index: int
    prev_index: int
    type: str
    data: dict[str, Any]
    actor: UUID | None
    at: Time


class Events(msgspec.Struct, frozen=True):
    events: tuple[SessionEvent, ...]
    more: bool


class Room(msgspec.Struct, frozen=True):
    id: UUID
    key: str
    name: str | None
    public: bool
    max_players: int | None
    host_id: UUID
    session: Session
    role: Role
    seat: int | None
