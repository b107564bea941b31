"""Leaderboards out of SQL: as they are now, and as they were at any commit time."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import starmap
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select, and_, func, or_, select

from tallybook.accounts.tables import players
from tallybook.careers.fold import CareerFold
from tallybook.careers.streams import career_id
from tallybook.catalogue.boards import Board, Definition
from tallybook.database.bulk import Lookup
from tallybook.database.driver import pause
from tallybook.kernel.events import Recorded
from tallybook.ledger.states import EVENT_COLUMNS, newer_events_of
from tallybook.ledger.tables import events, texts
from tallybook.projections.merges import OPEN, persons_at
from tallybook.projections.records.contributions import Contribution, enters, member_of, of_career, once
from tallybook.projections.records.entries import ENTRY, Entry, add, combined
from tallybook.projections.records.lists import Line, Section, lines_of
from tallybook.projections.records.sessions import contributions_of
from tallybook.projections.records.tables import careers, entries, given

T = TypeVar("T")

CHUNK = 20_000  # entries read by one statement
_AT_ONCE = 2_000  # careers read by one statement
_IN_A_ROW = 100  # of them, and events taken up, where others have their turn in between

# The events of careers that may enter boards of a source.
_NEWER: Mapping[str, Lookup] = {
    "points": newer_events_of(CareerFold.concerns),
    "scores": newer_events_of("score_submitted."),
    "action": newer_events_of("score_submitted."),
    "stat": newer_events_of("stats_reported."),
}

_position = attrgetter("position")
_since = attrgetter("since")
_at_positions = Lookup(events, EVENT_COLUMNS, ["position"])
_regions = Lookup(players, ["id", "region"], ["id"])
_texts = Lookup(texts, ["stream", "digest", "text"], ["stream", "digest"])


def entries_of(
    connection: Connection, slot: str, board: Board, period: int, members: Collection[UUID]
) -> dict[UUID, Entry]:
    """The entries of some members, also of those with too few to be ranked."""
    places = [(board.id, period, member) for member in members]
    return {place[2]: entry for place, entry in entries.read(connection, slot, places).items()}


def entries_in(connection: Connection, slot: str, board: Board, period: int) -> dict[UUID, Entry]:
    """Everybody with enough entries."""
    rows = connection.execute(_ordered(slot, board, period).order_by(None))
    return {row[0]: Entry(*row[1:]) for row in rows}


def in_region(connection: Connection, members: Sequence[UUID], region: str) -> set[UUID]:
    """Which of these players say that they are of a region."""
    return {row[0] for row in _regions.run(connection, [(member,) for member in members]) if row[1] == region}


def chunk(
    connection: Connection, slot: str, board: Board, period: int, *, after: UUID | None
) -> list[tuple[UUID, Entry]]:
    """The next of everybody with enough entries, by id, which takes no sorting; empty at the end."""
    member = entries.tables[slot].c.member_id
    query = _ordered(slot, board, period).order_by(None).order_by(member).limit(CHUNK)
    if after is not None:
        query = query.where(member > after)
    return [(row[0], Entry(*row[1:])) for row in connection.execute(query)]


def top(
    connection: Connection,
    slot: str,
    board: Board,
    period: int,
    *,
    limit: int,
    offset: int = 0,
    after: Line | None = None,
    region: str | None = None,
) -> Section:
    """A part of the list, by place or behind a line that somebody has seen."""
    query = _ordered(slot, board, period, region)
    total = count(connection, slot, board, period, region=region)
    if after is not None:
        query = query.where(_after(entries.tables[slot].c, board.definition, after))
    rows = connection.execute(query.offset(offset).limit(limit)).all()
    if not rows:
        return Section((), offset, total)
    found = [(row[0], Entry(*row[1:])) for row in rows]
    member, first = found[0]
    ahead = partial(count_ahead, connection, slot, board, period, first, region=region)
    start = offset if after is None else ahead(member=member)
    return Section(lines_of(board.definition, found, start, ahead()), start, total)


def around(
    connection: Connection,
    slot: str,
    board: Board,
    period: int,
    member: UUID,
    *,
    limit: int,
    region: str | None = None,
) -> Section | None:
    """Lines with the member in their middle; None when it is not in the list."""
    entry = listed_entry(connection, slot, board, period, member, region)
    if entry is None:
        return None
    place = count_ahead(connection, slot, board, period, entry, region=region, member=member)
    total = count(connection, slot, board, period, region=region)
    offset = max(0, min(place - limit // 2, total - limit))
    return top(connection, slot, board, period, limit=limit, offset=offset, region=region)


def listed_entry(
    connection: Connection, slot: str, board: Board, period: int, member: UUID, region: str | None
) -> Entry | None:
    """The entry of a member, if it is in the list."""
    query = _ordered(slot, board, period, region).where(entries.tables[slot].c.member_id == member)
    row = connection.execute(query).one_or_none()
    return None if row is None else Entry(*row[1:])


def count(connection: Connection, slot: str, board: Board, period: int, *, region: str | None = None) -> int:
    """How many are in the list."""
    query = _ordered(slot, board, period, region).order_by(None)
    found: int = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return found


def count_ahead(
    connection: Connection,
    slot: str,
    board: Board,
    period: int,
    entry: Entry,
    *,
    region: str | None = None,
    member: UUID | None = None,
    besides: UUID | None = None,
) -> int:
    """How many (`besides` one) rank strictly before an entry; with a `member`, how many are listed before."""
    table = entries.tables[slot]
    last = None if member is None else (entry.since, member)
    ahead = _before(table.c, board.definition, (entry.value, entry.second), last)
    query = _ordered(slot, board, period, region).order_by(None).where(ahead)
    if besides is not None:
        query = query.where(table.c.member_id != besides)
    count: int = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return count


def count_behind(
    connection: Connection,
    slot: str,
    board: Board,
    period: int,
    entry: Entry,
    *,
    besides: UUID,
    region: str | None = None,
) -> int:
    """How many, besides one, rank strictly after an entry."""
    table, wanted = entries.tables[slot].c, board.definition
    behind = _criterion(table.value, entry.value, larger=wanted.order == "lowest")
    if wanted.second != "none":
        second = _criterion(table.second, entry.second, larger=wanted.second == "lowest")
        behind = or_(behind, and_(table.value == entry.value, second))
    query = _ordered(slot, board, period, region).order_by(None).where(behind, table.member_id != besides)
    count: int = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return count


def periods_of(connection: Connection, slot: str, board: Board, *, limit: int) -> list[int]:
    """The beginnings of the periods in which anybody entered, newest first."""
    table = entries.tables[slot]
    query = select(table.c.period).where(table.c.board_id == board.id).distinct()
    return list(connection.execute(query.order_by(table.c.period.desc()).limit(limit)).scalars())


def metadata_of(connection: Connection, positions: Collection[int]) -> dict[int, str]:
    """The metadata (JSON) that came with submissions, by their positions in the ledger."""
    rows = _at_positions.run(connection, [(position,) for position in sorted(positions)])
    noted = {}
    for recorded in (Recorded(*row) for row in rows):
        if recorded.type.startswith("score_submitted."):
            kept = getattr(recorded.event, "metadata", None)
            if kept is not None:
                noted[recorded.stream, kept.digest] = recorded.position
    found = _texts.run(connection, sorted(noted))
    return {noted[stream, digest]: text for stream, digest, text in found}


def events_at(connection: Connection, positions: Collection[int]) -> dict[int, Recorded]:
    """Events of the ledger by their positions."""
    rows = _at_positions.run(connection, [(position,) for position in sorted(positions)])
    return {row[2]: Recorded(*row) for row in rows}


def entries_at(
    connection: Connection, slot: str, persons_slot: str, board: Board, period: int, position: int
) -> dict[UUID, Entry]:
    """Every entry of a period as of a position of the ledger, by member: folded from the ledger."""
    persons = persons_at(connection, persons_slot, position)
    if board.definition.source == "points":
        careers = by_and_by(connection, past(connection, slot, board, position, _IN_A_ROW))
        return _points(board, careers, persons).get(period, {})
    parts: dict[UUID, Entry] = {}
    for member, what in _contributions_at(connection, slot, board, period, position):
        parts[member] = add(board.definition, parts.get(member), what)
    found: dict[UUID, list[Entry]] = {}
    for member, entry in parts.items():
        found.setdefault(persons.get(member, member), []).append(entry)
    whole: dict[UUID, Entry] = {}
    for member, together in found.items():
        both = combined(board.definition, together)
        assert both is not None
        whole[member] = both
    return whole


def _contributions_at(
    connection: Connection, slot: str, board: Board, period: int, position: int
) -> Iterator[tuple[UUID, Contribution]]:
    """By member what has entered a period, that of each member in order."""
    if board.definition.source == "session":
        yield from by_and_by(connection, _given_at(connection, slot, board, period, position))
        return
    careers = by_and_by(connection, past(connection, slot, board, position, _IN_A_ROW))
    entered = (
        what
        for recorded in careers
        for what in of_career(recorded)
        if enters(what, board) and board.period(what.at)[0] == period
    )
    # What a player has is in one career, and so in order; what a team has is in several.
    for what in sorted(entered, key=_since) if board.definition.teams else entered:
        yield member_of(what, board), what


def by_and_by(connection: Connection, many: Iterable[T]) -> Iterator[T]:
    """The same, with pauses in which others have their turn."""
    for number, each in enumerate(many):
        if number % _IN_A_ROW == 0:
            pause(connection)
        yield each


def points_of(
    connection: Connection, board: Board, players: Collection[UUID], upto: int = OPEN
) -> dict[int, Entry]:
    """By period what somebody who is these players has on a board of points, folded from their careers."""
    person = UUID(int=0)  # whoever it is
    careers = careers_of(connection, board, players, upto)
    whole = _points(board, careers, dict.fromkeys(players, person))
    return {period: entries[person] for period, entries in whole.items()}


def _points(
    board: Board, careers: Iterable[Recorded], persons: Mapping[UUID, UUID]
) -> dict[int, dict[UUID, Entry]]:
    """By period and person the entries of a board of points."""
    entered = (what for recorded in careers for what in of_career(recorded) if enters(what, board))
    by_person: dict[UUID, list[Contribution]] = {}
    for what in sorted(entered, key=_since):
        by_person.setdefault(persons.get(what.player_id, what.player_id), []).append(what)
    found: dict[int, dict[UUID, Entry]] = {}
    for person, given_to in by_person.items():
        for what in once(given_to):
            period = found.setdefault(board.period(what.at)[0], {})
            period[person] = add(board.definition, period.get(person), what)
    return found


def careers_of(
    connection: Connection, board: Board, players: Collection[UUID], upto: int = OPEN
) -> list[Recorded]:
    """What may enter a board of some players' careers in its game up to a position, in order."""
    if not players:
        return []
    wanted = [(career_id(board.game_id, player), -1) for player in sorted(players)]
    found = starmap(Recorded, _NEWER[board.definition.source].run(connection, wanted))
    return sorted((each for each in found if each.position <= upto), key=_position)


