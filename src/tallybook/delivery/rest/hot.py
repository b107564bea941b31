"""Routes that are asked for all the time: the framework's way to them takes longer than their answer."""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tallybook.delivery.rest.frame import GONE, Frame, failure
from tallybook.delivery.rest.routing import API

LONGEST = 300  # characters of the path of a hot route

Handler = Callable[[Request], Awaitable[Response]]

_hot: set[Callable[..., object]] = set()


class Answered(NamedTuple):
    """A whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def hot(handler: Handler) -> Handler:
    """Decorates the handler of a busy route, which takes everything out of the request itself."""
    _hot.add(handler)
    return handler


class HotRoutes:
    """The hot routes of an application, by method and path."""

    def __init__(self, app: FastAPI, frame: Frame) -> None:
        self._app = app
        self._frame = frame
        self._fixed: dict[tuple[str, str], tuple[Handler, str]] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], Handler, str]]] = {}
        self._matched = lru_cache(maxsize=4_096)(self._match)  # games ask the same again and again
        for route in app.routes:
            assert isinstance(route, Route)
            # Elsewhere than under the API a browser may mean a page of the web app.
            if (handler := route.endpoint) in _hot and route.path.startswith(API):
                for method in route.methods or ():
                    if "{" in route.path:
                        pattern = route.path_regex
                        self._patterns.setdefault(method, []).append((pattern, handler, route.path))
                    else:
                        self._fixed[method, route.path] = handler, route.path

    def find(self, scope: Scope) -> bool:
        """Whether a request is for one of them; then its scope says so."""
        method, path = scope["method"], scope["path"]
        if (found := self._fixed.get((method, path))) is not None:
            scope["hot"] = (*found, {})
            return True
        if len(path) <= LONGEST and (matched := self._matched(method, path)) is not None:
            handler, template, parameters = matched
            scope["hot"] = handler, template, parameters.copy()
            return True
        return False

    def _match(self, method: str, path: str) -> tuple[Handler, str, dict[str, str]] | None:
        for pattern, handler, template in self._patterns.get(method, ()):
            if (match := pattern.match(path)) is not None:
                return handler, template, match.groupdict()
        return None

    async def answer(self, scope: Scope, receive: Receive) -> Answered | None:
        """The answer to a request that was found; None when nobody is there any more to take it."""
        started = self._frame.begin(scope)
        scope["app"] = self._app
        status, body = GONE, b""
        try:
            self._frame.check(scope)
            handler, scope["state"]["route"], scope["path_params"] = scope["hot"]
            response = await handler(Request(scope, receive))
            status, body = response.status_code, bytes(response.body)
        except ClientDisconnect:
            return None
        except Exception as error:
            response = failure(scope, error)
            status, body = response.status_code, bytes(response.body)
        finally:
            self._frame.end(scope, started, status, len(body))
        return Answered(status, self._frame.headers(scope, response.raw_headers), body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same for a server that speaks ASGI."""
        answered = await self.answer(scope, receive)
        if answered is not None:
            status, headers, body = answered
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
