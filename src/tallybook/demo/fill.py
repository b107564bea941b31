"""Playing the demo's plan into a server, by the same commands as everybody."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from tallybook.access.actor import ADMIN, Actor
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.follows import Following
from tallybook.catalogue import rooms
from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.games import GameChanges
from tallybook.catalogue.rooms import Room
from tallybook.demo.cast import DEMO, GAMES, PASSWORD, PEOPLE, DemoGame, Person
from tallybook.demo.evenings import DAY, MINUTE, Table, plan
from tallybook.demo.script import script
from tallybook.kernel.ids import new_id
from tallybook.kernel.randomness import ROOM_KEY_ALPHABET, ROOM_KEY_LENGTH, Seed
from tallybook.ledger.append import Outcome
from tallybook.ledger.ledger import Ledger
from tallybook.play.desk import Desk
from tallybook.play.requests import Envelope, fingerprint
from tallybook.rules.protocol import Config
from tallybook.sessions.commands import CreateSession, SeatToAdd

ZONE = "Europe/Berlin"
MOST_WAITING = 3_000  # commands: enough for the ledger to commit many together, far below what it refuses


class StoryClock:
    """The time of the story that is being told; what is measured is measured by the machine's clock."""

    def __init__(self, now: int, monotonic: Callable[[], float]) -> None:
        self._now = now
        self.monotonic = monotonic

    def now(self) -> int:
        return self._now

    def tell(self, moment: int) -> None:
        self._now = moment


@dataclass(frozen=True, slots=True)
class Story:
    """What follows from the seed: `until` is the last moment, microseconds since 1970 UTC."""

    seed: int
    until: int
    years: int
    sessions: int | None = None

    @property
    def chance(self) -> Seed:
        return Seed(self.seed.to_bytes(32, "big"))

    @property
    def begins(self) -> int:
        return self.until - round(self.years * 365.25 * DAY) - 10 * DAY


@dataclass(slots=True)
class _Evening:
    """The room of an evening, as its last session has left it."""

    room_id: UUID
    key: str
    public: bool
    session_id: UUID


