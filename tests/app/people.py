"""People with devices: REST and Phoenix clients as small as they can be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tallybook.kernel.refusals import CODES

Json = dict[str, Any]
POINTS: Json = {"name": "Points", "data_type": "integer", "scoring": True}
WAIT_SECONDS = 20


class Refused(Exception):
    """The server's answer was a refusal with this code."""

    def __init__(self, code: str, answer: Json) -> None:
        super().__init__(code, answer)
        self.code = code
        self.answer = answer


@dataclass(frozen=True)
class Person:
    """Somebody signed in, and somebody's connection for REST."""

    http: httpx.AsyncClient
    id: str = ""
    token: str = ""

    async def send(
        self, method: str, path: str, content: bytes | None = None, **headers: str
    ) -> httpx.Response:
        """A request just as it is."""
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, f"/api/v1{path}", content=content, headers=named)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer, or `Refused` when it is a well-made problem document."""
        content = None if body is None else msgspec.json.encode(body)
        return read(await self.send(method, path, content, **headers))

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path)

    async def post(self, path: str, **body: object) -> Any:
        return await self.ask("POST", path, body)

    async def open(self, *seats: Json, stats: tuple[Json, ...] = (POINTS,), **more: object) -> Json:
        """A session of a game of its own."""
        win = more.pop("win", "highest")
        game = await self.post("/games", name=f"Game {asyncio.get_running_loop().time()}", win=win)
        given = [{"player_id": self.id}, *seats]
        session: Json = await self.post("/sessions", game_id=game["id"], stats=stats, seats=given, **more)
        return session

    @asynccontextmanager
    async def device(self, key: str | None = None, **params: object) -> AsyncIterator["Device"]:
        """A socket of this person's; with a key, at that table."""
        url = str(self.http.base_url).replace("http", "ws", 1).rstrip("/")
        url += f"/socket/websocket?vsn=2.0.0&token={self.token}"
        async with connect(url, proxy=None, compression=None, max_size=None) as connection:
            device = Device(connection)
            async with device:
                if key is not None:
                    await device.join(f"room:{key}", **params)
                yield device


def read(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else None
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == response.status_code == CODES[problem["code"]].status
    assert problem["detail"]
    assert problem["trace_id"]
    raise Refused(problem["code"], problem)


async def refused(person: Person, method: str, path: str, body: object = None) -> str:
    """The code by which a request is refused; it may not be carried out."""
    try:
        answer = await person.ask(method, path, body)
    except Refused as refusal:
        return refusal.code
    raise AssertionError((method, path, answer))


@dataclass
class Device:
    """A Phoenix client (V2) on one socket; `heard` is everything in the order in which it came."""

    connection: ClientConnection
    heard: list[list[Any]] = field(default_factory=list)
    topic: str = ""
    joined: Json = field(default_factory=dict)
    closed: int | None = None  # the code of the close frame
    _ref: int = 0
    _join_ref: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()
        await self._listening

    async def _listen(self) -> None:
        try:
            async for message in self.connection:
                async with self._news:
                    self.heard.append(msgspec.json.decode(message))
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        async with self._news:
            self.closed = self.connection.close_code
            self._news.notify_all()

    async def until(self, found: Callable[[], Any]) -> Any:
        """Wait for news until `found` gives something."""
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            while not (result := found()):
                assert self.closed is None, (self.closed, self.heard[-5:])
                await self._news.wait()
            return result

    async def until_closed(self) -> int:
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            await self._news.wait_for(lambda: self.closed is not None)
        assert self.closed is not None
        return self.closed

    async def send(self, topic: str, event: str, payload: object, join_ref: str | None = None) -> str:
        """Send a message; its reference."""
        self._ref += 1
        ref = str(self._ref)
        await self.connection.send(
            msgspec.json.encode([join_ref or ref, ref, topic, event, payload]).decode(), text=True
        )
        return ref

    async def reply(self, ref: str) -> Json:
        """The response to the message `ref`, or `Refused`."""

        def replied() -> Any:
            return next((m for m in self.heard if m[1] == ref and m[3] == "phx_reply"), None)

        message = await self.until(replied)
        response: Json = message[4]["response"]
        if message[4]["status"] == "ok":
            return response
        raise Refused(str(response.get("code", response["reason"])), response)

    async def join(self, topic: str, **params: object) -> Json:
        self._join_ref = await self.send(topic, "phx_join", params)
        self.topic, self.joined = topic, await self.reply(self._join_ref)
        return self.joined

    async def begin(self, event: str, payload: object) -> str:
        """Push without waiting for the reply; its reference."""
        return await self.send(self.topic, event, payload, self._join_ref)

    async def push(self, event: str, **payload: object) -> Json:
        return await self.reply(await self.begin(event, payload))

    def of(self, event: str) -> list[Any]:
        """The payloads of one event so far."""
        return [message[4] for message in self.heard if message[3] == event]

    @property
    def events(self) -> list[Json]:
        return self.of("event")

    async def board(self, index: int, session_id: str | None = None) -> Json:
        """The first board as of `index` or later."""

        def found() -> Json | None:
            boards = (b for b in self.of("scoreboard") if session_id in {None, b["session_id"]})
            return next((b for b in boards if b["index"] >= index), None)

        board: Json = await self.until(found)
        return board

    @property
    def here(self) -> dict[str, list[Json]]:
        """Who is there, folded from what was told as the official client does."""
        people: dict[str, list[Json]] = {}
        for message in self.heard:
            if message[3] == "presence_state":
                people = {key: list(entry["metas"]) for key, entry in message[4].items()}
            elif message[3] == "presence_diff":
                for key, entry in message[4]["joins"].items():
                    people.setdefault(key, []).extend(entry["metas"])
                for key, entry in message[4]["leaves"].items():
                    gone = {meta["phx_ref"] for meta in entry["metas"]}
                    people[key] = [meta for meta in people[key] if meta["phx_ref"] not in gone]
                    if not people[key]:
                        del people[key]
        return people

    async def until_here(self, roles: dict[str, list[str]]) -> None:
        def same() -> bool:
            return roles == {key: sorted(m["role"] for m in metas) for key, metas in self.here.items()}

        await self.until(same)

    async def until_moved(self, session_id: str) -> None:
        await self.until(lambda: self.of("session_started")[-1:] == [{"session_id": session_id}])


@dataclass(frozen=True)
class Door:
    """Where people come in."""

    http: httpx.AsyncClient

    @property
    def nobody(self) -> Person:
        return Person(self.http)

    async def guest(self, name: str) -> Person:
        return self._person(await self.nobody.post("/auth/guest", display_name=name))

    async def account(self, username: str) -> Person:
        return self._person(
            await self.nobody.post("/auth/register", username=username, password="a long password")
        )

    async def login(self, username: str) -> Person:
        """On one more device."""
        return self._person(
            await self.nobody.post("/auth/login", username=username, password="a long password")
        )

    def _person(self, signed_in: Json) -> Person:
        return Person(self.http, signed_in["player"]["id"], signed_in["access_token"])


@asynccontextmanager
async def door(url: str) -> AsyncIterator[Door]:
    async with httpx.AsyncClient(base_url=url, timeout=WAIT_SECONDS, trust_env=False) as http:
        yield Door(http)
