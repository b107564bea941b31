"""One's own account: profile, password, and the devices that are signed in."""

from fastapi import Response

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, require
from tallybook.accounts.players import Me, Profile
from tallybook.accounts.sign_ins import Device
from tallybook.delivery.rest.answers import answer, nothing, page_of
from tallybook.delivery.rest.callers import Caller, SignedIn
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import CommandId, Part, SignInId, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given
from tallybook.delivery.rest.shapes import Page as PageOf
from tallybook.delivery.rest.shapes import PasswordChange, ProfileChanges

router = api_router("/players/me", tag="account")


@router.get("", **contract(gives=Me))
async def me(given: Given, caller: Caller) -> Response:
    """The caller, with what nobody else is shown."""
    return answer(await given.accounts.me(caller.player_id))


@router.patch("", **contract(takes=ProfileChanges, gives=Me, refuses=("email_taken", "idempotency_conflict")))
async def change(
    given: Given,
    caller: Caller,
    command_id: CommandId = None,
    body: ProfileChanges = body_of(ProfileChanges),
) -> Response:
    """Change one's profile, e-mail address or settings."""
    profile = Profile(
        display_name=body.display_name,
        color=body.color,
        region=body.region,
        avatar_seed=body.avatar_seed,
        email=body.email,
        settings=body.settings,
    )
    return answer(await given.accounts.change(caller.player_id, profile, command_id=body.id(command_id)))


@router.post(
    "/password",
    **contract(
        takes=PasswordChange,
        status=204,
        refuses=("invalid_credentials", "forbidden", "idempotency_conflict"),
    ),
)
async def change_password(
    given: Given,
    claims: SignedIn,
    command_id: CommandId = None,
    body: PasswordChange = body_of(PasswordChange),
) -> Response:
    """Change the password; every other device is signed out."""
    require("player.password", relations_of(Actor.of(claims)))
    await given.accounts.change_password(claims, body.current, body.new, command_id=body.id(command_id))
    return nothing()


@router.get("/sign-ins", **contract(gives=PageOf[Device]))
async def sign_ins(given: Given, claims: SignedIn, at: Part) -> Response:
    """Where the caller is signed in, newest first."""
    found = await given.accounts.sign_ins.devices(
        claims.player_id, claims.sign_in, before=at.last, limit=at.limit + 1
    )
    return page_of(found, at, lambda device: device.id, lambda device: device)


@router.delete("/sign-ins", **contract(status=204, refuses=("idempotency_conflict",)))
async def end_other_sign_ins(given: Given, claims: SignedIn, command_id: CommandId = None) -> Response:
    """Sign out every other device: their tokens stop working at once."""
    await given.accounts.sign_ins.end_others(claims.player_id, but=claims.sign_in, command_id=command_id)
    return nothing()


@router.delete("/sign-ins/{id}", **contract(status=204, refuses=("not_found", "idempotency_conflict")))
async def end_sign_in(
    given: Given, claims: SignedIn, sign_in: SignInId, command_id: CommandId = None
) -> Response:
    """Sign out a device: its tokens stop working at once."""
    await given.accounts.sign_ins.end(claims.player_id, sign_in, command_id=command_id)
    return nothing()
