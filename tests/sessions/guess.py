"""A tiny game with secrets that ends by itself: everybody writes a number down, the highest wins."""

from collections.abc import Collection, Mapping, Sequence
from random import Random  # noqa: TID251  # only the type
from typing import ClassVar
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event, event
from tallybook.kernel.randomness import Seed
from tallybook.rules.protocol import (
    Command,
    Config,
    Deadline,
    MoveRejected,
    Outcome,
    Placing,
    Rules,
    Scoreboard,
    Seat,
    SeatScore,
    Viewer,
)


@event("guess.dealt.v1")
class Dealt(Event, frozen=True):
    bonus: int


@event("guess.guessed.v1")
class Guessed(Event, frozen=True):
    seat: int
    number: int | None  # None where it is hidden


class Guess(Command, frozen=True):
    name = "guess"

    number: int


class Game(msgspec.Struct, frozen=True):
    seats: tuple[Seat, ...]
    bonus: int = 0
    guesses: Mapping[int, int | None] = {}


class GuessRules(Rules[Game]):
    id = "guess"
    version = 1
    commands: ClassVar[Mapping[str, type[Command]]] = {"guess": Guess}
    manual = False
    secret = True

    def configure(self, config: Config) -> Config:
        return config

    def initial(self, config: Config, seats: Sequence[Seat], seed: Seed) -> Sequence[Event]:
        if not seats:
            raise MoveRejected("nobody sits at the table")
        return (Dealt(seed.random("bonus").randrange(1_000_000)),)

    def start(self, config: Config, seats: Sequence[Seat]) -> Game:
        return Game(tuple(seats))

    def reseat(self, state: Game, seats: Sequence[Seat]) -> Game:
        return msgspec.structs.replace(state, seats=tuple(seats))

    def decide(
        self,
        state: Game,
        command: Command,
        seat: Seat | None,
        *,
        actor: UUID,
        index: int,
        merged: Collection[UUID] = (),
    ) -> Sequence[Event]:
        assert isinstance(command, Guess)
        if seat is None or seat.seat in state.guesses:
            raise MoveRejected("it is not your turn")
        return (Guessed(seat.seat, command.number),)

    def evolve(self, state: Game, event: Event, *, actor: UUID | None, index: int) -> Game:
        if isinstance(event, Dealt):
            return msgspec.structs.replace(state, bonus=event.bonus)
        assert isinstance(event, Guessed)
        return msgspec.structs.replace(state, guesses={**state.guesses, event.seat: event.number})

    def legal(self, state: Game, seat: Seat) -> Sequence[Command]:
        return () if seat.seat in state.guesses else (Guess(0),)

    def deadlines(self, state: Game) -> Sequence[Deadline]:
        return ()

    def scoreboard(self, state: Game) -> Scoreboard:
        return Scoreboard(1, tuple(SeatScore(seat.seat, 0, 1, {}) for seat in state.seats), {}, ())

    def outcome(self, state: Game) -> Outcome | None:
        if not self.over(state):
            return None
        best = max(number or 0 for number in state.guesses.values())
        won = [state.guesses[seat.seat] == best for seat in state.seats]
        return Outcome(tuple(Placing(n, 1 if first else 2, first, best) for n, first in enumerate(won)))

    def over(self, state: Game) -> bool:
        return len(state.guesses) == len(state.seats) > 0

    def view(self, state: Game, event: Event, viewer: Viewer) -> Event | None:
        if not isinstance(event, Guessed):
            return None
        shown = viewer.over or viewer.seat == event.seat
        return event if shown else msgspec.structs.replace(event, number=None)

    def view_state(self, state: Game, viewer: Viewer) -> Game:
        if viewer.over:
            return state
        hidden = {seat: n if seat == viewer.seat else None for seat, n in state.guesses.items()}
        return Game(state.seats, 0, hidden)

    def bot(self, view: Game, seat: Seat, random: Random) -> Command:
        return Guess(random.randrange(100))

    def dump(self, state: Game) -> bytes:
        return msgspec.msgpack.encode(state)

    def load(self, data: bytes) -> Game:
        return msgspec.msgpack.decode(data, type=Game)
