"""However requests arrive, they are answered as if each had come alone."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.quick import Headers
from tallybook.delivery.channels.upgrade import http_protocol
from tests.channels.raw import upgrade


class Echo:
    """Answers what was said, past the application and through it."""

    def find(self, scope: Scope) -> bool:
        return bool(scope["path"] == "/echo")

    async def answer(self, scope: Scope, receive: Receive) -> tuple[int, Headers, bytes]:
        said = dict(scope["headers"]).get(b"x-said", b"")
        assert not scope["state"]
        scope["state"]["asked"] = True
        body, more = said + b"|", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        await turns(5 if b"one" in body else 1)
        return 200, [(b"content-length", b"%d" % len(body))], body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, headers, body = await self.answer(scope, receive)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Line(asyncio.Transport):
    """The other side of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def answers(*pieces: bytes, patiently: Sequence[bool] = ()) -> bytes:
    """What comes back for pieces of a stream; before some of them everything so far is answered."""
    echo, state, line = Echo(), ServerState(), Line()
    kind = http_protocol(cast("Endpoint", None), {}, echo)
    config = uvicorn.Config(echo, log_config=None, access_log=False, date_header=False, server_header=False)
    config.load()
    protocol = cast("Any", kind)(config, state, {})
    protocol.connection_made(line)
    for at, piece in enumerate(pieces):
        if patiently[at : at + 1] == [True]:
            await turns(20)
        protocol.data_received(piece)
    await turns(100)
    protocol.connection_lost(None)
    return line.written


async def turns(number: int) -> None:
    """Of the event loop: an answer takes a few."""
    for _ in range(number):
        await asyncio.sleep(0)


def request(said: str, body: bytes, *, more: str = "") -> bytes:
    head = f"POST /echo HTTP/1.1\r\nHost: x\r\nX-Said: {said}\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


BODIES = (b"one", b"two", b"", b"\r\n\r\n", request("a", b"one"), request("a", b"two"), b"x" * 5_000)
requests = st.builds(
    request,
    st.sampled_from("ab"),
    st.sampled_from(BODIES),
    more=st.sampled_from(["", "", "Expect: 100-continue\r\n", "Cookie: " + "c" * 5_000 + "\r\n"]),
)
pieces_of_a_stream = st.sampled_from([request("a", body) for body in BODIES]) | requests | st.just(b"\r\n")


@settings(max_examples=500)
@given(st.data())
def test_in_whatever_pieces(data: st.DataObject) -> None:
    few = data.draw(st.lists(pieces_of_a_stream, min_size=1, max_size=3))
    stream = data.draw(st.lists(st.sampled_from(few), max_size=6))
    whole, borders, at = b"".join(stream), {0}, 0
    for each in stream:
        borders |= {at} if data.draw(st.integers(0, 3)) else set()
        borders |= {at + each.find(b"\r\n\r\n") + 4} if data.draw(st.integers(0, 3)) == 0 else set()
        at += len(each)
    borders |= {len(whole), *data.draw(st.sets(st.integers(0, len(whole)), max_size=2))}
    pieces = [whole[start:end] for start, end in pairwise(sorted(borders))]
    patiently = data.draw(
        st.lists(st.integers(0, 3).map(bool), min_size=len(pieces), max_size=len(pieces)),
    )

    async def compare() -> None:
        alone = {each: await answers(each) for each in few}
        assert await answers(*pieces, patiently=patiently) == b"".join(alone[each] for each in stream)

    asyncio.run(compare())


@pytest.mark.parametrize(
    "sent",
    [
        b"NOPE /echo HTTP/1.1\r\n\r\n",
        b"GET /echo HTTP/9.9\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        upgrade().replace(b"GET /", b"GET http://x:99999/"),
    ],
)
async def test_what_is_no_request_is_refused_like_any_other(sent: bytes) -> None:
    head, _, body = (await answers(sent)).partition(b"\r\n\r\n")
    problem = msgspec.json.decode(body)
    lines = head.lower().split(b"\r\n")
    assert lines[0] == b"http/1.1 400 bad request"
    assert {b"content-type: application/problem+json", b"connection: close"} < {*lines}
    assert b"x-trace-id: " + problem["trace_id"].encode() in lines
    assert (problem["status"], problem["code"]) == (400, "malformed")
