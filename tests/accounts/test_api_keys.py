"""API keys: shown once, known by their digests, revoked at once."""

import pytest

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.api_keys import ApiKeys
from tallybook.accounts.roles import Roles
from tallybook.kernel.ids import new_id
from tallybook.ledger.ledger import Ledger
from tests.accounts.kit import PASSWORD, HandClock
from tests.accounts.test_signing_in import refused


@pytest.fixture
def api_keys(ledger: Ledger, clock: HandClock) -> ApiKeys:
    return ApiKeys(ledger, clock)


async def test_a_key_says_which_game_it_is_for_until_it_is_revoked(
    api_keys: ApiKeys, ledger: Ledger, clock: HandClock
) -> None:
    owner, game = new_id(), new_id()
    other_node = ApiKeys(ledger, clock)
    ledger.follower.subscribe(other_node.follow, *other_node.news)
    key = await api_keys.make(owner, game, "arena", command_id="1")
    spare = await api_keys.make(owner, game, "spare")
    assert isinstance(key.secret, str)
    assert isinstance(spare.secret, str)
    assert key.secret.startswith(key.prefix)
    assert len(key.prefix) < len(key.secret) / 4
    again = await api_keys.make(owner, game, "arena", command_id="1")
    assert (again.id, isinstance(again.secret, str)) == (key.id, False)

    for node in (api_keys, other_node):
        bearer = await node.verify(key.secret)
        assert (bearer.key_id, bearer.game_id) == (key.id, game)
    used, unused = (await api_keys.of_game(game, before=None, limit=9))[::-1]
    assert (used.id, unused.id) == (key.id, spare.id)
    assert used.last_used_at is not None
    assert unused.last_used_at is None

    await refused("not_found", api_keys.revoke(owner, new_id(), key.id))
    for _ in range(2):
        await api_keys.revoke(owner, game, key.id, command_id="2")

    await refused("invalid_token", *(node.verify(key.secret) for node in (api_keys, other_node)))
    assert await api_keys.verify(spare.secret)
    await refused(
        "invalid_token", *(api_keys.verify(each) for each in ("tb_", "tb_\ud800", "tb_" + "x" * 9_999))
    )


async def test_keys_of_who_is_suspended_count_again_when_that_is_over(
    api_keys: ApiKeys, accounts: Accounts, ledger: Ledger, clock: HandClock
) -> None:
    ana, bea, cleo = [(await accounts.register(name, PASSWORD)).player.id for name in ("ana", "bea", "cleo")]
    ledger.follower.subscribe(api_keys.follow, *api_keys.news)
    roles = Roles(ledger, clock, accounts.sign_ins)
    hers, other = [str((await api_keys.make(maker, new_id(), "arena")).secret) for maker in (ana, bea)]
    assert await api_keys.verify(hers)

    await roles.suspend(cleo, ana)
    await refused("forbidden", api_keys.verify(hers))
    assert await api_keys.verify(other)
    await roles.reinstate(cleo, ana)
    assert await api_keys.verify(hers)


async def test_the_use_of_a_key_is_written_down_once_an_hour(api_keys: ApiKeys, clock: HandClock) -> None:
    game = new_id()
    secret = str((await api_keys.make(new_id(), game, "arena")).secret)

    async def last_use() -> str | None:
        await api_keys.verify(secret)
        return (await api_keys.of_game(game, before=None, limit=1))[0].last_used_at

    first = await last_use()
    clock.seconds += 3_500
    assert await last_use() == first
    clock.seconds += 200
    later = await last_use()
    assert first is not None
    assert later is not None
    assert later > first
