"""What an event gives to leaderboards: values, each for one player, in the order of the ledger."""

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec
from msgspec.structs import replace

from tallybook.careers.events import (
    AchievementRevoked,
    AchievementUnlocked,
    CareerEvent,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.careers.streams import derived_id
from tallybook.catalogue.boards import Board, Source
from tallybook.kernel.events import Recorded
from tallybook.sessions.events import Result, ResultCorrected, SessionFinished, SessionVoided

CAREER = (ScoreSubmitted, StatsReported, AchievementUnlocked, AchievementRevoked)
RESULTS = (SessionFinished, ResultCorrected, SessionVoided)
"""The events that something may enter a board by."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


Unlocked = tuple[UUID, int | None]


class Contribution(msgspec.Struct, frozen=True):
    """`at` (microseconds since 1970 UTC) says in which period it counts, `since` its place in the ledger."""

    source: Source
    of: str  # the action, the stat, or the value of a session
    game_id: UUID
    player_id: UUID
    value: int | str
    at: int
    since: int
    board_id: UUID | None = None  # the one that the submission named
    second: int | str | None = None
    team: str | None = None
    bot: bool = False
    change: bool = False  # the value is to be added to what was reported before
    unlocked: Unlocked | None = None  # the achievement and tier that points are for
    told: int = 0  # when it was committed
    client: bool = False  # whether it is no more than the word of the player's client


def of_career(recorded: Recorded) -> Iterator[Contribution]:
    """What an event of a career gives."""
    told = recorded.committed_at
    at = told if recorded.at is None else recorded.at
    since = recorded.position
    match recorded.event:
        case ScoreSubmitted() as said:
            yield Contribution(
                "scores", said.action, said.game, said.player, said.score, at, since,
                said.board, said.second, said.team, said.bot, told=told, client=said.client,
            )  # fmt: skip
        case StatsReported() as said:
            for report in said.values:
                change = report.value is None
                value = report.delta if report.value is None else report.value
                assert value is not None
                yield Contribution(
                    "stat", report.stat, said.game, said.player, value, at, since,
                    bot=said.bot, change=change, told=told, client=said.client,
                )  # fmt: skip
        case AchievementUnlocked() as said if said.points:
            yield Contribution(
                "points", "", said.game, said.player, said.points, at, since,
                bot=said.bot, unlocked=(said.achievement, said.tier),
                told=told, client=said.by == "client",
            )  # fmt: skip
        case AchievementRevoked() as said if said.points:
            yield Contribution(
                "points", "", said.game, said.player, -said.points, at, since,
                unlocked=(said.achievement, said.tier), told=told,
            )  # fmt: skip


def once(given: Iterable[Contribution]) -> Iterator[Contribution]:
    """What counts of what the players of one person were given, in order.

    An achievement that several of them have counts as it did for the first, until none has it any more.
    """
    holders: dict[Unlocked, set[UUID]] = {}
    counted: dict[Unlocked, Contribution] = {}
    for what in given:
        if what.unlocked is None:
            yield what
            continue
        having = holders.setdefault(what.unlocked, set())
        if isinstance(what.value, int) and what.value > 0:
            if not having:
                counted[what.unlocked] = what
                yield what
            having.add(what.player_id)
        elif what.player_id not in having:
            yield what  # it was unlocked before the board began
        else:
            having.discard(what.player_id)
            if not having:
                yield replace(what, value=-int(counted[what.unlocked].value))


def of_result(game_id: UUID, result: Result, of: str, at: int, since: int) -> Iterator[Contribution]:
    """What the result of a session gives to boards over its value `of`, a contribution a seat."""
    for seat in result.seats:
        match of:
            case "played":
                value: object = 1
            case "won":
                value = int(seat.winner)
            case "score":
                value = seat.score
            case _:
                value = seat.values.get(of)
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, int) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
            yield Contribution(
                "session", of, game_id, seat.player_id, value, at, since, team=seat.team, bot=seat.is_bot
            )


def admits(board: Board, given: Contribution) -> bool:
    """Whether a board takes a contribution that is of what it takes, see `by_what`."""
    wanted = board.definition
    if given.bot and not wanted.bots:
        return False
    if given.client and (wanted.server or board.over(given.at, given.told)):
        return False
    if wanted.teams and given.team is None:
        return False
    return not (board.shut_at(given.at) or board.has_ended(given.told))


def enters(given: Contribution, board: Board) -> bool:
    """Whether a board takes a contribution."""
    if not admits(board, given):
        return False
    wanted = board.definition
    match wanted.source:
        case "scores":
            return given.source == "scores" and given.board_id == board.named
        case "action":
            return given.source == "scores" and given.of == wanted.of
        case "stat" | "session":
            return given.source == wanted.source and given.of == wanted.of
        case "points":
            return given.source == "points"


def by_what(boards: Iterable[Board]) -> dict[tuple[str, str] | UUID, list[Board]]:
    """Boards by what they take: the source and name of contributions, or the board that submissions name."""
    found: dict[tuple[str, str] | UUID, list[Board]] = {}
    for board in boards:
        wanted = board.definition
        match wanted.source:
            case "scores":
                key: tuple[str, str] | UUID = board.named
            case "action":
                key = "scores", wanted.of
            case "points":
                key = "points", ""
            case _:
                key = wanted.source, wanted.of
        found.setdefault(key, []).append(board)
    return found


def member_of(given: Contribution, board: Board) -> UUID:
    """For whom it counts: the player, or a team of the game."""
    if board.definition.teams:
        assert given.team is not None
        return team_id(given.game_id, given.team)
    return given.player_id


def members_of(event: CareerEvent) -> set[UUID]:
    """All for whom an event may count, whatever the boards are."""
    team = getattr(event, "team", None)
    return {event.player} if team is None else {event.player, team_id(event.game, team)}


def team_id(game_id: UUID, team: str) -> UUID:
    return derived_id(b"team", game_id.bytes, team.encode())
