"""Who has unlocked what, how far others have come, and how many persons of a game that is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.careers.events import (
    AchievementProgressed,
    AchievementRevoked,
    AchievementUnlocked,
    CareerEvent,
)
from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.kernel.events import Recorded
from tallybook.projections.beginnings import games_of_streams
from tallybook.projections.making import MadeInMemory, Page, by_key, pages
from tallybook.projections.remembered import Remembered
from tallybook.projections.slots import SLOTS, Slots
from tallybook.sessions.events import ResultCorrected, SessionCreated, SessionFinished


class Row(msgspec.Struct, array_like=True):
    """One achievement of one player. A row of the game itself says that the player has played it."""

    player_id: UUID
    thing_id: UUID  # the achievement, or the game
    person_id: UUID
    game_id: UUID
    held: int = 0  # unlocked, or played
    bot: int = 0
    tiers: int = 0  # a bit for each that is unlocked; one without tiers has the lowest
    steps: int = 0
    points: int = 0
    unlocked_at: int | None = None  # by the player's own time
    position: int | None = None  # of the event that unlocked the first tier
    revoked_at: int | None = None
    seen: int = 0  # the position of the last event in this row

    @property
    def counted(self) -> bool:
        return bool(self.held and not self.bot)


ROW = Row.__struct_fields__


def _unlocks(slot: str) -> Table:
    name = f"unlocks_{slot}"
    return Table(
        name,
        metadata,
        Column("player_id", Id, primary_key=True),
        Column("thing_id", Id, primary_key=True),
        Column("person_id", Id, nullable=False),
        Column("game_id", Id, nullable=False),
        Column("held", Integer, nullable=False),
        Column("bot", Integer, nullable=False),
        Column("tiers", Integer, nullable=False),
        Column("steps", BigInteger, nullable=False),
        Column("points", Integer, nullable=False),
        Column("unlocked_at", Moment),
        Column("position", BigInteger),
        Column("revoked_at", Moment),
        Column("seen", BigInteger, nullable=False),
        Index(f"ix_{name}_thing", "thing_id", "person_id"),
        Index(f"ix_{name}_person", "person_id", "held", "unlocked_at", "thing_id"),
        sqlite_with_rowid=False,
    )


def _counts(slot: str) -> Table:
    return Table(
        f"unlock_counts_{slot}",
        metadata,
        Column("thing_id", Id, primary_key=True),
        Column("persons", Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _persons(slot: str) -> Table:
    return Table(
        f"unlock_persons_{slot}",
        metadata,
        Column("player_id", Id, primary_key=True),
        Column("person_id", Id, nullable=False),
        Column("position", BigInteger, nullable=False),  # of the newest merge or split
        sqlite_with_rowid=False,
    )


unlocks, counts, persons = Slots(_unlocks), Slots(_counts), Slots(_persons)

_of_player = {slot: Lookup(unlocks[slot], ROW, ["player_id"]) for slot in SLOTS}
_of_person = {slot: Lookup(unlocks[slot], ROW, ["thing_id", "person_id"]) for slot in SLOTS}
_save = {slot: Insert(unlocks[slot], ROW, update=ROW[2:]) for slot in SLOTS}
_counted = {slot: Lookup(counts[slot], ["thing_id", "persons"], ["thing_id"]) for slot in SLOTS}
_count = {slot: Insert(counts[slot], ["thing_id", "persons"], update=["persons"]) for slot in SLOTS}
_PERSON = ("player_id", "person_id", "position")
_save_persons = {slot: Insert(persons[slot], _PERSON, update=_PERSON[1:]) for slot in SLOTS}

MOST_REMEMBERED = 20_000  # counts

_Pair = tuple[UUID, UUID]  # a player and a thing, or a thing and a person
_Played = tuple[UUID, UUID, bool, int]  # a game, a player, whether that is a bot, the position
_OURS = (AchievementUnlocked, AchievementProgressed, AchievementRevoked)
_RESULTS = (SessionFinished, ResultCorrected)
_MOVES = (PlayerMerged, PlayerSplit)
_RELEVANT = frozenset({*_OURS, *_RESULTS, *_MOVES})


class _Made:
    """Everything, to be written when it is complete: only then it matters whom a player belongs to."""

    def __init__(self) -> None:
        self.rows: dict[_Pair, Row] = {}
        self.persons: dict[UUID, tuple[UUID, int]] = {}  # with the position of the newest merge or split

    def take(self, played: Sequence[_Played], news: Sequence[Recorded], moves: Sequence[Recorded]) -> None:
        _change(self.rows, {}, played, news)
        self.persons |= {recorded.stream: (_person(recorded), recorded.position) for recorded in moves}

    def pages(self, slot: str) -> Iterator[Page]:
        for row in self.rows.values():
            row.person_id = self.persons.get(row.player_id, (row.player_id,))[0]
        rows = (msgspec.structs.astuple(self.rows[key]) for key in by_key(self.rows))
        yield from pages(_save[slot], rows)
        yield from pages(_save_persons[slot], ((player, *said) for player, said in self.persons.items()))
        counted = Counter(thing for thing, _ in _held(self.rows.values()))
        yield from pages(_count[slot], sorted(counted.items()))


class _Memory:
    """What one slot's tables hold, as far as the last batches have met it. Only the writer may trust it."""

    def __init__(self, slot: str) -> None:
        self.persons = Remembered(persons[slot], "position")  # of players who were ever merged
        self.counts: dict[UUID, int] = {}  # by thing

    def shrink(self) -> None:
        """Make room, before a batch."""
        if len(self.counts) > MOST_REMEMBERED:
            self.counts.clear()


