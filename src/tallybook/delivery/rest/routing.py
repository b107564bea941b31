"""Routers whose routes are whole from the start: made once, and put into an application as they are."""

from fastapi import APIRouter
from fastapi.routing import APIRoute

API = "/api/v1"


def api_router(prefix: str = "", *, tag: str) -> APIRouter:
    """A router below the API's path. Including a router would make each of its routes a second time."""
    return APIRouter(prefix=f"{API}{prefix}", tags=[tag], generate_unique_id_function=_operation_id)


def _operation_id(route: APIRoute) -> str:
    return "_".join([*map(str, route.tags), route.name]).replace(" ", "_")
