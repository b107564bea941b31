"""What the OpenAPI document says of an operation beyond its parameters: bodies, answers, refusals."""

from functools import cache
from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from tallybook.delivery.rest.examples import Shapes, example_of, example_problem
from tallybook.delivery.rest.problems import MEDIA_TYPE, Problem
from tallybook.kernel.refusals import CODES

_REF = "#/components/schemas/{name}"
_shapes: dict[str, Any] = {}  # what the contracts speak of, by its place in the document
_ALWAYS = ("malformed", "invalid", "rate_limited")
_LIMIT = {  # told with every answer whose caller is known
    "RateLimit-Limit": "How many requests the caller may send at once; as many are refilled in the period.",
    "RateLimit-Remaining": "How many are left now.",
    "RateLimit-Reset": "Seconds until all of them are there again.",
}
_RETRY = {"Retry-After": "Seconds after which to try again."}
_ANY_TIME = ("internal", "overloaded", "too_large", "unavailable")


def contract(
    *,
    takes: Any = None,
    optional: bool = False,
    gives: Any = None,
    status: int = 200,
    refuses: tuple[str, ...] = (),
    public: bool = False,
    keys: bool = False,
) -> dict[str, Any]:
    """Arguments for a route's decorator. `refuses` lists codes besides those any operation may answer.

    What is not `public` needs a token: a person's, or where it is for `keys` too that of an API key.
    """
    codes = {*_ALWAYS, *refuses}
    if takes is not None:
        codes.add("too_large")
    codes |= {"invalid_token"} if public else {"invalid_token", "unauthenticated"}
    if not public and not keys:
        codes.add("forbidden")
    responses: dict[int | str, Any] = {status: {"description": "Done", "headers": _headers(_LIMIT)}}
    if gives is not None:
        responses[status]["content"] = {"application/json": {"schema": _reference(gives)}}
    for refused in sorted({CODES[code].status for code in codes}):
        names = ", ".join(f"`{code}`" for code in sorted(codes) if CODES[code].status == refused)
        responses[refused] = _problem(names)
    responses[429]["headers"] = _headers(_LIMIT | _RETRY)
    responses["default"] = _problem(", ".join(f"`{code}`" for code in _ANY_TIME))
    arguments: dict[str, Any] = {"status_code": status, "responses": responses, "response_class": Response}
    extra: dict[str, Any] = {"security": [{}]} if public else {}  # besides the token that may be sent
    if takes is not None:
        content = {"application/json": {"schema": _reference(takes)}}
        extra["requestBody"] = {"required": not optional, "content": content}
    return arguments | {"openapi_extra": extra}


@cache
def _reference(shape: Any) -> dict[str, Any]:
    """Where a shape will stand in the document."""
    reference: dict[str, Any] = msgspec.json.schema_components([shape], ref_template=_REF)[0][0]
    name = reference["$ref"]
    if _shapes.setdefault(name, shape) != shape:
        raise TypeError(f"two shapes would be {name}")
    return reference


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _reference(Problem)}}}


def _headers(described: dict[str, str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in described}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an app, with the shapes of its contracts as components."""
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = msgspec.json.schema_components(_shapes.values(), ref_template=_REF)[1]
    described["components"]["schemas"] = components
    described["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "integer", "minimum": 0}}
        for name, text in (_LIMIT | _RETRY).items()
    }
    described["components"]["examples"] = {code: {"value": example_problem(code)} for code in CODES}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            # What the framework makes of a function's name says less than the first words about it.
            said = operation.get("description", operation["summary"]).split("\n\n")[0]
            operation["summary"] = " ".join(said.split()).rstrip(".")
            _give_examples(path, operation, components)
    return described


def _give_examples(path: str, operation: dict[str, Any], shapes: Shapes) -> None:
    of_what = path.split("/")[3]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            name = parameter["name"]
            parameter["example"] = example_of(parameter["schema"], shapes, f"{of_what}.{name}", name)
    for spoken in (operation.get("requestBody", {}), *operation["responses"].values()):
        for media_type, content in spoken.get("content", {}).items():
            if media_type == MEDIA_TYPE:
                codes = spoken["description"].split("`")[1::2]
                content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
            elif media_type == "application/json":
                content["example"] = example_of(content["schema"], shapes)
