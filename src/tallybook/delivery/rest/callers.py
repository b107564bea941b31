"""Who is calling: the bearer token, checked once a request; people alone, unless a route says otherwise."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tallybook.access.actor import Actor
from tallybook.accounts.api_keys import SCHEME, Bearer
from tallybook.accounts.tokens import Claims
from tallybook.delivery.limits.buckets import Standing
from tallybook.delivery.rest.reading import header_of
from tallybook.delivery.rest.services import Services
from tallybook.kernel.refusals import Refusal

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of /auth.")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _services(request: Request) -> Services:
    services: Services = request.app.services
    return services


def _token(request: Request) -> str | None:
    header = header_of(request.scope, b"authorization")
    if header is None:
        return None
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("invalid_token", "the Authorization header must read: Bearer <access token>")
    return token.strip()


async def _who(request: Request) -> Claims | Bearer | None:
    """Whose token was sent, None without one; a bad token is refused even where none is needed.

    Whoever it is draws one request from a bucket, once however many ask here. What is kept in memory of
    tokens, people and names is brought up to date before, where other nodes may have written.
    """
    state = request.scope["state"]
    if "who" not in state:
        services = _services(request)
        await services.caught_up()
        try:
            who = await _bearer_of(services, _token(request))
        except Refusal:
            await admit_stranger(request)
            raise
        state["who"] = who
        if who is None:
            await admit_stranger(request)
        elif isinstance(who, Bearer):
            _admit(request, services.limits.key(who))
        else:
            state["player_id"] = who.player_id  # for the log
            _admit(request, services.limits.person(who))
    found: Claims | Bearer | None = state["who"]
    return found


async def _bearer_of(services: Services, token: str | None) -> Claims | Bearer | None:
    if token is None:
        return None
    if token.startswith(SCHEME):
        return await services.api_keys.verify(token)
    return services.accounts.verify(token)


async def admit_stranger(request: Request) -> None:
    """Draw from the bucket of the address, for requests that need no token."""
    host = request.client.host if request.client else ""
    _admit(request, _services(request).limits.address(host))


def _admit(request: Request, standing: Standing) -> None:
    request.scope["state"]["limit"] = standing  # the answer's headers tell it
    if standing.retry_after:
        wait = standing.retry_after
        raise Refusal("rate_limited", f"too many requests: try again in {wait} s", retry_after=wait)


async def _maybe_signed_in(request: Request, _documented: _Bearer) -> Claims | None:
    """The claims of the token, None without one."""
    who = await _who(request)
    if isinstance(who, Bearer):
        raise Refusal("forbidden", "this is for people: an API key may not do it")
    return who


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
    who = await _who(request)
    if isinstance(who, Bearer):
        return _of_key(who)
    return None if who is None else _actor(request, who)


@lru_cache
def _of_key(key: Bearer) -> Actor:
    return Actor.of_key(key.key_id, frozenset({key.game_id}))


async def _anyone(request: Request, _documented: _Bearer) -> Actor:
    actor = await _maybe_anyone(request, _documented)
    return actor or _actor(request, await _signed_in(request, _documented))


async def anyone_of(request: Request) -> Actor:
    """The person or API key that calls, likewise."""
    return await _anyone(request, None)


async def maybe_anyone_of(request: Request) -> Actor | None:
    """The same, None without a token."""
    return await _maybe_anyone(request, None)


MaybeSignedIn = Annotated[Claims | None, Depends(_maybe_signed_in)]
SignedIn = Annotated[Claims, Depends(_signed_in)]
Caller = Annotated[Actor, Depends(_caller)]  # a person
# A person or an API key: for reads that ask the matrix, which knows what a key may see.
Anyone = Annotated[Actor, Depends(_anyone)]
MaybeAnyone = Annotated[Actor | None, Depends(_maybe_anyone)]
