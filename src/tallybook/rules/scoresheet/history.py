"""The writes that count, in an order that lets each writer take back and restore their own.

Every cell is a pile of writes in log order, its value their fold. A writer's undo takes a write out of
wherever it lies in its pile, so that what others wrote since stays; redo puts it back in its place.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal
from uuid import UUID

import msgspec

from tallybook.rules.protocol import Value
from tallybook.rules.scoresheet.values import Kind

Act = Literal["set", "add", "clear", "round"]
Place = tuple[int | None, str, int]  # seat, stat, round


class Write(msgspec.Struct, frozen=True, array_like=True):
    """What the event at `index` did. A "round" has no cell; `round` is None where the event's was."""

    index: int
    act: Act
    seat: int | None = None
    stat: str = ""
    round: int | None = None
    operand: Value | None = None

    @property
    def place(self) -> Place:
        return self.seat, self.stat, self.round or 1


# Piles and trails grow as long as a session, so nothing may compare or copy them recursively.
class Pile(msgspec.Struct, frozen=True, eq=False):
    """The writes of one cell that count, newest first; `value` is their fold, None for an empty cell."""

    top: Write
    value: Value | None
    below: "Pile | None"


class Trail(msgspec.Struct, frozen=True, eq=False):
    """Writes of one person, the next to be undone (or redone) first."""

    last: Write
    before: "Trail | None"


def writes_of(trail: Trail | None) -> Iterator[Write]:
    while trail is not None:
        yield trail.last
        trail = trail.before


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """The writes of one person in a snapshot, oldest first and in the order they would be redone."""

    actor: UUID | None
    done: list[Write]
    undone: list[Write]


_decoder = msgspec.msgpack.Decoder(list[Packed])
_encoder = msgspec.msgpack.Encoder()


class History:
    """The piles of all cells and the trails of all writers.

    Inside a state nobody changes it any more; whoever wants to goes on with a `copy`.
    """

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        piles: Mapping[Place, Pile],
        done: Mapping[UUID | None, Trail],
        undone: Mapping[UUID | None, Trail],
    ) -> None:
        self._kinds = kinds
        self._piles = dict(piles)
        self._done = dict(done)
        self._undone = dict(undone)

    def copy(self) -> "History":
        return History(self._kinds, self._piles, self._done, self._undone)

    def write(self, write: Write, actor: UUID | None) -> None:
        """A new write by `actor`, who can redo nothing from now on."""
        self._undone.pop(actor, None)
        self._done[actor] = Trail(write, self._done.get(actor))
        if write.act != "round":
            self._pile_up(write.place, self._piles.get(write.place), [write])

    def last_writer(self, actor: UUID | None, merged: Collection[UUID]) -> UUID | None:
        """Who of a person's players wrote last what still counts; `actor` when none did."""
        writers = [one for one in (actor, *merged) if one in self._done]
        return max(writers, key=lambda one: self._done[one].last.index, default=actor)

    def writer_of(self, index: int, actor: UUID | None) -> UUID | None:
        """Whose last write the one at `index` is: nearly always that of `actor`, who takes it back."""
        own = self._done.get(actor)
        if own is not None and own.last.index == index:
            return actor
        return next((one for one, trail in self._done.items() if trail.last.index == index), actor)

    def undo(self, actor: UUID | None, writer: UUID | None) -> Write | None:
        """Take back the last write of `writer` that counts; returns it, or None when there is none.

        `actor` does so, and may redo it: the two are players of one person.
        """
        write = _move_last(self._done, writer, self._undone, actor)
        if write is not None and write.act != "round":
            above, pile = self._split(write)
            assert pile is not None
            self._pile_up(write.place, pile.below, above)
        return write

    def redo(self, actor: UUID | None) -> Write | None:
        """Put the write back that `actor` undid last; returns it, or None when there is none."""
        write = _move_last(self._undone, actor, self._done, actor)
        if write is not None and write.act != "round":
            above, pile = self._split(write)
            self._pile_up(write.place, pile, [write, *above])
        return write

    def value(self, place: Place) -> Value | None:
        pile = self._piles.get(place)
        return None if pile is None else pile.value

    def _split(self, write: Write) -> tuple[list[Write], Pile | None]:
        """The writes above `write` in its pile, oldest first, and the pile from there down."""
        above: list[Write] = []
        pile = self._piles.get(write.place)
        while pile is not None and pile.top.index > write.index:
            above.append(pile.top)
            pile = pile.below
        above.reverse()
        return above, pile

    def _pile_up(self, place: Place, pile: Pile | None, writes: Iterable[Write]) -> None:
        kind = self._kinds[place[1]]
        for write in writes:
            value = write.operand  # None when it clears
            if write.act == "add":
                value = kind.add(None if pile is None else pile.value, value)
            pile = Pile(write, value, pile)
        if pile is None:
            self._piles.pop(place, None)
        else:
            self._piles[place] = pile

    def trails(self) -> list[Packed]:
        packed = []
        for actor in self._done.keys() | self._undone.keys():
            done = list(writes_of(self._done.get(actor)))
            undone = list(writes_of(self._undone.get(actor)))
            packed.append(Packed(actor, done[::-1], undone[::-1]))
        return packed

    @classmethod
    def unpack(cls, kinds: Mapping[str, Kind], data: bytes) -> "History":
        history = cls(kinds, {}, {}, {})
        trails = _decoder.decode(data)
        done = [(write, packed.actor) for packed in trails for write in packed.done]
        for write, actor in sorted(done, key=lambda entry: entry[0].index):
            history.write(write, actor)
        for packed in trails:
            for write in packed.undone:
                history._undone[packed.actor] = Trail(write, history._undone.get(packed.actor))
        return history


def pack(history: History | bytes, newer: Iterable[tuple[Write, UUID | None]]) -> bytes:
    """A history as bytes, with the writes that came after it. Piles are not needed for that."""
    trails = history.trails() if isinstance(history, History) else _decoder.decode(history)
    packed = {trail.actor: trail for trail in trails}
    for write, actor in newer:
        trail = packed.setdefault(actor, Packed(actor, [], []))
        trail.done.append(write)
        trail.undone.clear()
    return _encoder.encode([packed[actor] for actor in sorted(packed, key=str)])


def _move_last(
    source: dict[UUID | None, Trail], whose: UUID | None, target: dict[UUID | None, Trail], to: UUID | None
) -> Write | None:
    trail = source.get(whose)
    if trail is None:
        return None
    if trail.before is None:
        del source[whose]
    else:
        source[whose] = trail.before
    target[to] = Trail(trail.last, target.get(to))
    return trail.last
