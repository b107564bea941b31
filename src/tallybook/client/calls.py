"""Every request of the API that the clients make, as values: what is sent, and how the answer is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import msgspec

from tallybook.client import shapes
from tallybook.client.errors import UNREADABLE, Unreadable
from tallybook.client.shapes import Change, Number, Score, Unlock

T = TypeVar("T")
Id = UUID | str

_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request. Its key is the same however often it is sent, so that a repetition does nothing twice."""

    method: str
    path: str
    answer: type[T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    key: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        return headers

    def read(self, content: bytes) -> T:
        """The answer in what came; raises `Unreadable`."""
        try:
            return msgspec.json.decode(content, type=self.answer)
        except UNREADABLE as error:
            raise Unreadable(f"no answer of Tallybook's to {self.method} {self.path}: {error}") from error


def _get(path: str, answer: type[T], **query: object) -> Call[T]:
    given = {name: _text(value) for name, value in query.items() if value is not None}
    return Call("GET", path, answer, given)


def _post(path: str, answer: type[T], body: Mapping[str, object], key: str | None) -> Call[T]:
    given = {name: value for name, value in body.items() if value is not None}
    return Call("POST", path, answer, body=_encode(given), key=key or uuid4().hex)


def _text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case str() | UUID() | int():
            return str(value)
        case Sequence():
            return ",".join(map(_text, value))
        case _:
            raise TypeError(f"{value!r} cannot stand in a query")


# Players


def new_guest(_game: str, display_name: str, *, key: str | None = None) -> Call[shapes.Guest]:
    """Make a guest for somebody who plays the game: keep the id, and hand the tokens to nobody else."""
    return _post("/auth/guest", shapes.Guest, {"display_name": display_name}, key)


# Scores and leaderboards


def submit_score(
    game: str,
    player_id: Id,
    score: Number,
    *,
    board: str = "score",
    action: str | None = None,
    second: Number | None = None,
    team: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    key: str | None = None,
) -> Call[shapes.Submitted]:
    """Submit a score and learn how the player stands after it. `second` decides between equal scores."""
    body: dict[str, object] = {"player_id": player_id, "score": score, "board": board, "action": action}
    body |= {"second": second, "team": team, "metadata": metadata, "at": at}
    return _post(f"/games/{game}/scores", shapes.Submitted, body, key)


def submit_scores(game: str, scores: Sequence[Score], *, key: str | None = None) -> Call[shapes.ScoreResults]:
    """Submit up to 1000 scores; each is answered in its place, and a bad one does not keep the others out."""
    return _post(f"/games/{game}/scores/batch", shapes.ScoreResults, {"scores": scores}, key)


def boards(game: str) -> Call[shapes.Boards]:
    """The leaderboards of the game."""
    return _get(f"/games/{game}/boards", shapes.Boards)


def leaderboard(
    game: str,
    board: str = "score",
    *,
    limit: int = 100,
    cursor: str | None = None,
    period: str | datetime | None = None,
    region: str | None = None,
    players: Sequence[Id] | None = None,
    as_of: datetime | None = None,
    metadata: bool | None = None,
) -> Call[shapes.Rankings]:
    """A page of a leaderboard, best first. `period` is `current`, `previous`, or any time within it."""
    return _get(
        f"/leaderboards/{game}",
        shapes.Rankings,
        board=board,
        limit=limit,
        cursor=cursor,
        period=period,
        region=region,
        players=players,
        as_of=as_of,
        metadata=metadata,
    )


def around(
    game: str, player_id: Id, board: str = "score", *, limit: int = 11, period: str | datetime | None = None
) -> Call[shapes.Rankings]:
    """The lines around a player."""
    path = f"/leaderboards/{game}/around/{player_id}"
    return _get(path, shapes.Rankings, board=board, limit=limit, period=period)


def standing(
    game: str, player_id: Id, board: str = "score", *, period: str | datetime | None = None
) -> Call[shapes.Standing]:
    """Where a player stands; `NotFound` without an entry."""
    return _get(f"/leaderboards/{game}/player/{player_id}", shapes.Standing, board=board, period=period)


# Statistics


def report_stats(
    game: str,
    player_id: Id,
    values: Mapping[str, Number | Change] | None = None,
    *,
    playtime: int | None = None,
    at: datetime | None = None,
    key: str | None = None,
) -> Call[shapes.Written]:
    """Report statistics of a player, and milliseconds played since the last report."""
    body = {"player_id": player_id, "values": values, "playtime": playtime, "at": at}
    return _post(f"/games/{game}/stats/report", shapes.Written, body, key)


# Achievements


def achievement_page(game: str, *, cursor: str | None = None) -> Call[shapes.Achievements]:
    """A page of the achievements of the game, newest first."""
    return _get(f"/games/{game}/achievements", shapes.Achievements, limit=100, cursor=cursor)


def unlock(
    _game: str,
    player_id: Id,
    achievement_id: Id,
    *,
    tier: str | None = None,
    timestamp: datetime | None = None,
    key: str | None = None,
) -> Call[shapes.Unlocked]:
    """Unlock an achievement; `timestamp` is when it was earned. Unlocking it again changes nothing."""
    body = {"player_id": player_id, "achievement_id": achievement_id, "tier": tier, "timestamp": timestamp}
    return _post("/achievements/unlock", shapes.Unlocked, body, key)


def unlock_many(
    _game: str, unlocks: Sequence[Unlock], *, key: str | None = None
) -> Call[shapes.UnlockResults]:
    """Unlock up to 1000 achievements; each is answered in its place."""
    return _post("/achievements/unlock/batch", shapes.UnlockResults, {"unlocks": unlocks}, key)


def progress(
    _game: str,
    player_id: Id,
    achievement_id: Id,
    steps: int,
    *,
    timestamp: datetime | None = None,
    key: str | None = None,
) -> Call[shapes.Progressed]:
    """Add steps towards an achievement; the last one unlocks it."""
    body = {"player_id": player_id, "achievement_id": achievement_id, "steps": steps, "timestamp": timestamp}
    return _post("/achievements/progress", shapes.Progressed, body, key)
