"""Whatever happens in whatever order, a ranking answers as of one position, or says that it cannot."""

import asyncio
from typing import Any
from uuid import uuid4

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tallybook.ranking.memory import MemoryRanking
from tallybook.ranking.port import Ranking
from tallybook.ranking.redis import RedisRanking
from tests.ranking.kit import Commit, HandClock, Truth, better, check, deliver, member
from tests.servers.redis import Redis

LISTS = (b"day", b"week")
MEMBERS = [member(number) for number in range(6)]

lists = st.sampled_from(LISTS)
keys = st.none() | st.builds(better, st.integers(0, 3), st.integers(0, 1), st.integers(0, 2))
commits = st.lists(st.tuples(lists, st.sampled_from(MEMBERS), keys), max_size=3)
which = st.integers(0, 10)
meanwhiles = st.lists(commits | st.none(), max_size=4)


class Machine(RuleBasedStateMachine):
    """Processes that commit, bring what they committed late, twice, together or never, and load."""

    url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.truth = Truth()
        self.clock = HandClock()
        self.missing: list[Commit] = []

    @initialize()
    def start(self) -> None:
        prefix = f"{uuid4()}:"
        self.processes: list[Ranking] = [MemoryRanking()]
        if self.url is not None:
            self.processes = [RedisRanking(self.url, prefix=prefix, clock=self.clock) for _ in range(2)]
        self.heard = [0] * len(self.processes)
        for process in range(len(self.processes)):
            self.runner.run(self._deliver(process, (0, 0, [])))
            self.look(process)

    @rule(changes=commits)
    def commit(self, changes: list[Any]) -> None:
        self.missing.append(self.truth.commit(*changes))

    @rule(process=which, number=which)
    def bring(self, process: int, number: int) -> None:
        if self.missing:
            self.runner.run(self._deliver(process, self.missing.pop(number % len(self.missing))))

    @rule(process=which, first=which, count=which)
    def repeat_or_catch_up(self, process: int, first: int, count: int) -> None:
        if self.truth.commits:
            first %= len(self.truth.commits)
            self.runner.run(self._deliver(process, *self.truth.commits[first : first + count + 1]))

    @rule(number=which)
    def lose(self, number: int) -> None:
        if self.missing:
            self.missing.pop(number % len(self.missing))

    @rule(process=which)
    def look(self, process: int) -> None:
        process %= len(self.processes)
        self.processes[process].heard(self.truth.position, looked_at=self.clock.monotonic())
        self.heard[process] = self.truth.position

    @rule(process=which, name=lists, meanwhile=meanwhiles)
    def load(self, process: int, name: bytes, meanwhile: list[list[Any] | None]) -> None:
        self.runner.run(self._load(process, name, meanwhile))

    @rule(process=which, name=lists)
    def drop(self, process: int, name: bytes) -> None:
        process %= len(self.processes)
        assert self.runner.run(self.processes[process].drop(name))

    @rule()
    def everything_that_was_brought_can_be_read_again(self) -> None:
        for commit in self.missing:
            self.runner.run(self._deliver(0, commit))
        self.missing.clear()
        for process, ranking in enumerate(self.processes):
            self.look(process)
            for name in LISTS:
                assert self.runner.run(ranking.load(name, self.truth.source(name)))
                assert self.runner.run(ranking.ready(name)) == self.truth.position

    @invariant()
    def answers_are_exact(self) -> None:
        for ranking, heard in zip(self.processes, self.heard, strict=True):
            for name in LISTS:
                self.runner.run(check(ranking, self.truth, name, heard=heard, probes=MEMBERS))

    def teardown(self) -> None:
        for ranking in self.processes:
            self.runner.run(ranking.close())
        self.runner.close()

    async def _deliver(self, process: int, *batch: Commit) -> None:
        process %= len(self.processes)
        assert await deliver(self.processes[process], *batch)
        self.heard[process] = max(self.heard[process], batch[-1][1])

    async def _load(self, process: int, name: bytes, steps: list[list[Any] | None]) -> None:
        async def meanwhile() -> None:
            match steps.pop(0) if steps else None:
                case None if self.missing:
                    await self._deliver(process + 1, self.missing.pop())
                case list(changes):
                    self.missing.append(self.truth.commit(*changes))

        await self.processes[process % len(self.processes)].load(
            name, self.truth.source(name, meanwhile=meanwhile)
        )


SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], stateful_step_count=25)


def test_in_memory() -> None:
    run_state_machine_as_test(Machine, settings=settings(SETTINGS, max_examples=150))


def test_in_redis_from_two_processes(redis_server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "url", redis_server.url)
    run_state_machine_as_test(Machine, settings=settings(SETTINGS, max_examples=25))
