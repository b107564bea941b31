"""Every refusal as an RFC 9457 problem document, made in one place."""

from collections.abc import Mapping

import msgspec
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import UNSET, UnsetType
from starlette.exceptions import HTTPException

from tallybook.kernel.refusals import FieldError, Refusal

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not carried out. `code` keeps its meaning for ever, `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    trace_id: str
    errors: tuple[FieldError, ...] | UnsetType = UNSET


def problem(refusal: Refusal, trace_id: str, headers: Mapping[str, str] | None = None) -> Response:
    document = Problem(
        type=f"urn:tallybook:error:{refusal.code}",
        title=refusal.kind.title,
        status=refusal.status,
        code=refusal.code,
        detail=refusal.detail,
        trace_id=trace_id,
        errors=refusal.errors or UNSET,
    )
    extra = dict(headers or {})
    if refusal.retry_after is not None:
        extra["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(document), refusal.status, extra, MEDIA_TYPE)


async def answer_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem(error, request.state.trace_id)


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            refusal = Refusal("not_found", "there is nothing at this path")
        case 405:
            refusal = Refusal("method_not_allowed", f"this path does not answer {request.method[:20]}")
            return problem(refusal, request.state.trace_id, {"Allow": ", ".join(_methods(request))})
        case 413:
            refusal = Refusal("too_large", "the body is too large")
        case _:
            refusal = Refusal("malformed", "the request could not be read")
    return problem(refusal, request.state.trace_id, error.headers)


def _methods(request: Request) -> list[str]:
    """All that the path answers: the framework knows those of one route."""
    path = request.url.path
    routes = [route for route in request.app.routes if route.path_regex.match(path)]
    methods = {method for route in routes for method in route.methods}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


async def answer_invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [FieldError(".".join(map(str, found["loc"][1:])), str(found["msg"])) for found in error.errors()]
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors)
    return problem(Refusal("invalid", detail, errors=errors), request.state.trace_id)
