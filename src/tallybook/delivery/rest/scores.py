"""Scores from games and their servers."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Request, Response
from msgspec import Meta, UnsetType

from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.callers import anyone_of
from tallybook.delivery.rest.direct import Nothing, direct
from tallybook.delivery.rest.hot import hot
from tallybook.delivery.rest.reading import COMMAND_ID, Command, command_id_of, plain, read_data
from tallybook.delivery.rest.routing import api_router
from tallybook.delivery.rest.services import Services
from tallybook.delivery.scores import MOST_AT_ONCE, Item, Submission, Submitted
from tallybook.kernel.ids import parse_id
from tallybook.kernel.refusals import invalid
from tallybook.play.requests import PLAIN, Envelope, is_flat, read_body, take_envelope
from tallybook.sessions.wire import decode

router = api_router("/games/{id}/scores", tag="leaderboards")

REFUSED = (
    "not_found", "forbidden", "archived", "period_closed", "contradicts_records", "idempotency_conflict",
    "stale",
)  # fmt: skip


class NewScore(Submission, frozen=True, kw_only=True):
    """A score, with the client's own time of it. `command_id` is the same as the header Idempotency-Key."""

    command_id: Annotated[str, Meta(pattern=COMMAND_ID)] | UnsetType = msgspec.UNSET
    at: str | UnsetType = msgspec.UNSET
    zone: str | UnsetType = msgspec.UNSET
    expected_index: int | UnsetType = msgspec.UNSET


class ScoreBatch(Command, frozen=True, kw_only=True):
    """Up to 1000 scores; each is answered in its place, and a bad one does not keep the others out."""

    scores: Annotated[list[Any], Meta(max_length=MOST_AT_ONCE)]


class ScoresTaken(msgspec.Struct, frozen=True):
    """In the order of the scores."""

    results: list[Item]


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """A batch in which nothing but scores is said."""

    scores: Annotated[list[Submission], Meta(max_length=MOST_AT_ONCE)]


read_score = msgspec.json.Decoder(Submission).decode
_read_many = msgspec.json.Decoder(_Plain).decode


def plain_scores(data: bytearray) -> list[Submission] | None:
    """The scores of a batch that says nothing else, if they need no closer look."""
    try:
        scores = _read_many(data).scores
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return scores if is_flat(data, 2 + len(scores)) else None


@hot
async def submit(request: Request) -> Response:
    """Submit a score: one's own, or as the game's server anybody's. The answer has the rank after it."""
    caller = await anyone_of(request)
    given: Services = request.app.services
    game_id = parse_id(request.path_params["id"], "game")
    data, command_id = await read_data(request), command_id_of(request)
    submission = plain(read_score, data)
    if submission is not None:
        envelope = PLAIN if command_id is None else Envelope(command_id)
    else:
        body = read_body(data)
        if body.pop("gameId", str(game_id)) != str(game_id):  # as a founding document has it
            raise invalid("gameId", "says something else than the path")
        envelope = take_envelope(body, given.clock, command_id)
        submission = decode(Submission, body)
    return answer(await given.scores.submit(caller, game_id, submission, envelope))


@hot
async def submit_all(request: Request) -> Response:
    """Submit many scores at once."""
    caller = await anyone_of(request)
    given: Services = request.app.services
    game_id = parse_id(request.path_params["id"], "game")
    data, command_id = await read_data(request), command_id_of(request)
    scores: Sequence[Any] | None = plain_scores(data)
    if scores is None:
        body = decode(ScoreBatch, read_body(data, each_of="scores"))
        scores, command_id = body.scores, body.id(command_id)
    return answer(ScoresTaken(await given.scores.submit_all(caller, game_id, scores, command_id)))


SUBMIT = direct(Nothing, "id", takes=NewScore, gives=Submitted, refuses=REFUSED, keys=True, writes=True)
router.post("", **SUBMIT)(submit)
router.post(
    "/batch",
    **direct(
        Nothing,
        "id",
        takes=ScoreBatch,
        gives=ScoresTaken,
        refuses=("not_found", "forbidden"),
        keys=True,
        writes=True,
    ),
)(submit_all)
