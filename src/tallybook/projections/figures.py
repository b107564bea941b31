"""Reading a person's figures: as they are now, or counted again as they were at an earlier moment."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from tallybook.accounts.tables import players
from tallybook.database.bulk import Lookup
from tallybook.database.driver import Rows
from tallybook.database.engine import Database
from tallybook.database.prepared import Prepared, as_id
from tallybook.database.schema import Id
from tallybook.kernel.refusals import not_found
from tallybook.ledger.read import position_at
from tallybook.projections.merges import EVERYBODY, OPEN, merges, persons_at, persons_of, stamps
from tallybook.projections.ratings_tables import ratings
from tallybook.projections.results import results_at, sittings_in
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.slots import SLOTS
from tallybook.projections.standings import ALL_GAMES, Figures, Mode, Record, Tally, figures
from tallybook.projections.statistics import head_to_head, player_counts, player_games

Stamp = tuple[int, int, int]  # positions that move whenever a figure of the person may have changed


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """Everything counted for one person, in all games or in one."""

    records: Mapping[tuple[UUID, Mode], Record]  # by game and mode; `ALL_GAMES` holds the sum
    counts: Mapping[tuple[Mode, int], Tally]  # by mode and number of players
    against: Mapping[UUID, Tally]  # by person


def _find(slot: str, of_ratings: str) -> Prepared:
    """The person behind a player who exists, and the stamps of its figures."""
    links, marks, everybody = merges[slot], stamps[slot], stamps[slot].alias("everybody")
    merged = (links.c.player_id == players.c.id) & (links.c.to_position == OPEN)
    person_id = func.coalesce(links.c.person_id, players.c.id, type_=Id())
    rated = ratings[of_ratings]
    newest = select(func.max(rated.c.position)).where(rated.c.person_id == person_id).scalar_subquery()
    query = (
        select(person_id, marks.c.position, everybody.c.position, newest)
        .select_from(players)
        .outerjoin(links, merged)
        .outerjoin(marks, marks.c.person_id == person_id)
        .outerjoin(everybody, everybody.c.person_id == bindparam("everybody", type_=Id()))
        .where(players.c.id == bindparam("player_id", type_=Id()))
    )
    return Prepared(query)


def _read_records(slot: str) -> Prepared:
    table = player_games.tables[slot]
    return Prepared(select(table).where(table.c.person_id == bindparam("person_id", type_=Id())))


def _read_counts(slot: str) -> Prepared:
    table = player_counts.tables[slot]
    columns = (table.c.mode, table.c.players, *(table.c[name] for name in Tally.__struct_fields__))
    wanted = table.c.game_id == bindparam("game_id", type_=Id())
    return Prepared(select(*columns).where(table.c.person_id == bindparam("person_id", type_=Id()), wanted))


def _read_against(slot: str) -> Prepared:
    table, links = head_to_head.tables[slot], merges[slot]
    merged = (links.c.player_id == table.c.opponent_id) & (links.c.to_position == OPEN)
    opponent = func.coalesce(links.c.person_id, table.c.opponent_id, type_=Id())
    query = select(opponent, *(table.c[name] for name in Tally.__struct_fields__)).outerjoin_from(
        table, links, merged
    )
    wanted = table.c.game_id == bindparam("game_id", type_=Id())
    return Prepared(query.where(table.c.person_id == bindparam("person_id", type_=Id()), wanted))


_found = {(slot, of_ratings): _find(slot, of_ratings) for slot in SLOTS for of_ratings in SLOTS}
_records = {slot: _read_records(slot) for slot in SLOTS}
_counts = {slot: _read_counts(slot) for slot in SLOTS}
_against = {slot: _read_against(slot) for slot in SLOTS}
_score_types = {
    slot: Lookup(SessionDirectory.sessions[slot], ["session_id", "score_type"], ["session_id"])
    for slot in SLOTS
}


def person_behind(connection: Connection, slot: str, player_id: UUID) -> tuple[UUID, Stamp]:
    """Who a player is, and the stamp of that person's figures; `not_found` without such a player.

    What the stamp says of ratings is of their first slot, whichever is live.
    """
    return _one(_found[slot, SLOTS[0]].run(connection, _whom(player_id)))


async def glance_at_person(
    database: Database, slot: str, player_id: UUID, *, of_ratings: str
) -> tuple[UUID, Stamp]:
    """The same, asked by itself."""
    return _one(await database.glance(_found[slot, of_ratings], _whom(player_id)))


def _whom(player_id: UUID) -> dict[str, UUID]:
    return {"player_id": player_id, "everybody": EVERYBODY}


def _one(rows: Rows) -> tuple[UUID, Stamp]:
    if not rows:
        raise not_found("player")
    person_id, changed, merged, rated = rows[0]
    return as_id(person_id), (changed or 0, merged or 0, rated or 0)


def read_figures(
    connection: Connection,
    slot: str,
    person_id: UUID,
    game_id: UUID | None,
    seen_by: Collection[UUID] | None = None,
) -> PersonFigures:
    """The figures as they are; against whom is told from what these players may see, where they are named."""
    asked = {"person_id": person_id, "game_id": game_id or ALL_GAMES}
    records = {(as_id(row[1]), row[2]): _record(row) for row in _records[slot].run(connection, asked)}
    counts = {(row[0], row[1]): Tally(*row[2:]) for row in _counts[slot].run(connection, asked)}
    if seen_by is not None:
        return PersonFigures(records, counts, _seen_against(connection, slot, person_id, game_id, seen_by))
    against: dict[UUID, Tally] = {}
    for row in _against[slot].run(connection, asked):
        _add(against, as_id(row[0]), Tally(*row[1:]))
    return PersonFigures(records, counts, against)


def _record(row: Sequence[Any]) -> Record:
    record = Record(*row[3:])
    record.last_session = as_id(record.last_session)
    return record


def score_types(connection: Connection, slot: str, records: Iterable[Record]) -> dict[UUID, str]:
    """By their last session, what the scores of records are: "number", or "duration" in milliseconds."""
    last = {record.last_session for record in records}
    return dict(_score_types[slot].run(connection, [(session_id,) for session_id in sorted(last)]))


def _add(against: dict[UUID, Tally], opponent: UUID, tally: Tally) -> None:
    known = against.setdefault(opponent, Tally())
    known.played += tally.played
    known.won += tally.won
    known.lost += tally.lost
    known.tied += tally.tied


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a person had played at an earlier moment, still to be counted."""

    person_id: UUID
    players: set[UUID]  # as whom the person was known then
    rows: Sequence[Sequence[Any]]
    seen: Sequence[Sequence[Any]]  # those of them from which one may know against whom it was
    persons: Mapping[UUID, UUID]  # behind players who were merged then
    game_id: UUID | None

    def count(self) -> PersonFigures:
        book = self._book(self.rows)
        game_id = self.game_id or ALL_GAMES
        against: dict[UUID, Tally] = {}
        known = book if self.seen is self.rows else self._book(self.seen)
        for (_, game, opponent), tally in known.against.items():
            if game == game_id:
                _add(against, self.persons.get(opponent, opponent), tally)
        return PersonFigures(
            records={(game, mode): record for (_, game, mode), record in book.records.items()},
            counts={
                (mode, size): tally for (_, game, mode, size), tally in book.counts.items() if game == game_id
            },
            against=against,
        )

    def _book(self, rows: Sequence[Sequence[Any]]) -> Figures:
        return figures(self.person_id, sittings_in(rows, self.players), self.persons)


