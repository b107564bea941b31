"""What the OpenAPI document says of an operation beyond its parameters: bodies, answers, refusals."""

from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from tallybook.delivery.rest.problems import MEDIA_TYPE, Problem
from tallybook.kernel.refusals import CODES

_REF = "#/components/schemas/{name}"
_ALWAYS = ("malformed", "invalid", "internal", "overloaded", "unavailable")


def contract(
    *,
    takes: Any = None,
    optional: bool = False,
    gives: Any = None,
    status: int = 200,
    refuses: tuple[str, ...] = (),
    public: bool = False,
) -> dict[str, Any]:
    """Arguments for a route's decorator. `refuses` lists codes besides those any operation may answer."""
    codes = {*_ALWAYS, *refuses}
    if takes is not None:
        codes.add("too_large")
    codes |= {"invalid_token"} if public else {"invalid_token", "unauthenticated"}
    responses: dict[int | str, Any] = {status: {"description": "Done"}}
    if gives is not None:
        responses[status]["content"] = {"application/json": {"schema": {"x-shape": gives}}}
    for refused in sorted({CODES[code].status for code in codes}):
        names = ", ".join(f"`{code}`" for code in sorted(codes) if CODES[code].status == refused)
        responses[refused] = _problem(names)
    responses["default"] = _problem("Any other refusal")
    arguments: dict[str, Any] = {"status_code": status, "responses": responses, "response_class": Response}
    if takes is not None:
        content = {"application/json": {"schema": {"x-shape": takes}}}
        arguments["openapi_extra"] = {"requestBody": {"required": not optional, "content": content}}
    return arguments


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"x-shape": Problem}}}}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an app, with the shapes of its contracts as components."""
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    places: list[dict[str, Any]] = []
    _find_shapes(described, places)
    shapes = list({id(place["x-shape"]): place["x-shape"] for place in places}.values())
    references, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    found = {id(shape): reference for shape, reference in zip(shapes, references, strict=True)}
    for place in places:
        place.update(found[id(place.pop("x-shape"))])
    described["components"]["schemas"] = dict(sorted(components.items()))
    return described


def _find_shapes(node: Any, places: list[dict[str, Any]]) -> None:
    if isinstance(node, list):
        for item in node:
            _find_shapes(item, places)
    elif isinstance(node, dict):
        if "x-shape" in node:
            places.append(node)
        for item in node.values():
            _find_shapes(item, places)
