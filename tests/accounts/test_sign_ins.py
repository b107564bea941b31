"""Devices: where somebody is signed in, and what ends them."""

import asyncio

import pytest

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.revocations import Revocations
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger
from tests.accounts.kit import PASSWORD, HandClock
from tests.accounts.test_signing_in import HERE, refused

NEW = "battery staple"


async def devices(accounts: Accounts, token: str) -> list[tuple[str | None, bool]]:
    claims = accounts.verify(token)
    found = await accounts.sign_ins.devices(claims.player_id, claims.sign_in, before=None, limit=10)
    return [(device.device, device.current) for device in found]


def gone(accounts: Accounts, token: str) -> bool:
    try:
        accounts.verify(token)
    except Refusal as refusal:
        return refusal.code == "invalid_token"
    return False


async def test_an_ended_sign_in_is_over_at_once_and_stays_so_after_a_restart(
    accounts: Accounts, ledger: Ledger, clock: HandClock
) -> None:
    await accounts.register("ana", PASSWORD)
    phone = await accounts.login("ana", PASSWORD, address=HERE, device="Firefox on Android")
    tablet = await accounts.login("ana", PASSWORD, address=HERE, device="Safari on iPad")
    laptop = await accounts.login("ana", PASSWORD, address=HERE)
    assert await devices(accounts, phone.access_token) == [
        (None, False),
        ("Safari on iPad", False),
        ("Firefox on Android", True),
        (None, False),
    ]
    other_node = Revocations(ledger.database, clock)
    ledger.follower.subscribe(other_node.follow, *other_node.news)
    claims = accounts.verify(tablet.access_token)
    mine = accounts.verify(phone.access_token)

    await accounts.sign_ins.end(mine.player_id, claims.sign_in, command_id="1")
    await accounts.sign_ins.end(mine.player_id, claims.sign_in, command_id="1")
    assert gone(accounts, tablet.access_token)
    await refused("not_found", accounts.sign_ins.end(mine.player_id, claims.sign_in))
    await accounts.sign_ins.end_others(mine.player_id, but=mine.sign_in)

    assert gone(accounts, laptop.access_token)
    assert accounts.verify(phone.access_token) == mine
    assert await devices(accounts, phone.access_token) == [("Firefox on Android", True)]
    await refused("invalid_token", *(accounts.refresh(each.refresh_token) for each in (tablet, laptop)))
    restarted = Revocations(ledger.database, clock)
    await restarted.load()
    for revocations in (other_node, restarted):
        with pytest.raises(Refusal):
            revocations.check(claims)
        assert revocations.check(mine) == mine


async def test_nobody_ends_the_sign_ins_of_others(accounts: Accounts) -> None:
    ana, bea = [accounts.verify((await accounts.guest(name)).access_token) for name in ("Ana", "Bea")]

    await refused("not_found", accounts.sign_ins.end(bea.player_id, ana.sign_in))
    await accounts.sign_ins.end_others(bea.player_id, but=bea.sign_in)

    assert await accounts.sign_ins.devices(ana.player_id, ana.sign_in, before=None, limit=1)


async def test_a_copied_refresh_token_ends_the_access_tokens_too(accounts: Accounts) -> None:
    first = await accounts.guest("Ana")
    second = await accounts.refresh(first.refresh_token)

    await refused("invalid_token", accounts.refresh(first.refresh_token))

    assert gone(accounts, first.access_token)
    assert gone(accounts, second.access_token)


async def test_a_new_password_signs_every_other_device_out(accounts: Accounts) -> None:
    await accounts.register("ana", PASSWORD)
    phone, tablet = [await accounts.login("ana", PASSWORD, address=HERE) for _ in range(2)]
    claims = accounts.verify(phone.access_token)
    await refused("invalid_credentials", accounts.change_password(claims, "a wrong one", NEW, command_id="1"))
    await refused("invalid", accounts.change_password(claims, PASSWORD, "short"))

    await accounts.change_password(claims, PASSWORD, NEW, command_id="1")
    later = await accounts.login("ana", NEW, address=HERE)
    await accounts.change_password(claims, PASSWORD, NEW, command_id="1")

    assert gone(accounts, tablet.access_token)
    assert accounts.verify(later.access_token)
    assert accounts.verify(phone.access_token)
    await refused("invalid_credentials", accounts.login("ana", PASSWORD, address=HERE))
    assert await accounts.login("ana", NEW, address=HERE)
    guest = accounts.verify((await accounts.guest("Bea")).access_token)
    await refused("forbidden", accounts.change_password(guest, PASSWORD, NEW))


async def test_who_signs_in_while_the_password_changes_is_in_by_the_new_one_or_out(
    accounts: Accounts,
) -> None:
    await accounts.register("ana", PASSWORD)
    claims = accounts.verify((await accounts.login("ana", PASSWORD, address=HERE)).access_token)

    change = asyncio.create_task(accounts.change_password(claims, PASSWORD, NEW))
    trying = (accounts.login("ana", PASSWORD, address=f"192.0.2.{each}") for each in range(6))
    outcomes = await asyncio.gather(*trying, return_exceptions=True)
    await change

    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            assert outcome.code == "invalid_credentials"
        else:
            assert not isinstance(outcome, BaseException)
            assert gone(accounts, outcome.access_token)


async def test_guessing_is_slowed_down_for_an_account_and_for_an_address_alone(accounts: Accounts) -> None:
    await accounts.register("ana", PASSWORD)
    for guess in range(15):
        await refused("invalid_credentials", accounts.login("ana", "a guess", address=f"192.0.2.{guess}"))
        await refused(
            "invalid_credentials", accounts.login(f"nobody{guess}", "a guess", address="203.0.113.1")
        )

    await refused(
        "rate_limited",
        accounts.login("ana", PASSWORD, address="198.51.100.1"),
        accounts.login("bea", PASSWORD, address="203.0.113.1"),
    )


async def test_good_sign_ins_are_never_too_many(accounts: Accounts) -> None:
    await accounts.register("ana", PASSWORD)
    for _ in range(20):
        await accounts.login("ana", PASSWORD, address=HERE)
