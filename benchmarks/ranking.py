"""Rankings at ten thousand and at a million members: CPU of each operation and its growth, loading, memory.

Redis is compared with redis-benchmark's ZADD and ZRANK on as many members, taken right after: what the server
spends on one operation there is one of many that make an answer exact here.
"""

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from time import perf_counter, process_time

import psutil
import uvloop

from tallybook.kernel.clock import SystemClock
from tallybook.kernel.randomness import Seed
from tallybook.ranking.keys import key
from tallybook.ranking.memory import MemoryRanking
from tallybook.ranking.port import Change, Ranking, Row, Source
from tallybook.ranking.redis import RedisRanking
from tests.servers.redis import Redis

BOARD = b"board"
SIZES = (10_000, 1_000_000)
OPERATIONS = 20_000
AT_ONCE = 64
CHUNK = 5_000  # rows

Operation = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one operation: microseconds of CPU here and in the server, and how many a second."""

    client: float
    server: float
    rate: float


def member(number: int) -> bytes:
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).to_bytes(16)


def rows(size: int) -> list[Row]:
    """A list in its order, as SQL returns it."""
    chance = Seed(bytes(32)).random("ranking", size)
    keys = [_key(chance.randrange(10**9), since) for since in range(size)]
    return sorted(((member(n), each, n + 1) for n, each in enumerate(keys)), key=lambda row: row[1])


def _key(score: int, since: int) -> bytes:
    return key(score, 0, since, highest=True, second_highest=True)


async def _load(ranking: Ranking, size: int) -> None:
    found = rows(size)
    process, clock = psutil.Process(), SystemClock()
    gc.collect()
    before, start = process.memory_info().rss, process_time()

    async def chunks() -> AsyncIterator[Sequence[Row]]:
        for at in range(0, size, CHUNK):
            yield [(bytes(bytearray(one)), each, version) for one, each, version in found[at : at + CHUNK]]

    async def source() -> Source:
        return Source(size, chunks())

    ranking.heard(0, looked_at=clock.monotonic())
    await ranking.apply([], after=0, upto=0)
    assert await ranking.load(BOARD, source)
    took = process_time() - start
    each = (process.memory_info().rss - before) / size
    print(
        f"  {size:>9,} members: loaded in {took:5.2f} s of CPU here, {each:4.0f} bytes of this process each"
    )


async def _measure(ranking: Ranking, size: int, server_cpu: Callable[[], float]) -> dict[str, Cost]:
    chance = Seed(bytes(32)).random("operations", size)
    members = [member(chance.randrange(size)) for _ in range(OPERATIONS)]
    keys = [_key(chance.randrange(10**9), size) for _ in range(OPERATIONS)]
    position = count(size)

    async def change(n: int) -> None:
        after = next(position)
        await ranking.apply([Change(BOARD, members[n], keys[n], after + 1)], after=after, upto=after + 1)

    operations: dict[str, Operation] = {
        "rank": lambda n: ranking.rank(BOARD, members[n]),
        "around, 11 lines": lambda n: ranking.around(BOARD, members[n], 11),
        "rank of a key": lambda n: ranking.ranks_of(BOARD, [(keys[n], members[n])]),
        "top 100": lambda _: ranking.top(BOARD, 100),
        "change": change,
    }
    return {name: await _cost(ranking, each, server_cpu) for name, each in operations.items()}


async def _cost(ranking: Ranking, operation: Operation, server_cpu: Callable[[], float]) -> Cost:
    """Many at once, as a server would ask."""
    numbers = iter(range(OPERATIONS))
    ranking.heard(0, looked_at=SystemClock().monotonic() + 60)  # the ledger stands still meanwhile

    async def some() -> None:
        for number in numbers:
            await operation(number)

    server, client, start = server_cpu(), process_time(), perf_counter()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    each = 1_000_000 / OPERATIONS
    spent, seconds = process_time() - client, perf_counter() - start
    return Cost(spent * each, (server_cpu() - server) * each, OPERATIONS / seconds)


def _report(costs: Sequence[dict[str, Cost]]) -> None:
    small, large = costs
    print(f"    {'CPU microseconds':<18}{'10,000':>8}{'1,000,000':>11}{'growth':>8}")
    for name, cost in large.items():
        before, after = (one.client + one.server for one in (small[name], cost))
        line = f"    {name:<18}{before:>8.1f}{after:>11.1f}{after / before:>7.2f}x"
        if cost.server:
            line += f"   of which Redis {cost.server:.1f};{cost.rate:>8,.0f} a second"
        print(line)


def _server_cpu(server: Redis) -> float:
    times = psutil.Process(server.process.pid).cpu_times()
    return times.user + times.system


def _reference(server: Redis, size: int) -> None:
    """What redis-benchmark gets out of the same server with as many members."""
    for command in ("zadd reference __rand_int__ m:__rand_int__", "zrank reference m:__rand_int__"):
        for pipeline in (1, AT_ONCE):
            number = max(size, 200_000) if "zadd" in command else 200_000
            before = _server_cpu(server)
            options = ["-c", str(AT_ONCE), "-P", str(pipeline), "-n", str(number), "-r", str(size), "-q"]
            address = ["-p", str(server.port)]
            output = server.run([server.binaries / "redis-benchmark", *address, *options, *command.split()])
            rate = float(re.findall(r"([\d.]+) requests per second", output)[-1])
            spent = (_server_cpu(server) - before) / number * 1_000_000
            name = f"{command.split()[0].upper()}, {'one by one' if pipeline == 1 else 'pipelined'}"
            print(f"    redis-benchmark {name:<17}: Redis {spent:5.1f}; {rate:>9,.0f} a second")


async def _run() -> None:
    print("in memory")
    costs = []
    for size in SIZES:
        memory = MemoryRanking()
        await _load(memory, size)
        costs.append(await _measure(memory, size, lambda: 0.0))
    _report(costs)
    print(f"in Redis, {AT_ONCE} asking at once")
    with Redis() as server:
        costs = []
        for size in SIZES:
            redis = RedisRanking(server.url, prefix=f"{size}:")
            await _load(redis, size)
            costs.append(await _measure(redis, size, lambda: _server_cpu(server)))
            await redis.close()
        _report(costs)
        _reference(server, SIZES[-1])


def main() -> None:
    uvloop.run(_run())


if __name__ == "__main__":
    main()
