"""Signing up, in and out."""

from typing import Annotated

from fastapi import Depends, Request, Response
from msgspec import UnsetType

from tallybook.accounts.accounts import SignIn
from tallybook.accounts.devices import device_of
from tallybook.delivery.rest.answers import answer, nothing
from tallybook.delivery.rest.callers import MaybeSignedIn, SignedIn, admit_stranger
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Credentials, NewGuest, Refresh, Registration

router = api_router("/auth", tag="auth")


async def _device(request: Request) -> str | None:
    return device_of(request.headers.get("User-Agent"))


Device = Annotated[str | None, Depends(_device)]
_STRANGER = [Depends(admit_stranger)]
_TAKEN = ("username_taken", "email_taken", "idempotency_conflict")


@router.post(
    "/register",
    **contract(
        takes=Registration,
        gives=SignIn,
        status=201,
        refuses=(*_TAKEN, "invalid_credentials", "forbidden"),
        public=True,
    ),
)
async def register(
    given: Given,
    claims: MaybeSignedIn,
    device: Device,
    command_id: CommandId = None,
    body: Registration = body_of(Registration),
) -> Response:
    """Create an account; a guest who sends its token becomes the account and keeps its history."""
    signed_in = await given.accounts.register(
        body.username,
        body.password,
        display_name=None if isinstance(body.display_name, UnsetType) else body.display_name,
        email=None if isinstance(body.email, UnsetType) else body.email,
        guest=claims.player_id if claims is not None and claims.kind == "guest" else None,
        device=device,
        command_id=body.id(command_id),
    )
    return answer(signed_in, 201)


async def login(
    request: Request, given: Given, device: Device, body: Credentials = body_of(Credentials)
) -> Response:
    """Sign in with username and password."""
    address = request.client.host if request.client else ""
    signed_in = await given.accounts.login(body.username, body.password, address=address, device=device)
    return answer(signed_in)


LOGIN = contract(
    takes=Credentials,
    gives=SignIn,
    refuses=("invalid_credentials", "forbidden"),
    public=True,
) | {"dependencies": _STRANGER}
router.post("/login", **LOGIN)(login)


@router.post("/guest", **contract(takes=NewGuest, gives=SignIn, public=True), dependencies=_STRANGER)
async def guest(given: Given, device: Device, body: NewGuest = body_of(NewGuest)) -> Response:
    """Come in under a name, without an account."""
    return answer(await given.accounts.guest(body.display_name, device=device))


@router.post("/refresh", **contract(takes=Refresh, gives=SignIn, public=True), dependencies=_STRANGER)
async def refresh(given: Given, command_id: CommandId = None, body: Refresh = body_of(Refresh)) -> Response:
    """New tokens for a refresh token, which counts only once: using it again ends the sign-in.

    Under the same Idempotency-Key it may be sent again for a minute, by whoever lost the answer.
    """
    return answer(await given.accounts.refresh(body.refresh_token, command_id=body.id(command_id)))


@router.post("/logout", **contract(status=204))
async def logout(given: Given, claims: SignedIn) -> Response:
    """End the sign-in of this device: its tokens stop working."""
    await given.accounts.logout(claims)
    return nothing()
