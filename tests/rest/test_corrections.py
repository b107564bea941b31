"""What the preview of a correction says is what the correction brings, once what follows it has settled."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Connection

from tallybook.bootstrap.node import Node
from tallybook.kernel.randomness import Seed
from tallybook.projections.records.tables import entries
from tallybook.projections.unlocks_reading import given, holdings_of
from tallybook.reactions.unlocking import Unlocking
from tests.rest.kit import Person, register

RULES: dict[str, dict[str, Any]] = {
    "twice": {"rule": {"type": "streak", "wins": 2}, "revoke": True, "points": 5},
    "often": {
        "rule": {"type": "stat", "stat": "wins", "at_least": 3},
        "tiers": [{"key": "one", "steps": 1, "points": 2}, {"key": "three", "steps": 3, "points": 8}],
        "revoke": True,
    },
    "late": {"rule": {"type": "comeback", "behind_by": 5}, "revoke": True, "points": 11},
    "rich": {"rule": {"type": "in_one_session", "stat": "Points", "at_least": 20}, "points": 17},
}
VALUES = (0, 1, 9, 15)
WINS = {"source": "session", "of": "won", "operator": "sum"}


async def plays(ana: Person, game: str, other: str) -> str:
    """A session of two rounds, in which Ana falls behind at first."""
    seats = [{"player_id": ana.id}, {"player_id": other}]
    stats = [{"name": "Points", "data_type": "integer", "scoring": True}]
    session: str = (await ana.post("/sessions", {"game_id": game, "stats": stats, "seats": seats}))["id"]
    for number, scores in enumerate(((1, 9), (9, 3)), 1):
        for seat, value in enumerate(scores):
            score = {"seat": seat, "stat": "Points", "round": number, "value": value}
            await ana.post(f"/sessions/{session}/record", score)
    await ana.post(f"/sessions/{session}/end")
    return session


Standing = dict[tuple[UUID, ...], Any]


CHANGES = {1: "unlocked", 0: "redated", -1: "revoked"}


def tiers_in(given_: Any) -> int:
    """How many tiers somebody has; two players of one person may have had the same."""
    return len({tier for tier, _ in given_ or ()})


def changed(before: Standing, after: Standing) -> Standing:
    both = before | after
    return {key: (before.get(key), after.get(key)) for key in both if before.get(key) != after.get(key)}


async def test_whatever_is_corrected_its_preview_says_which_achievements_and_entries_change(
    server: Node, anybody: httpx.AsyncClient, ana: Person
) -> None:
    game = (await ana.post("/games", {"name": "Go"}))["id"]
    for key, fields in RULES.items():
        await ana.post(f"/games/{game}/achievements", {"key": key, "name": key.title(), **fields})
    await ana.post(f"/games/{game}/boards", {"key": "wins", "name": "Wins", "definition": WINS})
    bea = await register(anybody, "bea")
    named = (await ana.post("/players", {"name": "Bea"}))["id"]
    sessions = [await plays(ana, game, other) for other in (named, bea.id, named, bea.id)]
    claim = await bea.post("/players/me/claim", {"player_id": named})
    await ana.post(f"/claims/{claim['id']}/approve")
    people = [UUID(ana.id), UUID(bea.id)]
    database = server.ledger.database

    def read(connection: Connection) -> tuple[Standing, Standing]:
        """The tiers that everybody has, with the unlocks they are by, and what stands on the boards."""
        held = {person: holdings_of(connection, "a", person) for person in people}
        tiers: Standing = {
            (person, each.achievement_id): [(one.tier, one.position) for one in given(connection, each)]
            for person in people
            for each in held[person]
        }
        places = entries.of_members(connection, "a", people)
        return tiers, {(board, member): entry.value for (board, _, member), entry in places.items()}

    async def settled() -> tuple[Standing, Standing]:
        assert await server.runner.reached(Unlocking.name, within=20)
        return await database.read(read)

    before, chance, kinds = await settled(), Seed(bytes(32)).random("a"), set()
    for turn in range(14):
        path = f"/sessions/{sessions[chance.randrange(4)]}/correct"
        body: dict[str, Any] = {"stat": "Points", "reason": "misread"}
        body |= {"seat": chance.randint(0, 1), "round": chance.randint(1, 2), "value": chance.choice(VALUES)}
        if turn >= 12:
            path, body = f"/sessions/{sessions[turn - 12]}/void", {"reason": "a trial"}
        preview = await ana.post(f"{path}/preview", body)
        assert await database.read(read) == before
        await ana.post(path, body)
        after = await settled()
        tiers, values = changed(before[0], after[0]), changed(before[1], after[1])
        said = {
            (UUID(each["player_id"]), UUID(each["achievement_id"])): each["change"]
            for each in preview["achievements"]
        }
        assert said == {
            key: CHANGES[(tiers_in(then) > tiers_in(now)) - (tiers_in(then) < tiers_in(now))]
            for key, (now, then) in tiers.items()
        }
        assert values == {
            (UUID(each["board_id"]), UUID(each["member_id"])): (each["before"], each["after"])
            for each in preview["boards"]
        }
        kinds |= {(each["key"], each["change"]) for each in preview["achievements"]}
        before = after
    assert len(kinds) >= 6  # that there was something to foresee


async def test_the_preview_names_the_teams_whose_entries_change(ana: Person) -> None:
    game = (await ana.post("/games", {"name": "Tarock"}))["id"]
    definition = {"source": "session", "of": "score", "operator": "sum", "teams": True}
    await ana.post(f"/games/{game}/boards", {"key": "teams", "definition": definition})
    stats = [{"name": "Points", "data_type": "integer", "scope": "player", "scoring": True}]
    seats = [{"name": "Ben", "team": "Reds"}, {"name": "Cleo", "team": "Blues"}]
    session = await ana.post("/sessions", {"game_id": game, "seats": seats, "stats": stats})
    path = f"/sessions/{session['id']}"
    for seat in (0, 1):
        await ana.post(f"{path}/record", {"seat": seat, "stat": "Points", "value": 5})
    await ana.post(f"{path}/end")
    body = {"seat": 1, "stat": "Points", "value": 8, "reason": "misread"}
    preview = await ana.post(f"{path}/correct/preview", body)
    assert [(each["team"], each["before"], each["after"]) for each in preview["boards"]] == [("Blues", 5, 8)]
    gone = await ana.post(f"{path}/void/preview", {"reason": "a trial"})
    assert {each["team"]: each["after"] for each in gone["boards"]} == {"Reds": None, "Blues": None}


async def test_the_preview_says_what_leaderboards_and_their_seasons_are_called(ana: Person) -> None:
    game = (await ana.post("/games", {"name": "Thumb Racers"}))["id"]
    kept = {"best": "Lap", "wins": "won", "times": "score"}
    for key, of in kept.items():
        definition = {"source": "session", "of": of, "operator": "best", "order": "lowest"}
        await ana.post(f"/games/{game}/boards", {"key": key, "name": key.title(), "definition": definition})
    cup = {"key": "cup", "name": "Winter cup", "boards": ["best"]}
    lasts = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2190-01-01T00:00:00Z"}
    await ana.post(f"/games/{game}/seasons", cup | lasts)
    stats = [{"name": "Lap", "data_type": "duration", "scoring": True}]
    seats = [{"player_id": ana.id}, {"name": "Ben"}]
    session = await ana.post("/sessions", {"game_id": game, "seats": seats, "stats": stats})
    path = f"/sessions/{session['id']}"
    await ana.post(f"{path}/record", {"seat": 0, "stat": "Lap", "value": 62_000})
    await ana.post(f"{path}/end")

    preview = await ana.post(f"{path}/void/preview", {"reason": "a trial"})

    hers = [each for each in preview["boards"] if each["member_id"] == ana.id]
    assert sorted((each["name"], each["season"] or "", each["score_type"]) for each in hers) == [
        ("Best", "", "duration"),
        ("Best", "Winter cup", "duration"),
        ("Times", "", "duration"),
        ("Wins", "", "number"),
    ]
