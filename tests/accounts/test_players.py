"""Players: profiles, libraries, and what everybody is called."""

import asyncio
from functools import partial

import pytest

from tallybook.accounts import known
from tallybook.accounts import names as accounts_names
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.events import PlayerChanged
from tallybook.accounts.known import KnownPlayers
from tallybook.accounts.names import Names
from tallybook.accounts.players import Profile, library_names
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger


async def test_a_library_finds_or_makes_the_named_whoever_asks_at_the_same_time(
    accounts: Accounts, ledger: Ledger
) -> None:
    owner, other = (await accounts.guest("Owner")).player.id, (await accounts.guest("Other")).player.id
    names = ["Ana", "Bea", " ana ", "ＡＮＡ"]

    rounds = await asyncio.gather(*(accounts.named(owner, names) for _ in range(3)))

    assert len({tuple(ids) for ids in rounds}) == 1
    ana, bea, *same = rounds[0]
    assert same == [ana, ana]
    assert await accounts.named(other, ["Ana"]) != [ana]
    listed = await ledger.database.read(partial(library_names, owners=[owner]))
    assert sorted(player_id for player_id, _ in listed) == sorted([ana, bea])


async def test_a_name_is_added_to_a_library_once(accounts: Accounts) -> None:
    owner = (await accounts.guest("Owner")).player.id
    ana = await accounts.add_named(owner, "Ana", command_id="1")

    assert await accounts.add_named(owner, "Ana", command_id="1") == ana
    with pytest.raises(Refusal) as caught:
        await accounts.add_named(owner, "ANA")
    assert caught.value.code == "name_taken"


async def test_a_long_name_of_letters_that_expand_is_kept(accounts: Accounts) -> None:
    owner = (await accounts.guest("Owner")).player.id
    longest = "\ufdfa" * 100  # a single letter that folds into eighteen

    player = await accounts.add_named(owner, longest)

    assert player.display_name == longest
    assert await accounts.named(owner, [longest]) == [player.id]


async def test_a_changed_profile_reaches_the_ledger_without_its_words(
    accounts: Accounts, ledger: Ledger
) -> None:
    player_id = (await accounts.guest("Ana")).player.id
    profile = Profile("Ana-Maria", "#1971C2", "de-by", "a seed")

    changed = await accounts.change(player_id, profile)

    assert (changed.display_name, changed.color) == ("Ana-Maria", "#1971c2")
    assert (changed.region, changed.avatar_seed) == ("DE-BY", "a seed")
    last = (await ledger.events(player_id))[-1].event
    assert last == PlayerChanged(("avatar_seed", "color", "display_name", "region"), "DE-BY")
    assert (await accounts.change(player_id, Profile(region=""))).region is None


@pytest.mark.parametrize(
    "profile",
    [
        Profile(),
        Profile(display_name=" "),
        Profile(color="red"),
        Profile(region="a region"),
        Profile(avatar_seed="x" * 65),
    ],
)
async def test_a_senseless_change_of_a_profile_is_refused(accounts: Accounts, profile: Profile) -> None:
    player_id = (await accounts.guest("Ana")).player.id
    with pytest.raises(Refusal) as caught:
        await accounts.change(player_id, profile)
    assert caught.value.code == "invalid"


async def test_a_new_name_is_shown_as_soon_as_it_is_acknowledged(accounts: Accounts, ledger: Ledger) -> None:
    names = Names(ledger.database)
    ledger.follower.subscribe(names.follow, *names.news)
    ana, bea = [(await accounts.guest(name)).player.id for name in ("Ana", "Bea")]
    stranger = new_id()
    before = await names.of([ana, bea, stranger])
    assert [before.get(each) for each in (ana, bea, stranger)] == ["Ana", "Bea", None]

    await accounts.change(ana, Profile(display_name="Ana-Maria"))

    assert (await names.of([ana]))[ana] == "Ana-Maria"


async def test_what_is_at_hand_of_players_stays_small_and_right(
    accounts: Accounts, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (accounts_names, known):
        monkeypatch.setattr(module, "MOST", 3)
    names, players = Names(ledger.database), KnownPlayers(ledger.database)
    called = {(await accounts.guest(name)).player.id: name for name in ("Ana", "Bea", "Cleo", "Dov", "Eve")}
    everybody = list(called)

    for some in (everybody[:2], everybody[1:4], everybody[3:], everybody, everybody[:1], [new_id()]):
        found = await names.of(some)
        existing = {each: known for each, known in (await players.of(some)).items() if each in some}
        assert [found.get(each) for each in some] == [called.get(each) for each in some]
        assert existing == {each: (each, False) for each in some if each in called}
        assert len(names.at_hand) <= 3
