"""The demo: the same story for the same seed, in a ledger as good as any."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from tallybook import operating, upkeep
from tallybook.access.actor import ADMIN, Actor
from tallybook.accounts.tables import players
from tallybook.bootstrap.node import node
from tallybook.catalogue.tables import rooms
from tallybook.database.engine import open_database
from tallybook.demo.cast import DEMO, PASSWORD, PEOPLE
from tallybook.demo.fill import Story
from tallybook.kernel.clock import SystemClock, iso
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.tables import events
from tallybook.migrations import upgrade
from tallybook.play.requests import LONG_AGO, Envelope, take_envelope
from tallybook.rules.protocol import Config, Stat
from tallybook.sessions.commands import CreateSession, SeatToAdd
from tallybook.settings import Settings
from tests.app.serving import tallybook

STORY = Story(seed=5, until=1_770_000_000_000_000, years=1, sessions=25)


def told(connection: Connection) -> Sequence[Sequence[Any]]:
    """Everything about the history that does not depend on when it was written down."""
    facts = [events.c[name] for name in ("position", "stream", "idx", "type", "payload", "actor", "at")]
    people = [players.c[name] for name in ("id", "display_name", "color", "created_at")]
    queries = (
        select(*facts).order_by(events.c.position),
        select(*people).order_by(players.c.id),
        select(rooms).order_by(rooms.c.id),
    )
    return [[tuple(row) for row in connection.execute(query)] for query in queries]


async def fill(url: str, story: Story) -> Sequence[Sequence[Any]]:
    await upgrade(url)
    heard: list[tuple[int, int]] = []
    settings = Settings(database_url=url, secret_keys=("x" * 32,))
    position = await operating.fill_demo(settings, story, lambda done, total: heard.append((done, total)))
    assert heard == [(number, story.sessions) for number in range(1, len(heard) + 1)]
    database = open_database(url)
    try:
        history = await database.read(told)
    finally:
        await database.close()
    assert len(history[0]) == position
    return history


async def test_the_same_seed_tells_the_same_story_in_any_database_and_another_one_another(
    database_url: str, tmp_path: Path
) -> None:
    history, people, _rooms = await fill(database_url, STORY)
    assert await fill(f"sqlite:///{tmp_path}/again.db", STORY) == [history, people, _rooms]
    other = await fill(f"sqlite:///{tmp_path}/other.db", Story(6, STORY.until, 1, 25))
    assert [fact[4] for fact in other[0]] != [fact[4] for fact in history]

    assert {person[1] for person in people} == {person.name for person in PEOPLE}
    begun = [fact[6] for fact in history if fact[3] == "session_created.v1"]
    assert begun == sorted(begun)
    over = {fact[1] for fact in history if fact[3] in {"session_finished.v1", "session_abandoned.v1"}}
    created = [fact[1] for fact in history if fact[3] == "session_created.v1"]
    assert [session for session in created if session not in over] == created[-1:]
    assert max(fact[6] for fact in history if fact[6] is not None) <= STORY.until

    settings = Settings(database_url=database_url, secret_keys=("x" * 32,))
    assert (await upkeep.verify(settings, lambda _done, _total: None)).sound
    async with node(settings) as running:
        signed_in = await running.accounts.login(DEMO.username, PASSWORD, address="here")
        assert signed_in.player.display_name == DEMO.name


def test_the_command_fills_an_empty_database_and_no_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tallybook.db"
    done = tallybook(tmp_path, url, "demo", "--sessions", "3", "--years", "1")
    assert done.returncode == 0, done.stderr
    assert DEMO.username in done.stdout
    assert PASSWORD in done.stdout
    again = tallybook(tmp_path, url, "demo")
    assert (again.returncode, "--yes" in again.stderr) == (2, True)
    told_twice = tallybook(tmp_path, url, "demo", "--yes")
    assert (told_twice.returncode, "Traceback" in told_twice.stderr) == (1, False)


async def test_only_an_administrator_dates_something_back_by_more_than_a_year(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tallybook.db"
    await upgrade(url)
    clock = SystemClock()
    second = 1_000_000

    def ago(time: int) -> Envelope:
        return take_envelope({"at": iso(clock.now() - time)}, clock)

    async with node(Settings(database_url=url, secret_keys=("x" * 32,))) as running:
        ana = Actor((await running.accounts.guest("Ana")).player.id, "guest")
        admin = Actor(ana.player_id, "account", frozenset({ADMIN}))

        async def play(actor: Actor, opened: Envelope, written: Envelope) -> int | None:
            session_id = new_id()
            command = CreateSession(
                room_id=new_id(),
                key="ABCDEF",
                game_id=new_id(),
                host_id=ana.player_id,
                config=Config((Stat("Points", scoring=True),)),
                seats=(SeatToAdd(ana.player_id),),
            )
            await running.desk.create(actor, session_id, command, bytes(16), opened, lambda _connection: None)
            await running.desk.write(
                actor, session_id, "record", {"seat": 0, "stat": "Points", "value": 1}, written
            )
            return (await running.ledger.events(session_id))[-1].at

        recent, old = ago(LONG_AGO - second), ago(LONG_AGO + second)
        assert await play(ana, recent, recent) == recent.at
        for opened, written in ((old, recent), (recent, old)):
            with pytest.raises(Refusal) as caught:
                await play(ana, opened, written)
            assert caught.value.code == "forbidden"
        assert await play(admin, old, old) == old.at
