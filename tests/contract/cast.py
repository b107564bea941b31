"""Everybody of the table of permissions, and tables at which they are what it says."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tallybook.access.routes import CALLERS
from tallybook.bootstrap.node import Node
from tests.rest.kit import API, PASSWORD, Person, body_of, enter, register

STATS = [{"name": "Points", "data_type": "integer", "scoring": True}]


@dataclass
class Table:
    """A session that waits to be started, and its room."""

    id: str
    room: str
    key: str
    next: str = ""  # the session after it


@dataclass
class Cast:
    """The callers by the names of the table of permissions, and who prepares the stage for them."""

    client: httpx.AsyncClient
    callers: dict[str, Person] = field(default_factory=dict)
    director: Person = field(init=False)  # keeps the score at every table
    extra: Person = field(init=False)  # an account to which things are done
    game: str = ""
    hook: str = ""
    named: int = 0

    async def call(self, caller: str, method: str, path: str, body: Any = None) -> httpx.Response:
        token = self.callers[caller].token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.request(method, path, json=body, headers=headers)

    async def renew(self, caller: str) -> None:
        """Sign a person in again."""
        person = self.callers[caller]
        if caller == "guest":
            self.callers[caller] = await enter(self.client, caller)
        elif person.id:
            body = {"username": f"the-{caller}", "password": PASSWORD}
            signed_in = body_of(await self.client.post(f"{API}/auth/login", json=body))
            self.callers[caller] = Person(self.client, signed_in["access_token"], person.id)

    async def table(self, *, public: bool = False) -> Table:
        """A table with its player, scorekeeper, host and spectator."""
        host, keeper, player = (self.callers[name] for name in ("host", "scorekeeper", "player"))
        asked = {"game_id": self.game, "stats": STATS, "public": public, "seats": []}
        opened = await host.post("/sessions", asked)
        path = f"/sessions/{opened['id']}"
        await host.post(f"{path}/seats", {"add": {"player_id": player.id}})
        for person in (keeper, self.director):
            body_of(await host.call("PUT", f"{path}/scorekeepers/{person.id}"))
        body_of(await self.director.call("DELETE", f"{path}/scorekeepers/{host.id}"))
        for person in (self.callers["spectator"], self.extra):
            await person.post(f"/rooms/by-key/{opened['key']}/join")
        return Table(opened["id"], opened["room_id"], opened["key"])

    async def somebody(self, owner: Person) -> str:
        """A new named player in somebody's library."""
        self.named += 1
        player: str = (await owner.post("/players", {"name": f"Somebody {self.named}"}))["id"]
        return player

    async def claim(self) -> str:
        """A claim of the director to a player of the owner's."""
        wanted = await self.somebody(self.callers["owner"])
        claim: str = (await self.director.post("/players/me/claim", {"player_id": wanted}))["id"]
        return claim

    def season(self, key: str = "") -> dict[str, Any]:
        """What defines one of the game that runs."""
        self.named += 1
        asked = {"key": key or f"season-{self.named}", "name": "A season", "boards": ["score"]}
        return asked | {"starts_at": "2026-01-01", "ends_at": "2199-01-01"}

    async def achievement(self, **fields: Any) -> str:
        """A new one of the game."""
        self.named += 1
        asked = {"key": f"achievement-{self.named}", "name": "An achievement", **fields}
        made: str = (await self.callers["owner"].post(f"/games/{self.game}/achievements", asked))["id"]
        return made

    async def board(self) -> str:
        """The key of a new leaderboard of the game, whose periods end by hand."""
        self.named += 1
        asked = {"key": f"board-{self.named}", "definition": {"schedule": "manual"}}
        made: str = (await self.callers["owner"].post(f"/games/{self.game}/boards", asked))["key"]
        return made

    async def webhook(self) -> str:
        """The one of the game, made anew when it was removed."""
        owner, path = self.callers["owner"], f"/games/{self.game}/webhooks"
        if not self.hook or not (await owner.call("GET", f"{path}/{self.hook}")).is_success:
            wanted = {"url": "http://127.0.0.1:9/", "events": ["score_submitted"]}
            self.hook = (await owner.post(path, wanted))["id"]
        return self.hook

    async def delivery(self) -> str:
        """One that waits for it, as nothing is delivered to this machine."""
        owner, path = self.callers["owner"], f"/games/{self.game}/webhooks/{await self.webhook()}/deliveries"
        await owner.post(f"/games/{self.game}/scores", {"action": "play", "score": 1})
        while not (found := (await owner.get(path))["items"]):
            await asyncio.sleep(0.01)
        delivery: str = found[-1]["id"]
        return delivery

    async def key(self, game: str) -> dict[str, Any]:
        made: dict[str, Any] = await self.callers["owner"].post(
            f"/games/{game}/api-keys", {"name": "A server"}
        )
        return made


async def gather_cast(server: Node, client: httpx.AsyncClient) -> Cast:
    """Everybody, signed in."""
    cast = Cast(client)
    cast.director = await register(client, "the-director")
    cast.extra = await register(client, "the-extra")
    for name in CALLERS:
        if name == "guest":
            cast.callers[name] = await enter(client, name)
        elif "key" not in name and name != "nobody":
            cast.callers[name] = await register(client, f"the-{name}")
    cast.callers["nobody"] = Person(client, "", "")
    admin = await server.roles.make_admin("the-admin")
    await server.roles.make_admin("the-director")  # so that the other may leave
    await server.roles.grant(admin, UUID(cast.callers["manager"].id), "community_manager")
    for name in ("admin", "manager"):
        await cast.renew(name)
    owner = cast.callers["owner"]
    cast.game, other = [
        (await owner.post("/games", {"name": name}))["id"] for name in ("This game", "Another game")
    ]
    for name, game in (("API key", cast.game), ("other API key", other)):
        cast.callers[name] = Person(client, (await cast.key(game))["secret"], "")
    return cast
