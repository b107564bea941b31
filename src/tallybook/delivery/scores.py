"""Scores from games and their servers: into the ledger, and how they came out on their board."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from tallybook.access.actor import Actor
from tallybook.access.matrix import may, relations_of, require
from tallybook.accounts.known import Known, KnownPlayers
from tallybook.careers.events import ScoreSubmitted
from tallybook.catalogue.board_book import BoardBook, GameBoards
from tallybook.catalogue.boards import Board
from tallybook.delivery.leaderboard_shapes import EntryShown, bare_entry
from tallybook.delivery.leaderboards import Leaderboards
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.kernel.text import FreeText, clean_name
from tallybook.ledger.append import AnyAppend, Appended
from tallybook.ledger.ledger import Ledger
from tallybook.play.careers import command
from tallybook.play.desk import require_time
from tallybook.play.requests import LARGEST_NUMBER, PLAIN, Body, Envelope, take_envelope
from tallybook.projections.records.again import Key
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.records import Step
from tallybook.rules.scoresheet.values import canonical
from tallybook.sessions.wire import decode

DEFAULT = "score"
LONGEST_METADATA = 2_000  # bytes of JSON
MOST_AT_ONCE = 1_000

Number = (
    Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
    | Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$", description="A decimal.")]
)
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{0,64}$")]
_TEAM = 40


class Submission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A score. Without `player_id` it is the caller's own, without `board` for the board `score`.

    `second` decides between equal scores, where the board has a second criterion.
    """

    score: Number
    action: Code = ""
    board: Annotated[str, Meta(max_length=40)] = DEFAULT
    player_id: UUID | UnsetType = UNSET
    second: Number | UnsetType = UNSET
    team: Annotated[str, Meta(max_length=_TEAM)] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


class Submitted(msgspec.Struct):
    """The standing entry, its rank (null while it has too few scores), and what stood before.

    `updated` says whether the submission changed the entry's score. A bot has no entry where bots are kept
    out, and nobody has one while the board still takes in the past: the score is written, and gets its turn.
    """

    entry: EntryShown | None
    rank: int | None
    previous: EntryShown | None
    updated: bool


