"""Games and stat sets: names that are unique, changes that are facts, removals that forget nothing."""

from collections.abc import Awaitable, Mapping
from uuid import UUID

import pytest
from msgspec import UNSET

from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.events import GameArchived, GameChanged, GameDefined, GameRestored
from tallybook.catalogue.finding import Sort, Wanted
from tallybook.catalogue.games import GameChanges
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
    catalogue: Catalogue,
    owner: UUID | None,
    *,
    q: str | None = None,
    archived: bool = False,
    sort: Sort = "newest",
    played: Mapping[UUID, int] | None = None,
    page: int = 2,
) -> list[str]:
    """The names of a list, read page by page."""
    wanted = Wanted(None if owner is None else [owner], played or {}, q, archived, sort)
    found = await catalogue.games(wanted, after=None, limit=page)
    games = list(found)
    while found:
        found = await catalogue.games(wanted, after=wanted.place_of(found[-1]), limit=page)
        games += found
    return [game.name for game in games]


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
        GameChanges(name="G", color="red"),
        GameChanges(name="G", initials="\u200b"),
        GameChanges(name="G", initials="123456789"),
    ],
)
async def test_a_senseless_game_is_refused(catalogue: Catalogue, changes: GameChanges) -> None:
    await refused("invalid", catalogue.define_game(new_id(), changes))


async def test_an_archived_game_gives_up_its_name_until_it_is_restored(
    catalogue: Catalogue, ledger: Ledger
) -> None:
    owner = new_id()
    game = await catalogue.define_game(owner, GameChanges(name="Catan"))

    for _ in range(2):
        await catalogue.archive_game(owner, game.id)

    assert (await catalogue.game(game.id)).archived
    assert await names(catalogue, owner) == []
    assert await names(catalogue, owner, archived=True) == ["Catan"]
    other = await catalogue.define_game(owner, GameChanges(name="catan"))
    await refused("name_taken", catalogue.restore_game(owner, game.id))
    await catalogue.change_game(owner, game.id, GameChanges(name="Catan again"))
    for _ in range(2):
        assert not (await catalogue.restore_game(owner, game.id)).archived
    assert await names(catalogue, owner) == [other.name, "Catan again"]
    facts = [type(recorded.event) for recorded in await ledger.events(game.id)]
    assert facts == [GameDefined, GameArchived, GameChanged, GameRestored]


async def test_a_cover_follows_from_the_name_unless_it_is_given(catalogue: Catalogue) -> None:
    owner = new_id()
    game = await catalogue.define_game(owner, GameChanges(name="die Siedler 2", max_players=4))
    assert (game.initials, len(game.color)) == ("DS", 7)
    for name, initials in (("100%", "1"), ("“Ö”", "Ö"), ("🎲", "🎲"), ("- a b", "AB")):
        assert (await catalogue.define_game(owner, GameChanges(name=name))).initials == initials

    own = await catalogue.change_game(owner, game.id, GameChanges(color="#ABCDEF", initials="🏝️"))
    assert (own.color, own.initials) == ("#abcdef", "🏝️")
    plain = GameChanges(clear=("color", "initials", "max_players"), name="Siedler")
    cleared = await catalogue.change_game(owner, game.id, plain)

    assert (cleared.color, cleared.initials, cleared.max_players) == (game.color, "S", UNSET)
    both = GameChanges(initials="S", clear=("initials",))
    await refused("invalid", catalogue.change_game(owner, game.id, both))


async def test_games_are_found_by_the_beginnings_of_words_whatever_the_case_and_the_accents(
    catalogue: Catalogue,
) -> None:
    owner = new_id()
    for name in ("Große Straße", "100%", "a_b", "Zug um Zug", "Łódź-Poker", "三国杀", "が", "Ｃａｆé 2"):
        game = await catalogue.define_game(owner, GameChanges(name=name))

    for q, found in {
        "STRASSE": "Große Straße",
        "gro  stra": "Große Straße",
        "%": "100%",
        "_": "a_b",
        "zug u": "Zug um Zug",
        "lodz": "Łódź-Poker",
        "poker": "Łódź-Poker",
        "国": "三国杀",
        "が": "が",
        "cafe": "Ｃａｆé 2",
    }.items():
        assert await names(catalogue, owner, q=q) == [found]
    for q in ("ug", "か", "Zug Café", "x" * 100):
        assert await names(catalogue, owner, q=q) == []
    assert len(await names(catalogue, owner, q="  ")) == 8
    await catalogue.change_game(owner, game.id, GameChanges(name="Bistro"))
    assert await names(catalogue, owner, q="cafe") == []
    assert await names(catalogue, new_id(), q="bistro") == []
    assert await names(catalogue, None, q="bistro") == ["Bistro"]


async def test_games_are_sorted_by_age_by_name_or_by_when_they_were_played(catalogue: Catalogue) -> None:
    owner, other = new_id(), new_id()
    ids = {}
    for name in ("Zug", "élan", "Elan 2", "ähnlich", "Go"):
        ids[name] = (await catalogue.define_game(owner, GameChanges(name=name))).id
    ids["Poker"] = (await catalogue.define_game(other, GameChanges(name="Poker"))).id
    played = {ids["Poker"]: 3, ids["Zug"]: 7, ids["élan"]: 3}

    assert await names(catalogue, owner) == ["Go", "ähnlich", "Elan 2", "élan", "Zug"]
    by_name = ["ähnlich", "élan", "Elan 2", "Go", "Poker", "Zug"]
    assert await names(catalogue, owner, played=played, sort="name") == by_name
    for page in (1, 2, 10):
        recent = await names(catalogue, owner, played=played, sort="recent", page=page)
        assert recent == ["Zug", "Poker", "élan", "Go", "ähnlich", "Elan 2"]
    assert await names(catalogue, owner, played=played, sort="recent", q="el") == ["élan", "Elan 2"]


async def test_everybody_has_stat_sets_of_their_own_for_a_game(catalogue: Catalogue) -> None:
    owner, guest, other = new_id(), new_id(), new_id()
    game = await catalogue.define_game(owner, GameChanges(name="Catan"))
    of_owner = await catalogue.define_stat_set(owner, game.id, "Points", [POINTS])

    own = await catalogue.define_stat_set(guest, game.id, "points", [POINTS], command_id="1")

    assert await catalogue.define_stat_set(guest, game.id, "points", [POINTS], command_id="1") == own
    await refused("name_taken", catalogue.define_stat_set(guest, game.id, "POINTS", [POINTS]))
    seen = {
        viewer: [s.id for s in await catalogue.stat_sets(game, [viewer], before=None, limit=5)]
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
    assert await catalogue.stat_sets(game, [owner], before=None, limit=5) == []
    await refused("not_found", catalogue.change_stat_set(owner, removed, StatSetChanges("Again")))
    assert await catalogue.define_stat_set(owner, game.id, "All", [POINTS])
    assert len(await ledger.events(game.id)) == 5
