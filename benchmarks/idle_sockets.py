"""What it costs to keep ten thousand people's sockets open, each joined to a room of four."""

import asyncio
import gc
from time import perf_counter, process_time

import psutil
import uvloop

from benchmarks.readers import Readers
from benchmarks.sockets import serving

SOCKETS = 10_000
ROOMS = SOCKETS // 4
IDLE_SECONDS = 3.0


async def _measure() -> None:
    process = psutil.Process()
    async with serving() as (endpoint, _, port):
        gc.collect()
        before = process.memory_info().rss
        start = perf_counter()
        readers = await Readers.start(port, sockets=SOCKETS, topics=ROOMS)
        joined = SOCKETS / (perf_counter() - start)
        gc.collect()
        each = (process.memory_info().rss - before) / SOCKETS
        spent = process_time()
        await asyncio.sleep(IDLE_SECONDS)
        idle = (process_time() - spent) / IDLE_SECONDS
        assert endpoint.sockets == SOCKETS
        await readers.stop()
    print(f"{SOCKETS} sockets in {ROOMS} rooms")
    print(f"  connected and joined   {joined:>8,.0f} a second")
    print(f"  resident memory each   {each / 1024:>8.1f} KB")
    print(f"  CPU while idle         {idle:>8.1%}")


def main() -> None:
    uvloop.run(_measure())


if __name__ == "__main__":
    main()
