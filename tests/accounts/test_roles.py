"""Roles and suspensions: when they begin, and that they end at once."""

from uuid import UUID

import pytest

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.events import PlayerSuspended, RoleGranted, RoleTaken
from tallybook.accounts.revocations import Revocations
from tallybook.accounts.roles import Roles
from tallybook.ledger.ledger import Ledger
from tests.accounts.kit import PASSWORD, HandClock
from tests.accounts.test_signing_in import HERE, refused


@pytest.fixture
def roles(accounts: Accounts, ledger: Ledger, clock: HandClock) -> Roles:
    return Roles(ledger, clock, accounts.sign_ins)


@pytest.fixture
async def admin(accounts: Accounts) -> UUID:
    return (await accounts.create_admin("admin", PASSWORD)).id


async def test_a_role_comes_with_the_next_tokens_and_goes_at_once(
    accounts: Accounts, roles: Roles, admin: UUID, ledger: Ledger, clock: HandClock
) -> None:
    ana = await accounts.register("ana", PASSWORD)
    await roles.grant(admin, ana.player.id, "developer")
    await roles.grant(admin, ana.player.id, "admin")

    assert accounts.verify(ana.access_token).roles == set()
    ana = await accounts.refresh(ana.refresh_token)
    before = accounts.verify(ana.access_token)
    assert before.roles == {"developer", "admin"}

    await roles.take(admin, ana.player.id, "admin")
    assert accounts.verify(ana.access_token).roles == {"developer"}
    restarted = Revocations(ledger.database, clock)
    await restarted.load()
    assert restarted.check(before).roles == {"developer"}

    await roles.grant(admin, ana.player.id, "admin")
    again = await accounts.refresh(ana.refresh_token)
    assert accounts.verify(again.access_token).roles == {"developer", "admin"}
    assert (await accounts.me(ana.player.id)).roles == ("player", "admin", "developer")
    facts = [each.event for each in await ledger.events(ana.player.id, after=0)]
    assert facts == [
        RoleGranted("developer"),
        RoleGranted("admin"),
        RoleTaken("admin"),
        RoleGranted("admin"),
    ]


async def test_there_is_always_an_admin(accounts: Accounts, roles: Roles, admin: UUID) -> None:
    await refused("last_admin", roles.take(admin, admin, "admin"))
    ana = (await accounts.register("ana", PASSWORD)).player.id

    assert await roles.make_admin("ANA") == ana
    await roles.take(admin, admin, "admin")

    await refused("last_admin", roles.take(ana, ana, "admin"))
    await refused("not_found", roles.make_admin("nobody"))
    guest = (await accounts.guest("Gus")).player.id
    await refused("forbidden", roles.grant(ana, guest, "admin"))


async def test_who_is_suspended_is_out_until_reinstated(
    accounts: Accounts, roles: Roles, admin: UUID, ledger: Ledger
) -> None:
    ana = await accounts.register("ana", PASSWORD)
    await refused("forbidden", roles.suspend(admin, admin))

    for _ in range(2):
        await roles.suspend(admin, ana.player.id)

    with pytest.raises(Exception, match="ended"):
        accounts.verify(ana.access_token)
    await refused("invalid_token", accounts.refresh(ana.refresh_token))
    await refused("forbidden", accounts.login("ana", PASSWORD, address=HERE))
    await refused("invalid_credentials", accounts.login("ana", "a wrong one", address=HERE))
    assert not (await accounts.me(ana.player.id)).active
    suspended = [each for each in await ledger.events(ana.player.id) if each.event == PlayerSuspended()]
    assert [each.actor for each in suspended] == [admin]

    await roles.reinstate(admin, ana.player.id)
    assert (await accounts.me(ana.player.id)).active
    assert await accounts.login("ana", PASSWORD, address=HERE)
