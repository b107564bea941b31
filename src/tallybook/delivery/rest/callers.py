"""Who is calling: the bearer token, checked once a request; people alone, unless a route says otherwise."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tallybook.access.actor import Actor
from tallybook.accounts.api_keys import SCHEME
from tallybook.accounts.tokens import Claims
from tallybook.delivery.rest.services import Services
from tallybook.kernel.refusals import Refusal

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of /auth.")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _token(request: Request) -> str | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("invalid_token", "the Authorization header must read: Bearer <access token>")
    return token.strip()


async def _maybe_signed_in(request: Request, _documented: _Bearer) -> Claims | None:
    """The claims of the token, None without one; a bad token is refused even where none is needed."""
    token = _token(request)
    if token is None:
        return None
    if token.startswith(SCHEME):
        await _services(request).api_keys.verify(token)
        raise Refusal("forbidden", "this is for people: an API key may not do it")
    claims = _services(request).accounts.verify(token)
    request.state.player_id = claims.player_id  # for the log
    return claims


async def _signed_in(request: Request, _documented: _Bearer) -> Claims:
    claims = await _maybe_signed_in(request, _documented)
    if claims is None:
        raise Refusal("unauthenticated", "send an access token; POST /api/v1/auth/guest gives one to anybody")
    return claims


def _actor(request: Request, claims: Claims) -> Actor:
    return Actor.of(claims, _services(request).persons.merged_into(claims.player_id))


async def _caller(request: Request, _documented: _Bearer) -> Actor:
    return _actor(request, await _signed_in(request, _documented))


async def caller_of(request: Request) -> Actor:
    """The person who calls, for routes that ask for nothing by their arguments."""
    return await _caller(request, None)


async def _maybe_anyone(request: Request, _documented: _Bearer) -> Actor | None:
    token = _token(request)
    if token is not None and token.startswith(SCHEME):
        bearer = await _services(request).api_keys.verify(token)
        return Actor.of_key(bearer.key_id, frozenset({bearer.game_id}))
    claims = await _maybe_signed_in(request, _documented)
    return None if claims is None else _actor(request, claims)


async def _anyone(request: Request, _documented: _Bearer) -> Actor:
    actor = await _maybe_anyone(request, _documented)
    return actor or _actor(request, await _signed_in(request, _documented))


MaybeSignedIn = Annotated[Claims | None, Depends(_maybe_signed_in)]
SignedIn = Annotated[Claims, Depends(_signed_in)]
Caller = Annotated[Actor, Depends(_caller)]  # a person
# A person or an API key: for reads that ask the matrix, which knows what a key may see.
Anyone = Annotated[Actor, Depends(_anyone)]
MaybeAnyone = Annotated[Actor | None, Depends(_maybe_anyone)]
