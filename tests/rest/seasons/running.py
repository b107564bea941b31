"""Seasons, scores in them, and a clock to be put forward."""

from typing import Any
from uuid import UUID

from tallybook.access.actor import Actor
from tallybook.bootstrap.node import Node
from tallybook.careers.events import ScoreSubmitted
from tallybook.catalogue.boards import board_id
from tallybook.kernel.clock import SystemClock, iso
from tallybook.play.careers import command
from tallybook.play.requests import Envelope
from tests.rest.kit import Person

MINUTE = 60_000_000

TIERS = [
    {"name": "Gold", "from_rank": 1, "reward": {"skin": "dragon"}},
    {"name": "Silver", "from_rank": 3},
    {"name": "Bronze", "from_rank": 5},
]


class Ahead(SystemClock):
    """The node's clock, put forward, and the database's with it unless that is said to be another."""

    ahead = 0
    database: int | None = None  # by how much the database's is put forward

    def now(self) -> int:
        return super().now() + self.ahead


async def score(
    server: Node, game: str, player: Person, points: int, at: int, *, team: str | None = None
) -> None:
    said = ScoreSubmitted(UUID(game), UUID(player.id), board_id(UUID(game), "score"), points, team=team)
    actor = Actor(UUID(player.id))
    await server.ledger.append(
        command(actor, said.game, said.player, lambda _state, _index: [said], Envelope(at=at), ())
    )


def season(begins: int, ends: int, **fields: Any) -> dict[str, Any]:
    plain = {"key": "spring", "name": "Spring cup", "boards": ["score"]}
    return plain | {"starts_at": iso(begins), "ends_at": iso(ends)} | fields
