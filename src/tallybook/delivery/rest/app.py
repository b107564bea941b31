"""The application: the API, the probes, and the web app behind whatever path is left."""

from importlib.metadata import version

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallybook.delivery.rest import (
    account,
    achievements,
    analytics,
    api_keys,
    auth,
    boards,
    calendar,
    careers,
    claims,
    corrections,
    dashboard,
    follows,
    games,
    history,
    leaderboards,
    leaving,
    notifications,
    players,
    probes,
    ratings,
    roles,
    rooms,
    scores,
    seasons,
    sessions,
    stat_sets,
    statistics,
    webhooks,
)
from tallybook.delivery.rest.answers import raw
from tallybook.delivery.rest.contract import document
from tallybook.delivery.rest.frame import Frame, Framed
from tallybook.delivery.rest.hot import HotRoutes
from tallybook.delivery.rest.problems import (
    answer_http_exception,
    answer_invalid_parameters,
    answer_refusal,
)
from tallybook.delivery.rest.routing import API, LateRoute
from tallybook.delivery.rest.services import Services
from tallybook.delivery.rest.watch import Watch
from tallybook.delivery.web.app import WebApp, wants_page
from tallybook.kernel.refusals import Refusal

OURS = ("/api", "/socket", "/socket.io", "/healthz", "/readyz", "/metrics")  # never routes of the web app


class Api(FastAPI):
    """The routes; those that are hot are answered before the framework's layers, once there is `busy`."""

    services: Services
    watch: Watch
    hot: HotRoutes | None = None
    busy: ASGIApp  # the same, with what is around them
    quick: HotRoutes | None = None  # the same, where nothing is around them

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.hot is not None and scope["type"] == "http" and self.hot.find(scope):
            await self.busy(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(services: Services, watch: Watch) -> Api:
    """The whole HTTP side of a server."""
    app = routes()
    app.services = services
    app.watch = watch
    app.add_middleware(_Heads)
    app.add_middleware(_Pages, web=services.web)
    frame = Frame(services.clock, watch.http, watch.log_request)
    app.add_middleware(Framed, frame=frame)
    app.hot = app.busy = app.quick = HotRoutes(app, frame)
    if watch.traces is not None:
        from tallybook.delivery.rest.traced import Traced

        app.add_middleware(Traced, traces=watch.traces)
        app.busy, app.quick = Traced(app.busy, watch.traces), None
    return app


def routes() -> Api:
    """The routes alone, with nothing behind them: enough to describe them."""
    app = Api(
        title="Tallybook",
        version=version("tallybook"),
        description="The ledger for games: live scoreboards, history and replays from one append-only log.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            Refusal: answer_refusal,
            HTTPException: answer_http_exception,
            RequestValidationError: answer_invalid_parameters,
        },
    )
    # Tried in order: the busy first, and `/players/me` before `/players/{id}`.
    for module in (
        scores,
        leaderboards,
        history,
        statistics,
        sessions,
        corrections,
        rooms,
        auth,
        account,
        dashboard,
        players,
        calendar,
        claims,
        follows,
        leaving,
        notifications,
        games,
        stat_sets,
        boards,
        achievements,
        careers,
        ratings,
        analytics,
        seasons,
        api_keys,
        webhooks,
        roles,
    ):
        app.router.routes.extend(module.router.routes)
    app.router.routes.extend([*_undescribed.routes, *probes.router.routes])
    return app


def openapi_document() -> bytes:
    """The OpenAPI document as it is kept in the repository: sorted and indented, so that changes show."""
    return msgspec.json.format(msgspec.json.encode(document(routes()), order="sorted"), indent=2) + b"\n"


_undescribed = APIRouter(include_in_schema=False, route_class=LateRoute)
# As the founding documents spell them.
_undescribed.post("/auth/login", **auth.LOGIN)(auth.login)
_undescribed.post("/games", **games.CREATE)(games.create)
_undescribed.post("/v1/games/{id}/scores", **scores.SUBMIT)(scores.submit)
_undescribed.get("/sessions/history", **history.HISTORY)(history.history)
_undescribed.get("/users/{id}/stats", **statistics.STATS)(statistics.stats)


@_undescribed.get(f"{API}/openapi.json")
async def openapi(request: Request) -> Response:
    """This API's description, written when somebody first asks."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = openapi_document()
    return raw(state.openapi)


class _Heads:
    """ASGI middleware: HEAD is answered wherever GET is, as GET would be, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked = {**scope, "method": "GET"}  # what is around goes on by HEAD: the server, metrics and logs
        try:
            await self._app(asked, receive, bare)
        finally:
            if "route" in asked:
                scope["route"] = asked["route"]


class _Pages:
    """ASGI middleware: the web app and its files, for browsers, wherever a path is not the server's own."""

    def __init__(self, app: ASGIApp, web: WebApp) -> None:
        self._app = app
        self._web = web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        respond: ASGIApp = self._app
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and not _ours(scope["path"]):
            headers = Headers(scope=scope)
            found = self._web.file(scope["path"], headers)
            if found is None and wants_page(headers):
                found = self._web.page(headers)
            if found is not None:
                respond = found
                scope["state"]["route"] = "(web app)"
        await respond(scope, receive, send)


def _ours(path: str) -> bool:
    return path in OURS or path.startswith(tuple(f"{ours}/" for ours in OURS))
