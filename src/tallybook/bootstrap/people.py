"""Who somebody is, and who may say so."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.api_keys import ApiKeys
from tallybook.accounts.attempts import Attempts
from tallybook.accounts.claims import Claiming
from tallybook.accounts.emails import Emails
from tallybook.accounts.inbox import Inbox
from tallybook.accounts.merges import Persons
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.revocations import Revocations
from tallybook.accounts.roles import Roles
from tallybook.accounts.sign_ins import SignIns
from tallybook.accounts.tokens import AccessTokens
from tallybook.bootstrap.ground import Ground


@dataclass(frozen=True, slots=True)
class People:
    """Who somebody is, and who may say so."""

    accounts: Accounts
    roles: Roles
    api_keys: ApiKeys
    persons: Persons
    claiming: Claiming
    revocations: Revocations
    inbox: Inbox


async def build_people(ground: Ground, stack: AsyncExitStack) -> People:
    settings, ring, ledger, clock = ground.settings, ground.ring, ground.ledger, ground.clock
    revocations = Revocations(ledger.database, clock)
    sign_ins = SignIns(ledger, clock, revocations, ring)
    attempts = Attempts(settings.sign_in_limit, clock, ground.bus)
    tokens = AccessTokens(ring, clock)
    accounts = Accounts(ledger, clock, tokens, Passwords(), attempts, Emails(ring), sign_ins)
    api_keys = ApiKeys(ledger, clock)
    persons = Persons(ledger, clock)
    stack.callback(accounts.close)
    for kept in (revocations, api_keys, persons):
        ledger.follower.subscribe(kept.follow, *kept.news)
    await revocations.load()
    await persons.load()
    await accounts.renew_emails()
    roles = Roles(ledger, clock, sign_ins)
    inbox = Inbox(ledger.database, clock)
    claiming = Claiming(ledger, clock, persons, accounts.verify, inbox)
    return People(accounts, roles, api_keys, persons, claiming, revocations, inbox)