def entry_before(
    connection: Connection, slot: str, board: Board, period: int, members: Collection[UUID], position: int
) -> Entry | None:
    """What a person who is these players had before an event of the ledger; None for teams."""
    if board.definition.teams:
        return None
    if board.definition.source == "points":
        return points_of(connection, board, members, position - 1).get(period)
    contributions: list[Contribution] = []
    if board.definition.source == "session":
        places = [(board.id, period, member) for member in members]
        given_to = contributions_of(connection, slot, places, {board.id: board}, upto=OPEN - 1)
        contributions = [what for line in given_to.values() for what in line]
    else:
        for recorded in by_and_by(connection, careers_of(connection, board, members, position - 1)):
            for what in of_career(recorded):
                if enters(what, board) and board.period(what.at)[0] == period:
                    contributions.append(what)
    parts: dict[UUID, Entry] = {}
    for what in sorted((each for each in contributions if each.since < position), key=_since):
        parts[what.player_id] = add(board.definition, parts.get(what.player_id), what)
    return combined(board.definition, parts.values())


def past(
    connection: Connection, slot: str, board: Board, position: int, at_once: int = _AT_ONCE
) -> Iterator[Recorded]:
    """What may enter a board of every career in its game, up to a position of the ledger."""
    table, newer = careers[slot], _NEWER[board.definition.source]
    of_game = select(table.c.stream).where(table.c.game_id == board.game_id)
    streams = list(connection.execute(of_game).scalars())
    for start in range(0, len(streams), at_once):
        chunk = [(stream, -1) for stream in streams[start : start + at_once]]
        for row in newer.run(connection, chunk):
            recorded = Recorded(*row)
            if recorded.position <= position:
                yield recorded


