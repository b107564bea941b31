"""Seasons end in standings that never change again."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Connection, select
from sqlalchemy.util import await_only

from tallybook.bootstrap.node import Node
from tallybook.catalogue.events import SeasonClosed
from tallybook.catalogue.season_definitions import Seasons
from tallybook.catalogue.seasons import Season, SeasonTexts, SeasonTier
from tallybook.catalogue.tables import season_standings
from tallybook.kernel.clock import SystemClock, iso
from tallybook.ledger.lock import lock
from tallybook.ledger.read import events_after
from tallybook.projections.records.records import Records
from tallybook.projections.records.tables import entries
from tallybook.reactions.seasons import SeasonKeeping
from tests.rest.kit import Person, body_of, code_of, enter, register
from tests.rest.seasons.running import MINUTE, TIERS, Ahead, score, season
from tests.rest.test_statistics import plays


async def test_a_season_ends_in_standings_that_never_change(
    server: Node, anybody: httpx.AsyncClient, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    cleo, dov, eve = [await enter(anybody, name) for name in ("Cleo", "Dov", "Eve")]
    now = clock.now()
    # Told before the season is defined, and yet within it: Ana has 30 twice over, Eve was too early.
    await score(server, game, eve, 99, now - 61 * MINUTE)
    await score(server, game, ana, 10, now - 61 * MINUTE)
    await score(server, game, ana, 10, now - 59 * MINUTE)
    texts = {"starts": "On your marks!", "ends": "Well skied."}
    asked = season(now - 60 * MINUTE, now + 5 * MINUTE, tiers=TIERS, texts=texts)
    defined = await ana.post(f"/games/{game}/seasons", asked, command_id="spring")
    assert defined == await ana.post(f"/games/{game}/seasons", asked, command_id="spring")
    assert (defined["state"], defined["digest"]) == ("running", None)
    path = f"/games/{game}/seasons/{defined['id']}"
    for player, points in ((bea, 30), (ana, 20), (cleo, 7), (dov, 5)):
        await score(server, game, player, points, now)

    # Equals share a rank, and who reached it earlier is listed first.
    running = await bea.get(f"{path}/standings")
    assert [(line["username"], line["points"], line["place"], line["rank"]) for line in running["items"]] == [
        ("Bea", 30, 1, 1),
        ("Ana", 30, 2, 1),
        ("Cleo", 7, 3, 3),
        ("Dov", 5, 4, 4),
    ]
    assert [line["tier"] for line in running["items"]] == ["Gold", "Gold", "Silver", "Silver"]
    assert (running["final"], running["total"]) == (False, 4)
    assert await all_pages(ana, f"{path}/standings") == running["items"]

    clock.ahead = 6 * MINUTE
    assert (await ana.get(path))["state"] in {"ended", "closed"}
    keepers = [
        SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock)
        for _ in range(3)
    ]
    await asyncio.gather(*(keeper.look() for keeper in keepers))
    closed = await ana.get(path)
    assert closed["state"] == "closed"
    final = await bea.get(f"{path}/standings")
    assert final == running | {"final": True}
    assert await all_pages(ana, f"{path}/standings") == final["items"]

    # Late news of the season changes its board, and nothing that is final.
    await score(server, game, dov, 1000, now)
    await keepers[0].look()
    assert await bea.get(f"{path}/standings") == final
    said = [each["occasion"] for each in (await bea.get(f"{path}/announcements"))["items"]]
    assert said in (["ends"], ["ends", "starts"])  # the start is announced unless the end came first

    def written(connection: Connection) -> tuple[list[SeasonClosed], int]:
        everything = events_after(connection, 0, 1000)
        ends = [each.event for each in everything if isinstance(each.event, SeasonClosed)]
        return ends, len(connection.execute(select(season_standings.c.place)).all())

    ends, kept = await server.ledger.database.read(written)
    assert [(end.digest, end.places) for end in ends] == [(closed["digest"], 4)]
    assert kept == 4  # what the other keepers wrote down is gone


async def test_what_is_committed_after_the_end_of_a_season_changes_the_boards_and_not_its_standings(
    server: Node, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    # The server takes the season to go on, as if it was down when it ended.
    clock.ahead, clock.database = -MINUTE, 0
    boards = {"score": None, "points": None, "wins": ("won", "sum"), "latest": ("score", "latest")}
    for key, taken in boards.items():
        if taken is not None:
            definition = {"source": "session", "of": taken[0], "operator": taken[1]}
            await ana.post(f"/games/{game}/boards", {"key": key, "name": key, "definition": definition})
    medals = [
        await ana.post(f"/games/{game}/achievements", {"key": key, "name": key, "points": 5})
        for key in ("one", "two")
    ]
    now = clock.now()
    asked = season(now - 60 * MINUTE, now + 5 * MINUTE, boards=list(boards))
    path = f"/games/{game}/seasons/{(await ana.post(f'/games/{game}/seasons', asked))['id']}"
    await score(server, game, ana, 5, now)
    await score(server, game, bea, 7, now)
    await ana.post("/achievements/unlock", {"achievement_id": medals[0]["id"]})
    sessions = [await plays(ana, game, bea, scores) for scores in ((5, 3), (9, 4), (2, 8))]
    await ana.post(f"/sessions/{sessions[0]}/correct", misread(0, 6))
    opened = {"game_id": game, "seats": [{"player_id": ana.id}, {"player_id": bea.id}]}
    open_ = (await ana.post("/sessions", opened))["id"]
    await ana.post(f"/sessions/{open_}/record", {"seat": 0, "stat": "Points", "value": 30})

    async def standings() -> list[Any]:
        found = [await ana.get(f"{path}/standings", board=key) for key in boards]
        return [
            [(line["username"], line["points"], line["rank"]) for line in each["items"]] for each in found
        ]

    async def rankings() -> list[Any]:
        return [(await ana.get(f"/leaderboards/{game}", board=key))["rankings"] for key in boards]

    await asyncio.sleep(0.01)
    ended = SystemClock().now()
    await asyncio.sleep(0.01)
    await ana.call("PATCH", path, {"ends_at": iso(ended)})
    running, others = await standings(), await rankings()
    assert running == [
        [("Bea", 7, 1), ("Ana", 5, 2)],
        [("Ana", 5, 1)],
        [("Ana", 2, 1), ("Bea", 1, 2)],
        [("Bea", 8, 1), ("Ana", 2, 2)],
    ]

    before = ended - 1_000
    await score(server, game, ana, 1_000, before)
    await bea.post("/achievements/unlock", {"achievement_id": medals[1]["id"], "timestamp": iso(before)})
    await ana.post(f"/sessions/{open_}/end", {"at": iso(before)})
    await ana.post(f"/sessions/{sessions[2]}/correct", misread(0, 99))
    await ana.post(f"/sessions/{sessions[1]}/void", {"reason": "a trial"})
    assert all(now != then for now, then in zip(await rankings(), others, strict=True))
    late = Ahead()
    await SeasonKeeping(server.ledger.database, Seasons(server.ledger, late), Records(), late).look()
    assert (await ana.get(path))["state"] == "closed"
    assert await standings() == running
    live, rebuilt = await server.ledger.database.write(made_anew)
    assert live == rebuilt


async def test_a_season_ends_by_the_databases_clock_by_which_it_counts(
    server: Node, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    clock.database = 0
    now = clock.now()
    made = await ana.post(f"/games/{game}/seasons", season(now - MINUTE, now + 5 * MINUTE))
    path = f"/games/{game}/seasons/{made['id']}"
    clock.ahead = 6 * MINUTE
    keeper = SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock)
    await keeper.look()
    assert (await ana.get(path))["state"] == "ended"  # for this node, which does not say how it ended
    await score(server, game, bea, 50, now)
    clock.database = 6 * MINUTE
    await keeper.look()
    final = await ana.get(f"{path}/standings")
    assert (final["final"], [line["points"] for line in final["items"]]) == (True, [50])


@pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
async def test_a_season_ends_once_whatever_is_being_written_is(
    server: Node, ana: Person, game: str, clock: Ahead
) -> None:
    now = clock.now()
    made = await ana.post(f"/games/{game}/seasons", season(now - MINUTE, now + 5 * MINUTE))
    path = f"/games/{game}/seasons/{made['id']}"
    await score(server, game, ana, 50, now)
    clock.ahead = 6 * MINUTE
    holds, go_on = asyncio.Event(), asyncio.Event()

    def write(connection: Connection) -> None:
        lock(connection)
        holds.set()
        await_only(go_on.wait())

    writing = asyncio.create_task(server.ledger.database.write(write))
    await holds.wait()
    keeper = SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock)
    looking = asyncio.create_task(keeper.look())
    waits = {
        "postgresql": "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        "mariadb": "SELECT variable_value FROM information_schema.global_status"
        " WHERE variable_name = 'Innodb_row_lock_current_waits'",
    }

    def waiting(connection: Connection) -> int:
        found = connection.exec_driver_sql(waits[connection.dialect.name])
        return int(found.scalar_one())

    frozen = select(season_standings.c.place)
    try:
        while not await server.ledger.database.read(waiting):
            await asyncio.sleep(0.005)
        assert not await server.ledger.database.read(lambda c: c.execute(frozen).all())
    finally:
        go_on.set()
        await asyncio.gather(writing, looking)
    assert (await ana.get(path))["state"] == "closed"


def misread(seat: int, value: int) -> dict[str, Any]:
    return {"seat": seat, "stat": "Points", "value": value, "reason": "misread"}


def made_anew(connection: Connection) -> tuple[list[Any], list[Any]]:
    """The entries of all boards, and those of a rebuild."""
    Records().apply(connection, "b", events_after(connection, 0, 1000))
    live, rebuilt = (
        sorted(map(tuple, connection.execute(select(entries.tables[slot])).all()), key=repr) for slot in "ab"
    )
    return live, rebuilt


async def test_a_leaderboard_within_a_season_is_live_until_it_closes_and_then_as_it_closed(
    server: Node, anybody: httpx.AsyncClient, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    cleo, dov = [await enter(anybody, name) for name in ("Cleo", "Dov")]
    friend = await register(anybody, "a-friend", display_name="Friend")
    now = clock.now()
    await score(server, game, friend, 500, now - 61 * MINUTE)
    asked = season(now - 60 * MINUTE, now + 5 * MINUTE)
    of = (await ana.post(f"/games/{game}/seasons", asked))["id"]
    for player, points in ((bea, 30), (cleo, 7), (friend, 7), (dov, 5)):
        await score(server, game, player, points, now, team="Reds")  # of which this board says nothing
    body_of(await bea.call("PUT", f"/players/{friend.id}/follow"))
    board = f"/leaderboards/{game}"
    narrow = {"players": f"{friend.id},{dov.id}"}
    chosen: list[tuple[str, Person, dict[str, str]]] = [
        (board, ana, {}),
        (board, ana, narrow),
        (board, bea, {"friends": "true"}),
        (f"{board}/around/{dov.id}", ana, {"limit": "2"}),
        (f"{board}/around/{dov.id}", ana, {"limit": "1"} | narrow),
        (f"{board}/player/{cleo.id}", ana, {}),
        (f"{board}/player/{dov.id}", ana, narrow),
    ]

    async def read() -> list[dict[str, Any]]:
        query = {"board": "score", "season": of}
        return [await person.get(path, **query, **more) for path, person, more in chosen]

    live = await read()
    assert [(line["username"], line["points"], line["rank"]) for line in live[0]["rankings"]] == [
        ("Bea", 30, 1),
        ("Cleo", 7, 2),
        ("Friend", 7, 2),
        ("Dov", 5, 4),
    ]
    assert live[0]["period"] == {"starts_at": iso(now - 60 * MINUTE), "ends_at": iso(now + 5 * MINUTE)}
    assert [(each["rank"], each["total"]) for each in live[5:]] == [(2, 4), (2, 2)]
    assert live[5]["entry"]["count"] == 1
    before = iso(clock.now())

    clock.ahead = 6 * MINUTE
    keeper = SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock)
    await keeper.look()
    await score(server, game, dov, 1000, now)
    await score(server, game, cleo, -3, now)
    for each in live[5:]:
        each["entry"] = None  # what counts is the standing
    assert await read() == live
    page = await ana.get(board, board="score", season=of, limit="3")
    rest = await ana.get(board, board="score", season=of, limit="3", cursor=page["next_cursor"])
    assert page["rankings"] + rest["rankings"] == live[0]["rankings"]
    assert rest["next_cursor"] is None
    earlier = await ana.get(board, board="score", season=of, as_of=before)
    assert earlier["rankings"] == live[0]["rankings"]

    nobody = await enter(anybody, "Nobody")
    for path, query, code in (
        (board, {"season": nobody.id}, "not_found"),
        (board, {"season": "spring"}, "not_found"),
        (board, {"season": of, "board": "points"}, "not_found"),
        (board, {"season": of, "period": "previous"}, "invalid"),
        (f"{board}/player/{nobody.id}", {"season": of}, "not_found"),
        (f"{board}/around/{nobody.id}", {"season": of}, "not_found"),
        (
            board.replace(game, (await ana.post("/games", {"name": "Another"}))["id"]),
            {"season": of},
            "not_found",
        ),
    ):
        answered = await ana.client.get(f"/api/v1{path}", params={"board": "score"} | query)
        assert code_of(answered) == code, (path, query)


async def all_pages(person: Person, path: str) -> list[Any]:
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await person.get(path, limit=1, **cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def test_the_entries_of_a_season_are_those_of_a_rebuild(
    server: Node, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    now = clock.now()
    await score(server, game, ana, 4, now - MINUTE)
    made = await ana.post(f"/games/{game}/seasons", season(now - 2 * MINUTE, now + 4 * MINUTE))
    await score(server, game, bea, 5, now)
    path = f"/games/{game}/seasons/{made['id']}"
    await ana.call("PATCH", path, {"ends_at": iso(now + 5 * MINUTE)})
    gone = await ana.post(f"/games/{game}/seasons", season(now - MINUTE, now + MINUTE, key="gone"))
    await ana.call("DELETE", f"/games/{game}/seasons/{gone['id']}")

    live, rebuilt = await server.ledger.database.write(made_anew)
    assert live == rebuilt
    assert len(live) == 4  # both on the game's board and on the season's


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        ((SeasonTier(name="Gold", from_rank=1), SeasonTier(name="Silver", from_rank=3)), [0, 0, 1, 1, 1]),
        ((SeasonTier(name="Silver", from_rank=2),), [None, 0, 0, 0, 0]),
        # A tenth of five ranks is the first one; half of them, rounded up, are three.
        (
            (SeasonTier(name="Gold", top_percent="10"), SeasonTier(name="Silver", top_percent="50")),
            [0, 1, 1, None, None],
        ),
        ((), [None] * 5),
    ],
)
def test_a_tier_follows_from_the_rank(tiers: tuple[SeasonTier, ...], expected: list[int | None]) -> None:
    it = Season(
        id=UUID(int=1), game_id=UUID(int=2), key="k", name="n", boards=("score",), starts_at=0, ends_at=1,
        tiers=tiers, texts=SeasonTexts(), standings_id=None, digest=None, closed_at=None, created_at=0,
    )  # fmt: skip
    assert [it.tier_at(rank, 5) for rank in range(1, 6)] == expected


async def test_a_list_begun_before_the_end_goes_on_in_the_final_standings(
    server: Node, ana: Person, bea: Person, game: str, clock: Ahead
) -> None:
    now = clock.now()
    of = (await ana.post(f"/games/{game}/seasons", season(now - MINUTE, now + 5 * MINUTE)))["id"]
    for player, points in ((ana, 30), (bea, 20)):
        await score(server, game, player, points, now)
    lists: list[tuple[str, dict[str, str]]] = [
        (f"/games/{game}/seasons/{of}/standings", {}),
        (f"/leaderboards/{game}", {"board": "score", "season": of}),
    ]
    begun = [(await ana.get(path, limit="1", **query))["next_cursor"] for path, query in lists]
    clock.ahead = 6 * MINUTE
    await SeasonKeeping(server.ledger.database, Seasons(server.ledger, clock), Records(), clock).look()
    for (path, query), cursor, lines in zip(lists, begun, ("items", "rankings"), strict=True):
        rest = await ana.get(path, cursor=cursor, **query)
        assert ([line["points"] for line in rest[lines]], rest["next_cursor"]) == ([20], None), path
