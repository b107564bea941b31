"""Where entries are kept while they are added to: in their tables, or in memory while all are made anew."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection, delete

from tallybook.catalogue.boards import Board
from tallybook.database.bulk import Insert, Lookup
from tallybook.projections.making import Page, pages
from tallybook.projections.records import tables
from tallybook.projections.records.entries import Entry
from tallybook.projections.records.tables import Place, persons
from tallybook.projections.remembered import Remembered
from tallybook.projections.slots import SLOTS

MOST_REMEMBERED = 20_000  # of each kind

_COLUMNS = ("player_id", "person_id", "since")
_members = {slot: Lookup(persons[slot], ["person_id", "player_id"], ["person_id"]) for slot in SLOTS}
_save = {slot: Insert(persons[slot], _COLUMNS, update=_COLUMNS[1:]) for slot in SLOTS}


class Joined(NamedTuple):
    """Which person a player is, who is one of several, and since which event."""

    person: UUID
    since: int


class Held:
    """Entries in memory."""

    def __init__(self) -> None:
        self.all: dict[Place, Entry] = {}
        self._of: dict[UUID, set[Place]] = {}  # by member, the first so many of all
        self._ordered = 0

    def _order(self) -> None:
        """Put what is new under its member: only the rare ones need such an order."""
        for place in islice(reversed(self.all), len(self.all) - self._ordered):
            self._of.setdefault(place[2], set()).add(place)
        self._ordered = len(self.all)

    def read(self, places: Iterable[Place]) -> Mapping[Place, Entry]:
        return self.all

    def of_members(self, members: Iterable[UUID]) -> dict[Place, Entry]:
        self._order()
        return {place: self.all[place] for member in set(members) for place in self._of.get(member, ())}

    def write(self, entries: Mapping[Place, Entry]) -> None:
        self.all.update(entries)

    def remove(self, places: Sequence[Place]) -> None:
        self._order()
        for place in places:
            if self.all.pop(place, None) is not None:
                self._of[place[2]].discard(place)
        self._ordered = len(self.all)

    def clear(self, board_id: UUID) -> None:
        self.remove([place for place in self.all if place[0] == board_id])


class Memory:
    """What one slot's tables hold, as far as the last batches have met it. Only the writer may trust it."""

    def __init__(self, slot: str, *, stays: bool = True) -> None:
        self.entries = Held()
        self.joined = Remembered(persons[slot], "since", stays=stays)
        self.boards: dict[UUID, Mapping[UUID, Board]] = {}  # by game
        self.filling: dict[UUID, int] | None = None  # boards that lack what came after a position

    def shrink(self) -> None:
        """Make room, before a batch."""
        if len(self.entries.all) > MOST_REMEMBERED:
            self.entries = Held()
        if len(self.boards) > MOST_REMEMBERED:
            self.boards.clear()


class Entries(Protocol):
    """Entries by place."""

    def read(self, places: Iterable[Place]) -> Mapping[Place, Entry]:
        """The entries at least of these places."""

    def of_members(self, members: Iterable[UUID]) -> dict[Place, Entry]: ...
    def write(self, entries: Mapping[Place, Entry]) -> None: ...
    def remove(self, places: Sequence[Place]) -> None: ...

    def clear(self, board_id: UUID) -> None:
        """Remove everything of a board."""


class Persons(Protocol):
    """Who is one of several players of a person; everybody else is left out of the answers."""

    def joined(self, players: Collection[UUID]) -> dict[UUID, Joined]: ...
    def members(self, of: Collection[UUID]) -> dict[UUID, set[UUID]]: ...
    def join(self, players: Collection[UUID], person: UUID, position: int) -> None: ...
    def leave(self, players: Collection[UUID]) -> None: ...


class Kept(Protocol):
    """All of them: entries, the parts of those of persons who are several players, and these persons."""

    @property
    def entries(self) -> Entries: ...
    @property
    def parts(self) -> Entries: ...
    @property
    def persons(self) -> Persons: ...


@dataclass(frozen=True, slots=True)
class _TableEntries:
    table: tables.Entries
    connection: Connection
    slot: str
    known: Held  # what is read and written is remembered here

    def read(self, places: Iterable[Place]) -> Mapping[Place, Entry]:
        known = self.known.all
        known.update(self.table.read(self.connection, self.slot, [p for p in places if p not in known]))
        return known

    def of_members(self, members: Iterable[UUID]) -> dict[Place, Entry]:
        return self.table.of_members(self.connection, self.slot, members)

    def write(self, entries: Mapping[Place, Entry]) -> None:
        self.table.write(self.connection, self.slot, entries)
        self.known.write(entries)

    def remove(self, places: Sequence[Place]) -> None:
        self.table.remove(self.connection, self.slot, places)
        self.known.remove(places)

    def clear(self, board_id: UUID) -> None:
        self.known.clear(board_id)
        table = self.table.tables[self.slot]
        self.connection.execute(delete(table).where(table.c.board_id == board_id))


@dataclass(frozen=True, slots=True)
class _TablePersons:
    connection: Connection
    slot: str
    known: Remembered

    def joined(self, players: Collection[UUID]) -> dict[UUID, Joined]:
        found = self.known.of(self.connection, players)
        return {player: Joined(*said) for player, said in found.items()} if found else {}

    def members(self, of: Collection[UUID]) -> dict[UUID, set[UUID]]:
        found = {person: {person} for person in of}
        for person, player in _members[self.slot].run(self.connection, [(each,) for each in sorted(found)]):
            found[person].add(player)
        return found

    def join(self, players: Collection[UUID], person: UUID, position: int) -> None:
        _save[self.slot].run(self.connection, [(each, person, position) for each in players])
        self.known.forget()

    def leave(self, players: Collection[UUID]) -> None:
        self.known.forget()
        table = persons[self.slot]
        self.connection.execute(delete(table).where(table.c.player_id.in_(players)))


class InTables:
    """One slot's tables, within one transaction."""

    def __init__(self, connection: Connection, slot: str, memory: Memory | None = None) -> None:
        memory = memory or Memory(slot, stays=False)
        self.entries = _TableEntries(tables.entries, connection, slot, memory.entries)
        self.parts = _TableEntries(tables.parts, connection, slot, Held())
        self.persons = _TablePersons(connection, slot, memory.joined)


class _HeldPersons:
    def __init__(self) -> None:
        self.all: dict[UUID, Joined] = {}

    def joined(self, players: Collection[UUID]) -> dict[UUID, Joined]:
        if not self.all:
            return {}
        return {player: self.all[player] for player in players if player in self.all}

    def members(self, of: Collection[UUID]) -> dict[UUID, set[UUID]]:
        return {
            person: {person, *(each for each, joined in self.all.items() if joined.person == person)}
            for person in of
        }

    def join(self, players: Collection[UUID], person: UUID, position: int) -> None:
        self.all.update(dict.fromkeys(players, Joined(person, position)))

    def leave(self, players: Collection[UUID]) -> None:
        for player in players:
            self.all.pop(player, None)


class InMemory:
    """Everything, to be written when it is complete."""

    def __init__(self) -> None:
        self.entries = Held()
        self.parts = Held()
        self.persons = _HeldPersons()

    def pages(self, slot: str) -> Iterator[Page]:
        """All rows of a slot's tables, which were empty."""
        for table, held in ((tables.entries, self.entries.all), (tables.parts, self.parts.all)):
            yield from pages(table.fill[slot], table.rows(held))
        yield from pages(_save[slot], ((player, *joined) for player, joined in self.persons.all.items()))
