"""What a game must know to be hosted: the decider pattern, pure from end to end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random  # noqa: TID251  # only the type: the generator comes from the session's seed
from typing import Any, ClassVar, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event
from tallybook.kernel.randomness import Seed
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import FreeText

DataType = Literal["integer", "decimal", "boolean", "text", "choice", "duration"]
Scope = Literal["player", "table"]
Win = Literal["highest", "lowest", "cooperative", "none"]
Value = int | bool | str | FreeText  # a decimal is its canonical string, a duration whole milliseconds


class Stat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is counted: per player or per table, of one type, within optional bounds.

    `minimum`, `maximum` and `step` are numbers for integer and duration (milliseconds) and canonical
    decimal strings for decimal.
    """

    name: str
    data_type: DataType = "integer"
    scope: Scope = "player"
    scoring: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | str | None = None
    maximum: int | str | None = None
    step: int | str | None = None

    def shown(self) -> dict[str, Any]:
        """Every field as clients read it, and may send it back: a bound there is none of is left out."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


class Seat(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place at the table and who sits there. Seats count from 0 and keep their number."""

    seat: int
    player_id: UUID
    team: str | None = None
    is_bot: bool = False


class Config(msgspec.Struct, frozen=True, omit_defaults=True):
    """How this session is to be played: the stats and the way of winning, and the plug-in's own options."""

    stats: tuple[Stat, ...] = ()
    win: Win = "highest"
    options: Mapping[str, Any] = {}


class Command(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something a person or a bot wants to do; decoded from its JSON body."""

    name: ClassVar[str]  # as the API spells it: record, clear, undo, …


class Viewer(msgspec.Struct, frozen=True):
    """Who is looking: the seat taken, or None for a spectator; `over` once nothing need be kept secret."""

    seat: int | None = None
    over: bool = False


class CellScore(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stat's value in one round; `round` is None where rounds are not used."""

    round: int | None
    value: Value


class StatScore(msgspec.Struct, frozen=True):
    """A stat of one seat or of the table: its total (last value where adding makes no sense), by round."""

    total: Value | None
    by_round: tuple[CellScore, ...]


class SeatScore(msgspec.Struct, frozen=True):
    """One seat's line of the board. `total` is the sum of scoring stats, a string when any is decimal."""

    seat: int
    total: int | str
    rank: int  # competition rank: 1, 2, 2, 4
    values: Mapping[str, StatScore]


class Scoreboard(msgspec.Struct, frozen=True):
    """What the rules show of a session; the platform adds names, key and status."""

    round: int
    seats: tuple[SeatScore, ...]
    table: Mapping[str, StatScore]
    missing: tuple[int, ...]  # the seats without a value of every scoring stat in this round


class Placing(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one seat came out. `score` is its total, a string when decimal."""

    seat: int
    place: int
    winner: bool = False
    score: int | str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The result that the rules compute, whether or not the session may go on."""

    placings: tuple[Placing, ...]


class Deadline(msgspec.Struct, frozen=True):
    """Who must act within `seconds`, and what happens in their place otherwise."""

    seat: int
    seconds: float
    command: Command


class MoveRejected(Refusal):
    """A refusal by the rules, in words a player can read.

    `record` holds events that the game wants logged although the move is refused (a misplay).
    """

    def __init__(self, detail: str, *, record: Sequence[Event] = (), code: str = "move_rejected") -> None:
        super().__init__(code, detail, record=record)


S = TypeVar("S")
Happened = tuple[Event, UUID | None, int]  # an event of the rules, its actor, its index in the stream


class Rules(Protocol[S]):
    """A game. Pure: no clock, no I/O, no chance but the session's seed; states are never changed in place.

    `evolve` never refuses. `view` and `view_state` deny by default: what they return is all that a
    viewer, a replay, an export or a bot ever gets. Plug-ins inherit from this class, so that they get
    `fold` and the type checker sees what they lack.
    """

    id: ClassVar[str]
    version: ClassVar[int]
    commands: ClassVar[Mapping[str, type[Command]]]  # by the name the API calls them
    manual: ClassVar[bool]  # people keep the score: they end the game, and seats come and go while it runs
    secret: ClassVar[bool]  # what may be seen differs from seat to seat

    def configure(self, config: Config) -> Config:
        """The config as it is written into the session; refuses one that cannot be played."""

    def initial(self, config: Config, seats: Sequence[Seat], seed: Seed) -> Sequence[Event]: ...

    def start(self, config: Config, seats: Sequence[Seat]) -> S:
        """The state before the first event of the rules; changes of the table arrive through `reseat`."""

    def reseat(self, state: S, seats: Sequence[Seat]) -> S:
        """The state after seats were added, removed, reordered, handed over or given a team."""

    def decide(
        self,
        state: S,
        command: Command,
        seat: Seat | None,
        *,
        actor: UUID,
        index: int,
        merged: Collection[UUID] = (),
    ) -> Sequence[Event]:
        """What `actor` brings about; `index` is that of the first new event.

        `merged` are the other players who are the same person.

        `seat` is the actor's, None for somebody without one and always under `manual` rules.
        """

    def evolve(self, state: S, event: Event, *, actor: UUID | None, index: int) -> S: ...

    def fold(self, state: S, events: Iterable[Happened]) -> S:
        """The same as evolving one by one; override it where there is a faster way."""
        for event, actor, index in events:
            state = self.evolve(state, event, actor=actor, index=index)
        return state

    def legal(self, state: S, seat: Seat) -> Sequence[Command]:
        """What this seat may do now; several seats may be asked at once."""

    def deadlines(self, state: S) -> Sequence[Deadline]: ...

    def scoreboard(self, state: S) -> Scoreboard: ...

    def outcome(self, state: S) -> Outcome | None:
        """How it stands, as if the session ended now; None when the rules cannot say."""

    def over(self, state: S) -> bool:
        """Whether the rules have ended the game by themselves (never when it is `manual`)."""

    def view(self, state: S, event: Event, viewer: Viewer) -> Event | None: ...

    def view_state(self, state: S, viewer: Viewer) -> S: ...

    def bot(self, view: S, seat: Seat, random: Random) -> Command: ...

    def dump(self, state: S) -> bytes:
        """The state for a snapshot."""

    def load(self, data: bytes) -> S:
        """Reads back what this version of the plug-in or an earlier one dumped."""
