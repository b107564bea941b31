"""The leaderboards of a game, as its developers define them."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Path, Response
from msgspec import UNSET, UnsetType

from tallybook.access.actor import Actor
from tallybook.access.matrix import relations_of, relations_to_game, require
from tallybook.catalogue.board_book import BoardChanges, GameBoards
from tallybook.catalogue.boards import Board, Definition
from tallybook.delivery.leaderboard_shapes import Period
from tallybook.delivery.rest.answers import answer, nothing
from tallybook.delivery.rest.callers import Caller, MaybeAnyone
from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import Command, CommandId, GameId, body_of
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Given, Services
from tallybook.delivery.rest.shapes import Name
from tallybook.kernel.refusals import not_found

router = api_router("/games/{id}/boards", tag="leaderboards")

BoardKey = Annotated[str, Path(alias="board", max_length=40)]

_REFUSED = ("not_found", "forbidden", "idempotency_conflict")


class BoardShown(msgspec.Struct, frozen=True):
    """A leaderboard: its key and name, and what it is made of.

    `filled` is null unless it is new or was defined anew and still takes in the past: how much of it, from 0
    to 1.
    """

    id: UUID
    key: str
    name: str
    archived: bool
    definition: Definition
    filled: float | None


class ChangedBoard(Command, frozen=True, kw_only=True):
    """What is left out stays. What was reported before counts as if the board had always been so."""

    name: Name | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET


class NewBoard(ChangedBoard, frozen=True, kw_only=True):
    """A leaderboard; the key is new in the game, and stays. Without a definition it keeps the best score."""

    key: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]


class Boards(msgspec.Struct, frozen=True):
    """All of them, by key."""

    items: list[BoardShown]


class Periods(msgspec.Struct, frozen=True):
    """Those in which anybody entered, newest first."""

    items: list[Period]


@router.get("", **contract(gives=Boards, refuses=("not_found",), public=True))
async def of_game(given: Given, caller: MaybeAnyone, game_id: GameId) -> Response:
    """The leaderboards of a game; needs no token."""
    found = (await _seen(given, caller, game_id)).boards
    return answer(Boards([await _shown(given, board) for _, board in sorted(found.items())]))


@router.post("", **contract(takes=NewBoard, gives=BoardShown, status=201, refuses=(*_REFUSED, "name_taken")))
async def define(
    given: Given,
    caller: Caller,
    game_id: GameId,
    command_id: CommandId = None,
    body: NewBoard = body_of(NewBoard),
) -> Response:
    """Define a leaderboard of one's game, over scores and results of the past as well."""
    await _owned(given, caller, game_id)
    changes = BoardChanges(body.name, body.definition)
    made = await given.book.define(
        caller.player_id, game_id, body.key, changes, command_id=body.id(command_id)
    )
    return answer(await _shown(given, made), 201)


@router.get("/{board}", **contract(gives=BoardShown, refuses=("not_found",), public=True))
async def one(given: Given, caller: MaybeAnyone, game_id: GameId, key: BoardKey) -> Response:
    """A leaderboard, also an archived one; needs no token."""
    return answer(await _shown(given, _find(await _seen(given, caller, game_id), key)))


@router.get("/{board}/periods", **contract(gives=Periods, refuses=("not_found",), public=True))
async def periods(given: Given, caller: MaybeAnyone, game_id: GameId, key: BoardKey) -> Response:
    """The periods of a leaderboard, past and present; needs no token."""
    await _seen(given, caller, game_id)
    return answer(Periods(await given.leaderboards.periods(game_id, key)))


@router.patch(
    "/{board}",
    **contract(takes=ChangedBoard, gives=BoardShown, refuses=(*_REFUSED, "contradicts_records")),
)
async def change(
    given: Given,
    caller: Caller,
    game_id: GameId,
    key: BoardKey,
    command_id: CommandId = None,
    body: ChangedBoard = body_of(ChangedBoard),
) -> Response:
    """Change a leaderboard's name or definition."""
    board = _find(await _owned(given, caller, game_id), key)
    changes = BoardChanges(body.name, body.definition)
    changed = await given.book.change(caller.player_id, board, changes, command_id=body.id(command_id))
    return answer(await _shown(given, changed))


@router.delete("/{board}", **contract(status=204, refuses=_REFUSED))
async def archive(
    given: Given, caller: Caller, game_id: GameId, key: BoardKey, command_id: CommandId = None
) -> Response:
    """Show and offer the leaderboard no longer; what was reported stays."""
    board = _find(await _owned(given, caller, game_id), key)
    await given.book.archive(caller.player_id, board, command_id=command_id)
    return nothing()


@router.post("/{board}/restore", **contract(gives=BoardShown, refuses=_REFUSED))
async def restore(
    given: Given, caller: Caller, game_id: GameId, key: BoardKey, command_id: CommandId = None
) -> Response:
    """Show and offer the leaderboard again."""
    board = _find(await _owned(given, caller, game_id), key)
    return answer(
        await _shown(given, await given.book.restore(caller.player_id, board, command_id=command_id))
    )


@router.post(
    "/{board}/periods", **contract(gives=BoardShown, status=201, refuses=(*_REFUSED, "contradicts_records"))
)
async def begin_period(
    given: Given, caller: Caller, game_id: GameId, key: BoardKey, command_id: CommandId = None
) -> Response:
    """End the period of a leaderboard whose schedule is `manual`, and begin the next."""
    board = _find(await _owned(given, caller, game_id), key)
    begun = await given.book.begin_period(caller.player_id, board, command_id=command_id)
    return answer(await _shown(given, begun), 201)


async def _seen(given: Services, caller: Actor | None, game_id: UUID) -> GameBoards:
    require("record.view", relations_of(caller, game=game_id))
    return await given.book.of(game_id)


async def _owned(given: Services, caller: Actor, game_id: UUID) -> GameBoards:
    found = await given.book.of(game_id)
    require("record.define", relations_to_game(caller, found.game))
    return found


def _find(found: GameBoards, key: str) -> Board:
    if key not in found.boards:
        raise not_found("leaderboard")
    return found.boards[key]


async def _shown(given: Services, board: Board) -> BoardShown:
    filled = await given.leaderboards.filled(board)
    return BoardShown(board.id, board.key, board.name, board.archived, board.definition, filled)
