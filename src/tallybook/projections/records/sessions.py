"""What finished sessions give to boards, as long as their results hold."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select

from tallybook.catalogue.boards import Board
from tallybook.database.bulk import Insert, Lookup
from tallybook.kernel.events import Recorded
from tallybook.ledger.projecting import slots
from tallybook.ledger.states import EVENT_COLUMNS
from tallybook.ledger.tables import events as ledger
from tallybook.projections.merges import OPEN
from tallybook.projections.records.contributions import Contribution, enters, member_of, of_result
from tallybook.projections.records.tables import Place, given
from tallybook.projections.results import results
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.slots import SLOTS
from tallybook.sessions.events import ResultCorrected, SessionFinished

_COLUMNS = (
    "board_id", "session_id", "seat", "from_position", "to_position", "since",
    "period", "member_id", "at", "value", "team",
)  # fmt: skip
_enter = {slot: Insert(given[slot], _COLUMNS, update=()) for slot in SLOTS}
_save = {slot: Insert(given[slot], _COLUMNS, update=["to_position"]) for slot in SLOTS}
_of_sessions = {slot: Lookup(given[slot], _COLUMNS, ["session_id"]) for slot in SLOTS}
_of_places = {slot: Lookup(given[slot], _COLUMNS, ["board_id", "period", "member_id"]) for slot in SLOTS}
_at_positions = Lookup(ledger, EVENT_COLUMNS, ["position"])
_games = {
    slot: Lookup(SessionDirectory.sessions[slot], ["session_id", "game_id"], ["session_id"]) for slot in SLOTS
}

Rows = list[list[Any]]
_FROM, _TO = _COLUMNS.index("from_position"), _COLUMNS.index("to_position")


def games_of(connection: Connection, sessions: Collection[UUID]) -> dict[UUID, UUID]:
    """The games of sessions, as their directory has them."""
    if not sessions:
        return {}
    live = slots(connection)[SessionDirectory.name].live
    rows = _games[live].run(connection, [(session_id,) for session_id in sorted(sessions)])
    return {row[0]: row[1] for row in rows}


def rows_of(
    boards: Iterable[Board], game_id: UUID, recorded: Recorded, since: int, at: int
) -> list[tuple[list[Any], Contribution, Board]]:
    """What a result gives to boards over sessions, as rows and as contributions."""
    event = recorded.event
    assert isinstance(event, SessionFinished | ResultCorrected)
    made = []
    for board in boards:
        if board.definition.source != "session" or board.has_ended(recorded.committed_at):
            continue
        for seat, what in _by_seat(game_id, event, board.definition.of, at, since):
            if enters(what, board):
                period, _ = board.period(at)
                row = [
                    board.id, recorded.stream, seat, recorded.position, OPEN, since,
                    period, member_of(what, board), at, str(what.value), what.team,
                ]  # fmt: skip
                made.append((row, what, board))
    return made


def _by_seat(
    game_id: UUID, event: SessionFinished | ResultCorrected, of: str, at: int, since: int
) -> list[tuple[int, Contribution]]:
    return list(enumerate(of_result(game_id, event.result, of, at, since)))


def enter(connection: Connection, slot: str, rows: Sequence[Sequence[Any]]) -> None:
    """Rows of sessions that have finished; what became of those that are there already stays."""
    _enter[slot].run(connection, rows)


def known(
    connection: Connection, slot: str, session_ids: Iterable[UUID], boards: Container[UUID]
) -> set[UUID]:
    """Which of these sessions have given something to one of these boards."""
    rows = _of_sessions[slot].run(connection, [(session_id,) for session_id in sorted(session_ids)])
    return {row[1] for row in rows if row[0] in boards}


def clear(connection: Connection, slot: str, board_id: UUID) -> None:
    connection.execute(delete(given[slot]).where(given[slot].c.board_id == board_id))


def keep(connection: Connection, slot: str, rows: Sequence[Sequence[Any]]) -> None:
    _save[slot].run(connection, sorted(rows, key=lambda row: (row[0], row[1], row[2], row[3])))


def holding(
    connection: Connection, slot: str, session_id: UUID, boards: Container[UUID], position: int
) -> Rows | None:
    """The rows of a session on these boards that hold now; None when they have taken in the event at
    `position` already."""
    rows = [row for row in _of_sessions[slot].run(connection, [(session_id,)]) if row[0] in boards]
    if any(row[_FROM] >= position or position <= row[_TO] < OPEN for row in rows):
        return None
    return [list(row) for row in rows if row[_TO] == OPEN]


def given_to(connection: Connection, slot: str, session_ids: Iterable[UUID]) -> list[Place]:
    """Every place to which sessions gave anything, whether it holds or not."""
    rows = _of_sessions[slot].run(connection, [(session_id,) for session_id in sorted(session_ids)])
    return [(row[0], row[6], row[7]) for row in rows]


def end(rows: Rows, position: int) -> Rows:
    """The same rows, as they held up to an event."""
    for row in rows:
        row[_TO] = position
    return rows


def contributions_of(
    connection: Connection, slot: str, places: Iterable[Place], boards: Mapping[UUID, Board], *, upto: int
) -> dict[Place, list[Contribution]]:
    """What the results that held just after the event at `upto` gave to these places, in order."""
    found: dict[Place, list[tuple[int, int, Contribution]]] = {place: [] for place in places}
    for row in _of_places[slot].run(connection, sorted(found)):
        board_id, _, seat, from_position, to_position, since, period, member_id, at, value, team = row
        if not from_position <= upto < to_position:
            continue
        what = Contribution(
            "session", boards[board_id].definition.of, boards[board_id].game_id, member_id,
            value if "." in value else int(value), at, since, team=team,
        )  # fmt: skip
        found[board_id, period, member_id].append((since, seat, what))
    return {
        place: [what for _, _, what in sorted(each, key=lambda part: part[:2])]
        for place, each in found.items()
    }


def positions_of(
    connection: Connection, game_id: UUID, upto: int = OPEN - 1, *, limit: int | None = None
) -> set[int]:
    """Where the ledger has the results, corrections and voids of a game; `limit` says of how many."""
    live = slots(connection)[SessionDirectory.name].live
    table, there = results[live], SessionDirectory.sessions[live]
    query = (
        select(table.c.from_position, table.c.to_position)
        .join_from(there, table, table.c.session_id == there.c.session_id)
        .where(there.c.game_id == game_id)
        .limit(limit)
    )
    return {position for row in connection.execute(query) for position in row if position <= upto}


def finished(connection: Connection, session_id: UUID) -> tuple[int, int]:
    """The position of the event that finished a session, and when it ended."""
    table = results[slots(connection)[SessionDirectory.name].live]
    query = select(func.min(table.c.from_position)).where(table.c.session_id == session_id)
    position = connection.execute(query).scalar_one()
    first = Recorded(*_at_positions.run(connection, [(position,)])[0])
    return position, first.happened_at
