"""Games and stat sets: names that are unique, changes that are facts, removals that forget nothing."""

from collections.abc import Awaitable

import pytest

from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.events import GameChanged, GameDefined
from tallybook.catalogue.games import Game, GameChanges
from tallybook.catalogue.stat_sets import StatSetChanges
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger
from tallybook.rules.protocol import Stat

POINTS = Stat("Points", scoring=True)


async def refused(code: str, call: Awaitable[object]) -> None:
    with pytest.raises(Refusal) as caught:
        await call
    assert caught.value.code == code


async def names(
    catalogue: Catalogue, game: Game, *, q: str | None = None, archived: bool = False
) -> list[str]:
    found = await catalogue.games(game.owner_id, q=q, archived=archived, before=None, limit=10)
    return [each.name for each in found]


async def test_a_game_is_defined_once_for_its_owner_in_any_case(catalogue: Catalogue, ledger: Ledger) -> None:
    owner, other = new_id(), new_id()
    catan = GameChanges(name="Catan", min_players=3, max_players=4)

    game = await catalogue.define_game(owner, catan, command_id="1")

    assert game.name == "Catan"
    assert (game.win, game.rules, game.owner_id, game.archived) == ("highest", "scoresheet", owner, False)
    facts = [recorded.event for recorded in await ledger.events(game.id)]
    assert facts == [GameDefined(owner, "scoresheet", "highest", 3, 4)]
    assert await catalogue.define_game(owner, catan, command_id="1") == game
    assert (await catalogue.define_game(other, catan)).id != game.id
    await refused("name_taken", catalogue.define_game(owner, GameChanges(name="cATAN ")))
    await refused(
        "idempotency_conflict", catalogue.define_game(owner, GameChanges(name="Go"), command_id="1")
    )


async def test_a_change_is_checked_against_what_the_game_has_now(
    catalogue: Catalogue, ledger: Ledger
) -> None:
    owner = new_id()
    game = await catalogue.define_game(owner, GameChanges(name="Catan", max_players=4))
    await catalogue.define_game(owner, GameChanges(name="Go"))

    changed = await catalogue.change_game(owner, game.id, GameChanges(name="CATAN", min_players=4))

    assert (changed.name, changed.min_players, changed.max_players) == ("CATAN", 4, 4)
    events = await ledger.events(game.id)
    assert events[-1].event == GameChanged(("min_players", "name"), min_players=4)
    await refused("invalid", catalogue.change_game(owner, game.id, GameChanges(min_players=5)))
    await refused("name_taken", catalogue.change_game(owner, game.id, GameChanges(name="go")))
    await refused("invalid", catalogue.change_game(owner, game.id, GameChanges()))
    assert len(await ledger.events(game.id)) == len(events)


@pytest.mark.parametrize(
    "changes",
    [
        GameChanges(),
        GameChanges(name="\u202eevil"),
        GameChanges(name="G", min_players=0),
        GameChanges(name="G", max_players=10**9),
        GameChanges(name="G", min_players=4, max_players=3),
        GameChanges(name="G", rules="chess"),
        GameChanges(name="G", description="x" * 2_001),
    ],
)
async def test_a_senseless_game_is_refused(catalogue: Catalogue, changes: GameChanges) -> None:
    await refused("invalid", catalogue.define_game(new_id(), changes))


async def test_an_archived_game_leaves_the_list_and_gives_up_its_name(catalogue: Catalogue) -> None:
    owner = new_id()
    game = await catalogue.define_game(owner, GameChanges(name="Catan"))

    for _ in range(2):
        await catalogue.archive_game(owner, game.id, command_id="1")

    assert (await catalogue.game(game.id)).archived
    assert await names(catalogue, game) == []
    assert await names(catalogue, game, archived=True) == ["Catan"]
    assert (await catalogue.define_game(owner, GameChanges(name="Catan"))).id != game.id


async def test_games_are_found_by_any_part_of_their_names(catalogue: Catalogue) -> None:
    owner = new_id()
    for name in ("Straße", "100%", "a_b", "Go"):
        game = await catalogue.define_game(owner, GameChanges(name=name))

    assert await names(catalogue, game, q="STRASSE") == ["Straße"]
    assert await names(catalogue, game, q="%") == ["100%"]
    assert await names(catalogue, game, q="_") == ["a_b"]
    assert await names(catalogue, game) == ["Go", "a_b", "100%", "Straße"]


async def test_everybody_has_stat_sets_of_their_own_for_a_game(catalogue: Catalogue) -> None:
    owner, guest, other = new_id(), new_id(), new_id()
    game = await catalogue.define_game(owner, GameChanges(name="Catan"))
    of_owner = await catalogue.define_stat_set(owner, game.id, "Points", [POINTS])

    own = await catalogue.define_stat_set(guest, game.id, "points", [POINTS], command_id="1")

    assert await catalogue.define_stat_set(guest, game.id, "points", [POINTS], command_id="1") == own
    await refused("name_taken", catalogue.define_stat_set(guest, game.id, "POINTS", [POINTS]))
    seen = {
        viewer: [s.id for s in await catalogue.stat_sets(game, viewer, before=None, limit=5)]
        for viewer in (owner, guest, other)
    }
    assert seen == {owner: [of_owner.id], guest: [own.id, of_owner.id], other: [of_owner.id]}


async def test_a_stat_set_changes_and_goes_without_being_forgotten(
    catalogue: Catalogue, ledger: Ledger
) -> None:
    owner = new_id()
    game = await catalogue.define_game(owner, GameChanges(name="Catan"))
    stat_set = await catalogue.define_stat_set(owner, game.id, "Points", [POINTS])
    roads = Stat("Roads", "decimal", minimum="0.50", maximum="9")

    changed = await catalogue.change_stat_set(owner, stat_set, StatSetChanges("All", [POINTS, roads]))

    assert changed.name == "All"
    assert [stat.minimum for stat in changed.stats] == [None, "0.5"]
    await refused("invalid", catalogue.change_stat_set(owner, stat_set, StatSetChanges()))
    await refused("invalid", catalogue.change_stat_set(owner, stat_set, StatSetChanges(stats=[])))
    await refused("invalid", catalogue.define_stat_set(owner, game.id, "Twice", [POINTS, POINTS]))

    await catalogue.remove_stat_set(owner, changed)

    removed = await catalogue.stat_set(stat_set.id)
    assert removed.removed
    await catalogue.remove_stat_set(owner, removed)
    assert await catalogue.stat_sets(game, owner, before=None, limit=5) == []
    await refused("not_found", catalogue.change_stat_set(owner, removed, StatSetChanges("Again")))
    assert await catalogue.define_stat_set(owner, game.id, "All", [POINTS])
    assert len(await ledger.events(game.id)) == 5
