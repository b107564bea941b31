"""Scores sent again under their command ids get their first results, whoever they are for."""

from typing import Any
from uuid import UUID

import pytest

from tallybook.bootstrap.node import Node
from tallybook.projections.records.contributions import team_id
from tests.rest.kit import Person, game_of, register

BOARDS: dict[str, dict[str, Any]] = {
    "best": {},
    "least": {"order": "lowest"},
    "latest": {"operator": "latest"},
    "sum": {"operator": "sum"},
    "count": {"operator": "count"},
    "average": {"operator": "average"},
    "teams": {"operator": "sum", "teams": True},
}
SCORES = (5, 9, 4, 9, 7, 3, 12, 4)


async def merged(ana: Person) -> tuple[Person, str]:
    """Bea, and a player of Ana's library that she is as well."""
    bea = await register(ana.client, "bea", display_name="Bea")
    named: str = (await ana.post("/players", {"name": "Cleo"}))["id"]
    claim = await bea.post("/players/me/claim", {"player_id": named})
    await ana.post(f"/claims/{claim['id']}/approve", {})
    return bea, named


def told(batch: Any) -> list[tuple[Any, ...]]:
    """How each item came out, without what ranks it among the others of today."""
    results = [item["result"] for item in batch["results"]]
    return [(each["entry"], each["previous"], each["updated"]) for each in results]


async def test_a_batch_sent_again_gets_its_first_results(ana: Person) -> None:
    game = await game_of(ana)
    for key, definition in BOARDS.items():
        await ana.post(f"/games/{game}/boards", {"key": key, "definition": definition})
    bea, named = await merged(ana)
    people = (ana.id, bea.id, named)
    scores = [
        {
            "board": key,
            "score": score,
            "player_id": people[at % 3],
            **({"team": "Reds"} if key == "teams" else {}),
        }
        for key in BOARDS
        for at, score in enumerate(SCORES)
    ]
    path = f"/games/{game}/scores/batch"
    first = await ana.post(path, {"scores": scores}, command_id="evening")
    players = [at for at, score in enumerate(scores) if "team" not in score]
    await ana.post(path, {"scores": [{**scores[at], "score": 1} for at in players]})
    again = await ana.post(path, {"scores": scores}, command_id="evening")
    assert [told(again)[at] for at in players] == [told(first)[at] for at in players]
    assert [told(again)[at][0]["score"] for at in range(len(scores)) if at not in players] == [53] * len(
        SCORES
    )


async def test_what_a_repetition_reads_does_not_grow_with_the_batch(
    ana: Person, server: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await game_of(ana)
    await ana.post(f"/games/{game}/boards", {"key": "best"})
    path = f"/games/{game}/scores/batch"
    database, reads = server.ledger.database, []
    read = type(database).read

    async def counted(self: Any, run: Any) -> Any:
        reads.append(run)
        return await read(self, run)

    needed = []
    for many in (2, 50):
        batch = {"scores": [{"board": "best", "score": score} for score in range(many)]}
        await ana.post(path, batch, command_id=str(many))
        with monkeypatch.context() as patched:
            patched.setattr(type(database), "read", counted)
            reads.clear()
            await ana.post(path, batch, command_id=str(many))
            needed.append(len(reads))
    assert needed[1] <= needed[0] + 2  # what goes on behind reads as well


async def test_what_stood_before_is_known_however_long_the_career(ana: Person) -> None:
    """Of one player it is kept, of a person who is several it is found in the ledger: alike on all boards."""
    game = await game_of(ana)
    bea, named = await merged(ana)
    for key, definition in BOARDS.items():
        if key == "teams":
            continue
        await ana.post(f"/games/{game}/boards", {"key": key, "definition": definition})
        for at, score in enumerate(SCORES):
            for player in (ana.id, (bea.id, named)[at % 2]):
                body = {"board": key, "score": score, "player_id": player}
                await ana.post(f"/games/{game}/scores", body)
        alone, several = [
            (await ana.get(f"/leaderboards/{game}/player/{player}", board=key))["previous"]
            for player in (ana.id, named)
        ]
        assert alone == several, key
        assert alone is not None, key


async def test_each_player_of_a_person_has_a_statistic_of_its_own_before_as_well(ana: Person) -> None:
    game = await game_of(ana)
    bea, named = await merged(ana)
    await ana.post(f"/games/{game}/boards", {"key": "best", "definition": {"source": "stat", "of": "level"}})
    for player, delta in ((bea.id, 5), (named, 3), (bea.id, 1)):
        body = {"player_id": player, "values": {"level": {"delta": delta}}}
        await ana.post(f"/games/{game}/stats/report", body)
    standing = await ana.get(f"/leaderboards/{game}/player/{bea.id}", board="best")
    assert (standing["points"], standing["previous"]) == (6, 5)


async def test_what_stood_before_of_a_team_is_from_before_its_last_session(ana: Person) -> None:
    """All that its members have of one session came at once."""
    game = await game_of(ana)
    for operator in ("sum", "best", "latest"):
        definition = {"source": "session", "of": "score", "operator": operator, "teams": True}
        await ana.post(f"/games/{game}/boards", {"key": operator, "definition": definition})
    for scores in ((5, 3), (6, 9)):
        seats = [{"name": name, "team": "Reds"} for name in ("Ben", "Cleo")]
        stats = [{"name": "Points", "data_type": "integer", "scope": "player", "scoring": True}]
        body = {"game_id": game, "seats": seats, "stats": stats}
        path = f"/sessions/{(await ana.post('/sessions', body))['id']}"
        for seat, score in enumerate(scores):
            await ana.post(f"{path}/record", {"seat": seat, "stat": "Points", "value": score})
        await ana.post(f"{path}/end")
    team = team_id(UUID(game), "Reds")
    before = [
        (await ana.get(f"/leaderboards/{game}/player/{team}", board=operator))["previous"]
        for operator in ("sum", "best", "latest")
    ]
    assert before == [8, 5, 3]
