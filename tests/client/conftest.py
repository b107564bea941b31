"""A real server with a game, its boards and achievements, and a key for the game's own server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.app.serving import Tallybook


@dataclass(frozen=True)
class Game:
    """What a developer has set up."""

    url: str
    id: str
    key: str
    first: str  # achievements
    hundred: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tallybook]:
    folder = tmp_path_factory.mktemp("client")
    running = Tallybook(f"sqlite:///{folder}/tallybook.db", folder)
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def game(server: Tallybook) -> Game:
    with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False) as http:

        def post(path: str, body: Any) -> Any:
            answer = http.post(path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        owner = post("/auth/guest", {"display_name": "The developer"})
        http.headers["Authorization"] = f"Bearer {owner['access_token']}"
        game = post("/games", {"name": "Ski slalom"})["id"]
        laps = {"operator": "best", "order": "lowest", "decimals": 2}
        post(f"/games/{game}/boards", {"key": "laps", "definition": laps})
        first, hundred = (
            post(f"/games/{game}/achievements", achievement)["id"]
            for achievement in (
                {"key": "first-run", "name": "First run", "points": 10},
                {"key": "hundred-gates", "name": "A hundred gates", "points": 50, "steps": 100},
            )
        )
        key = post(f"/games/{game}/api-keys", {"name": "The game's server"})["secret"]
    return Game(server.url, game, key, first, hundred)
