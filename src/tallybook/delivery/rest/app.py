"""The application: every route on one port beside the sockets, with the web app behind what is left."""

from importlib.metadata import version
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy import text
from starlette.exceptions import HTTPException

from tallybook.delivery.rest import auth, games, players, rooms, sessions, stat_sets
from tallybook.delivery.rest.answers import answer, raw
from tallybook.delivery.rest.contract import document
from tallybook.delivery.rest.frame import Frame
from tallybook.delivery.rest.problems import (
    answer_http_exception,
    answer_invalid_parameters,
    answer_refusal,
)
from tallybook.delivery.rest.services import Given, Services
from tallybook.delivery.web.app import wants_page
from tallybook.kernel.refusals import Refusal

API = "/api/v1"
DESCRIPTION = "The ledger for games: live scoreboards, history and replays from one append-only log."
_RESERVED = ("/api", "/socket", "/healthz", "/readyz", "/metrics")  # never the web app's


def create_app(services: Services) -> FastAPI:
    """The REST interface and the web app over what bootstrap built."""
    app = FastAPI(
        title="Tallybook",
        version=version("tallybook"),
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.add_exception_handler(Refusal, answer_refusal)
    app.add_exception_handler(HTTPException, answer_http_exception)
    app.add_exception_handler(RequestValidationError, answer_invalid_parameters)
    for router in (auth, players, games, stat_sets, rooms, sessions):
        app.include_router(router.router, prefix=API)
    described: list[bytes] = []  # written once, when somebody asks

    @app.get(f"{API}/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        if not described:
            described.append(openapi_document(app))
        return raw(described[0])

    app.include_router(_probes())
    app.include_router(_as_the_seeds_spell_them())
    app.add_route("/{path:path}", _web, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_middleware(Frame, clock=services.clock)
    return app


def openapi_document(app: FastAPI) -> bytes:
    """The OpenAPI document as it is kept in the repository: sorted and indented, so that changes show."""
    found: dict[str, Any] = document(app)
    return msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=2) + b"\n"


def _probes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthy() -> Response:
        return answer({"status": "ok"})

    @router.get("/readyz")
    async def ready(given: Given) -> Response:
        await given.database.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
        return answer({"status": "ok"})

    return router


def _as_the_seeds_spell_them() -> APIRouter:
    """Older paths of the same operations, answered by the same handlers."""
    router = APIRouter(include_in_schema=False)
    router.post("/auth/login", **auth.LOGIN)(auth.login)
    router.post("/games", **games.CREATE)(games.create)

    @router.get("/sessions/history")
    async def history(request: Request) -> Response:
        if wants_page(request.method, request.headers):
            return _page(request)
        return Response(
            status_code=307, headers={"Location": f"{API}/sessions/history?{request.url.query}".rstrip("?")}
        )

    return router


async def _web(request: Request) -> Response:
    """A file of the web app, or its page where a browser asks for one."""
    services: Services = request.app.state.services
    path = request.url.path
    if not any(path == reserved or path.startswith(reserved + "/") for reserved in _RESERVED):
        file = services.web.file(path, request.headers)
        if file is not None:
            return file
        if wants_page(request.method, request.headers) or path == "/":
            return _page(request)
    raise HTTPException(404)


def _page(request: Request) -> Response:
    services: Services = request.app.state.services
    return services.web.page(request.headers)
