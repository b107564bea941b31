"""Any history of two nodes ends as a plain Python model of the ledger says, on every database."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallybook.kernel.events import Event
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import Append, Appended
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import events_after
from tallybook.ledger.rebuild import rebuild
from tests.ledger.kit import (
    TOO_MUCH,
    UNLUCKY,
    GreedShown,
    Pile,
    State,
    Taken,
    node,
    outcomes,
    sticks,
    take,
    verified,
)

STREAMS = [UUID(int=n) for n in range(1, 4)]
CRASH = 0  # the number at which the decider itself fails


@dataclass(frozen=True)
class Move:
    """One command: `behind` is how far its expected index lags; None expects nothing."""

    stream: UUID
    number: int
    command_id: str | None
    behind: int | None

    def append(self, expected: int | None) -> Append[State]:
        def crash(_state: State, _index: int) -> list[Event]:
            raise LookupError

        return take(
            self.stream,
            self.number,
            command_id=self.command_id,
            expected_index=expected,
            decide=crash if self.number == CRASH else None,
        )


@dataclass
class Model:
    """The ledger, as simple as can be."""

    log: list[tuple[UUID, int | None]] = field(default_factory=list)  # None: greed was shown
    done: dict[tuple[UUID, str], tuple[int, str]] = field(default_factory=dict)

    def length(self, stream: UUID) -> int:
        return sum(1 for written, _ in self.log if written == stream)

    def play(self, move: Move, expected: int | None) -> str:
        if move.command_id is not None and (move.stream, move.command_id) in self.done:
            number, result = self.done[move.stream, move.command_id]
            return result if number == move.number else "idempotency_conflict"
        index = self.length(move.stream)
        if expected is not None and expected != index - 1:
            return "stale"
        if move.number == CRASH:
            return "LookupError"
        if move.number == UNLUCKY:
            return "ZeroDivisionError"
        greedy = move.number > TOO_MUCH
        result = "move_rejected" if greedy else str(index)
        self.log.append((move.stream, None if greedy else move.number))
        if move.command_id is not None:
            self.done[move.stream, move.command_id] = (move.number, result)
        return result


moves = st.builds(
    Move,
    stream=st.sampled_from(STREAMS),
    number=st.sampled_from([1, 2, 3, CRASH, UNLUCKY, TOO_MUCH + 1]),
    command_id=st.none() | st.sampled_from("abc"),
    behind=st.none() | st.integers(0, 1),
)
nodes = st.integers(0, 1)
steps = st.tuples(nodes, st.lists(moves, min_size=1, max_size=8) | st.sampled_from(["restart", "rebuild"]))
histories = st.lists(steps, max_size=10)


class Nodes:
    """Two nodes on one database, each with its projection and with what it has heard since it began."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stacks = [AsyncExitStack(), AsyncExitStack()]
        self.ledgers: dict[int, Ledger] = {}
        self.piles = [Pile(), Pile()]
        self.heard: list[list[int]] = [[], []]

    async def start(self, which: int) -> None:
        self.ledgers[which] = await self._stacks[which].enter_async_context(
            node(self._url, self.piles[which])
        )
        self.heard[which] = heard = [self.ledgers[which].follower.position]
        self.ledgers[which].follower.subscribe(lambda events: heard.extend(e.position for e in events))

    async def stop(self, which: int) -> None:
        await self._stacks[which].aclose()


def short(outcome: Appended | Exception) -> str:
    if isinstance(outcome, Appended):
        return str(outcome.last)
    return outcome.code if isinstance(outcome, Refusal) else type(outcome).__name__


async def play(url: str, history: list[tuple[int, list[Move] | str]]) -> None:
    model, two = Model(), Nodes(url)
    await two.start(0)
    await two.start(1)
    try:
        for which, step in history:
            if step == "restart":
                await two.stop(which)
                await two.start(which)
            elif step == "rebuild":
                await rebuild(two.ledgers[which].database, [Pile()], [Pile.name], grace=0)
            elif isinstance(step, list):
                expected = [None if m.behind is None else model.length(m.stream) - 1 - m.behind for m in step]
                batch = [move.append(index) for move, index in zip(step, expected, strict=True)]
                answers = await outcomes(two.ledgers[which], *batch)
                assert [short(a) for a in answers] == [
                    model.play(move, index) for move, index in zip(step, expected, strict=True)
                ]
        await compare(model, two)
    finally:
        await two.stop(0)
        await two.stop(1)


async def compare(model: Model, two: Nodes) -> None:
    for which, ledger in two.ledgers.items():
        stored = await ledger.database.read(lambda c: events_after(c, 0, 10_000))
        events = [(e.stream, e.event.sticks if isinstance(e.event, Taken) else None) for e in stored]
        assert events == model.log
        assert all(isinstance(e.event, Taken | GreedShown) for e in stored)
        for stream in STREAMS:
            state = await ledger.state(stream, sticks)
            taken = tuple(n for written, n in model.log if written == stream and n is not None)
            assert (state.index, state.state.taken) == (model.length(stream) - 1, taken)
        await ledger.database.read(ledger.projector.locate)
        rows = await ledger.database.read(two.piles[which].rows)
        assert rows == [(i, s, n) for i, (s, n) in enumerate(model.log, 1) if n is not None]
        ledger.follower.nudge()
        while ledger.follower.position < len(model.log):
            await asyncio.sleep(0.001)
        heard = two.heard[which]
        assert heard == list(range(heard[0], len(model.log) + 1))
        assert (await verified(ledger)).sound


def check(examples: int, fresh: Callable[[], str]) -> None:
    """Play `examples` histories, each on the empty database that `fresh` gives."""

    @settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(histories)
    def property_(history: list[tuple[int, list[Move] | str]]) -> None:
        asyncio.run(play(fresh(), history))

    property_()


def test_two_nodes_on_sqlite_do_as_the_model_does(sqlite: Callable[[Path], str], tmp_path: Path) -> None:
    def fresh() -> str:
        for leftover in tmp_path.glob("tallybook.db*"):
            leftover.unlink()
        return sqlite(tmp_path)

    check(40, fresh)


def test_two_nodes_on_postgresql_do_as_the_model_does(postgresql: Callable[[], str]) -> None:
    check(10, postgresql)


def test_two_nodes_on_mariadb_do_as_the_model_does(mariadb: Callable[[], str]) -> None:
    check(10, mariadb)
