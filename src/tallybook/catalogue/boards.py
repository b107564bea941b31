"""Leaderboards: their definitions, what makes one valid, and reading them back."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property, lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select

from tallybook.careers.streams import derived_id
from tallybook.catalogue.schedules import check_schedule, period_at
from tallybook.catalogue.tables import board_periods, boards
from tallybook.database.bulk import Lookup
from tallybook.kernel.refusals import invalid, not_found
from tallybook.rules.scoresheet.values import LARGEST

Source = Literal["scores", "action", "stat", "session", "points"]
Operator = Literal["best", "latest", "sum", "count", "average"]
Order = Literal["highest", "lowest"]

KEY = "^[a-z0-9][a-z0-9_-]{0,39}$"
SEASONAL = "~"  # with which the keys of the boards of seasons begin
MOST_BOARDS = 200  # of one game
MOST_DECIMALS = 3
AVERAGE_DECIMALS = 3  # of any board: with more, averages of the largest scores would leave 64 bits
LIMIT = 2**63 - 1

LATE = 60_000_000  # microseconds after the end of a period in which a client's word still counts for it

_COUNTED = ("sum", "count", "average")


class Definition(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a board is made of.

    `source` says what enters: `scores` are submissions that name the board, `action` those of the action
    `of` whatever they name, `stat` a reported statistic, `points` those of achievements, and `session` a
    value of finished sessions: `score`, `won`, `played`, or the name of a stat.
    """

    source: Source = "scores"
    of: Annotated[str, Meta(max_length=100)] = ""
    operator: Operator = "best"
    order: Order = "highest"
    second: Literal["none", "highest", "lowest"] = "none"
    minimum: Annotated[int, Meta(ge=1, le=1_000_000, description="How many entries make a rank.")] = 1
    schedule: Annotated[str, Meta(max_length=60)] = "none"
    zone: Annotated[str, Meta(max_length=64)] = "UTC"
    teams: bool = False
    bots: bool = False
    server: Annotated[bool, Meta(description="Only a game server or the game's owner may submit.")] = False
    decimals: Annotated[int, Meta(ge=0, le=MOST_DECIMALS)] = 0

    def checked(self) -> "Definition":
        check_schedule(self.schedule, self.zone)
        if (self.source in {"action", "stat", "session"}) != bool(self.of):
            raise invalid("of", "belongs to the sources action, stat and session, and is needed there")
        if self.operator in _COUNTED and self.second != "none":
            raise invalid("second", "goes with the operators best and latest")
        if self.server and self.source == "session":
            raise invalid("server", "results of sessions come from the table, whoever keeps the score there")
        return self

    @property
    def digits(self) -> int:
        """After the point, in values as they are stored."""
        return AVERAGE_DECIMALS if self.operator == "average" else self.decimals

    def stored(self, value: int | str) -> int:
        """A value in the board's smallest unit, rounded half to even where it has more decimals."""
        return _stored(value, self.decimals)

    def shown(self, stored: int) -> int | str:
        """A stored value as answers have it: an integer that JSON readers have exactly, or text."""
        if not self.digits:
            return stored if -LARGEST <= stored <= LARGEST else str(stored)
        sign, rest = "-" * (stored < 0), str(abs(stored)).rjust(self.digits + 1, "0")
        return f"{sign}{rest[: -self.digits]}.{rest[-self.digits :]}"


