"""Scores and leaderboards over HTTP on PostgreSQL, each against single-row inserts by pgbench around it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
import uvloop

from benchmarks.databases import PostgresDatabases
from tallybook.catalogue.boards import board_id
from tallybook.migrations import upgrade
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.server import free_port

SECONDS = 6
FEW, MANY = 10_000, 1_000_000
ACHIEVEMENTS = 100  # so that hardly anybody unlocks one twice
_seeds = count(1)  # so that no load says what another one has said
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s) *$", re.MULTILINE)
_LAG = re.compile(r"^tallybook_following_lag_events\S* ([\d.e+]+)", re.MULTILINE)
_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_SECRET = "x" * 40
_LOADS = (  # what, over how many connections, and how many scores a request has
    ("first", 64, 1),  # most of these are the first that a player has
    ("single", 64, 1),
    ("single", 256, 1),
    ("batch", 16, 100),
    ("fresh", 64, 1),  # unlocks of careers of which most are yet to be loaded
    ("unlock", 64, 1),
    ("unlock", 256, 1),
    ("top", 64, 1),
    ("around", 64, 1),
)

_LUA = """\
local players = {{}}
for line in io.lines("{players}") do players[#players + 1] = line end
local achievements = {{}}
for line in io.lines("{achievements}") do achievements[#achievements + 1] = line end
wrk.headers["Authorization"] = "Bearer {key}"
wrk.headers["Content-Type"] = "application/json"
init = function() math.randomseed({seed}) end
local function one()
  return '{{"player_id":"' .. players[math.random(#players)] .. '","board":"best","score":' ..
    math.random(1000000) .. '}}'
end
request = function()
  {request}
end
"""
_SINGLE = 'return wrk.format("POST", "/api/v1/games/{game}/scores", nil, one())'
_UNLOCK = """return wrk.format("POST", "/api/v1/achievements/unlock", nil, '{{"player_id":"' ..
    players[math.random(#players)] .. '","achievement_id":"' ..
    achievements[math.random(#achievements)] .. '"}}')"""
_REQUESTS = {
    "first": _SINGLE,
    "single": _SINGLE,
    "batch": """local items = {{}}
  for at = 1, 100 do items[at] = one() end
  return wrk.format("POST", "/api/v1/games/{game}/scores/batch", nil,
    '{{"scores":[' .. table.concat(items, ",") .. ']}}')""",
    "fresh": _UNLOCK,
    "unlock": _UNLOCK,
    "top": 'return wrk.format("GET", "/api/v1/leaderboards/{game}?board=best&limit=100")',
    "around": """return wrk.format("GET", "/api/v1/leaderboards/{game}/around/" ..
    players[math.random(#players)] .. "?board=best&limit=11")""",
}


def reference(url: str, folder: Path) -> float:
    """Commits a second of pgbench: one row each, 64 clients."""
    address = urlsplit(url)
    script = folder / "insert.sql"
    script.write_text("INSERT INTO bare (player, score) VALUES (gen_random_uuid(), 1);\n")
    connected = ["-h", "127.0.0.1", "-p", str(address.port), "-U", address.username or "", address.path[1:]]
    flags = ["-n", "-c", "64", "-j", "1", "-T", str(SECONDS), "-f", str(script)]
    said = subprocess.run(["pgbench", *flags, *connected], check=True, capture_output=True, text=True).stdout
    found = re.search(r"tps = ([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


@contextmanager
def serving(url: str, folder: Path, **more: str) -> Iterator[str]:
    """A server in a process of its own, as it is started by hand."""
    port = free_port()
    environment = {
        "TALLYBOOK_DATABASE_URL": url,
        "TALLYBOOK_SECRET_KEYS": _SECRET,
        "TALLYBOOK_ACCESS_LOG": "false",
        "TALLYBOOK_KEY_RATE_LIMIT": "100000000/minute",
        "TALLYBOOK_RATE_LIMIT": "100000000/minute",
        **more,
    }
    command: list[str | Path] = [Path(sys.executable).parent / "tallybook", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=folder) as process:
        base = f"http://127.0.0.1:{port}"
        try:
            while not _ready(base):
                assert process.poll() is None, "the server ended"
            yield base
        finally:
            process.terminate()


def _ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz").is_success
    except httpx.TransportError:
        return False


def prepare(base: str, folder: Path) -> dict[str, str]:
    """A game with a board and achievements, and a key for its server; what the loads are told."""
    with httpx.Client(base_url=f"{base}/api/v1") as client:
        token = client.post("/auth/guest", json={"display_name": "Developer"}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        game = client.post("/games", json={"name": "Asteroids"}).json()["id"]
        client.post(f"/games/{game}/boards", json={"key": "best", "name": "Best"}).raise_for_status()
        made = [
            client.post(
                f"/games/{game}/achievements", json={"key": f"a{n}", "name": f"No. {n}", "points": 10}
            )
            for n in range(ACHIEVEMENTS)
        ]
        achievements = folder / "achievements.txt"
        achievements.write_text("\n".join(each.raise_for_status().json()["id"] for each in made))
        key = client.post(f"/games/{game}/api-keys", json={"name": "server"}).json()["secret"]
        return {"game": game, "key": key, "achievements": str(achievements)}


async def fill(url: str, game: str, players: int, listed: Path) -> None:
    """Players, and an entry of each, as the server would have written them."""

    board = board_id(UUID(game), "best")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("TRUNCATE entries_a")
        await connection.execute(
            "INSERT INTO players (id, kind, display_name, avatar_seed, color, roles, created_at, last_seen)"
            " SELECT gen_random_uuid(), 'named', 'P' || n, 'x', '#336699', '', 0, 0"
            " FROM generate_series((SELECT count(*) FROM players), $1) n",
            players,
        )
        await connection.execute(
            "INSERT INTO entries_a SELECT $1, 0, id, (random() * 1000000)::int, 0, 1, 0, 1, 0, 1"
            " FROM players WHERE kind = 'named'",
            board,
        )
        await connection.execute("ANALYZE")
        rows = await connection.fetch("SELECT id FROM players WHERE kind = 'named' LIMIT 10000")
        listed.write_text("\n".join(str(row["id"]) for row in rows))
    finally:
        await connection.close()


def load(base: str, folder: Path, what: str, connections: int, **names: str) -> tuple[float, float, float]:
    """Requests a second, and p50 and p99 in milliseconds."""
    script = folder / f"{what}.lua"
    request = _REQUESTS[what].format(**names)
    script.write_text(
        _LUA.format(
            players=names["players"],
            achievements=names["achievements"],
            key=names["key"],
            seed=next(_seeds),
            request=request,
        )
    )
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script), base]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    rate = _RATE.search(said)
    assert rate is not None, said
    times = {name: float(value) * _UNIT[unit] for name, value, unit in _LATENCY.findall(said)}
    return float(rate[1]), times["50"], times["99"]


def _settled(base: str) -> float:
    """Seconds until what follows the ledger has caught up, so that no load or reference pays for another."""
    began = perf_counter()
    while any(float(lag) > 0 for lag in _LAG.findall(httpx.get(f"{base}/metrics", timeout=60).text)):
        sleep(0.1)
    return perf_counter() - began


def main() -> None:
    if which("wrk") is None or which("pgbench") is None:
        sys.exit("this benchmark needs wrk and pgbench")
    with ExitStack() as stack:
        server = stack.enter_context(Postgres())
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tallybook-bench-")))
        redis = stack.enter_context(Redis())
        rankings: dict[str, dict[str, str]] = {"memory": {}, "redis": {"TALLYBOOK_REDIS_URL": redis.url}}
        url = PostgresDatabases(server).empty()
        uvloop.run(upgrade(url))
        server.sql(
            "CREATE TABLE bare (id bigserial PRIMARY KEY, player uuid, score bigint)",
            database=url.rpartition("/")[2],
        )
        with serving(url, folder) as base:
            names = prepare(base, folder)
        game, listed = names["game"], folder / "players.txt"
        names["players"] = str(listed)
        for players in (FEW, MANY):
            uvloop.run(fill(url, game, players, listed))
            redis.cli("flushall")  # entries came without events
            for kind, more in rankings.items():
                with serving(url, folder, **more) as base:
                    _loaded(base, game)
                    before = reference(url, folder)
                    for what, connections, times in _LOADS:
                        rate, p50, p99 = load(base, folder, what, connections, **names)
                        behind = _settled(base)
                        after = reference(url, folder)  # the machine is now faster, now slower
                        print(
                            f"{players:8} entries in {kind:6}  {what:6} x{connections:<4}"
                            f" {rate * times:9.0f} /s  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms"
                            f"  behind {behind:4.1f} s  ratio {2 * rate * times / (before + after):.3f}"
                            f"  pgbench before and after {before:6.0f} {after:6.0f} /s",
                            flush=True,
                        )
                        before = after


def _loaded(base: str, game: str) -> None:
    """Ask until the ranks come from the index."""
    path = f"{base}/api/v1/leaderboards/{game}?board=best"
    counted = 'tallybook_ranking_answers_total{from="index"} 0'
    while counted in httpx.get(f"{base}/metrics").text:
        httpx.get(path, timeout=60).raise_for_status()


if __name__ == "__main__":
    main()
