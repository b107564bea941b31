"""Entries of persons who are several players: each player's part is kept, so that they can be split again."""

from collections.abc import Mapping
from uuid import UUID

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.catalogue.boards import Board
from tallybook.kernel.events import Recorded
from tallybook.projections.records.entries import Entry, combined
from tallybook.projections.records.kept import Kept
from tallybook.projections.records.tables import Place

MOVES = (PlayerMerged, PlayerSplit)

Entered = dict[Place, Entry | None]  # what became of entries; None: there is none any more


def combine(kept: Kept, persons_of: Mapping[Place, UUID], boards: Mapping[UUID, Board]) -> Entered:
    """Write the entries of persons anew from their parts. By the place of any part: the person."""
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
    whole = {place: combined(boards[place[0]].definition, found.get(place, ())) for place in wanted}
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
    return dict.fromkeys(brought, person), dict.fromkeys(gone)


def _split(kept: Kept, player: UUID, person: UUID) -> Moved:
    own = kept.parts.of_members([player])
    kept.parts.remove(list(own))
    kept.entries.write(own)
    kept.persons.leave([player])
    left = kept.persons.members([person])[person]
    again = {(board, period, person): person for board, period, _ in own}
    if left > {person}:
        return again, {**own}
    # On her own again: what is hers stands in the entries as it is.
    hers = kept.parts.of_members([person])
    gone = [place for place in again if place not in hers]
    kept.entries.write(hers)
    kept.entries.remove(gone)
    kept.parts.remove(list(hers))
    kept.persons.leave([person])
    return {}, {**own, **hers, **dict.fromkeys(gone)}
