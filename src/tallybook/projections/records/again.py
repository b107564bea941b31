"""What submissions changed when they were written, found out again from the ledger."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from uuid import UUID

from sqlalchemy import Connection

from tallybook.catalogue.boards import Board
from tallybook.projections.records.contributions import Contribution, enters, member_of, of_career
from tallybook.projections.records.entries import Entry, add, combined
from tallybook.projections.records.reading import by_and_by, careers_of
from tallybook.projections.records.records import Step
from tallybook.projections.records.tables import entries

Key = tuple[UUID, int]  # a career, and the index of an event in it
Given = Iterable[tuple[Key, Contribution]]

_AT_ONCE = 100  # persons


def steps_again(
    connection: Connection,
    slot: str,
    board: Board,
    wanted: Mapping[Key, UUID],
    members_of: Callable[[UUID], Collection[UUID]],
) -> dict[Key, Step]:
    """What events, each of a person, changed on a board; without those that changed nothing there.

    Of a team there is no entry of then: the step says what it has now.
    """
    persons = sorted(set(wanted.values()))
    steps: dict[Key, Step] = {}
    for start in range(0, len(persons), _AT_ONCE):
        person_of = {
            player: person for person in persons[start : start + _AT_ONCE] for player in members_of(person)
        }
        given = _given(connection, board, person_of)
        if board.definition.teams:
            steps |= _of_teams(connection, slot, board, {key: what for key, what in given if key in wanted})
        else:
            steps |= _of_persons(board, given, wanted, person_of)
    return steps


def _given(
    connection: Connection, board: Board, players: Collection[UUID]
) -> Iterator[tuple[Key, Contribution]]:
    for recorded in by_and_by(connection, careers_of(connection, board, players)):
        for what in of_career(recorded):
            if enters(what, board):
                yield (recorded.stream, recorded.index), what


def _of_persons(
    board: Board, given: Given, wanted: Collection[Key], person_of: Mapping[UUID, UUID]
) -> dict[Key, Step]:
    steps: dict[Key, Step] = {}
    held: dict[tuple[int, UUID], dict[UUID, Entry]] = {}  # by period and person, what each of its players has
    for key, what in given:
        player, period = what.player_id, board.period(what.at)[0]
        parts = held.setdefault((period, person_of[player]), {})
        before = combined(board.definition, parts.values()) if key in wanted else None
        parts[player] = add(board.definition, parts.get(player), what)
        if key in wanted:
            after = combined(board.definition, parts.values())
            assert after is not None
            steps[key] = Step((board.id, period, person_of[player]), before, after)
    return steps


def _of_teams(
    connection: Connection, slot: str, board: Board, given: Mapping[Key, Contribution]
) -> dict[Key, Step]:
    places = {
        key: (board.id, board.period(what.at)[0], member_of(what, board)) for key, what in given.items()
    }
    now = entries.read(connection, slot, places.values())
    steps = {}
    for key, place in places.items():
        entry = now.get(place)
        if entry is not None:
            steps[key] = Step(place, None if entry.since == given[key].since else entry, entry)
    return steps
