"""The topics `game:{id}`: the first places of a game's board, told whenever they change."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from itertools import count
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec import Raw

from tallybook.access.actor import Actor
from tallybook.delivery.channels.contract import Joined, Member
from tallybook.delivery.channels.hub import REFRESH_SECONDS, Hub
from tallybook.delivery.channels.listening import Listener, same_for_all
from tallybook.delivery.leaderboard_shapes import Asked
from tallybook.delivery.leaderboards import Leaderboards
from tallybook.kernel.clock import Clock, to_microseconds
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import Refusal

log = logging.getLogger(__name__)

LOOK_AGAIN = 0.5  # seconds after the board could not be read


class TopOfGame(Protocol):
    """Where the first places are read."""

    async def top(self, game_id: UUID) -> tuple[bytes, float | None]:
        """Those of the game's board `score`, ten at most, as the text of a JSON array; and the seconds until
        its period ends, if it does."""


See = Callable[[Actor, UUID], Awaitable[object]]
"""Refuses whoever may not see a game, and everybody a game that is none."""


class FirstPlaces:
    """The first places as the lists have them."""

    def __init__(self, leaderboards: Leaderboards, clock: Clock) -> None:
        self._leaderboards = leaderboards
        self._clock = clock

    async def top(self, game_id: UUID) -> tuple[bytes, float | None]:
        try:
            shown, _ = await self._leaderboards.top(None, game_id, Asked(board="score"), limit=10, after=None)
        except Refusal as refusal:
            if refusal.code != "not_found":
                raise
            return b"[]", None  # the game has no such board yet
        ends_at = shown.period.ends_at
        ends_in = None
        if ends_at is not None:
            ends_in = (to_microseconds(datetime.fromisoformat(ends_at)) - self._clock.now()) / 1_000_000
        return msgspec.json.encode(shown.rankings), ends_in


class GameTopics:
    """All games that somebody on this node follows. Subscribe `follow` to the ledger, after the lists.

    `scoring` are the events that boards, and the names on them, are made of. Which boards, only the lists
    know: so after some of those every followed game looks at its own, which the lists keep at hand.
    """

    presence = False

    def __init__(self, hub: Hub, see: See, board: TopOfGame, scoring: Collection[type]) -> None:
        self._hub = hub
        self._see = see
        self._board = board
        self._scoring = scoring
        self._followed: dict[UUID, _Followed] = {}
        self._reads = count()  # in the order in which they began

    def canonical(self, name: str) -> str:
        return name.lower()

    async def join(self, name: str, params: Raw, member: Member) -> Joined:
        game_id = parse_id(name, "game")
        await self._see(member.actor, game_id)
        followed = self._followed.get(game_id)
        if followed is None:
            followed = self._followed[game_id] = _Followed()
        followed.members += 1  # before the board is read, lest a change in between be missed

        def left() -> None:
            followed.members -= 1
            if not followed.members:
                del self._followed[game_id]
                followed.ends(None)

        try:
            number, payload = await self._read(game_id, followed)
        except BaseException:
            left()
            raise
        followed.since = max(followed.since, number)
        if payload != followed.told:
            followed.told = None  # not everybody has the same
        return Joined(Listener(left), payload, since=number)

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        if self._followed and any(type(recorded.event) in self._scoring for recorded in events):
            for game_id, followed in self._followed.items():
                self._look(game_id, followed)

    def _look(self, game_id: UUID, followed: "_Followed") -> None:
        followed.stale = True
        if followed.telling is None:
            followed.telling = asyncio.create_task(self._tell(game_id, followed))

    async def _read(self, game_id: UUID, followed: "_Followed") -> tuple[int, bytes]:
        """The board as it is, and the number of this read; looks again when its period ends."""
        number = next(self._reads)
        rankings, ends_in = await self._board.top(game_id)
        if followed.members:
            followed.ends(ends_in, self._look, game_id, followed)
        return number, b'{"rankings":%b}' % rankings

    async def _tell(self, game_id: UUID, followed: "_Followed") -> None:
        while followed.stale and followed.members:
            followed.stale = False
            pause = REFRESH_SECONDS
            try:
                number, payload = await self._read(game_id, followed)
            except Exception as error:  # the database is away
                log.warning("could not read the board of game %s: %s", game_id, error)
                followed.stale, pause = True, LOOK_AGAIN
            else:
                if payload != followed.told:
                    followed.told = payload if number > followed.since else None
                    told = same_for_all(payload)
                    self._hub.broadcast(f"game:{game_id}", "scoreboard", told, position=number)
            await asyncio.sleep(pause)
        followed.telling = None


class _Followed:
    """What was told of one game here."""

    def __init__(self) -> None:
        self.members = 0
        self.stale = False  # it may have changed since the board was last read
        self.told: bytes | None = None  # to everybody; None where some may have another
        self.since = -1  # the last read that a join was answered with; what was begun before is not told it
        self.telling: asyncio.Task[None] | None = None
        self._end: asyncio.TimerHandle | None = None

    def ends(self, seconds: float | None, then: Callable[..., None] | None = None, *of: object) -> None:
        """Do something when the period of the board ends, and nothing at the end that was expected before."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if seconds is not None and then is not None:
            self._end = asyncio.get_running_loop().call_later(max(0.0, seconds), then, *of)
