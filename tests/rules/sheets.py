"""A scoresheet under test: commands go in as JSON, the log and the board come out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event, encode, registry
from tallybook.rules.protocol import Config, Happened, Scoreboard, Seat, SeatScore, Stat, Win
from tallybook.rules.scoresheet import Scoresheet
from tallybook.rules.scoresheet.sheet import Sheet

RULES = Scoresheet()
ANA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)
POINTS = Stat("points", scoring=True)


def stored(event: Event) -> Event:
    """The event as it comes back from the ledger."""
    return registry.decode(registry.name_of(event), encode(event)[0])


class Table:
    def __init__(
        self, *stats: Stat, win: Win = "highest", seats: int = 3, teams: Mapping[int, str] | None = None
    ) -> None:
        self.config = RULES.configure(Config(stats or (POINTS,), win))
        teams = teams or {}
        self.seats = tuple(Seat(n, UUID(int=100 + n), teams.get(n)) for n in range(seats))
        self.sheet: Sheet = RULES.start(self.config, self.seats)
        self.log: list[Happened] = []

    def do(self, name: str, actor: UUID = ANA, **body: Any) -> Event:
        (event,) = self.carry_out(name, actor, **body)
        return event

    def carry_out(self, name: str, actor: UUID = ANA, **body: Any) -> list[Event]:
        """What happens, which is nothing when it is the case already."""
        command = msgspec.convert(body, RULES.commands[name])
        decided = RULES.decide(self.sheet, command, None, actor=actor, index=len(self.log))
        events = [stored(event) for event in decided]
        for event in events:
            self.sheet = RULES.evolve(self.sheet, event, actor=actor, index=len(self.log))
            self.log.append((event, actor, len(self.log)))
        return events

    def record(
        self, seat: int | None, value: Any, actor: UUID = ANA, stat: str = "points", **body: Any
    ) -> Event:
        return self.do("record", actor, seat=seat, stat=stat, value=value, **body)

    def add(
        self, seat: int | None, delta: Any, actor: UUID = ANA, stat: str = "points", **body: Any
    ) -> Event:
        return self.do("record", actor, seat=seat, stat=stat, delta=delta, **body)

    @property
    def board(self) -> Scoreboard:
        return RULES.scoreboard(self.sheet)

    def line(self, seat: int) -> SeatScore:
        return next(line for line in self.board.seats if line.seat == seat)

    def cell(self, seat: int | None, stat: str = "points", in_round: int = 1) -> Any:
        return self.sheet.column(seat, stat).values.get(in_round)
