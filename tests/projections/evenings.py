"""Evenings full of games as events of the ledger, without a server in between."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import Connection

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.database.bulk import Insert
from tallybook.kernel.events import Event, Recorded, encode, registry
from tallybook.kernel.text import FreeText
from tallybook.ledger.append import Remembering
from tallybook.ledger.states import EVENT_COLUMNS
from tallybook.ledger.tables import events
from tallybook.rules.protocol import Config, Seat, Win
from tallybook.sessions.events import (
    Result,
    ResultCorrected,
    SeatResult,
    SessionCreated,
    SessionFinished,
    SessionStarted,
    SessionVoided,
)

BEGIN = 1_800_000_000_000_000
MINUTE = 60_000_000
Forgetful = TypeVar("Forgetful", bound=Remembering)
_insert = Insert(events, EVENT_COLUMNS)


def player(number: int) -> UUID:
    return UUID(int=0x1_0000_0000 + number)


def game(number: int) -> UUID:
    return UUID(int=0x2_0000_0000 + number)


@dataclass
class Evening:
    """Writes down what happens; a minute passes with every event."""

    log: list[Recorded] = field(default_factory=list)
    indexes: dict[UUID, int] = field(default_factory=dict)
    sessions: list[tuple[UUID, SessionCreated]] = field(default_factory=list)

    def happens(self, stream: UUID, event: Event, at: int | None = None) -> None:
        index = self.indexes[stream] = self.indexes.get(stream, -1) + 1
        position = len(self.log) + 1
        now = BEGIN + position * MINUTE
        payload, _ = encode(event)
        name = registry.name_of(event)
        self.log.append(Recorded(stream, index, position, name, payload, None, at, None, now, b"x" * 32))

    def plays(
        self,
        game_number: int,
        scores: Sequence[int | str | None],
        *,
        players: Sequence[int],
        teams: Sequence[str | None] = (),
        win: Win = "highest",
        public: bool = False,
        ended_at: int | None = None,
    ) -> UUID:
        """A session from its creation to the end; the best score wins, in a cooperative game any above 0."""
        session_id = UUID(int=0x3_0000_0000 + len(self.sessions))
        sides = [*teams, *[None] * (len(players) - len(teams))]
        created = SessionCreated(
            room_id=UUID(int=0x4_0000_0000 + len(self.sessions)),
            key="ABC234",
            public=public,
            game_id=game(game_number),
            rules="scoresheet",
            rules_version=1,
            config=Config(win=win),
            seats=tuple(Seat(n, player(p), sides[n]) for n, p in enumerate(players)),
            host_id=player(players[0]),
            scorekeepers=(player(players[0]),),
        )
        self.sessions.append((session_id, created))
        self.happens(session_id, created)
        self.happens(session_id, SessionStarted())
        self.happens(session_id, SessionFinished(result(created, scores)), ended_at)
        return session_id

    def corrects(self, number: int, scores: Sequence[int | str | None]) -> None:
        session_id, created = self.sessions[number]
        corrected = result(created, scores)
        self.happens(session_id, ResultCorrected(self.indexes[session_id], corrected, FreeText.of("why")))

    def voids(self, number: int) -> None:
        self.happens(self.sessions[number][0], SessionVoided(FreeText.of("why")))

    def merges(self, number: int, into: int) -> None:
        self.happens(player(number), PlayerMerged(player(into)))

    def splits(self, number: int) -> None:
        self.happens(player(number), PlayerSplit())

    def store(self, connection: Connection) -> None:
        """Into the table of events, for questions as of a moment."""
        rows = [[getattr(e, "index" if name == "idx" else name) for name in EVENT_COLUMNS] for e in self.log]
        _insert.run(connection, rows)


def batches(log: Sequence[Recorded], sizes: Sequence[int]) -> Iterator[Sequence[Recorded]]:
    """The log in batches of these sizes in turn; every third comes again, which has to change nothing."""
    rest, size = log, cycle(sizes)
    for turn in count(1):
        if not rest:
            return
        at = next(size)
        batch, rest = rest[:at], rest[at:]
        yield batch
        if turn % 3 == 0:
            yield batch


def in_turns(
    nodes: Sequence[Forgetful], batches: Iterable[Sequence[Recorded]]
) -> Iterator[tuple[Forgetful, Sequence[Recorded]]]:
    """Each batch with the node that writes it: two in a row, then another one, which hears what it missed."""
    missed: list[list[Recorded]] = [[] for _ in nodes]
    for turn, batch in enumerate(batches):
        at = turn // 2 % len(nodes)
        if missed[at]:
            nodes[at].forget_tables(missed[at])
        for since in missed:
            since.extend(batch)
        missed[at] = []
        yield nodes[at], batch


def result(created: SessionCreated, scores: Sequence[int | str | None]) -> Result:
    """Places by score; a team counts with its best, and nobody wins where nobody has a score."""
    win = created.config.win
    sign = 1 if win == "lowest" else -1

    def worth(seat: Seat) -> float:
        mates = [n for n, other in enumerate(created.seats) if seat.team and other.team == seat.team]
        known = [float(score) for n in (mates or [seat.seat]) if (score := scores[n]) is not None]
        return min((sign * value for value in known), default=1e9)

    values = [worth(seat) for seat in created.seats]
    if win == "cooperative":
        won = [any(score is not None and float(score) > 0 for score in scores)] * len(values)
    else:
        won = [win != "none" and value == min(values) < 1e9 for value in values]
    return Result(
        tuple(
            SeatResult(
                seat=seat.seat,
                player_id=seat.player_id,
                place=1 if win == "cooperative" else 1 + sum(other < values[n] for other in values),
                winner=won[n],
                team=seat.team,
                score=scores[n],
            )
            for n, seat in enumerate(created.seats)
        ),
        rounds=1,
        win=win,
    )


def whatever_happens(
    check: Callable[..., Coroutine[Any, Any, None]],
    url: str,
    evenings: SearchStrategy[Evening],
    *more: SearchStrategy[object],
    examples: tuple[int, int],
) -> None:
    """Hold `check(url, evening, sizes of batches, *more)` for evenings of all kinds.

    `examples` says how many on SQLite, new ones each time, and how many on a server, which are always alike.
    """
    embedded = url.startswith("sqlite")
    sizes = st.lists(st.integers(1, 9), min_size=1, max_size=4)

    @settings(
        max_examples=examples[0] if embedded else examples[1],
        deadline=None,
        derandomize=not embedded,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if embedded else [])),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.tuples(evenings, sizes, *more))
    def property_(happened: tuple[Any, ...]) -> None:
        asyncio.run(check(url, *happened))

    property_()
