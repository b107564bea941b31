"""A server process that several players keep busy, made to be killed: `python -m tests.faults.player`.

Arguments: the database's URL, the move at which the process stops itself (SIGSTOP) in the middle of a
transaction or -1, and for every player the number of the first move. Each acknowledged move is printed
as `player move`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from uuid import UUID

from tallybook.database import mariadb, postgresql
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import Append
from tallybook.ledger.ledger import Ledger
from tests.ledger.kit import Pile, State, Taken, node, take

STREAMS = [UUID(int=n) for n in range(1, 4)]
MOVES = 1_000_000  # a player's moves are numbered (player + 1) × MOVES + move: nobody else's


def command(
    player: int, move: int, command_id: str | None = None, *, then: Callable[[], None] = lambda: None
) -> Append[State]:
    """A player's move; `then` is called while it is decided."""

    def decide(_state: State, _index: int) -> Sequence[Event]:
        then()
        return [Taken((player + 1) * MOVES + move)]

    return take(STREAMS[player % 3], decide=decide, command_id=command_id)


async def make(ledger: Ledger, player: int, move: int, *, stop: bool = False) -> None:
    """Make one move, sent again until the server says that it was made."""

    def then() -> None:
        nonlocal stop
        if stop:
            stop = False
            os.kill(os.getpid(), signal.SIGSTOP)

    while True:
        try:
            await ledger.append(command(player, move, f"{player}:{move}", then=then))
        except Refusal as refusal:
            if refusal.code != "unavailable":
                raise
        else:
            return


def moves_of(events: Sequence[Recorded], player: int) -> list[int]:
    """The moves of one player in the order in which they were written."""
    numbers = [e.event.sticks for e in events if isinstance(e.event, Taken)]
    return [number % MOVES for number in numbers if number // MOVES == player + 1]


async def serve(url: str, stop_at: int, first_moves: Sequence[int]) -> None:
    if stop_at >= 0:  # whoever waits for a process that stopped itself shall wait less
        postgresql.IDLE_SECONDS = mariadb.IDLE_SECONDS = 1

    async def play(ledger: Ledger, player: int, move: int) -> None:
        while True:
            await make(ledger, player, move, stop=move == stop_at)
            print(player, move, flush=True)
            move += 1

    async with node(url, Pile()) as ledger:
        await asyncio.gather(*(play(ledger, player, move) for player, move in enumerate(first_moves)))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), [int(move) for move in sys.argv[3:]]))
