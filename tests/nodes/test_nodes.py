"""Two nodes over one database: what one has acknowledged the other knows, with Redis or without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tallybook import operating
from tallybook.settings import Settings
from tests.app.people import Device, Door, Person, door, refused
from tests.app.serving import Tallybook
from tests.servers.redis import Redis

TIMES = 50  # for each of six kinds of news
LIMIT = 30


@dataclass(frozen=True)
class Installation:
    """The doors to both nodes."""

    here: Door
    there: Door

    def elsewhere(self, person: Person) -> Person:
        """The same person, calling the other node."""
        return Person(self.there.http, person.id, person.token)


@pytest.fixture
async def installation(nodes: list[Tallybook]) -> AsyncIterator[Installation]:
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(door(node.url)) for node in nodes]
        yield Installation(here, there)


async def a_name_changes(installation: Installation, ana: Person, session_id: str, number: int) -> None:
    ana = Person(installation.here.http, ana.id, ana.token)
    await ana.ask("PATCH", "/players/me", {"display_name": f"Ana {number}"})
    session = await installation.elsewhere(ana).get(f"/sessions/{session_id}")
    assert session["seats"][0]["name"] == f"Ana {number}"


async def a_point_is_made(installation: Installation, ana: Person, session_id: str) -> None:
    ana = Person(installation.here.http, ana.id, ana.token)
    written = await ana.post(f"/sessions/{session_id}/record", seat=0, stat="Points", delta=1)
    board = await installation.elsewhere(ana).get(f"/sessions/{session_id}/scoreboard")
    assert board["index"] >= written["index"]


async def an_evening_ends(installation: Installation, ana: Person, game_id: str) -> None:
    ana, there = Person(installation.here.http, ana.id, ana.token), installation.elsewhere(ana)
    opened = await ana.post("/sessions", game_id=game_id, seats=[{"player_id": ana.id}])
    for status in ("playing", "finished"):
        newest = (await there.get("/sessions/history"))["items"][0]
        assert (newest["id"], newest["status"]) == (opened["id"], status)
        if status == "playing":
            await ana.post(f"/sessions/{opened['id']}/end")


async def somebody_signs_out(installation: Installation) -> None:
    guest = await installation.here.guest("Gus")
    there = installation.elsewhere(guest)
    assert (await there.get("/players/me"))["id"] == guest.id
    await guest.post("/auth/logout")
    assert await refused(there, "GET", "/players/me") == "invalid_token"


async def a_key_is_revoked(installation: Installation, ana: Person, game_id: str) -> None:
    ana = Person(installation.here.http, ana.id, ana.token)
    made = await ana.post(f"/games/{game_id}/api-keys", name="server")
    server = Person(installation.there.http, "", made["secret"])
    assert (await server.get(f"/games/{game_id}"))["id"] == game_id
    await ana.ask("DELETE", f"/games/{game_id}/api-keys/{made['id']}")
    assert await refused(server, "GET", f"/games/{game_id}") == "invalid_token"


async def test_a_read_after_an_acknowledged_write_sees_it_on_the_other_node_whatever_redis_does(
    installation: Installation, redis_server: Redis
) -> None:
    ana = await installation.here.account("ana")
    session = await ana.open({"name": "Bea"})
    for number in range(TIMES):
        if number == TIMES // 5:
            redis_server.cli("flushall")
        elif number == 2 * TIMES // 5:
            redis_server.stop(crashing=True)
        elif number == 3 * TIMES // 5:
            redis_server.start()
        elif number == 4 * TIMES // 5:
            redis_server.stop()
            redis_server.start()
        turned = Installation(installation.there, installation.here)
        one = installation if number % 2 else turned
        await a_name_changes(one, ana, session["id"], number)
        await a_point_is_made(one, ana, session["id"])
        await a_point_is_made(one, ana, session["id"])
        await an_evening_ends(one, ana, session["game_id"])
        await somebody_signs_out(one)
        await a_key_is_revoked(one, ana, session["game_id"])


async def test_a_socket_on_one_node_sees_what_is_written_on_the_other(
    installation: Installation, redis_server: Redis
) -> None:
    ana, bea = await installation.here.guest("Ana"), await installation.there.guest("Bea")
    session = await ana.open({"player_id": bea.id}, public=True)
    async with ana.device(session["key"]) as hers, bea.device(session["key"]) as his:
        together = {ana.id: ["scorekeeper"], bea.id: ["player"]}
        await hers.until_here(together)
        await his.until_here(together)

        written = await hers.push("record", seat=0, stat="Points", value=7)
        assert (await his.board(written["index"]))["seats"][0]["total"] == 7

        redis_server.stop(crashing=True)
        written = await hers.push("record", seat=0, stat="Points", value=8)
        assert (await his.board(written["index"]))["seats"][0]["total"] == 8
        redis_server.start()

        cara = await installation.here.guest("Cara")  # comes while the nodes find each other again
        async with cara.device(session["key"], spectator=True):
            await his.until_here(together | {cara.id: ["spectator"]})
        await his.until_here(together)
    for device in (hers, his):
        assert [event["index"] for event in device.events] == sorted({e["index"] for e in device.events})


async def test_a_socket_on_one_node_closes_when_its_sign_in_ends_on_the_other_with_redis_and_without(
    installation: Installation, redis_server: Redis
) -> None:
    ana = await installation.here.guest("Ana")
    session = await ana.open({"name": "Bea"}, public=True)

    async def gus_comes_and_is_signed_out() -> None:
        gus = await installation.here.guest("Gus")
        async with installation.elsewhere(gus).device(session["key"], spectator=True) as device:
            await gus.post("/auth/logout")
            assert await device.until_closed() == 1001

    async with installation.elsewhere(ana).device(session["key"]) as stays:
        await gus_comes_and_is_signed_out()
        redis_server.stop(crashing=True)
        await gus_comes_and_is_signed_out()
        await stays.push("record", seat=0, stat="Points", value=1)
    redis_server.start()


async def test_a_copy_that_is_tried_out_with_the_same_keys_and_redis_is_not_heard(
    installation: Installation, postgres_url: str, shared: dict[str, str], tmp_path: Path
) -> None:
    ana = await installation.here.guest("Ana")
    session = await ana.open({"name": "Bea"})
    real, copied = Settings(database_url=postgres_url), Settings(database_url=f"sqlite:///{tmp_path}/copy.db")
    await operating.backup(real, tmp_path / "backup", with_keys=False, progress=lambda *_: None)
    await operating.restore(copied, tmp_path / "backup", lambda *_: None)
    server = Tallybook(copied.database_url, tmp_path, **shared)
    try:
        await asyncio.to_thread(server.start)
        async with door(server.url) as copy, ana.device(session["key"]) as device:
            doors = [Person(each.http, ana.id, ana.token) for each in (copy, installation.there)]
            for value, by_way_of in enumerate(doors):
                for _ in range(3):
                    await by_way_of.post(
                        f"/sessions/{session['id']}/record", seat=0, stat="Points", delta=value
                    )
            await device.board(session["index"] + 3)
        assert [event["data"]["value"] for event in device.events] == [1, 2, 3]
    finally:
        await asyncio.to_thread(server.close)


async def test_requests_and_sign_in_attempts_are_counted_over_all_nodes(
    postgres_url: str, shared: dict[str, str], nodes: list[Tallybook]
) -> None:
    limits = {"TALLYBOOK_RATE_LIMIT": f"{LIMIT}/hour", "TALLYBOOK_SIGN_IN_LIMIT": "4/hour"}
    for node in nodes:
        node.stop()
        node.more.update(limits)
        node.start()
    async with door(nodes[0].url) as here, door(nodes[1].url) as there:
        ana = await here.account("ana")
        installation = Installation(here, there)
        for _ in range(LIMIT - 5):
            await ana.get("/players/me")

        async def known() -> bool:
            answer = await installation.elsewhere(ana).send("GET", "/players/me")
            return int(answer.headers["ratelimit-remaining"]) < 5

        async with asyncio.timeout(20):
            while not await known():
                pass  # each look costs her one, so it ends either way; what counts is that it ends early
        assert int((await ana.send("GET", "/players/me")).headers["ratelimit-remaining"]) < 5

        wrong = {"username": "ana", "password": "not that"}
        codes = [await refused(d.nobody, "POST", "/auth/login", wrong) for d in (here, there) * 3]
        assert codes.count("invalid_credentials") < 6
        assert codes[-1] == "rate_limited"


async def test_who_unlocks_while_redis_is_away_hears_of_it_once_on_every_node(
    installation: Installation, redis_server: Redis
) -> None:
    ana = await installation.here.account("ana")
    game = (await ana.post("/games", name="Jump"))["id"]
    keys = ("before", "away", "elsewhere", "after")
    made = {key: (await ana.post(f"/games/{game}/achievements", key=key, name=key))["id"] for key in keys}
    async with ana.device() as one, installation.elsewhere(ana).device() as other:
        for device in (one, other):
            await device.join(f"player:{ana.id}")

        async def unlocks(who: Person, key: str) -> None:
            await who.post("/achievements/unlock", achievement_id=made[key])

        def heard(device: Device, least: int) -> list[str]:
            said = [m[4]["achievement"]["key"] for m in device.heard if m[3] == "achievement.unlocked"]
            return said if len(said) >= least else []

        await unlocks(ana, "before")
        for device in (one, other):
            await device.until(partial(heard, device, 1))
        redis_server.stop(crashing=True)
        await unlocks(ana, "away")
        await unlocks(installation.elsewhere(ana), "elsewhere")
        redis_server.start()
        await unlocks(ana, "after")
        for device in (one, other):
            assert sorted(await device.until(partial(heard, device, len(keys)))) == sorted(keys)
