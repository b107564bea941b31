"""Redis may be emptied, killed, stopped or robbed of keys at any time: nobody is told anything wrong."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import uuid4

import pytest

from tallybook.ranking.port import TRUST, NotReady
from tallybook.ranking.redis import RedisRanking
from tests.ranking.kit import Commit, HandClock, Truth, better, check, deliver, look, member, until
from tests.servers.redis import Redis

pytestmark = pytest.mark.faults

BOARD = b"board"
MEMBERS = [member(number) for number in range(5)]


@pytest.fixture
def own_redis(redis_server: Redis) -> Iterator[Redis]:  # absent where the shared one is
    """One that may be killed."""
    with Redis() as server:
        yield server


class Cluster:
    """Two processes over one Redis and one ledger."""

    def __init__(self, server: Redis) -> None:
        self.server = server
        self.prefix = f"{uuid4()}:"
        self.truth = Truth()
        self.processes = [RedisRanking(server.url, prefix=self.prefix) for _ in range(2)]

    def commit(self, score: int) -> Commit:
        return self.truth.commit((BOARD, MEMBERS[score % 5], better(score)))

    async def answer(self) -> list[bool]:
        """Which of the processes answer; those that do are right."""
        return [
            await check(each, self.truth, BOARD, heard=self.truth.position, probes=MEMBERS)
            for each in self.processes
        ]

    async def answered(self) -> bool:
        """Look at the ledger; whether both answer."""
        for each in self.processes:
            look(each, self.truth)
        return await self.answer() == [True, True]

    async def recover(self) -> None:
        """Load until both answer."""

        async def recovered() -> bool:
            for each in self.processes:
                await each.load(BOARD, self.truth.source(BOARD))
            return await self.answered()

        await until(recovered)


@asynccontextmanager
async def cluster(server: Redis) -> AsyncIterator[Cluster]:
    """With a list that both processes answer from."""
    made = Cluster(server)
    for score in range(10):
        made.commit(score)
    await made.recover()
    yield made
    for each in made.processes:
        await each.close()


async def test_an_emptied_redis_says_nothing_until_it_is_loaded(redis_server: Redis) -> None:
    async with cluster(redis_server) as it:
        redis_server.cli("flushall")
        assert await it.answer() == [False, False]

        assert await deliver(it.processes[0], it.commit(11))
        assert await it.answer() == [False, False]

        await it.recover()


@pytest.mark.parametrize("robbed", ["z:board", "k:board", "m:board", "stretches"])
async def test_a_redis_that_evicts_a_key_says_nothing_until_it_is_loaded(
    redis_server: Redis, robbed: str
) -> None:
    async with cluster(redis_server) as it:
        assert redis_server.cli("del", it.prefix + robbed) == "1"
        assert await it.answer() == [False, False]

        await deliver(it.processes[0], it.commit(11))
        assert await it.answer() == [False, False]

        await it.recover()


async def test_a_killed_redis_costs_no_write_and_comes_back_empty(own_redis: Redis) -> None:
    async with cluster(own_redis) as it:
        assert await deliver(it.processes[0], it.commit(11))
        own_redis.stop(crashing=True)

        assert not await deliver(it.processes[0], it.commit(11))
        assert it.processes[0].rank_at_hand(BOARD, better(11), MEMBERS[1]) is None
        assert await it.answer() == [False, False]
        assert not await it.processes[0].load(BOARD, it.truth.source(BOARD))

        own_redis.start()
        assert await it.answer() == [False, False]
        await it.recover()


async def test_a_redis_that_comes_back_older_is_not_believed(own_redis: Redis) -> None:
    async with cluster(own_redis) as it:
        own_redis.cli("save")
        assert await deliver(it.processes[0], it.commit(11))  # acknowledged, and in no snapshot
        own_redis.stop(crashing=True)
        own_redis.start()

        async def connected() -> bool:
            for each in it.processes:
                assert await each.ready(BOARD) is None  # not before it has looked
            return all([await each.apply([], after=0, upto=0) for each in it.processes])

        await until(connected)
        assert await it.answer() == [False, False]
        for each in it.processes:
            look(each, it.truth)
        assert await it.answer() == [False, False]

        await deliver(it.processes[0], it.commit(12))
        assert await it.answer() == [False, False]
        await it.recover()


async def test_what_redis_has_missed_is_brought_when_it_is_back(own_redis: Redis) -> None:
    async with cluster(own_redis) as it:
        own_redis.cli("save")
        own_redis.stop(crashing=True)
        assert not await deliver(it.processes[0], it.commit(11))
        own_redis.start()

        await until(it.answered)  # without loading


async def test_a_redis_that_hangs_is_given_up_and_answers_again(own_redis: Redis) -> None:
    async with cluster(own_redis) as it:
        own_redis.process.send_signal(signal.SIGSTOP)
        try:
            assert not await deliver(it.processes[0], it.commit(11))
            assert await it.answer() == [False, False]
        finally:
            own_redis.process.send_signal(signal.SIGCONT)

        await until(it.answered)  # without loading


async def test_each_process_tells_of_an_outage_of_redis_once_however_often_it_tries(
    own_redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster(own_redis) as it:

        async def tried_for_long() -> bool:
            for each in it.processes:
                assert not await each.apply([], after=0, upto=0)
            return len(caplog.records) >= 8

        own_redis.process.send_signal(signal.SIGSTOP)
        try:
            with caplog.at_level(logging.DEBUG, "tallybook.ranking.redis_wire"):
                await until(tried_for_long)
        finally:
            own_redis.process.send_signal(signal.SIGCONT)
        warnings = [said.getMessage() for said in caplog.records if said.levelno == logging.WARNING]
        assert warnings == ["no answer from Redis: it took too long"] * 2


async def test_a_process_that_has_not_looked_at_the_ledger_for_long_says_nothing(redis_server: Redis) -> None:
    truth, clock = Truth(), HandClock()
    ranking = RedisRanking(redis_server.url, prefix=f"{uuid4()}:", clock=clock)
    await ranking.apply([], after=0, upto=0)
    with pytest.raises(NotReady):
        await ranking.size(BOARD)
    ranking.heard(0, looked_at=clock.monotonic())
    assert await ranking.load(BOARD, truth.source(BOARD))
    assert await ranking.size(BOARD) == 0

    clock.time += TRUST + 0.1
    with pytest.raises(NotReady):
        await ranking.size(BOARD)

    ranking.heard(0, looked_at=clock.monotonic())
    assert await ranking.size(BOARD) == 0
    await ranking.close()


async def test_a_question_waits_for_what_was_committed_before_it_and_not_for_what_comes_after(
    redis_server: Redis,
) -> None:
    async with cluster(redis_server) as it:
        asking, bringing = it.processes
        commits = [it.commit(score) for score in range(1_000)]
        asking.heard(commits[0][1])
        question = asyncio.create_task(asking.size(BOARD))
        for commit, next_ in pairwise(commits):
            asking.heard(next_[1])  # there is always one more than was brought
            await deliver(bringing, commit)
            if question.done():
                break
        assert await question == 5
        assert next_ is not commits[-1]
