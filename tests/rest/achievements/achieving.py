"""Achievements over HTTP as tests define them, unlock them and wait for them."""

import asyncio
from typing import Any

import httpx

from tests.rest.kit import Person

POINTS = [{"name": "Points", "data_type": "integer", "scoring": True}]
LONG_AGO = "1999-12-31T23:59:59.500000Z"


async def defined(owner: Person, game: str, key: str, **fields: Any) -> Any:
    return await owner.post(f"/games/{game}/achievements", {"key": key, "name": key.title(), **fields})


async def unlock(person: Person, achievement: Any, **fields: Any) -> httpx.Response:
    body = {"achievement_id": achievement["id"], **fields}
    return await person.call("POST", "/achievements/unlock", body)


async def plays(host: Person, game: str, scores: dict[str, int], rounds: int = 1) -> str:
    """A finished session; each score is written in the last of so many rounds, 1 for all in those before."""
    seats = [{"player_id": player} for player in scores]
    session: str = (await host.post("/sessions", {"game_id": game, "stats": POINTS, "seats": seats}))["id"]
    for seat, score in enumerate(scores.values()):
        await host.post(f"/sessions/{session}/record", {"seat": seat, "stat": "Points", "value": score})
    await host.post(f"/sessions/{session}/end")
    return session


async def until(person: Person, path: str, holds: Any) -> Any:
    """What a path answers once something has become of it behind the ledger."""
    async with asyncio.timeout(20):
        while not holds(found := await person.get(path)):
            await asyncio.sleep(0.01)
    return found
