"""The sockets, and who can be told something on them."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, require
from tallybook.accounts.events import PlayerChanged, PlayerErased
from tallybook.bootstrap.ground import Ground
from tallybook.bootstrap.people import People
from tallybook.bootstrap.played import Played
from tallybook.bootstrap.scoring import Scoring
from tallybook.delivery.channels.contract import Topics
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.games import FirstPlaces, GameTopics
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.channels.players import PlayerTopics
from tallybook.delivery.channels.rooms import RoomTopics
from tallybook.delivery.own_ranks import OwnRanks
from tallybook.projections.records.records import RELEVANT


@dataclass(frozen=True, slots=True)
class Live:
    """The sockets, and who can be told something on them."""

    hub: Hub
    players: PlayerTopics
    endpoint: Endpoint


def build_live(
    ground: Ground, people: People, played: Played, scoring: Scoring, stack: AsyncExitStack
) -> Live:
    ledger = ground.ledger

    async def authenticate(token: str) -> Actor:
        await ledger.caught_up()
        claims = people.accounts.verify(token)
        return Actor.of(claims, people.persons.merged_into(claims.player_id))

    async def see_game(actor: Actor, game_id: UUID) -> None:
        require("game.view", relations_of(actor, game=(await played.catalogue.game(game_id)).id))

    hub = Hub(ground.bus)
    rooms = RoomTopics(ledger, played.desk, played.tables, played.opening, played.names, hub, ground.clock)
    first = FirstPlaces(scoring.leaderboards, ground.clock)
    games = GameTopics(hub, see_game, first, {*RELEVANT, PlayerChanged, PlayerErased})
    players = PlayerTopics(hub, ground.bus)
    own_ranks = OwnRanks(
        ground.database, ground.records, scoring.ranks, scoring.book,
        people.persons, ground.clock, players.tell_here,
    )  # fmt: skip
    players.watch(own_ranks.came)
    stack.push_async_callback(own_ranks.close)
    topics: dict[str, Topics] = {"room": rooms, "game": games, "player": players}
    endpoint = Endpoint(hub, authenticate, topics, clock=ground.clock)
    for kept in (games, own_ranks, rooms):
        ledger.follower.subscribe(kept.follow)
    ledger.follower.subscribe(rooms.renew, *rooms.news)
    ledger.follower.subscribe(endpoint.follow, *endpoint.news)
    return Live(hub, players, endpoint)
