"""Who stood where when a season ended, written down once and for ever."""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
)

from tallybook.accounts.tables import players
from tallybook.catalogue.boards import Board, Definition
from tallybook.catalogue.tables import season_standings
from tallybook.database.schema import Id
from tallybook.projections.records.lists import Line
from tallybook.projections.records.tables import entries

DIGESTED = 5_000  # rows read at once


class Standing(NamedTuple):
    """One line: values are in the board's smallest unit."""

    place: int  # from 1, in the order of the list
    rank: int  # shared by those who have the same
    member_id: UUID
    team: str | None
    value: int
    second: int


_frozen = [season_standings.c[name] for name in Standing._fields]


def freeze(
    connection: Connection, slot: str, boards: Iterable[Board], season_id: UUID, standings_id: UUID
) -> None:
    """Write down who stands where on a season's boards, all at one moment."""
    for board in boards:
        table = entries.tables[slot]
        order = _order(table, board.definition)
        ties = order[: 2 if board.definition.second != "none" else 1]
        frozen = _lines(slot, board).with_only_columns(
            literal(season_id, Id).label("season_id"),
            literal(standings_id, Id).label("standings_id"),
            table.c.board_id,
            func.row_number().over(order_by=order),
            func.rank().over(order_by=ties),
            table.c.member_id,
            table.c.team,
            table.c.value,
            table.c.second,
        )
        into = ["season_id", "standings_id", "board_id", *Standing._fields]
        connection.execute(insert(season_standings).from_select(into, frozen))


def discard(connection: Connection, season_id: UUID, standings_id: UUID) -> None:
    """Remove standings that did not become final."""
    connection.execute(delete(season_standings).where(*_of(season_id, standings_id)))


def keep_only(connection: Connection, season_id: UUID, standings_id: UUID) -> None:
    """Remove whatever else was once written down for a season."""
    table = season_standings
    others = (table.c.season_id == season_id) & (table.c.standings_id != standings_id)
    connection.execute(delete(table).where(others))


class Frozen(NamedTuple):
    """The final standings on one board, or of some of those on it."""

    season_id: UUID
    standings_id: UUID
    board_id: UUID
    members: Collection[UUID] | None = None
    region: str | None = None

    def matching(self) -> list[ColumnElement[bool]]:
        table = season_standings
        found = [*_of(self.season_id, self.standings_id), table.c.board_id == self.board_id]
        if self.members is not None:
            found.append(table.c.member_id.in_(self.members))
        if self.region is not None:
            near = select(players.c.id).where(players.c.region == self.region)
            found.append(table.c.member_id.in_(near))
        return found


def final(connection: Connection, frozen: Frozen, *, after: int, limit: int) -> tuple[list[Standing], int]:
    """Lines after a place of frozen standings, and how many there are in all."""
    here, place = frozen.matching(), season_standings.c.place
    total = connection.execute(select(func.max(place)).where(*here)).scalar_one()
    rows = connection.execute(select(*_frozen).where(*here, place > after).order_by(place).limit(limit))
    return [Standing(*row) for row in rows], total or 0


def mark(frozen: Frozen, place: int) -> Line:
    """What a cursor says of a line in frozen standings: in the stead of a member it has the season."""
    return Line(frozen.season_id, 0, 0, 0, place)


def place_of(connection: Connection, frozen: Frozen, line: Line | None) -> int:
    """The place of a line that was the last of a part, before the end or after it; 0 for none."""
    if line is None:
        return 0
    if line.member_id == frozen.season_id:
        return line.since
    found = frozen_place(connection, frozen, [line.member_id])
    return 0 if found is None else found.line.place


class FrozenPart(NamedTuple):
    """Consecutive lines; ranks are those among whom is listed. `start` is how many stand before."""

    lines: list[Standing]
    start: int
    total: int


class FrozenPlace(NamedTuple):
    """A line among those listed, and how many rank strictly behind it."""

    line: Standing
    below: int
    total: int


def frozen_part(
    connection: Connection, listed: Frozen, *, limit: int, after: int = 0, around: Collection[UUID] = ()
) -> FrozenPart | None:
    """Lines after a place, or around members, of whom the first one counts; None when none is listed."""
    here, place = listed.matching(), season_standings.c.place
    total = _count(connection, here)
    start = 0
    if around:
        own = connection.execute(
            select(func.min(place)).where(*here, season_standings.c.member_id.in_(around))
        ).scalar()
        if own is None:
            return None
        start = max(0, min(_count(connection, [*here, place < own]) - limit // 2, total - limit))
    elif after:
        start = _count(connection, [*here, place <= after])
    query = select(*_frozen).where(*here).order_by(place).offset(start).limit(limit)
    lines = [Standing(*row) for row in connection.execute(query)]
    if listed.members is None and listed.region is None:
        return FrozenPart(lines, start, total)
    return FrozenPart(_ranked_anew(connection, here, lines, start), start, total)


def frozen_place(connection: Connection, listed: Frozen, members: Collection[UUID]) -> FrozenPlace | None:
    """Where the first of these members stands."""
    here, table = listed.matching(), season_standings
    own = select(*_frozen).where(*here, table.c.member_id.in_(members)).order_by(table.c.place).limit(1)
    found = connection.execute(own).one_or_none()
    if found is None:
        return None
    line = Standing(*found)
    below = _count(connection, [*here, table.c.rank > line.rank])
    ahead = _count(connection, [*here, table.c.rank < line.rank])
    return FrozenPlace(line._replace(rank=ahead + 1), below, _count(connection, here))


def _ranked_anew(
    connection: Connection, here: list[ColumnElement[bool]], lines: list[Standing], start: int
) -> list[Standing]:
    """The lines with their ranks among whom is listed."""
    anew: list[Standing] = []
    for at, line in enumerate(lines):
        if at == 0:
            rank = _count(connection, [*here, season_standings.c.rank < line.rank]) + 1
        elif line.rank != lines[at - 1].rank:
            rank = start + at + 1
        anew.append(line._replace(rank=rank))
    return anew


def _count(connection: Connection, where: list[ColumnElement[bool]]) -> int:
    counted = select(func.count()).select_from(season_standings).where(*where)
    return int(connection.execute(counted).scalar_one())


class Digest:
    """What tells frozen standings from any others: their lines, in the order of boards and places."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16, person=b"season standings"[:16])
        self.places = 0

    def add(self, board_id: UUID, lines: Sequence[Standing]) -> None:
        for line in lines:
            said = (line.place, line.rank, line.member_id, line.team or "", line.value, line.second)
            self._hash.update("\t".join(map(str, (board_id, *said))).encode() + b"\n")
        self.places += len(lines)

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()


def _of(season_id: UUID, standings_id: UUID) -> tuple[ColumnElement[bool], ...]:
    table = season_standings
    return table.c.season_id == season_id, table.c.standings_id == standings_id


def _lines(slot: str, board: Board) -> Select[tuple[UUID, str | None, int, int]]:
    """The entries that have a rank, within the season."""
    table = entries.tables[slot]
    return select(table.c.member_id, table.c.team, table.c.value, table.c.second).where(
        table.c.board_id == board.id,
        table.c.period == board.begun[0],
        table.c.count >= board.definition.minimum,
    )


def _order(table: Table, wanted: Definition) -> list[ColumnElement[int]]:
    """The better first; among equals the earlier one."""
    value = table.c.value.desc() if wanted.order == "highest" else table.c.value.asc()
    second = table.c.second.desc() if wanted.second == "highest" else table.c.second.asc()
    return [value, second, table.c.since.asc(), table.c.member_id.asc()]
