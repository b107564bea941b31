"""The projection of leaderboards: every submission, unlock and result, added to the boards that it enters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from tallybook.careers.events import AchievementProgressed, CareerEvent
from tallybook.catalogue.boards import Board, boards_by_id, boards_of
from tallybook.catalogue.events import BoardDefined, BoardFilled, BoardPeriodBegun
from tallybook.database.bulk import Insert, Lookup
from tallybook.kernel.events import Recorded
from tallybook.projections.making import MadeInMemory
from tallybook.projections.records import filling, people, sessions
from tallybook.projections.records.contributions import (
    CAREER,
    RESULTS,
    Contribution,
    admits,
    by_what,
    enters,
    member_of,
    members_of,
    of_career,
)
from tallybook.projections.records.entries import Entry, add, fold
from tallybook.projections.records.kept import InMemory, InTables, Kept, Memory
from tallybook.projections.records.people import Entered
from tallybook.projections.records.reading import careers_of, points_of
from tallybook.projections.records.tables import TABLES, Place, careers
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.slots import SLOTS
from tallybook.sessions.events import ResultCorrected, SessionFinished, SessionVoided

_DEFINED = (BoardDefined, BoardPeriodBegun, BoardFilled)
_CATALOGUE = ("board_", "game_", "season_")  # how the types of events begin that may change boards
_SINGLE = (*people.MOVES, *RESULTS[1:], *_DEFINED)  # rare, and folded in one by one
_FAR_REACHING = (SessionFinished, *_SINGLE)
RELEVANT = frozenset({*CAREER, AchievementProgressed, *RESULTS, *_SINGLE})

_careers_of = {slot: Lookup(careers[slot], ["game_id"], ["player_id"]) for slot in SLOTS}
_save_careers = {slot: Insert(careers[slot], ["game_id", "player_id", "stream"], update=()) for slot in SLOTS}


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one event changed about one entry, as the batch had it just before and just after.

    There is none for persons who are several players on boards of points.
    """

    place: Place
    before: Entry | None
    after: Entry


Steps = dict[tuple[UUID, int], list[Step]]  # by stream and index of the event


class Records(MadeInMemory[InMemory]):
    """Entries of leaderboards, by board, period and member.

    What the last batch did is left in `entered`, `steps` and `boards`, for the ranks and for whoever asked:
    it holds once the batch has committed, which the ledger's follower tells.
    """

    name = "records"
    version = 4
    reads: Collection[str] = (SessionDirectory.name,)

    def __init__(self) -> None:
        super().__init__(InMemory, InMemory.pages)
        self.slot = SLOTS[0]
        self.entered: Entered = {}
        self.steps: Steps = {}
        self.boards: Mapping[UUID, Board] = {}
        self._memory = {slot: Memory(slot) for slot in SLOTS}

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        """Add what is new; a contribution that is in an entry already changes nothing."""
        relevant = [recorded for recorded in events if type(recorded.event) in RELEVANT]
        memory = self._memory[slot]
        if any(recorded.type.startswith(_CATALOGUE) for recorded in events):
            memory.boards.clear()
        memory.shrink()
        kept = self.making.get(slot) or InTables(connection, slot, memory)
        if memory.filling is None:
            memory.filling = filling.unfilled(connection, slot)
        batch = _Batch(connection, slot, kept, memory.boards, memory.filling, watched=slot == self.slot)
        if relevant:
            batch.take(relevant)
        if slot == self.slot:
            self.entered, self.steps, self.boards = batch.entered, batch.steps, batch.boards

    def clear(self, connection: Connection, slot: str) -> None:
        for tables in TABLES:
            tables.clear(connection, slot)
        self._memory[slot] = Memory(slot)

    def forget_tables(self, written: Sequence[Recorded] | None = None) -> None:
        if written is None or any(_unsettles(recorded) for recorded in written):
            before, self._memory = self._memory, {slot: Memory(slot) for slot in SLOTS}
            if written is None or any(isinstance(recorded.event, people.MOVES) for recorded in written):
                return
            for slot, memory in self._memory.items():  # who was merged need not be read again
                memory.joined = before[slot].joined
            return
        given = [recorded.event for recorded in written if isinstance(recorded.event, CareerEvent)]
        members = set[UUID]().union(*map(members_of, given))
        for memory in self._memory.values():
            memory.entries.remove(list(memory.entries.of_members(members)))