def _given_at(
    connection: Connection, slot: str, board: Board, period: int, position: int
) -> Iterator[tuple[UUID, Contribution]]:
    table = given[slot]
    query = (
        select(table)
        .where(table.c.board_id == board.id, table.c.period == period)
        .where(table.c.from_position <= position, table.c.to_position > position)
        .order_by(table.c.since, table.c.seat)
    )
    for row in connection.execute(query):
        what = Contribution(
            "session", board.definition.of, board.game_id, row.member_id,
            row.value if "." in row.value else int(row.value), row.at, row.since, team=row.team,
        )  # fmt: skip
        yield row.member_id, what


def _ordered(slot: str, board: Board, period: int, region: str | None = None) -> Select[Any]:
    """Everybody with enough entries, best first."""
    table, wanted = entries.tables[slot], board.definition
    columns = table.c
    value = columns.value.desc() if wanted.order == "highest" else columns.value.asc()
    second = columns.second.desc() if wanted.second == "highest" else columns.second.asc()
    query = (
        select(columns.member_id, *(columns[name] for name in ENTRY))
        .where(columns.board_id == board.id, columns.period == period, columns.count >= wanted.minimum)
        .order_by(value, *([] if wanted.second == "none" else [second]), columns.since, columns.member_id)
    )
    if region is not None:
        query = query.join(players, players.c.id == columns.member_id).where(players.c.region == region)
    return query