class Failed(msgspec.Struct, frozen=True):
    """Why an item of a batch was not taken in."""

    code: str
    detail: str


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one item of a batch came out: a `result`, or an `error` and nothing was written for it."""

    result: Submitted | None = None
    error: Failed | None = None


class _Score(NamedTuple):
    """A submission that may be written."""

    board: Board
    event: ScoreSubmitted
    append: AnyAppend


_UNTOLD = Item()


class Scores:
    """Takes submissions in."""

    def __init__(
        self,
        ledger: Ledger,
        book: BoardBook,
        ranks: Ranks,
        boards: Leaderboards,
        players: KnownPlayers,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._ranks = ranks
        self._boards = boards
        self._players = players
        self._clock = clock

    async def submit(
        self, actor: Actor, game_id: UUID, submission: Submission, envelope: Envelope
    ) -> Submitted:
        """Write a score, and say how its player stands after it."""
        taker = await self._taker(actor, game_id, [submission])
        score = taker.take(submission, envelope)
        return (await self._came_out([(score, await self._ledger.append(score.append))]))[0]

    async def submit_all(
        self,
        actor: Actor,
        game_id: UUID,
        given: Sequence[Submission | Body | Refusal],
        command_id: str | None,
    ) -> list[Item]:
        """Many scores, each for itself; under the batch's command id every item has one by its place."""
        if len(given) > MOST_AT_ONCE:
            raise invalid("scores", f"at most {MOST_AT_ONCE}")
        taker = await self._taker(actor, game_id, given)
        items: list[Item] = []
        taken: dict[int, _Score] = {}
        for at, each in enumerate(given):
            try:
                taken[at] = taker.take_item(each, command_id, at)
                items.append(_UNTOLD)
            except Refusal as refusal:
                items.append(_failed(refusal))
        outcomes = await self._ledger.append_all([score.append for score in taken.values()])
        written: list[tuple[_Score, Appended]] = []
        for (at, score), outcome in zip(taken.items(), outcomes, strict=True):
            if isinstance(outcome, Appended):
                written.append((score, outcome))
            elif isinstance(outcome, Refusal):
                items[at] = _failed(outcome)
            else:
                raise outcome
        told = iter(await self._came_out(written))
        return [Item(next(told)) if item is _UNTOLD else item for item in items]

    async def _taker(
        self, actor: Actor, game_id: UUID, given: Sequence[Submission | Body | Refusal]
    ) -> "_Taker":
        found = await self._book.of(game_id)
        players = [player_id for each in given if (player_id := _player_in(each)) is not None]
        if actor.key_games is None:
            players.append(actor.player_id)
        return _Taker(actor, found, await self._players.of(players), self._clock)

    async def _came_out(self, written: Sequence[tuple[_Score, Appended]]) -> list[Submitted]:
        """How the boards' entries stand after submissions, in their order."""
        await self._ranks.settled()
        steps = [self._step(score.board, wrote) for score, wrote in written]
        missing = [each for each, step in zip(written, steps, strict=True) if step is None]
        again = await self._steps_again(missing) if missing else {}
        told: list[Submitted] = []
        unranked: list[tuple[Submitted, Board, Step]] = []
        for (score, wrote), at_hand in zip(written, steps, strict=True):
            step = at_hand or again.get((wrote.stream, wrote.first))
            if step is None:
                told.append(Submitted(None, None, None, updated=False))
                continue
            came_out = _told(score, step)
            told.append(came_out)
            if step.after.count >= score.board.definition.minimum:
                _, period, member = step.place
                came_out.rank = self._ranks.rank_at_hand(score.board, period, member, step.after)
                if came_out.rank is None:
                    unranked.append((came_out, score.board, step))
        if len(unranked) == 1:
            await self._rank(*unranked[0])
        elif unranked:
            await asyncio.gather(*(self._rank(*each) for each in unranked))
        return told

    def _step(self, board: Board, wrote: Appended) -> Step | None:
        """What a submission changed, if it is at hand."""
        for step in self._ranks.steps(wrote.stream, wrote.first):
            if step.place[0] == board.id:
                return step
        return None

    async def _steps_again(self, written: Sequence[tuple[_Score, Appended]]) -> dict[Key, Step]:
        """What submissions changed that are not at hand, as they were written long ago or elsewhere."""
        by_board: dict[UUID, tuple[Board, dict[Key, UUID]]] = {}
        for score, wrote in written:
            _, players = by_board.setdefault(score.board.id, (score.board, {}))
            players[wrote.stream, wrote.first] = score.event.player
        steps: dict[Key, Step] = {}
        for board, players in by_board.values():
            steps |= await self._boards.steps_again(board, players)
        return steps

    async def _rank(self, came_out: Submitted, board: Board, step: Step) -> None:
        _, period, member = step.place
        came_out.rank = await self._ranks.rank(board, period, member, step.after)