def _unsettles(recorded: Recorded) -> bool:
    """Whether more may be different after an event than the entries of the players it is about."""
    return isinstance(recorded.event, _FAR_REACHING) or recorded.type.startswith(_CATALOGUE)


class _Batch:
    """One batch of events on its way into one slot."""

    def __init__(
        self,
        connection: Connection,
        slot: str,
        kept: Kept,
        known: dict[UUID, Mapping[UUID, Board]],
        filling: dict[UUID, int],
        *,
        watched: bool,
    ) -> None:
        self.connection = connection
        self.slot = slot
        self.kept = kept
        self.watched = watched  # somebody wants to know what became of which entry
        self.entered: Entered = {}
        self.steps: Steps = {}
        self.boards: dict[UUID, Board] = {}  # whose entries may have changed
        self._known = known
        self._filling = filling
        self._boards: dict[UUID, Mapping[UUID, Board]] = {}
        self._takers: dict[UUID, Mapping[Any, Sequence[Board]]] = {}
        self._games: dict[UUID, UUID] = {}

    def take(self, events: Sequence[Recorded]) -> None:
        games: set[UUID] = set()
        results: set[UUID] = set()
        begun: list[tuple[UUID, UUID, UUID]] = []
        for recorded in events:
            event = recorded.event
            if isinstance(event, CareerEvent):
                games.add(event.game)
                if recorded.index == 0:
                    begun.append((event.game, event.player, recorded.stream))
            elif isinstance(event, RESULTS):
                results.add(recorded.stream)
            elif isinstance(event, _DEFINED):
                games.add(recorded.stream)
        self._games = sessions.games_of(self.connection, results)
        games |= set(self._games.values())
        unknown = sorted(game_id for game_id in games if game_id not in self._known)
        if unknown:
            self._known.update(boards_of(self.connection, unknown))
        for game_id in games:
            self._sort(game_id)
        self.boards = {board.id: board for boards in self._boards.values() for board in boards.values()}
        _save_careers[self.slot].run(self.connection, sorted(begun))
        run: list[Recorded] = []
        for recorded in events:
            if isinstance(recorded.event, _SINGLE):
                self._together(run)
                run = []
                self._alone(recorded)
            else:
                run.append(recorded)
        self._together(run)

    def _sort(self, game_id: UUID) -> None:
        """Sort out which boards of a game take what comes now."""
        boards = self._known[game_id]
        if self._filling:
            boards = {board.id: board for board in boards.values() if board.id not in self._filling}
        self._boards[game_id] = boards
        self._takers[game_id] = by_what(boards.values())

    # Many at once

    def _together(self, events: Sequence[Recorded]) -> None:
        """Contributions, in order."""
        given: list[tuple[tuple[UUID, int], Contribution, Board]] = []
        rows = []
        finished = [
            recorded.stream
            for recorded in (events if self._games else ())
            if isinstance(recorded.event, SessionFinished)
        ]
        # Whatever came of these since they were put in stays so when they come again.
        before = sessions.known(self.connection, self.slot, finished, self.boards)
        for recorded in events:
            key = recorded.stream, recorded.index
            if isinstance(recorded.event, SessionFinished):
                if recorded.stream in before:
                    continue
                game_id = self._games[recorded.stream]
                taking = self._boards[game_id].values()
                made = sessions.rows_of(taking, game_id, recorded, recorded.position, recorded.happened_at)
                rows += [row for row, _, _ in made]
                given += [(key, what, board) for _, what, board in made]
                continue
            for what in of_career(recorded):
                takers = self._takers[what.game_id]
                boards = takers.get((what.source, what.of), ())
                given += [(key, what, board) for board in boards if admits(board, what)]
                if what.board_id is not None:
                    boards = takers.get(what.board_id, ())
                    given += [(key, what, board) for board in boards if admits(board, what)]
        sessions.enter(self.connection, self.slot, rows)
        self._add(given)

    def _add(self, given: Iterable[tuple[tuple[UUID, int], Contribution, Board]]) -> None:
        placed = [
            (key, what, board, (board.id, board.period(what.at)[0], member_of(what, board)))
            for key, what, board in given
        ]
        if not placed:
            return
        grouped = self._persons([place[2] for *_, place in placed])
        entries = self.kept.entries.read(place for *_, place in placed if place[2] not in grouped)
        parts = self.kept.parts.read(place for *_, place in placed if place[2] in grouped) if grouped else {}
        several: people.Several | None = None
        if grouped and self.watched:
            shared = [place for *_, board, place in placed if place[2] in grouped and people.of_parts(board)]
            several = people.Several(self.kept, grouped, shared)
        now: dict[Place, Entry] = {}
        for key, what, board, place in placed:
            alone = not grouped or place[2] not in grouped
            old = now.get(place)
            if old is None:
                old = (entries if alone else parts).get(place)
                if old is not None and what.since <= old.last:
                    continue
            new = now[place] = add(board.definition, old, what)
            if alone and self.watched:
                self.steps.setdefault(key, []).append(Step(place, old, new))
            elif several is not None and people.of_parts(board):
                self.steps.setdefault(key, []).append(Step(*several.step(board, place, new)))
        self._write(now, grouped)

    def _write(self, now: Mapping[Place, Entry], grouped: Mapping[UUID, UUID]) -> None:
        """Write entries, of persons who are several players by way of their parts."""
        own = {place: entry for place, entry in now.items() if place[2] not in grouped} if grouped else now
        self.kept.entries.write(own)
        if self.watched:
            self.entered |= own
        if grouped:
            shared = {place: entry for place, entry in now.items() if place[2] in grouped}
            self.kept.parts.write(shared)
            self._combine({place: grouped[place[2]] for place in shared})

    def _combine(self, persons_of: Mapping[Place, UUID]) -> None:
        if not persons_of:
            return
        self._know(persons_of)
        self.entered |= people.combine(
            self.kept, persons_of, self.boards, partial(points_of, self.connection)
        )

    def _persons(self, players: Collection[UUID]) -> dict[UUID, UUID]:
        """The persons behind players who are one of several."""
        return {player: joined.person for player, joined in self.kept.persons.joined(players).items()}

    def _know(self, places: Iterable[Place]) -> None:
        """Read the boards of these places, as far as the batch's games do not have them."""
        unknown = {place[0] for place in places} - self.boards.keys()
        if not unknown:
            return
        players = sorted({place[2] for place in places})
        found = _careers_of[self.slot].run(self.connection, [(player,) for player in players])
        for boards in boards_of(self.connection, sorted({game_id for (game_id,) in found})).values():
            self.boards |= {board_id: boards[board_id] for board_id in unknown & boards.keys()}
        self.boards |= boards_by_id(self.connection, unknown - self.boards.keys())

    # One by one

    def _alone(self, recorded: Recorded) -> None:
        match recorded.event:
            case ResultCorrected() | SessionVoided():
                self._corrected(recorded)
            case BoardDefined(board=board_id) | BoardPeriodBegun(board=board_id):
                self._defined(self._known[recorded.stream][board_id], recorded)
            case BoardFilled(board=board_id, upto=upto) if board_id in self._filling:
                self._filled(self._known[recorded.stream][board_id], recorded.position, upto)
            case BoardFilled():
                pass  # it has everything
            case _:
                again, entered = people.move(self.kept, recorded)
                self._know(again.keys() | entered.keys())
                self.entered |= entered
                self._combine(again)

    def _corrected(self, recorded: Recorded) -> None:
        """Whatever the result gave so far holds no longer; with a new result, what that gives does.

        Boards of seasons that are over keep what they have.
        """
        known = self._boards[self._games[recorded.stream]]
        boards = {id_: board for id_, board in known.items() if not board.has_ended(recorded.committed_at)}
        held = sessions.holding(self.connection, self.slot, recorded.stream, boards, recorded.position)
        if held is None:
            return
        rows = sessions.end(held, recorded.position)
        if isinstance(recorded.event, ResultCorrected):
            since, at = sessions.finished(self.connection, recorded.stream)
            game_id = self._games[recorded.stream]
            made = sessions.rows_of(boards.values(), game_id, recorded, since, at)
            rows = [*rows, *(row for row, _, _ in made)]
        sessions.keep(self.connection, self.slot, rows)
        self._refold({(row[0], row[6], row[7]) for row in rows}, boards, recorded.position)

    def _refold(self, places: Iterable[Place], boards: Mapping[UUID, Board], position: int) -> None:
        """Fold entries over sessions again."""
        given = sessions.contributions_of(self.connection, self.slot, places, boards, upto=position)
        grouped = self._persons([place[2] for place in given])
        folded = {place: fold(boards[place[0]].definition, what) for place, what in given.items()}
        kept = {place: entry for place, entry in folded.items() if entry is not None}
        gone = [place for place, entry in folded.items() if entry is None]
        self.kept.parts.remove([place for place in gone if place[2] in grouped])
        own = [place for place in gone if place[2] not in grouped]
        self.kept.entries.remove(own)
        self.entered |= dict.fromkeys(own)
        self._write(kept, grouped)
        self._combine({place: grouped[place[2]] for place in gone if place[2] in grouped})

    def _defined(self, board: Board, recorded: Recorded) -> None:
        """Make the entries of a board anew, of everything before, unless this made them."""
        digest, position = board.digest.hex(), recorded.position
        known = filling.made(self.connection, self.slot, board)
        if known is not None and known[0] == digest:
            return
        if known is not None and isinstance(recorded.event, BoardPeriodBegun):
            at = recorded.event.at
            before = replace(board, begun=tuple(each for each in board.begun if each < at))
            if known[0] == before.digest.hex() and self._goes_on(board, at, position):
                self._save(board, known[1])
                return
        self.kept.entries.clear(board.id)
        self.kept.parts.clear(board.id)
        sessions.clear(self.connection, self.slot, board.id)
        after = filling.beginning(self.connection, board, position)
        past: Sequence[Recorded] | None
        if isinstance(self.kept, InMemory):
            past = filling.whole_past(self.connection, self.slot, board, position)
        else:
            past = filling.short_past(self.connection, self.slot, board, after, position)
        if past is not None:
            self._replay(board, past)
        self._save(board, after if past is None else None)

    def _goes_on(self, board: Board, at: int, position: int) -> bool:
        """Move what is of the period that begins now into it, if that is little; whether it was."""
        early = filling.since(self.connection, board, at, position)
        if early is None or (early and board.definition.source == "session"):
            return False
        given = [what for each in early for what in of_career(each) if enters(what, board)]
        members = {member_of(what, board) for what in given}
        if members and (board.definition.teams or self._persons(members)):
            return False
        places = [place for place in self.kept.entries.of_members(members) if place[0] == board.id]
        self.kept.entries.remove(places)
        self._replay(board, careers_of(self.connection, board, members, position))
        return True

    def _filled(self, board: Board, position: int, upto: int | None) -> None:
        """Take in the next piece of the past."""
        after = self._filling[board.id]
        to = position if upto is None else max(after, min(upto, position))
        self._replay(board, filling.piece(self.connection, board, after, to))
        self._save(board, None if upto is None else to)

    def _replay(self, board: Board, events: Sequence[Recorded]) -> None:
        """Let one board take in events as if they came now."""
        only: dict[UUID, Mapping[UUID, Board]] = {board.game_id: {board.id: board}}
        again = _Batch(self.connection, self.slot, self.kept, only, {}, watched=False)
        again.take(events)
        self.boards |= again.boards

    def _save(self, board: Board, filled: int | None) -> None:
        """Note how a board is made, and up to where: what comes after waits until it is filled."""
        filling.note(self.connection, self.slot, board, filled)
        if filled is None:
            self._filling.pop(board.id, None)
        else:
            self._filling[board.id] = filled
        self._sort(board.game_id)
