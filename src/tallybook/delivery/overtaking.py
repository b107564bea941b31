"""Who has led a leaderboard and was overtaken finds a notice of it."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from tallybook.accounts.inbox import Inbox, notice
from tallybook.careers.events import AchievementUnlocked, ScoreSubmitted
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.boards import Board
from tallybook.delivery.leaderboard_shapes import Asked
from tallybook.delivery.leaderboards import Leaderboards
from tallybook.kernel.events import Recorded

_Leading = ScoreSubmitted | AchievementUnlocked  # after which somebody else may lead

PAUSE = 0.05  # seconds between looks, so that a board under load is looked at once for many scores
MOST_REMEMBERED = 100_000  # leaders


class Overtaking:
    """A reaction. It looks at the first places of a board once for all events that have come together.

    Who led before is kept in memory: after a restart, or while another node looked, the first look at a
    board only learns it.
    """

    name = "overtaking"
    concerns = frozenset({"score_submitted", "achievement_unlocked"})
    from_start = False

    def __init__(self, leaderboards: Leaderboards, book: BoardBook, inbox: Inbox) -> None:
        self._leaderboards = leaderboards
        self._book = book
        self._inbox = inbox
        self._leaders: dict[tuple[UUID, str | None], UUID | None] = {}  # by board and period

    def forget(self) -> None:
        self._leaders.clear()

    async def react(self, events: Sequence[Recorded]) -> bool:
        # Of those that are for the same boards, the last.
        alike: dict[tuple[object, ...], tuple[_Leading, Recorded]] = {}
        for recorded in events:
            event = recorded.event
            if isinstance(event, ScoreSubmitted):
                alike[event.game, event.board, event.action] = event, recorded
            elif isinstance(event, AchievementUnlocked):
                alike[event.game,] = event, recorded
        newest: dict[UUID, tuple[Board, Recorded]] = {}
        for event, recorded in sorted(alike.values(), key=lambda each: each[1].position):
            boards = (await self._book.of(event.game)).boards.values()
            newest |= {board.id: (board, recorded) for board in boards if _counts(board, event)}
        told = [await self._look(board, recorded) for board, recorded in newest.values()]
        await asyncio.sleep(PAUSE)
        return any(told)

    async def _look(self, board: Board, recorded: Recorded) -> bool:
        """Whether another one leads now, and whoever led was told."""
        asked = Asked(board=board.key)
        shown, _ = await self._leaderboards.top(None, board.game_id, asked, limit=1, after=None)
        leader = shown.rankings[0].player_id if shown.rankings else None
        place = board.id, shown.period.starts_at
        if len(self._leaders) > MOST_REMEMBERED:
            self._leaders.clear()
        before = self._leaders.get(place)
        self._leaders[place] = leader
        if leader is None or before is None or leader == before:
            return False
        cause = UUID(bytes=recorded.hash[:16])
        board_of = {"game_id": board.game_id, "board_id": board.id, "board": board.key}
        said = notice(
            before, "leaderboard_overtaken", recorded.committed_at, cause, player_id=leader, **board_of
        )
        await self._inbox.put([said])
        return True


def _counts(board: Board, event: _Leading) -> bool:
    """Whether an event may change who leads."""
    if board.archived or board.definition.teams:
        return False
    if isinstance(event, AchievementUnlocked):
        return board.definition.source == "points"
    if board.definition.source == "action":
        return board.definition.of == event.action
    return board.definition.source == "scores" and board.named == event.board
