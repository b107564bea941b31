"""Figures of persons by game, by number of players and against each other, kept as results come in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete

from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, Moment, metadata
from tallybook.projections.merges import Moved, persons_of, stamp
from tallybook.projections.results import (
    PERSON,
    Version,
    opponents_of_two,
    people,
    save_versions,
    sittings,
)
from tallybook.projections.slots import SLOTS, Slots
from tallybook.projections.standings import (
    ALL_GAMES,
    Figures,
    Played,
    Record,
    Tally,
    count,
    count_keys,
    figures,
    record_keys,
)

_AT_ONCE = 1_000  # persons counted again by one statement, as drivers limit its parameters
_TALLY = Tally.__struct_fields__


def _tallies() -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in _TALLY]


def _player_games(slot: str) -> Table:
    return Table(
        f"player_games_{slot}",
        metadata,
        Column("person_id", Id, primary_key=True),
        Column("game_id", Id, primary_key=True),  # `ALL_GAMES` holds the sum
        Column("mode", String(12), primary_key=True),
        *_tallies(),
        Column("streak", Integer, nullable=False),
        Column("longest", Integer, nullable=False),
        Column("scored", Integer, nullable=False),
        Column("fractions", Integer, nullable=False),
        Column("score_sum", String(80), nullable=False),
        Column("highest", String(80)),
        Column("lowest", String(80)),
        Column("lowest_wins", Integer, nullable=False),
        Column("last_at", Moment, nullable=False),
        Column("last_session", Id, nullable=False),
        Column("playtime", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _player_counts(slot: str) -> Table:
    return Table(
        f"player_counts_{slot}",
        metadata,
        Column("person_id", Id, primary_key=True),
        Column("game_id", Id, primary_key=True),
        Column("mode", String(12), primary_key=True),
        Column("players", Integer, primary_key=True, autoincrement=False),
        *_tallies(),
        sqlite_with_rowid=False,
    )


def _head_to_head(slot: str) -> Table:
    return Table(
        f"head_to_head_{slot}",
        metadata,
        Column("person_id", Id, primary_key=True),
        Column("game_id", Id, primary_key=True),
        Column("opponent_id", Id, primary_key=True),  # a player: who that is as a person is looked up
        *_tallies(),
        sqlite_with_rowid=False,
    )


T = TypeVar("T", bound=Tally)


class _Kept:
    """Tallies in a table, found by key and written back."""

    def __init__(self, make: Callable[[str], Table], kind: type[Tally]) -> None:
        self.tables = Slots(make)
        self._kind = kind
        self._keys = [column.name for column in self.tables[SLOTS[0]].primary_key]
        columns = [*self._keys, *kind.__struct_fields__]
        self._find = {slot: Lookup(self.tables[slot], columns, self._keys) for slot in SLOTS}
        self._save = {
            slot: Insert(self.tables[slot], columns, update=kind.__struct_fields__) for slot in SLOTS
        }

    def read(self, connection: Connection, slot: str, keys: Iterable[Any]) -> dict[Any, Any]:
        width = len(self._keys)
        rows = self._find[slot].run(connection, sorted(set(keys)))
        return {tuple(row[:width]): self._kind(*row[width:]) for row in rows}

    def write(self, connection: Connection, slot: str, tallies: Mapping[Any, Tally]) -> None:
        rows = [(*key, *msgspec.structs.astuple(tally)) for key, tally in sorted(tallies.items(), key=_key)]
        self._save[slot].run(connection, rows)

    def forget(self, connection: Connection, slot: str, persons: list[UUID]) -> None:
        table = self.tables[slot]
        connection.execute(delete(table).where(table.c.person_id.in_(persons)))


def _key(pair: tuple[Any, Tally]) -> Any:
    return pair[0]


player_games = _Kept(_player_games, Record)
player_counts = _Kept(_player_counts, Tally)
head_to_head = _Kept(_head_to_head, Tally)
_KEPT = (player_games, player_counts, head_to_head)
TABLES = tuple(kept.tables for kept in _KEPT)

_note = {slot: Insert(people[slot], PERSON, update=["outcome"]) for slot in SLOTS}
_noted = {slot: Lookup(people[slot], PERSON, ["session_id", "player_id"]) for slot in SLOTS}


@dataclass(slots=True)
class News:
    """What a batch says of finished sessions, the persons who sat there, and merges of persons."""

    position: int  # of the last event
    moved: Moved
    versions: dict[UUID, list[Version]] = field(default_factory=dict)
    corrected: dict[UUID, set[UUID]] = field(default_factory=dict)  # sessions with an older result: who sat
    persons: Mapping[UUID, UUID] = field(default_factory=dict)  # of players who are not persons themselves

    def own(self, played: Played) -> dict[UUID, set[UUID]]:
        """By person, the players as which that person sat there."""
        persons: dict[UUID, set[UUID]] = {}
        for seat in played.seats:
            persons.setdefault(self.persons.get(seat.player_id, seat.player_id), set()).add(seat.player_id)
        return persons


def apply_results(connection: Connection, slot: str, news: News) -> None:
    """Fold new results in; whom a correction, a void, a merge or a late result concerns is counted again."""
    if not news.versions and not news.moved.players:
        return
    save_versions(connection, slot, news.versions, news.corrected)
    again = {*news.moved.persons, *opponents_of_two(connection, slot, news.moved)}
    for sat in news.corrected.values():
        again |= {news.persons.get(player_id, player_id) for player_id in sat}
    last = (said[-1][1] for session_id, said in news.versions.items() if session_id not in news.corrected)
    fresh = sorted((played for played in last if played is not None), key=lambda played: played.when)
    persons = {person_id for played in fresh for person_id in news.own(played)}
    book = Figures()
    book.records = player_games.read(
        connection,
        slot,
        (key for played in fresh for person_id in news.own(played) for key in record_keys(person_id, played)),
    )
    for played in fresh:
        for person_id in news.own(played):
            total = book.records.get((person_id, ALL_GAMES, played.mode))
            if total is not None and (total.last_at, total.last_session) > played.when:
                again.add(person_id)
    _fold(connection, slot, news, book, fresh, again)
    concerned = sorted(again)
    for start in range(0, len(concerned), _AT_ONCE):
        _refold(connection, slot, concerned[start : start + _AT_ONCE])
    stamp(connection, slot, persons | again, news.position)


def _fold(
    connection: Connection, slot: str, news: News, book: Figures, fresh: Sequence[Played], again: set[UUID]
) -> None:
    """Add results to what there is; whoever is counted again anyway is left out."""
    added = [
        (person_id, played, count(played, own, news.persons))
        for played in fresh
        for person_id, own in news.own(played).items()
        if person_id not in again
    ]
    if not added:
        return
    against = (
        (person_id, game_id, player_id)
        for person_id, played, counted in added
        for player_id, _ in counted.against
        for game_id in (ALL_GAMES, played.game_id)
    )
    counts = (key for person_id, played, _ in added for key in count_keys(person_id, played))
    book.records = {key: record for key, record in book.records.items() if key[0] not in again}
    book.counts = player_counts.read(connection, slot, counts)
    book.against = head_to_head.read(connection, slot, against)
    for person_id, played, counted in added:
        book.add(person_id, played, counted)
    _write(connection, slot, book)


def _refold(connection: Connection, slot: str, persons: list[UUID]) -> None:
    """Count everything of these persons again, from their results."""
    for kept in _KEPT:
        kept.forget(connection, slot, persons)
    whole = Figures()
    noted: dict[tuple[UUID, UUID], str | None] = {}
    found = sittings(connection, slot, persons)
    sat = {
        seat.player_id
        for sessions in found.values()
        for (played, _), _ in sessions.values()
        for seat in played.seats
    }
    behind = persons_of(connection, slot, sorted(sat))
    for person_id, sessions in found.items():
        book = figures(person_id, (sitting for sitting, _ in sessions.values()), behind)
        whole.records |= book.records
        whole.counts |= book.counts
        whole.against |= book.against
        for session_id, ((played, own), outcomes) in sessions.items():
            outcome = count(played, own).outcome
            noted |= {(session_id, each): outcome for each in own if outcomes[each] != outcome}
    _write(connection, slot, whole)
    rows = [list(row) for row in _noted[slot].run(connection, sorted(noted))]
    for row in rows:
        row[PERSON.index("outcome")] = noted[row[0], row[1]]
    _note[slot].run(connection, rows)


def _write(connection: Connection, slot: str, book: Figures) -> None:
    player_games.write(connection, slot, book.records)
    player_counts.write(connection, slot, book.counts)
    head_to_head.write(connection, slot, book.against)