@dataclass(slots=True)
class Filling:
    """Fills a server with one story. `clock` is the one that the accounts and the catalogue go by."""

    ledger: Ledger
    desk: Desk
    accounts: Accounts
    catalogue: Catalogue
    following: Following
    clock: StoryClock
    _people: dict[str, Actor] = field(default_factory=dict)
    _games: dict[str, tuple[UUID, Config]] = field(default_factory=dict)
    _evenings: dict[int, _Evening] = field(default_factory=dict)
    _under_way: deque[asyncio.Future[None]] = field(default_factory=deque)
    _failures: list[Exception] = field(default_factory=list)

    async def run(self, story: Story, progress: Callable[[int, int], None]) -> None:
        """Everything of the story; `progress` hears of sessions, done and in all. Refusals are raised.

        One session after another goes to the ledger without waiting for its commits: so they share
        transactions, and yet stand in the ledger in the order in which they were played.
        """
        with new_id.repeatable(self.clock, story.chance.random("ids").getrandbits):
            self.clock.tell(story.begins)
            await self._introduce()
            tables = plan(story.chance, until=story.until, years=story.years, sessions=story.sessions)
            for number, table in enumerate(tables):
                await self._play(table, story.chance, number)
                while self.ledger.waiting > MOST_WAITING:
                    await self._under_way.popleft()
                progress(number + 1, len(tables))
            await asyncio.gather(*self._under_way)
        if self._failures:
            raise self._failures[0]

    async def _introduce(self) -> None:
        """Register everybody and define the games, one after another: the order decides the ids."""
        for person in PEOPLE:
            self.clock.tell(self.clock.now() + 7 * MINUTE)
            self._people[person.name] = Actor(
                await self._player(person),
                person.kind,
                frozenset({ADMIN}),  # who fills a server may say when things happened
            )
        owner = self._people[DEMO.name].player_id
        for person in PEOPLE:
            for friend in person.follows:
                await self.following.follow(
                    self._people[person.name].player_id, self._people[friend].player_id
                )
        for game in GAMES:
            self.clock.tell(self.clock.now() + 7 * MINUTE)
            self._games[game.name] = await self._define(owner, game)

    async def _player(self, person: Person) -> UUID:
        if person.kind == "account":
            signed_in = await self.accounts.register(person.username, PASSWORD, display_name=person.name)
            return signed_in.player.id
        if person.kind == "guest":
            return (await self.accounts.guest(person.name)).player.id
        return (await self.accounts.named(self._people[DEMO.name].player_id, [person.name]))[0]

    async def _define(self, owner: UUID, game: DemoGame) -> tuple[UUID, Config]:
        fewest, most = game.players
        defined = await self.catalogue.define_game(
            owner,
            GameChanges(
                name=game.name,
                description=game.description,
                win=game.win,
                min_players=fewest,
                max_players=most,
            ),
        )
        stats = [counted.stat for counted in game.counted]
        stat_set = await self.catalogue.define_stat_set(owner, defined.id, game.stat_set, stats)
        return defined.id, Config(stat_set.stats, game.win)

    async def _play(self, table: Table, chance: Seed, number: int) -> None:
        self.clock.tell(max(self.clock.now(), table.begins))
        session_id, opening = await self._open(table, chance)
        steps = script(table, chance.random("table", number))
        played = asyncio.get_running_loop().create_future()

        def heard(outcome: Outcome, *, last: bool) -> None:
            if isinstance(outcome, Exception):
                self._failures.append(outcome)
            if last:
                played.set_result(None)

        for position, step in enumerate(steps, start=1):
            self.desk.submit(
                self._people[step.by.name],
                session_id,
                step.name,
                self._spelled(step.body),
                _envelope(step.at),
                partial(heard, last=position == len(steps)),
            )
        self._under_way += (opening, played)

    async def _open(self, table: Table, chance: Seed) -> tuple[UUID, asyncio.Task[None]]:
        """Open the session in the evening's room; its id, and the commit that is under way."""
        host = self._people[table.host.name]
        game_id, config = self._games[table.game.name]
        session_id = new_id()
        before = self._evenings.get(table.evening)
        random = chance.random("room", table.evening)
        room = before or _Evening(
            new_id(), "".join(random.choices(ROOM_KEY_ALPHABET, k=ROOM_KEY_LENGTH)),
            random.random() < 0.3, session_id,
        )  # fmt: skip
        teams = table.game.teams
        command = CreateSession(
            room_id=room.room_id,
            key=room.key,
            game_id=game_id,
            host_id=host.player_id,
            config=config,
            seats=tuple(
                SeatToAdd(self._people[person.name].player_id, team=teams[seat % 2] if teams else None)
                for seat, person in enumerate(table.seats)
            ),
            public=room.public,
            previous=None if before is None else before.session_id,
        )

        def beside(connection: Connection, previous: UUID = room.session_id) -> None:
            if before is not None:
                rooms.move_on(connection, room.room_id, previous=previous, session_id=session_id)
                return
            made = Room(
                id=room.room_id,
                key=room.key,
                name=f"At {table.host.name}’s table",
                public=room.public,
                max_players=None,
                session_id=session_id,
                created_by=host.player_id,
                created_at=table.begins,
            )
            rooms.reserve_room(connection, made)

        async def opened() -> None:
            content = fingerprint("create", {"session_id": str(session_id)})
            await self.desk.create(host, session_id, command, content, _envelope(table.begins), beside)

        opening = asyncio.create_task(opened())
        await asyncio.sleep(0)  # it goes to the ledger before what is written in it
        room.session_id = session_id
        self._evenings[table.evening] = room
        return session_id, opening

    def _spelled(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with ids in place of names."""
        return {
            key: str(self._people[value["player"]].player_id) if isinstance(value, dict) else value
            for key, value in body.items()
        }


def _envelope(at: int) -> Envelope:
    return Envelope(at=at, zone=ZONE, claims_time=True)
