"""Who is calling: the bearer token, checked once a request."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tallybook.access.actor import Actor
from tallybook.accounts.tokens import Claims
from tallybook.delivery.rest.services import Given
from tallybook.kernel.refusals import Refusal

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of /auth.")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _claims(request: Request, given: Given, _documented: _Bearer) -> Claims | None:
    """The claims of the token, None without one; a bad token is refused even where none is needed."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("invalid_token", "the Authorization header must read: Bearer <access token>")
    return given.accounts.verify(token.strip())


MaybeClaims = Annotated[Claims | None, Depends(_claims)]


async def _required(claims: MaybeClaims) -> Claims:
    if claims is None:
        raise Refusal("unauthenticated", "send an access token; POST /api/v1/auth/guest gives one to anybody")
    return claims


SignedIn = Annotated[Claims, Depends(_required)]


async def _actor(claims: SignedIn) -> Actor:
    return Actor.of(claims)


async def _maybe_actor(claims: MaybeClaims) -> Actor | None:
    return None if claims is None else Actor.of(claims)


Caller = Annotated[Actor, Depends(_actor)]
MaybeCaller = Annotated[Actor | None, Depends(_maybe_actor)]
