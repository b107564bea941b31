"""How fast a broadcast reaches a thousand spectators, against nothing but writing the same bytes to them."""

import asyncio
from collections.abc import Callable
from statistics import median
from time import perf_counter

import uvloop

from benchmarks.readers import Readers
from benchmarks.sockets import serving
from tallybook.delivery.channels.frames import V2
from tallybook.delivery.channels.server import Server
from tallybook.delivery.channels.transport import Connection

SOCKETS = 1_000
BROADCASTS = 64  # a round
ROUNDS = 15
PAYLOAD = (
    b'{"index":41,"prev_index":40,"type":"points_recorded","data":{"seat":2,"value":17},"actor":"%b"}'
    % (b"0" * 36)
)


async def _round(readers: Readers, publish: Callable[[], None], frame: int, in_flight: int) -> float:
    """Deliveries a second, from the first broadcast to the last byte read."""
    start = perf_counter()
    for _ in range(BROADCASTS // in_flight):
        for _ in range(in_flight):
            publish()
        await asyncio.sleep(0)  # the loop turns, and what was published leaves
    await readers.expect(BROADCASTS * SOCKETS * frame)
    return BROADCASTS * SOCKETS / (perf_counter() - start)


def _bare(server: Server, frame: bytes) -> Callable[[], None]:
    connections = [each for each in server.server_state.connections if isinstance(each, Connection)]
    writes = [each._transport.write for each in connections]  # past everything of ours

    def publish() -> None:
        for write in writes:
            write(frame)

    return publish


async def _measure() -> None:
    async with serving() as (endpoint, server, port):
        readers = await Readers.start(port, sockets=SOCKETS, topics=1)

        def publish() -> None:
            endpoint.hub.broadcast("room:R0", "event", lambda _: PAYLOAD)

        frame = V2.encode(None, None, "room:R0", "event", PAYLOAD)
        bare = _bare(server, frame)
        figures: dict[str, list[float]] = {"bare": [], "one": [], "sixteen": []}
        for _ in range(ROUNDS):
            figures["bare"].append(await _round(readers, bare, len(frame), 1))
            figures["one"].append(await _round(readers, publish, len(frame), 1))
            figures["sixteen"].append(await _round(readers, publish, len(frame), 16))
        await readers.stop()
    rates = {name: median(rounds) for name, rounds in figures.items()}
    print(
        f"frames of {len(frame)} bytes to {SOCKETS} sockets, deliveries a second, median of {ROUNDS} rounds"
    )
    print(f"  bare loop of transport.write   {rates['bare']:>10,.0f}")
    print(
        f"  one broadcast at a time        {rates['one']:>10,.0f}   ratio {rates['one'] / rates['bare']:.2f}"
    )
    print(f"  sixteen in flight              {rates['sixteen']:>10,.0f}")


def main() -> None:
    uvloop.run(_measure())


if __name__ == "__main__":
    main()