class Board(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A leaderboard of a game. `begun` are the beginnings of manual periods."""

    id: UUID
    game_id: UUID
    key: str
    name: str
    definition: Definition
    archived: bool = False
    revision: int = 0
    begun: tuple[int, ...] = ()

    @cached_property
    def digest(self) -> bytes:
        """Eight bytes that tell one making of the board's entries from any other."""
        made_by = msgspec.json.encode((self.definition, self.revision, self.begun))
        return blake2b(made_by, digest_size=8).digest()

    @cached_property
    def seasonal(self) -> bool:
        """Whether this is a season's own board: it takes what another one does, while the season lasts."""
        return self.key.startswith(SEASONAL)

    @property
    def named(self) -> UUID:
        """The board that submissions for this one name."""
        return _uuid(self.definition.of) if self.seasonal and self.definition.of else self.id

    def shut_at(self, moment: int) -> bool:
        """Whether the season of a season's board does not hold a moment."""
        return self.seasonal and not (len(self.begun) == 2 and self.begun[0] <= moment < self.begun[1])

    def has_ended(self, moment: int) -> bool:
        """Whether the season of a season's board is over: what is committed then does not enter any more."""
        return self.seasonal and len(self.begun) == 2 and moment >= self.begun[1]

    def over(self, at: int, told: int) -> bool:
        """Whether the period of a moment had been over for a while when somebody told of it."""
        if self.definition.schedule == "none" or told - at <= LATE:
            return False
        return self.period(at)[0] != self.period(told - LATE)[0]

    def period(self, moment: int) -> tuple[int, int | None]:
        return period_at(self.definition.schedule, self.definition.zone, moment, self.begun)


_uuid = lru_cache(maxsize=4_096)(UUID)


@lru_cache(maxsize=100_000)
def board_id(game_id: UUID, key: str) -> UUID:
    """The id of a game's board follows from its key, so that the plain boards need no definition."""
    return derived_id(b"board", game_id.bytes, key.encode())


PLAIN: Mapping[str, tuple[str, Definition]] = MappingProxyType(
    {
        "score": ("Score", Definition(operator="sum")),
        "points": ("Achievement points", Definition(source="points", operator="sum")),
    }
)
"""The boards that every game has: until its developers define them otherwise."""

_COLUMNS = ("id", "game_id", "key", "name", "definition", "archived", "revision")
_NOBODYS = UUID(int=0)  # the game of a plain board of which only the id is known
_of_games = Lookup(boards, _COLUMNS, ["game_id"])
_by_id = Lookup(boards, _COLUMNS, ["id"])
_begun = Lookup(board_periods, ["board_id", "begins_at"], ["board_id"])
_decode = lru_cache(maxsize=4_096)(msgspec.json.Decoder(Definition).decode)


def boards_of(connection: Connection, games: Sequence[UUID]) -> dict[UUID, dict[UUID, Board]]:
    """By game and id: every board, those that are plain and archived ones too."""
    found = {game_id: {board.id: board for board in _plain(game_id)} for game_id in games}
    for board in _read(connection, _of_games.run(connection, [(game_id,) for game_id in games])):
        found[board.game_id][board.id] = board
    return found


def boards_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Board]:
    """By id: boards, where a board that nobody has defined is a plain one, which all add up alike."""
    wanted = sorted(ids)
    found = {
        board.id: board for board in _read(connection, _by_id.run(connection, [(id_,) for id_ in wanted]))
    }
    name, definition = PLAIN["score"]
    return {
        id_: found.get(id_) or Board(id=id_, game_id=_NOBODYS, key="score", name=name, definition=definition)
        for id_ in wanted
    }


@lru_cache(maxsize=16_384)
def _plain(game_id: UUID) -> tuple[Board, ...]:
    return tuple(
        Board(id=board_id(game_id, key), game_id=game_id, key=key, name=name, definition=definition)
        for key, (name, definition) in PLAIN.items()
    )


def _read(connection: Connection, rows: Iterable[Sequence[Any]]) -> list[Board]:
    found = [
        Board(
            id=id_,
            game_id=game_id,
            key=key,
            name=name,
            definition=_decode(bytes(definition)),
            archived=bool(archived),
            revision=revision,
        )
        for id_, game_id, key, name, definition, archived, revision in rows
    ]
    manual = [board.id for board in found if board.definition.schedule == "manual"]
    begun: dict[UUID, list[int]] = {}
    for id_, begins_at in _begun.run(connection, [(id_,) for id_ in manual]):
        begun.setdefault(id_, []).append(begins_at)
    return [
        msgspec.structs.replace(board, begun=tuple(sorted(begun[board.id]))) if board.id in begun else board
        for board in found
    ]


def find_board(connection: Connection, game_id: UUID, key: str) -> Board:
    """A board of a game by its key, also an archived one."""
    board = boards_of(connection, [game_id])[game_id].get(board_id(game_id, key))
    if board is None:
        raise not_found("leaderboard")
    return board


def defined(connection: Connection, game_id: UUID) -> int:
    """How many boards a game has defined, beside those of its seasons."""
    keys = connection.execute(select(boards.c.key).where(boards.c.game_id == game_id)).scalars()
    return sum(not key.startswith(SEASONAL) for key in keys)


def _stored(value: int | str, decimals: int) -> int:
    if isinstance(value, int):
        return saturated(value * 10**decimals if decimals else value)
    return saturated(int(Decimal(value).scaleb(decimals).to_integral_value(ROUND_HALF_EVEN)))


def saturated(value: int) -> int:
    """Within 64 bits: sums that leave them stay at the edge."""
    return value if -LIMIT <= value <= LIMIT else max(-LIMIT, min(LIMIT, value))
