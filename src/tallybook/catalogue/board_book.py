"""Defining the leaderboards of games, and having them at hand."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, delete, insert, select, update

from tallybook.accounts.registry import write_facts
from tallybook.catalogue.boards import (
    KEY,
    MOST_BOARDS,
    PLAIN,
    Board,
    Definition,
    board_id,
    boards_of,
    defined,
)
from tallybook.catalogue.events import (
    BoardArchived,
    BoardDefined,
    BoardFilled,
    BoardPeriodBegun,
    BoardRestored,
)
from tallybook.catalogue.games import Game, find_game
from tallybook.catalogue.tables import board_periods, boards
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.kernel.text import clean_name
from tallybook.ledger.append import Beside
from tallybook.ledger.ledger import Ledger

MOST_KEPT = 10_000  # games whose boards are at hand
_KEYS = re.compile(KEY)


class GameBoards(msgspec.Struct, frozen=True):
    """A game with its boards by key, the archived ones too."""

    game: Game
    boards: dict[str, Board]

    def find(self, key: str) -> Board:
        """A board that is offered."""
        board = self.boards.get(key)
        if board is None or board.archived:
            raise not_found("leaderboard")
        return board


class BoardChanges(msgspec.Struct, frozen=True):
    """What of a board is to change; what is left out stays, and is plain in a new board."""

    name: str | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET


class BoardBook:
    """Who may define is asked before. Subscribe `follow` to the ledger: what has changed is read again."""

    news = ("board_", "game_")  # types of events that `follow` is for

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._kept: dict[UUID, GameBoards] = {}
        self._generation = 0

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            self._generation += 1
            self._kept.pop(recorded.stream, None)

    async def of(self, game_id: UUID) -> GameBoards:
        """A game and its boards."""
        found = self._kept.get(game_id)
        if found is None:
            generation = self._generation
            found = await self._ledger.database.read(partial(_read, game_id=game_id))
            if generation == self._generation:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[game_id] = found
        return found

    async def define(
        self, actor: UUID, game_id: UUID, key: str, changes: BoardChanges, *, command_id: str | None = None
    ) -> Board:
        """A new board, or one that every game has, made the game's own."""
        if not _KEYS.fullmatch(key):
            raise invalid("key", "must be 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit")
        definition = Definition() if isinstance(changes.definition, UnsetType) else changes.definition
        definition = definition.checked()
        name = key if isinstance(changes.name, UnsetType) else clean_name(changes.name)
        id_ = board_id(game_id, key)

        def beside(connection: Connection) -> None:
            if connection.execute(select(boards.c.id).where(boards.c.id == id_)).first() is not None:
                raise Refusal("name_taken", "the game has a leaderboard of this key")
            if defined(connection, game_id) >= MOST_BOARDS:
                raise invalid("key", f"a game has at most {MOST_BOARDS} leaderboards")
            row = {
                "id": id_,
                "game_id": game_id,
                "key": key,
                "name": name,
                "definition": msgspec.json.encode(definition),
                "archived": False,
                "created_at": self._clock.now(),
            }
            connection.execute(insert(boards).values(row))

        fact, content = BoardDefined(id_, key, definition), ("define_board", key, name, definition)
        await self._write(actor, game_id, fact, beside, command_id, content)
        return (await self.of(game_id)).boards[key]

    async def change(
        self, actor: UUID, board: Board, changes: BoardChanges, *, command_id: str | None = None
    ) -> Board:
        """Everything that was reported before counts as if the board had always been so."""
        definition = board.definition
        if not isinstance(changes.definition, UnsetType):
            definition = changes.definition.checked()
        if definition.decimals < board.definition.decimals:
            raise Refusal("contradicts_records", "scores with more decimals may be there: keep the decimals")
        name = board.name if isinstance(changes.name, UnsetType) else clean_name(changes.name)

        def beside(connection: Connection) -> None:
            row: dict[str, Any] = {"name": name, "definition": msgspec.json.encode(definition)}
            anew = int(definition != board.definition)
            changed = update(boards).where(boards.c.id == board.id)
            found = connection.execute(changed.values(row | {"revision": boards.c.revision + anew}))
            if found.rowcount == 0 and board.key in PLAIN:
                row |= {"id": board.id, "game_id": board.game_id, "key": board.key, "archived": False}
                row |= {"revision": anew, "created_at": self._clock.now()}
                connection.execute(insert(boards).values(row))

        fact = BoardDefined(board.id, board.key, definition)
        content = ("change_board", board.id, name, definition)
        await self._write(actor, board.game_id, fact, beside, command_id, content)
        return (await self.of(board.game_id)).boards[board.key]

    async def archive(self, actor: UUID, board: Board, *, command_id: str | None = None) -> None:
        """Show and offer the board no longer; doing it again changes nothing."""
        if board.key in PLAIN:
            raise invalid("key", "every game has this leaderboard")
        await self._set_archived(actor, board, BoardArchived(board.id), command_id, archived=True)

    async def restore(self, actor: UUID, board: Board, *, command_id: str | None = None) -> Board:
        """Show the board again; doing it again changes nothing."""
        await self._set_archived(actor, board, BoardRestored(board.id), command_id, archived=False)
        return (await self.of(board.game_id)).boards[board.key]

    async def _set_archived(
        self, actor: UUID, board: Board, fact: Event, command_id: str | None, *, archived: bool
    ) -> None:
        if board.archived == archived:
            return

        def beside(connection: Connection) -> None:
            connection.execute(update(boards).where(boards.c.id == board.id).values(archived=archived))

        content = ("archive_board" if archived else "restore_board", board.id)
        await self._write(actor, board.game_id, fact, beside, command_id, content)

    async def begin_period(self, actor: UUID, board: Board, *, command_id: str | None = None) -> Board:
        """End the period of a board without a timetable, and begin the next, now."""
        if board.definition.schedule != "manual":
            raise Refusal("contradicts_records", "the periods of this leaderboard follow its schedule")
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            same = (board_periods.c.board_id == board.id) & (board_periods.c.begins_at == now)
            connection.execute(delete(board_periods).where(same))
            connection.execute(insert(board_periods).values(board_id=board.id, begins_at=now))

        fact, content = BoardPeriodBegun(board.id, now), ("begin_period", board.id)
        await self._write(actor, board.game_id, fact, beside, command_id, content)
        return (await self.of(board.game_id)).boards[board.key]

    async def fill(self, board: Board, upto: int | None) -> None:
        """Let a board take in more of its game's past: up to a position of the ledger, or all."""
        fact, content = BoardFilled(board.id, upto), ("fill_board", board.id, upto)
        await self._write(None, board.game_id, fact, lambda _: None, None, content)

    async def _write(
        self,
        actor: UUID | None,
        game_id: UUID,
        fact: Event,
        beside: Beside,
        command_id: str | None,
        content: Sequence[object],
    ) -> None:
        await write_facts(
            self._ledger, game_id, [fact], beside, actor=actor, command_id=command_id, content=content
        )


def _read(connection: Connection, game_id: UUID) -> GameBoards:
    game = find_game(connection, game_id)
    found = boards_of(connection, [game_id])[game_id].values()
    return GameBoards(game, {board.key: board for board in found if not board.seasonal})
