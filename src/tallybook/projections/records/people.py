"""Entries of persons who are several players: each player's part is kept, so that they can be split again."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.catalogue.boards import Board
from tallybook.kernel.events import Recorded
from tallybook.projections.records.entries import Entry, combined
from tallybook.projections.records.kept import Kept
from tallybook.projections.records.tables import Place

MOVES = (PlayerMerged, PlayerSplit)

Entered = dict[Place, Entry | None]  # what became of entries; None: there is none any more


Points = Callable[[Board, Collection[UUID]], Mapping[int, Entry]]
"""By period what somebody who is these players has on a board of points."""


def of_parts(board: Board) -> bool:
    """Whether the parts of a person's players say what the person has."""
    return board.definition.source != "points"


class Several:
    """Entries of persons who are several players, as events change their parts one by one."""

    def __init__(self, kept: Kept, persons: Mapping[UUID, UUID], places: Collection[Place]) -> None:
        self._persons = persons
        self._members = kept.persons.members({persons[player] for _, _, player in places})
        wanted = {each for place in places for each in self._parts_of(place)}
        found = kept.parts.read(wanted)
        self._parts = {place: found[place] for place in wanted if place in found}

    def step(self, board: Board, place: Place, new: Entry) -> tuple[Place, Entry | None, Entry]:
        """The place of the person, and its entry before and after a part became `new`."""
        before = self._whole(board, place)
        self._parts[place] = new
        after = self._whole(board, place)
        assert after is not None
        return (place[0], place[1], self._persons[place[2]]), before, after

    def _parts_of(self, place: Place) -> list[Place]:
        return [(place[0], place[1], player) for player in self._members[self._persons[place[2]]]]

    def _whole(self, board: Board, place: Place) -> Entry | None:
        parts = (self._parts.get(each) for each in self._parts_of(place))
        return combined(board.definition, [part for part in parts if part is not None])


def combine(
    kept: Kept, persons_of: Mapping[Place, UUID], boards: Mapping[UUID, Board], points: Points
) -> Entered:
    """Write the entries of persons anew from their parts. By the place of any part: the person.

    Points are folded from the ledger: the parts do not say for which achievements they are, and what two
    players of a person have counts once.
    """
    members = kept.persons.members(set(persons_of.values()))
    wanted = {(board, period, person) for (board, period, _), person in persons_of.items()}
    places = {
        (board, period, player): (board, period, person)
        for board, period, person in wanted
        for player in members.get(person, {person})
    }
    found: dict[Place, list[Entry]] = {}
    parts = kept.parts.read(places)
    for place in parts.keys() & places.keys():
        found.setdefault(places[place], []).append(parts[place])
    of_points = {
        (board, person): points(boards[board], members.get(person, {person}))
        for board, person in {(board, person) for board, _, person in wanted}
        if not of_parts(boards[board])
    }
    whole = {
        (board, period, person): of_points[board, person].get(period)
        if (board, person) in of_points
        else combined(boards[board].definition, found.get((board, period, person), ()))
        for board, period, person in wanted
    }
    kept.entries.write({place: entry for place, entry in whole.items() if entry is not None})
    kept.entries.remove([place for place, entry in whole.items() if entry is None])
    return dict(whole)


Moved = tuple[dict[Place, UUID], Entered]


def move(kept: Kept, recorded: Recorded) -> Moved:
    """Carry out a merge or a split in parts. Which entries are to be combined anew, and what others are."""
    player, position = recorded.stream, recorded.position
    joined = kept.persons.joined([player]).get(player)
    if joined is not None and joined.since >= position:
        return {}, {}
    if isinstance(recorded.event, PlayerMerged):
        return _merge(kept, player, recorded.event.into, position)
    if joined is None:
        return {}, {}
    return _split(kept, player, joined.person)


def _merge(kept: Kept, player: UUID, person: UUID, position: int) -> Moved:
    fresh = [player] if person in kept.persons.joined([person]) else [player, person]
    brought = kept.entries.of_members(fresh)
    kept.parts.write(brought)
    gone = [place for place in brought if place[2] == player]
    kept.entries.remove(gone)
    kept.persons.join(fresh, person, position)
    return _all_of(kept, person), dict.fromkeys(gone)


def _split(kept: Kept, player: UUID, person: UUID) -> Moved:
    own = kept.parts.of_members([player])
    kept.parts.remove(list(own))
    kept.entries.write(own)
    kept.persons.leave([player])
    left = kept.persons.members([person])[person]
    again = {(board, period, person): person for board, period, _ in own}
    if left > {person}:
        return again | _all_of(kept, person), {**own}
    # On her own again: what is hers stands in the entries as it is.
    hers = kept.parts.of_members([person])
    gone = [place for place in again if place not in hers]
    kept.entries.write(hers)
    kept.entries.remove(gone)
    kept.parts.remove(list(hers))
    kept.persons.leave([person])
    return {}, {**own, **hers, **dict.fromkeys(gone)}


def _all_of(kept: Kept, person: UUID) -> dict[Place, UUID]:
    """Where a person's players have parts: what one brings may make something of another's count no more."""
    return dict.fromkeys(kept.parts.of_members(kept.persons.members([person])[person]), person)