def _criterion(column: Any, value: int, *, larger: bool) -> Any:
    return column > value if larger else column < value


def _before(
    columns: Any, wanted: Definition, values: tuple[int, int], last: tuple[int, UUID] | None = None
) -> Any:
    """What ranks strictly before a pair of values; with `last`, also what is listed before among equals."""
    value, second = values
    ahead = _criterion(columns.value, value, larger=wanted.order == "highest")
    same = columns.value == value
    if wanted.second != "none":
        better = _criterion(columns.second, second, larger=wanted.second == "highest")
        ahead = or_(ahead, and_(same, better))
        same = and_(same, columns.second == second)
    if last is not None:
        since, member = last
        earlier = or_(columns.since < since, and_(columns.since == since, columns.member_id < member))
        ahead = or_(ahead, and_(same, earlier))
    return ahead


def _after(columns: Any, wanted: Definition, line: Line) -> Any:
    """What is listed after a line."""
    behind = _criterion(columns.value, line.value, larger=wanted.order == "lowest")
    same = columns.value == line.value
    if wanted.second != "none":
        worse = _criterion(columns.second, line.second, larger=wanted.second == "lowest")
        behind = or_(behind, and_(same, worse))
        same = and_(same, columns.second == line.second)
    beside = and_(columns.since == line.since, columns.member_id > line.member_id)
    return or_(behind, and_(same, or_(columns.since > line.since, beside)))