class Unlocks(MadeInMemory[_Made]):
    """One row an achievement and player, with the person it belongs to; and counts of persons."""

    name = "unlocks"
    version = 1

    def __init__(self) -> None:
        super().__init__(_Made, _Made.pages)
        self.slot = SLOTS[0]
        self.forget_tables()

    def forget_tables(self, written: Sequence[Recorded] | None = None) -> None:
        if written is None or any(isinstance(recorded.event, _MOVES) for recorded in written):
            self._memory = {slot: _Memory(slot) for slot in SLOTS}
        elif any(recorded.index == 0 or type(recorded.event) in _RELEVANT for recorded in written):
            for memory in self._memory.values():
                memory.counts.clear()

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Change the rows of what happened; whoever was merged or split takes all rows along."""
        events = [recorded for recorded in events if recorded.index == 0 or type(recorded.event) in _RELEVANT]
        news = [recorded for recorded in events if isinstance(recorded.event, _OURS)]
        moves = [recorded for recorded in events if isinstance(recorded.event, _MOVES)]
        played = [*_in_careers(events), *_in_sessions(connection, events)]
        if not news and not moves and not played:
            return
        played.sort(key=itemgetter(-1))
        if slot in self.making:
            self.making[slot].take(played, news, moves)
            return
        self._memory[slot].shrink()
        achieved = [
            (each.event.achievement, each.event.player) for each in news if isinstance(each.event, _OURS)
        ]
        things = {(game, player) for game, player, _, _ in played}.union(achieved)
        before, now = self._persons(connection, slot, {player for _, player in things}, moves)
        moved = {player for player in now if before.get(player, player) != now[player]}
        rows = {
            (row.player_id, row.thing_id): row
            for row in _read(_of_player[slot].run(connection, [(player,) for player in sorted(moved)]))
        }
        things |= {(thing, player) for player, thing in rows}
        pairs = things
        if now:
            pairs = {
                (thing, person)
                for thing, player in things
                for person in (before.get(player, player), now.get(player, player))
            }
        for row in _read(_of_person[slot].run(connection, list(pairs))):
            rows.setdefault((row.player_id, row.thing_id), row)
        held = _held(rows.values())
        changed = _change(rows, now, played, news)
        for player, thing in rows if moved else ():
            if player in moved:
                rows[player, thing].person_id = now[player]
                changed.add((player, thing))
        _save[slot].run(connection, [msgspec.structs.astuple(rows[key]) for key in by_key(changed)])
        self._recount(connection, slot, held, _held(rows.values()))

    def _persons(
        self,
        connection: Connection,
        slot: str,
        players: set[UUID],
        moves: Sequence[Recorded],
    ) -> tuple[dict[UUID, UUID], dict[UUID, UUID]]:
        """Whom players who were ever merged belong to, before these merges and splits and after them."""
        players |= {recorded.stream for recorded in moves}
        known = self._memory[slot].persons
        merged = known.of(connection, players)
        news: dict[UUID, tuple[UUID, int]] = {}
        for recorded in moves:
            player = recorded.stream
            if player not in merged or recorded.position > merged[player][1]:
                news[player] = _person(recorded), recorded.position
        _save_persons[slot].run(connection, [(player, *news[player]) for player in sorted(news)])
        known.say(news)
        before = {player: person for player, (person, _) in merged.items()}
        return before, before | {player: person for player, (person, _) in news.items()}

    def _recount(self, connection: Connection, slot: str, before: set[_Pair], after: set[_Pair]) -> None:
        """Move the counts by the persons who came and went."""
        moves = Counter(thing for thing, _ in after - before)
        moves.subtract(thing for thing, _ in before - after)
        known = self._memory[slot].counts
        if unknown := sorted(thing for thing in moves if thing not in known):
            known.update(dict.fromkeys(unknown, 0))
            known.update(map(tuple, _counted[slot].run(connection, [(thing,) for thing in unknown])))
        for thing, by in moves.items():
            known[thing] += by
        _count[slot].run(connection, [(thing, known[thing]) for thing in sorted(moves)])

    def clear(self, connection: Connection, slot: str) -> None:
        for tables in (unlocks, counts, persons):
            tables.clear(connection, slot)
        self._memory[slot] = _Memory(slot)


def _person(recorded: Recorded) -> UUID:
    """Whom a player belongs to after a merge or a split."""
    return recorded.event.into if isinstance(recorded.event, PlayerMerged) else recorded.stream


def _change(
    rows: dict[_Pair, Row], now: Mapping[UUID, UUID], played: Sequence[_Played], news: Sequence[Recorded]
) -> set[_Pair]:
    """Fold events into rows, and say which these are; what is in already changes nothing."""
    changed: set[_Pair] = set()
    for game, player, bot, position in played:
        if (player, game) not in rows:
            fresh = Row(player, game, now.get(player, player), game, held=1, bot=int(bot), seen=position)
            rows[player, game] = fresh
            changed.add((player, game))
    for recorded in news:
        event = recorded.event
        assert isinstance(event, _OURS)
        key = event.player, event.achievement
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(*key, now.get(event.player, event.player), event.game)
        if row.seen < recorded.position:
            _fold(row, recorded)
            changed.add(key)
    return changed


def _in_careers(events: Iterable[Recorded]) -> Iterable[_Played]:
    """Whose careers begin."""
    for recorded in events:
        event = recorded.event
        if recorded.index == 0 and isinstance(event, CareerEvent):
            yield event.game, event.player, bool(getattr(event, "bot", False)), recorded.position


def _in_sessions(connection: Connection, events: Sequence[Recorded]) -> Iterable[_Played]:
    """Who sat at finished sessions."""
    finished = [recorded for recorded in events if isinstance(recorded.event, _RESULTS)]
    if not finished:
        return
    games = {
        recorded.stream: recorded.event.game_id
        for recorded in events
        if isinstance(recorded.event, SessionCreated)
    }
    unknown = sorted({recorded.stream for recorded in finished} - games.keys())
    games |= games_of_streams(connection, unknown)
    for recorded in finished:
        event = recorded.event
        assert isinstance(event, _RESULTS)
        for seat in event.result.seats:
            yield games[recorded.stream], seat.player_id, seat.is_bot, recorded.position


def _fold(row: Row, recorded: Recorded) -> None:
    match recorded.event:
        case AchievementProgressed(steps=steps):
            row.steps += steps
        case AchievementUnlocked(points=points, tier=tier, bot=bot):
            row.tiers |= 1 << (tier or 0)
            row.points += points
            row.bot = int(bot)
            if not row.held:
                row.held, row.unlocked_at = 1, recorded.happened_at
                row.position, row.revoked_at = recorded.position, None
        case AchievementRevoked(points=points, tier=tier):
            row.tiers &= ~(1 << (tier or 0))
            row.points -= points
            if not row.tiers:
                row.held, row.revoked_at = 0, recorded.happened_at
    row.seen = recorded.position


def _read(rows: Iterable[Sequence[Any]]) -> Iterable[Row]:
    return (Row(*row) for row in rows)


def _held(rows: Iterable[Row]) -> set[_Pair]:
    """Which persons count for which things."""
    return {(row.thing_id, row.person_id) for row in rows if row.counted}
