"""A game's server as webhooks know it: it takes posts over a real socket, and behaves as it is told."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Post:
    """What arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    def signed_by(self, secret: str) -> bool:
        """As the how-to checks it."""
        parts = [part.split("=", 1) for part in self.headers["tallybook-signature"].split(",")]
        moment = next(value for name, value in parts if name == "t")
        wanted = hmac.new(secret.encode(), f"{moment}.".encode() + self.body, "sha256").hexdigest()
        return any(hmac.compare_digest(value, wanted) for name, value in parts if name == "v1")


@dataclass
class Receiver:
    """Answers 200 unless `answer` says otherwise: a status, `hang`, or `hang up`."""

    answer: Callable[[Post], int | str] = lambda _post: 200
    posts: list[Post] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    port: int = 0

    async def took(self, number: int) -> list[Post]:
        """The posts, as soon as there are so many."""
        while len(self.posts) < number:
            await asyncio.sleep(0.005)
        return self.posts

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                post = Post(first.split()[1], headers, body)
                self.posts.append(post)
                answer = self.answer(post)
                if answer == "hang":
                    await reader.read()
                if not isinstance(answer, int):
                    return
                location = f"Location: {self.url}/elsewhere\r\n" if answer == 302 else ""
                writer.write(f"HTTP/1.1 {answer} Well\r\n{location}Content-Length: 2\r\n\r\nok".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{receiver.port}"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
