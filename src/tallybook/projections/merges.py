"""Which players are one person, now and at any earlier position of the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Index, Table, select

from tallybook.accounts.events import PlayerMerged
from tallybook.database.bulk import Insert, Lookup
from tallybook.database.schema import Id, metadata
from tallybook.kernel.events import Recorded
from tallybook.projections.slots import SLOTS, Slots

OPEN = 2**62  # the position up to which a row holds that still does
EVERYBODY = UUID(int=0)  # the row of `stamps` that moves with every merge and split


def _merges(slot: str) -> Table:
    name = f"merges_{slot}"
    return Table(
        name,
        metadata,
        Column("player_id", Id, primary_key=True),
        Column("from_position", BigInteger, primary_key=True, autoincrement=False),
        Column("to_position", BigInteger, nullable=False),  # exclusive
        Column("person_id", Id, nullable=False),  # into whom the player was merged
        Index(f"ix_{name}_person", "person_id"),
        sqlite_with_rowid=False,
    )


def _stamps(slot: str) -> Table:
    return Table(
        f"stamps_{slot}",
        metadata,
        Column("person_id", Id, primary_key=True),
        Column("position", BigInteger, nullable=False),  # of the last batch that changed the person's figures
        sqlite_with_rowid=False,
    )


_COLUMNS = ("player_id", "from_position", "to_position", "person_id")

merges = Slots(_merges)
stamps = Slots(_stamps)
_current = {slot: Lookup(merges[slot], _COLUMNS, ["player_id", "to_position"]) for slot in SLOTS}
_save = {slot: Insert(merges[slot], _COLUMNS, update=["to_position"]) for slot in SLOTS}
_stamped = {slot: Lookup(stamps[slot], ["position"], ["person_id"]) for slot in SLOTS}
_stamp = {slot: Insert(stamps[slot], ["person_id", "position"], update=["position"]) for slot in SLOTS}


@dataclass(frozen=True, slots=True)
class Moved:
    """Players who belong to another person than before, and all persons concerned."""

    players: frozenset[UUID] = frozenset()
    persons: frozenset[UUID] = frozenset()


def moves_people(recorded: Recorded) -> bool:
    """Whether a player belongs to another person from this event on."""
    return recorded.type.startswith(("player_merged.", "player_split."))


def apply_merges(connection: Connection, slot: str, events: Sequence[Recorded]) -> Moved:
    """Fold merges and splits in; what was folded in before changes nothing.

    Nobody is merged into a player who is merged, so that the person is always one step away.
    """
    news = [recorded for recorded in events if moves_people(recorded)]
    if not news:
        return Moved()
    seen = _stamped[slot].run(connection, [(EVERYBODY,)])
    news = [recorded for recorded in news if not seen or recorded.position > seen[0][0]]
    if not news:
        return Moved()
    players = {recorded.stream for recorded in news}
    before = _standing(connection, slot, players)
    standing = dict(before)
    changed: dict[tuple[UUID, int], tuple[UUID | int, ...]] = {}
    for recorded in news:
        player_id, position = recorded.stream, recorded.position
        if player_id in standing:
            from_position, person_id = standing.pop(player_id)
            changed[player_id, from_position] = (player_id, from_position, position, person_id)
        if isinstance(recorded.event, PlayerMerged):
            standing[player_id] = position, recorded.event.into
            changed[player_id, position] = (player_id, position, OPEN, recorded.event.into)
    _save[slot].run(connection, list(changed.values()))
    stamp(connection, slot, [EVERYBODY], news[-1].position)
    persons = {person_id for links in (before, standing) for _, person_id in links.values()}
    return Moved(frozenset(players), frozenset(persons | players))


def _standing(connection: Connection, slot: str, players: Iterable[UUID]) -> dict[UUID, tuple[int, UUID]]:
    """By player who is merged: since when, and into whom."""
    keys = [(player_id, OPEN) for player_id in sorted(players)]
    return {row[0]: (row[1], row[3]) for row in _current[slot].run(connection, keys)}


def persons_of(connection: Connection, slot: str, player_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The persons behind players who were merged; everybody else is left out."""
    return {player: link[1] for player, link in _standing(connection, slot, player_ids).items()}


def persons_at(connection: Connection, slot: str, position: int) -> dict[UUID, UUID]:
    """The persons behind all players who were merged just after the event at a position."""
    table = merges[slot]
    held = (table.c.from_position <= position) & (table.c.to_position > position)
    rows = connection.execute(select(table.c.player_id, table.c.person_id).where(held))
    return {row.player_id: row.person_id for row in rows}


def stamp(connection: Connection, slot: str, persons: Iterable[UUID], position: int) -> None:
    """Note that the figures of these persons changed with the batch that ends at a position."""
    _stamp[slot].run(connection, [(person_id, position) for person_id in sorted(persons)])
