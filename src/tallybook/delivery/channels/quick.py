"""Answers whole at once, for requests that need none of what ASGI is for: at once complete, and no stream."""

import asyncio
from typing import Protocol

from starlette.types import Message, Receive, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

WHOLE = "tallybook.body"  # in a request's scope: its body, where all of that is here already
LARGEST = 64 * 1024  # bytes of a body that is waited for
_OTHERWISE = frozenset({b"transfer-encoding", b"expect"})
_FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
_UNHEARD = asyncio.Event()  # which uvicorn sets when something has come, or nothing more will

Headers = list[tuple[bytes, bytes]]


class Quick(Protocol):
    """Routes that are answered so."""

    def find(self, scope: Scope) -> bool:
        """Whether a request is for one of them; called before `answer`."""

    async def answer(self, scope: Scope, receive: Receive) -> tuple[int, Headers, bytes] | None:
        """Status, headers and body; None when nobody is there any more to take it."""


class QuickCycle:
    """One such request and its answer, in the place of uvicorn's `RequestResponseCycle`."""

    def __init__(self, scope: Scope, *, keep_alive: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.whole = False  # it is all there, and being answered
        self._read = False
        self.disconnected = False
        self.response_complete = False
        self.message_event = _UNHEARD
        self.task: asyncio.Task[None]  # that answers it

    def complete(self) -> None:
        """The body is all there."""
        self.whole = True
        self.scope[WHOLE] = self.body

    async def receive(self) -> Message:
        """The whole body, once."""
        if self._read:
            return {"type": "http.disconnect"}
        self._read = True
        return {"type": "http.request", "body": bytes(self.body), "more_body": False}

    def head(self, status: int, headers: Headers) -> bytes:
        """Everything before the body."""
        lines = [STATUS_LINE[status]]
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        return b"".join(lines)


def forwarded(headers: Headers) -> bool:
    """Whether a proxy tells who has sent a request."""
    return any(name in _FORWARDED for name, _ in headers)


def may_be_quick(headers: Headers) -> bool:
    """Whether a request comes with a body of a known size, at once."""
    for name, value in headers:
        if name in _OTHERWISE:
            return False
        if name == b"content-length" and not (value.isdigit() and int(value) <= LARGEST):
            return False
    return True