class _Taker:
    """Takes in what one request says of one game; what holds for many of its scores is asked once."""

    def __init__(self, actor: Actor, found: GameBoards, players: Mapping[UUID, Known], clock: Clock) -> None:
        self._actor = actor
        self._found = found
        self._players = players
        self._clock = clock
        # By key, and whether it is the caller's own score; with whether it is a client's word.
        self._open: dict[tuple[str, bool], tuple[Board, bool]] = {}

    def take_item(self, given: Submission | Body | Refusal, command_id: str | None, at: int) -> _Score:
        """The same as `take` for one of several, in its place."""
        if isinstance(given, Refusal):
            raise given
        if not isinstance(given, Submission | dict):
            raise Refusal("malformed", "an item must be a JSON object")
        named = None
        if command_id is not None and (isinstance(given, Submission) or "command_id" not in given):
            named = blake2b(f"{command_id}\n{at}".encode(), digest_size=16).hexdigest()
        if isinstance(given, Submission):
            return self.take(given, PLAIN if named is None else Envelope(named))
        envelope = take_envelope(given, self._clock, named)
        return self.take(decode(Submission, given), envelope)

    def take(self, submission: Submission, envelope: Envelope) -> _Score:
        """What is to be written, if the caller may say so."""
        actor = self._actor
        if isinstance(submission.player_id, UUID):
            player_id = submission.player_id
        elif actor.key_games is None:
            player_id = actor.player_id
        else:
            raise invalid("player_id", "is missing: an API key is nobody")
        which = submission.board, player_id in actor.ids
        opened = self._open.get(which)
        if opened is None:
            opened = self._open[which] = self._opened(*which)
        board, client = opened
        require_time(actor, envelope)
        self._check_time(board, envelope)
        player = self._players.get(player_id)
        if player is None:
            raise not_found("player")
        event = _event(board, player, submission, client=client)
        content = "submit_score", submission
        append = command(actor, board.game_id, player.id, lambda _state, _index: [event], envelope, content)
        return _Score(board, event, append)

    def _opened(self, key: str, own: bool) -> tuple[Board, bool]:  # noqa: FBT001  # half of a key
        """A board, if the caller may submit scores to it, and whether they are a client's word."""
        board, game, actor = self._found.find(key), self._found.game, self._actor
        game.check_offered()
        relations = relations_of(actor, owner=game.owner_id in actor.ids, game=board.game_id)
        require("game.view", relations)
        if own:
            relations = {*relations, "player"}
        require("record.vouch" if board.definition.server else "record.submit", relations)
        return board, not may("record.vouch", relations)

    def _check_time(self, board: Board, envelope: Envelope) -> None:
        """A score of a period that is over comes too late."""
        if envelope.at is None or board.definition.schedule == "none":
            return
        if board.period(envelope.at)[0] != board.period(self._clock.now())[0]:
            raise Refusal("period_closed", "at: this period of the leaderboard is over")


def _event(board: Board, player: Known, submission: Submission, *, client: bool) -> ScoreSubmitted:
    wanted, action = board.definition, submission.action
    if wanted.source == "action" and action not in {"", wanted.of}:
        raise invalid("action", f"the leaderboard is over {wanted.of}")
    if wanted.source not in {"scores", "action"}:
        raise Refusal("contradicts_records", "no scores are submitted to this leaderboard")
    for field, value in (("score", submission.score), ("second", submission.second)):
        if isinstance(value, str) and len(value.partition(".")[2]) > wanted.decimals:
            raise invalid(field, f"the leaderboard has {wanted.decimals} decimals")
    if wanted.teams and isinstance(submission.team, UnsetType):
        raise invalid("team", "is missing: the leaderboard is one of teams")
    metadata = None
    if not isinstance(submission.metadata, UnsetType):
        encoded = msgspec.json.encode(submission.metadata)
        if len(encoded) > LONGEST_METADATA:
            raise invalid("metadata", f"at most {LONGEST_METADATA} bytes")
        metadata = FreeText.of(encoded.decode())
    return ScoreSubmitted(
        game=board.game_id,
        player=player.id,
        board=board.id,
        score=_canonical(submission.score),
        action=wanted.of if wanted.source == "action" else action,
        second=None if isinstance(submission.second, UnsetType) else _canonical(submission.second),
        team=clean_name(submission.team, "team", longest=_TEAM) if isinstance(submission.team, str) else None,
        bot=player.bot,
        client=client,
        metadata=metadata,
    )


def _told(score: _Score, step: Step) -> Submitted:
    """How an entry has changed; its rank is still to come."""
    after, before, member = step.after, step.before, step.place[2]
    metadata: Raw | UnsetType = UNSET
    if score.event.metadata is not None and after.since == after.last:
        metadata = Raw((score.event.metadata.text or "").encode())
    return Submitted(
        bare_entry(score.board, member, after, metadata=metadata),
        None,
        None if before is None else bare_entry(score.board, member, before),
        before is None or (before.value, before.second) != (after.value, after.second),
    )


def _failed(refusal: Refusal) -> Item:
    return Item(error=Failed(refusal.code, refusal.detail))


def _player_in(given: object) -> UUID | None:
    """Whose score an item says that it is, as far as that can be said before it is read."""
    if isinstance(given, Submission):
        return None if isinstance(given.player_id, UnsetType) else given.player_id
    try:
        return UUID(given["player_id"]) if isinstance(given, dict) else None
    except (KeyError, ValueError, AttributeError, TypeError):
        return None  # refused, or the caller's own


def _canonical(number: int | str) -> int | str:
    return number if isinstance(number, int) else canonical(Decimal(number))