def figures_at(
    connection: Connection,
    slot: str,
    player_id: UUID,
    game_id: UUID | None,
    moment: int,
    seen_by: Collection[UUID] | None = None,
) -> Earlier:
    """What counts for the person of a player as of a commit time. Counting it may take a while.

    Against whom is told from what these players may see, where they are named.
    """
    position = position_at(connection, moment)
    persons = persons_at(connection, slot, position)
    person_id = persons.get(player_id, player_id)
    known = {person_id, *(player for player, person in persons.items() if person == person_id)}
    rows = results_at(connection, slot, known, position)
    seen = rows if seen_by is None else results_at(connection, slot, known, position, seen_by)
    return Earlier(person_id, known, rows, seen, persons, game_id)


def _seen_against(
    connection: Connection, slot: str, person_id: UUID, game_id: UUID | None, seen_by: Collection[UUID]
) -> Mapping[UUID, Tally]:
    """Against whom a person was, in the sessions that these players may see."""
    links = merges[slot]
    merged = select(links.c.player_id).where(links.c.person_id == person_id, links.c.to_position == OPEN)
    known = {person_id, *connection.scalars(merged)}
    seen = results_at(connection, slot, known, OPEN - 1, seen_by)
    opponents = {seat.player_id for played, _ in sittings_in(seen, known) for seat in played.seats} - known
    persons = persons_of(connection, slot, opponents)
    return Earlier(person_id, known, seen, seen, persons, game_id).count().against
