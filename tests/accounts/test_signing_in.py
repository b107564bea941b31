"""Signing up, in and out: who gets tokens, and what ends them."""

import asyncio

import pytest

from tallybook.accounts.accounts import Accounts
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.read import last_position
from tests.accounts.kit import PASSWORD, HandClock

HERE = "192.0.2.1"


async def refused(code: str, *calls: object) -> None:
    for call in calls:
        with pytest.raises(Refusal) as caught:
            await call  # type: ignore[misc]  # whatever can be awaited
        assert caught.value.code == code


async def test_an_account_signs_in_in_any_spelling_of_its_name(accounts: Accounts) -> None:
    registered = await accounts.register("Ana-Maria", PASSWORD)

    signed_in = await accounts.login("aNA-mARIA", PASSWORD, address=HERE)

    assert signed_in.player == registered.player
    claims = accounts.verify(signed_in.access_token)
    assert (claims.player_id, claims.kind) == (registered.player.id, "account")
    await refused("username_taken", accounts.register("ANA-MARIA", PASSWORD))


async def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing(accounts: Accounts) -> None:
    await accounts.register("ana", PASSWORD)

    with pytest.raises(Refusal) as wrong:
        await accounts.login("ana", PASSWORD + "!", address=HERE)
    with pytest.raises(Refusal) as unknown:
        await accounts.login("nobody", PASSWORD, address=HERE)

    assert repr(wrong.value) == repr(unknown.value)
    assert wrong.value.code == "invalid_credentials"
    await refused("invalid_credentials", accounts.login("ana", "x" * 100_000, address=HERE))


async def test_guessing_is_slowed_down_for_one_account_from_one_address(
    accounts: Accounts, clock: HandClock
) -> None:
    await accounts.register("ana", PASSWORD)
    for _ in range(3):
        await refused("invalid_credentials", accounts.login("ana", "a wrong one", address=HERE))

    with pytest.raises(Refusal) as caught:
        await accounts.login("Ana", PASSWORD, address=HERE)
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 61)

    assert await accounts.login("ana", PASSWORD, address="192.0.2.2")
    clock.seconds += 61
    assert await accounts.login("ana", PASSWORD, address=HERE)


async def test_a_guest_who_registers_stays_the_same_player(accounts: Accounts) -> None:
    guest = (await accounts.guest("Ana")).player

    account = (await accounts.register("ana", PASSWORD, guest=guest.id)).player

    assert (account.id, account.display_name, account.kind) == (guest.id, "Ana", "account")
    await refused("forbidden", accounts.register("ana2", PASSWORD, guest=guest.id))


async def test_a_refresh_token_counts_once_and_a_copy_ends_the_sign_in(accounts: Accounts) -> None:
    first = await accounts.guest("Ana")
    second = await accounts.refresh(first.refresh_token)
    other_device = await accounts.guest("Ana")

    await refused("invalid_token", accounts.refresh(first.refresh_token))

    await refused("invalid_token", accounts.refresh(second.refresh_token))
    assert await accounts.refresh(other_device.refresh_token)


async def test_who_lost_the_answer_to_a_refresh_gets_it_under_the_same_key(
    accounts: Accounts, clock: HandClock
) -> None:
    first = await accounts.guest("Ana")
    lost = await accounts.refresh(first.refresh_token, command_id="1")
    clock.seconds += 60

    again = await accounts.refresh(first.refresh_token, command_id="1")

    assert again.refresh_token == lost.refresh_token != first.refresh_token
    assert accounts.verify(again.access_token).sign_in == accounts.verify(first.access_token).sign_in
    assert await accounts.refresh(again.refresh_token, command_id="1")


@pytest.mark.parametrize(("command_id", "seconds", "used"), [
    (None, 0, False), ("2", 0, False), ("1", 61, False), ("1", 0, True),
])  # fmt: skip
async def test_without_the_key_or_late_or_once_the_answer_was_used_it_is_a_copy(
    accounts: Accounts, clock: HandClock, command_id: str | None, seconds: int, used: bool
) -> None:
    first = await accounts.guest("Ana")
    newest = await accounts.refresh(first.refresh_token, command_id="1")
    if used:
        newest = await accounts.refresh(newest.refresh_token)
    clock.seconds += seconds

    await refused("invalid_token", accounts.refresh(first.refresh_token, command_id=command_id))

    await refused("invalid_token", accounts.refresh(newest.refresh_token))


async def test_of_two_who_use_a_refresh_token_at_once_none_keeps_the_sign_in(accounts: Accounts) -> None:
    stolen = (await accounts.guest("Ana")).refresh_token

    outcomes = await asyncio.gather(*(accounts.refresh(stolen) for _ in range(2)), return_exceptions=True)

    winners = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(winners) == 1
    await refused("invalid_token", accounts.refresh(winners[0].refresh_token))


async def test_signing_out_ends_this_device_only(accounts: Accounts) -> None:
    await accounts.register("ana", PASSWORD)
    phone, tablet = [await accounts.login("ana", PASSWORD, address=HERE) for _ in range(2)]

    await accounts.logout(accounts.verify(phone.access_token))

    await refused("invalid_token", accounts.refresh(phone.refresh_token))
    assert await accounts.refresh(tablet.refresh_token)


async def test_a_sign_in_that_nobody_uses_ends(accounts: Accounts, clock: HandClock) -> None:
    forgotten = await accounts.guest("Ana")

    clock.seconds += 61 * 86_400

    await refused("invalid_token", accounts.refresh(forgotten.refresh_token))


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 64, "A" * 63 + "=", "A" * 10_000])
async def test_what_is_no_refresh_token_is_refused(accounts: Accounts, token: str) -> None:
    await refused("invalid_token", accounts.refresh(token))


async def test_a_registration_sent_again_signs_in_who_knows_the_password(accounts: Accounts) -> None:
    first = await accounts.register("ana", PASSWORD, command_id="1")

    again = await accounts.register("ana", PASSWORD, command_id="1")

    assert again.player == first.player
    await refused("invalid_credentials", accounts.register("ana", "another one", command_id="1"))
    await refused(
        "idempotency_conflict", accounts.register("ana", PASSWORD, display_name="Ana", command_id="1")
    )


async def test_a_refused_registration_leaves_nothing_behind(accounts: Accounts, ledger: Ledger) -> None:
    await accounts.register("ana", PASSWORD)
    before = await ledger.database.read(last_position)

    await refused(
        "invalid",
        accounts.register("a", PASSWORD),
        accounts.register("anä", PASSWORD),
        accounts.register("a" * 46, PASSWORD),
        accounts.register("berta", "short"),
        accounts.register("berta", "x" * 257),
        accounts.register("berta", PASSWORD, display_name="\u200b"),
        accounts.guest("a\nb"),
    )
    await refused("username_taken", accounts.register("Ana", PASSWORD))

    assert await ledger.database.read(last_position) == before
