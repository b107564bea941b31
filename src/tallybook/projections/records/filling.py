"""The past of a game, which a board that is new or made anew takes in: at once, or piece by piece."""

from collections.abc import Iterable
from itertools import starmap
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, select

from tallybook.catalogue.boards import Board
from tallybook.database.bulk import Insert, Lookup
from tallybook.kernel.clock import AHEAD
from tallybook.kernel.events import Recorded, registry
from tallybook.ledger.read import last_position, position_at
from tallybook.ledger.states import EVENT_COLUMNS
from tallybook.ledger.tables import events, streams
from tallybook.projections.records.contributions import CAREER, RESULTS
from tallybook.projections.records.reading import events_at, past
from tallybook.projections.records.sessions import games_of, positions_of
from tallybook.projections.records.tables import built, careers
from tallybook.projections.slots import SLOTS

PIECE = 500  # events that are taken in at once, more or less
WINDOW = 50_000  # positions of the ledger that are looked through for them

_BUILT = ("board_id", "definition", "filled")
_made = {slot: Lookup(built[slot], _BUILT, ["board_id"]) for slot in SLOTS}
_save = {slot: Insert(built[slot], _BUILT, update=_BUILT[1:]) for slot in SLOTS}
_position = attrgetter("position")


def made(connection: Connection, slot: str, board: Board) -> tuple[str, int | None] | None:
    """By which digest a board's entries are made, and up to which event (None: all there is)."""
    rows = _made[slot].run(connection, [(board.id,)])
    return (rows[0][1], rows[0][2]) if rows else None


def note(connection: Connection, slot: str, board: Board, upto: int | None) -> None:
    """The board's entries are made as it is defined now, up to an event."""
    _save[slot].run(connection, [(board.id, board.digest.hex(), upto)])


def unfilled(connection: Connection, slot: str) -> dict[UUID, int]:
    """The boards whose entries are being made, and up to which event they are."""
    table = built[slot]
    rows = connection.execute(select(table.c.board_id, table.c.filled).where(table.c.filled.is_not(None)))
    return {row.board_id: row.filled for row in rows}


def filled(connection: Connection, slot: str, board: Board) -> float | None:
    """How much of the past a board has taken in, from 0 to 1; None when it has all."""
    known = made(connection, slot, board)
    if known is None:  # nobody has defined it
        return None
    digest, upto = known
    if digest != board.digest.hex():
        return 0.0
    return None if upto is None else upto / max(1, last_position(connection))


def beginning(connection: Connection, board: Board, upto: int) -> int:
    """Up to which position nothing enters a board: a season's takes what is in the season."""
    if not board.seasonal:
        return 0
    if len(board.begun) < 2:
        return upto
    return min(upto, position_at(connection, board.begun[0] - AHEAD))


def short_past(
    connection: Connection, slot: str, board: Board, after: int, upto: int
) -> list[Recorded] | None:
    """What may have entered a board between two positions, in order, if that is little; else None."""
    if upto - after <= WINDOW:
        found = connection.execute(_between(board, after, upto).limit(PIECE + 1)).all()
        if len(found) <= PIECE:
            return _of_game(connection, board, starmap(Recorded, found))
    if after > 0 or not _is_little(connection, slot, board):
        return None
    return whole_past(connection, slot, board, upto)


def whole_past(connection: Connection, slot: str, board: Board, upto: int) -> list[Recorded]:
    """Everything that may have entered a board up to a position, in order, however much."""
    if board.definition.source == "session":
        positions = positions_of(connection, board.game_id, upto)
        found: Iterable[Recorded] = events_at(connection, positions).values()
    else:
        found = past(connection, slot, board, upto)
    return sorted(found, key=_position)


def piece(connection: Connection, board: Board, after: int, upto: int) -> list[Recorded]:
    """What may have entered a board between two positions, in order."""
    found = connection.execute(_between(board, after, upto))
    return _of_game(connection, board, starmap(Recorded, found))


def next_stop(connection: Connection, board: Board, after: int) -> int | None:
    """Up to which position the next piece goes; None when it is the last."""
    upto = after + WINDOW
    positions = _between(board, after, upto).with_only_columns(events.c.position).limit(PIECE)
    found = connection.execute(positions).scalars().all()
    if len(found) == PIECE:
        return int(found[-1])
    return upto if upto < last_position(connection) else None


def since(connection: Connection, board: Board, moment: int, upto: int) -> list[Recorded] | None:
    """What up to a position is of a moment or later, in order, if that is little; else None."""
    after = min(upto, position_at(connection, moment - AHEAD))
    late = func.coalesce(events.c.at, events.c.committed_at) >= moment
    found = connection.execute(_between(board, after, upto).where(late).limit(PIECE + 1)).all()
    return None if len(found) > PIECE else _of_game(connection, board, starmap(Recorded, found))


def _between(board: Board, after: int, upto: int) -> Select[Any]:
    """Events of the kinds that enter a board, of whatever game."""
    wanted = RESULTS if board.definition.source == "session" else CAREER
    types = [name for name, kind in registry.names.items() if issubclass(kind, wanted)]
    return (
        select(*(events.c[name] for name in EVENT_COLUMNS))
        .where(events.c.position > after, events.c.position <= upto, events.c.type.in_(types))
        .order_by(events.c.position)
    )


def _of_game(connection: Connection, board: Board, found: Iterable[Recorded]) -> list[Recorded]:
    found = list(found)
    if board.definition.source != "session":
        return [each for each in found if getattr(each.event, "game", None) == board.game_id]
    games = games_of(connection, {each.stream for each in found})
    return [each for each in found if games[each.stream] == board.game_id]


def _is_little(connection: Connection, slot: str, board: Board) -> bool:
    """Whether a game has few events that may enter the board, in few streams."""
    if board.definition.source == "session":
        return len(positions_of(connection, board.game_id, limit=PIECE + 1)) <= PIECE
    table = careers[slot]
    some = select(table.c.stream).where(table.c.game_id == board.game_id).limit(PIECE + 1).subquery()
    counted = select(func.count(), func.coalesce(func.sum(streams.c.idx + 1), 0))
    many, long = connection.execute(counted.join_from(some, streams, streams.c.stream == some.c.stream)).one()
    return bool(many <= PIECE and long <= PIECE)
