"""States: the same from a snapshot, from the cache and from the first event."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec
import pytest
from sqlalchemy import Connection, insert, select

from tallybook.database.bulk import Insert
from tallybook.kernel.events import Event, Recorded, UnknownEvent
from tallybook.kernel.ids import new_id
from tallybook.ledger import states
from tallybook.ledger.chain import genesis, seal
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import EVENT_COLUMNS, Versioned
from tallybook.ledger.tables import events, snapshots, streams
from tests.ledger.kit import GreedShown, State, Sticks, Taken, node, outcomes, sticks, take, verified


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "SNAPSHOT_EVERY", 10)


async def test_a_state_from_a_snapshot_is_the_state_folded_from_the_first_event(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        for number in range(25):
            await ledger.append(take(table, number))
    fold = Sticks()
    async with node(url) as ledger:
        state = await ledger.state(table, fold)
        assert state.index == 24
        assert state.state == State(25, tuple(range(25)))
        assert fold.folded < 10
        assert await ledger.state(table, fold) == state
        assert fold.folded < 10


async def test_a_snapshot_of_another_version_of_the_fold_is_not_read(url: str) -> None:
    table = new_id()
    async with node(url) as ledger:
        for number in range(25):
            await ledger.append(take(table, number))
    doubling = Sticks(version=2)
    async with node(url) as ledger:
        assert (await ledger.state(table, doubling)).state.taken == tuple(2 * n for n in range(25))
        assert doubling.folded == 25
        await ledger.append(take(table, 25, fold=doubling))  # leaves a snapshot of the new version …
        await ledger.append(take(new_id(), 1))  # … with the next batch
        assert await ledger.database.read(
            lambda c: c.execute(select(snapshots.c.version, snapshots.c.idx)).all()
        ) == [(2, 25)]


async def test_a_broken_snapshot_is_nobodys_failure(url: str) -> None:
    class Undumpable(Sticks):
        def dump(self, state: State) -> bytes:
            raise ZeroDivisionError

    table, fold = new_id(), Undumpable()
    async with node(url) as ledger:
        for number in range(25):
            await ledger.append(take(table, number, fold=fold))
        assert (await ledger.state(table, fold)).index == 24


async def test_two_folds_of_one_stream_do_not_mix(url: str) -> None:
    class Counting:
        kind: Literal["session"] = "session"
        concerns = ""
        name = "test_counting"
        version = 1

        def initial(self) -> int:
            return 0

        def evolve(self, state: int, recorded: Recorded) -> int:
            return state + 1

        def fold(self, state: int, events: Sequence[Recorded]) -> int:
            return state + len(events)

        def dump(self, state: int) -> bytes:
            return msgspec.json.encode(state)

        def load(self, data: bytes) -> int:
            return msgspec.json.decode(data, type=int)

    table, counting = new_id(), Counting()
    async with node(url) as ledger:
        # A command that needs no state, and in the same batch one that does.
        second = take(table, decide=lambda state, _: [Taken(len(state.taken) + 7)])
        await outcomes(ledger, take(table, 7, fold=None), second)
        assert (await ledger.state(table, counting)).state == 2
        assert (await ledger.state(table, sticks)).state.taken == (7, 8)


async def test_events_that_do_not_concern_a_fold_are_neither_read_for_it_nor_missed_by_it(url: str) -> None:
    class Greed(Sticks):
        concerns = "test_greed_"
        name = "test_greed"

        def evolve(self, state: State, recorded: Recorded) -> State:
            if not recorded.type.startswith(self.concerns):
                return state
            self.folded += 1
            return State(state.events + 1)

        def fold(self, state: State, events: Sequence[Recorded]) -> State:
            assert all(recorded.type.startswith(self.concerns) for recorded in events)
            return super().fold(state, events)

    table, greed = new_id(), Greed()
    decided: list[tuple[int, int]] = []

    def shown(state: State, index: int) -> Sequence[Event]:
        decided.append((index, state.events))
        return [GreedShown()]

    async def go_on(ledger: Ledger) -> None:
        """A long run of what does not concern it, and then what does."""
        for number in range(12):
            await ledger.append(take(table, number, fold=None))
        await outcomes(ledger, take(table, 1, fold=None), take(table, fold=greed, decide=shown))

    async with node(url) as ledger:
        await go_on(ledger)
        await go_on(ledger)
        assert decided == [(13, 0), (27, 1)]
    for number in (2, 3):  # from a snapshot, with and without a cached head
        async with node(url) as ledger:
            if number == 3:
                await ledger.append(take(table, 1, fold=None))
            at = await ledger.state(table, greed)
            assert (at.state.events, at.index) == (number, (await ledger.events(table))[-1].index)
            await go_on(ledger)
    async with node(url) as ledger, node(url) as other:
        await go_on(ledger)
        await other.append(take(table, fold=greed, decide=shown))
        await go_on(ledger)
    assert decided[2:] == [(41, 2), (56, 3), (70, 4), (71, 5), (85, 6)]
    assert greed.folded < 20


async def test_an_event_of_an_earlier_release_is_read_as_todays_and_stays_as_it_is(url: str) -> None:
    table = new_id()
    old = (table, 0, 1, "test_taken.v1", b'{"matches":3}', None, None, None, 5)
    digest = seal(genesis("session"), *old)

    def write(connection: Connection) -> None:
        Insert(events, EVENT_COLUMNS).run(connection, [(*old, digest)])
        connection.execute(insert(streams).values(stream=table, kind="session", idx=0, hash=digest))

    async with node(url) as ledger:
        await ledger.database.write(write)
        await ledger.append(take(table, 4))

        first = (await ledger.events(table))[0]
        assert (first.type, first.payload, first.event) == ("test_taken.v1", b'{"matches":3}', Taken(3))
        assert (await ledger.state(table, sticks)).state.taken == (3, 4)
        assert (await verified(ledger)).sound
        with pytest.raises(UnknownEvent):
            Recorded(table, 0, 1, "test_taken.v3", b"{}", None, None, None, 5, digest).event  # noqa: B018


def test_a_long_stream_is_saved_when_enough_of_it_is_new() -> None:
    cache, stream, fold = states.States(), new_id(), Sticks()
    saved = [-1]
    for index in range(2_000):
        cache.put(stream, fold, Versioned(index, fold.initial()))
        if (snapshot := cache.snapshot(stream)) is not None:
            saved.append(snapshot[3])
    assert [after - before for before, after in pairwise(saved)] == [max(10, at // 8) for at in saved[:-1]]
    assert len(saved) < 50
