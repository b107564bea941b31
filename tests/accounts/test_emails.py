"""E-mail addresses: unique, readable with the server's secrets, and to nobody else."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.players import Profile
from tallybook.ledger.ledger import Ledger
from tests.accounts.kit import PASSWORD, SECRET, HandClock, accounts_on
from tests.accounts.test_signing_in import refused

OTHER = "another secret, just as long as that"
EMAIL = "Ana.Maria@Example.org"


async def test_an_address_is_one_persons_in_any_spelling_until_it_is_taken_out(accounts: Accounts) -> None:
    ana = (await accounts.register("ana", PASSWORD, email=EMAIL)).player
    bea = (await accounts.register("bea", PASSWORD)).player
    again = Profile(email=EMAIL.upper())

    await refused(
        "email_taken",
        accounts.register("cleo", PASSWORD, email=EMAIL.lower()),
        accounts.change(bea.id, again),
    )
    await refused("invalid", accounts.change(bea.id, Profile(email="no address")))
    assert (await accounts.change(ana.id, again)).email == EMAIL.upper()
    assert (await accounts.change(ana.id, Profile(email=""), command_id="1")).email is None
    assert (await accounts.change(bea.id, again)).email == EMAIL.upper()


async def test_only_the_servers_secrets_read_an_address(
    accounts: Accounts, ledger: Ledger, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    ana = (await accounts.register("ana", PASSWORD, email=EMAIL)).player
    stranger, rotated = accounts_on(ledger, clock, [OTHER]), accounts_on(ledger, clock, [OTHER, SECRET])

    assert (await stranger.me(ana.id)).email is None
    assert str(ana.id) in caplog.text
    assert EMAIL not in caplog.text

    assert (await rotated.me(ana.id)).email == EMAIL
    await refused("email_taken", rotated.register("bea", PASSWORD, email=EMAIL))
    await rotated.renew_emails()
    assert (await stranger.me(ana.id)).email == EMAIL  # nothing needs the old secret any more
    assert (await accounts.me(ana.id)).email is None
    for each in (stranger, rotated):
        each.close()


async def test_the_database_does_not_contain_the_address(accounts: Accounts, ledger: Ledger) -> None:
    await accounts.register("ana", PASSWORD, email=EMAIL, command_id="1")
    url = make_url(str(ledger.database.url))
    if url.drivername != "sqlite":
        return
    assert url.database is not None
    stored = b"".join(path.read_bytes() for path in Path(url.database).parent.iterdir()).lower()
    assert b"ana" in stored
    assert b"example.org" not in stored
    assert EMAIL.lower().encode() not in stored
