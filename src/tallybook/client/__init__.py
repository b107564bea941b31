"""A client for game servers: scores, leaderboards, statistics and achievements of one game.

It needs `pip install 'tallybook[client]'` and nothing of the server: `Client` for ordinary programs,
`AsyncClient` for those on an event loop. Both have the same methods.
"""

from tallybook.client.asynchronous import AsyncClient
from tallybook.client.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ServerTrouble,
    TallybookError,
    TooMany,
    Unauthenticated,
    Unreachable,
)
from tallybook.client.shapes import (
    Achievement,
    Board,
    Change,
    Entry,
    Guest,
    Number,
    Player,
    Progressed,
    Ranking,
    Rankings,
    Score,
    ScoreResult,
    Standing,
    Submitted,
    Unlock,
    Unlocked,
    UnlockResult,
)
from tallybook.client.synchronous import Client

__all__ = [
    "Achievement",
    "AsyncClient",
    "Board",
    "Change",
    "Client",
    "Conflict",
    "Entry",
    "FieldProblem",
    "Forbidden",
    "Guest",
    "Invalid",
    "NotFound",
    "Number",
    "Player",
    "Progressed",
    "Ranking",
    "Rankings",
    "Refused",
    "Score",
    "ScoreResult",
    "ServerTrouble",
    "Standing",
    "Submitted",
    "TallybookError",
    "TooMany",
    "Unauthenticated",
    "Unlock",
    "UnlockResult",
    "Unlocked",
    "Unreachable",
]
