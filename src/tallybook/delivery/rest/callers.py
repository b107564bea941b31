"""Who is calling: the bearer token, checked once a request."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tallybook.access.actor import Actor
from tallybook.accounts.tokens import Claims
from tallybook.delivery.rest.services import Services
from tallybook.kernel.refusals import Refusal

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of /auth.")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _claims(request: Request) -> Claims | None:
    """The claims of the token, None without one; a bad token is refused even where none is needed."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("invalid_token", "the Authorization header must read: Bearer <access token>")
    services: Services = request.app.state.services
    return services.accounts.verify(token.strip())


def _required(request: Request) -> Claims:
    claims = _claims(request)
    if claims is None:
        raise Refusal("unauthenticated", "send an access token; POST /api/v1/auth/guest gives one to anybody")
    return claims


async def _maybe_signed_in(request: Request, _documented: _Bearer) -> Claims | None:
    return _claims(request)


async def _signed_in(request: Request, _documented: _Bearer) -> Claims:
    return _required(request)


async def _caller(request: Request, _documented: _Bearer) -> Actor:
    return Actor.of(_required(request))


MaybeSignedIn = Annotated[Claims | None, Depends(_maybe_signed_in)]
SignedIn = Annotated[Claims, Depends(_signed_in)]
Caller = Annotated[Actor, Depends(_caller)]
