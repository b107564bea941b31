"""Routers whose routes are put into an application as they are, and cost nothing until they are asked for."""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

API = "/api/v1"


class LateRoute(APIRoute):
    """A route that the framework works out when a request or the description first needs it.

    Doing so for all of them would be a third of a server's start.
    """

    def __init__(
        self, path: str, endpoint: Callable[..., Any], *, methods: Iterable[str] = ("GET",), **options: Any
    ) -> None:
        self._late = {"path": path, "endpoint": endpoint, "methods": {*methods}, **options}
        self.path = path
        self.endpoint = endpoint
        self.methods = {*methods}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:
        """What only the whole route has."""
        late = self.__dict__.pop("_late", None)
        if late is None:
            raise AttributeError(name)
        super().__init__(**late)
        return getattr(self, name)


def api_router(prefix: str = "", *, tag: str) -> APIRouter:
    """A router below the API's path. Including a router would make each of its routes a second time."""
    return APIRouter(
        prefix=f"{API}{prefix}",
        tags=[tag],
        route_class=LateRoute,
        generate_unique_id_function=_operation_id,
    )


def _operation_id(route: APIRoute) -> str:
    return "_".join([*map(str, route.tags), route.name]).replace(" ", "_")
