"""Reading achievements back: what a person has, how many have one, and who has played a game."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, select

from tallybook.careers.events import AchievementRevoked, AchievementUnlocked
from tallybook.careers.fold import PLAIN, CareerFold, Source
from tallybook.careers.streams import career_id
from tallybook.database.bulk import Lookup
from tallybook.kernel.events import Recorded
from tallybook.ledger.append import EMPTY
from tallybook.ledger.states import newer_events_of
from tallybook.projections.slots import SLOTS
from tallybook.projections.unlocks import ROW, Row, counts, persons, unlocks

THIN = 20  # players of a game below whom a share says nothing

_of = {slot: Lookup(unlocks[slot], ROW, ["thing_id", "person_id"]) for slot in SLOTS}
_achieved = newer_events_of(CareerFold.concerns)
_counted = {slot: Lookup(counts[slot], ["thing_id", "persons"], ["thing_id"]) for slot in SLOTS}


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One achievement of one person, from the rows of all players that this person is."""

    achievement_id: UUID
    game_id: UUID
    held: bool
    unlocked_at: int | None  # the earliest, where it was unlocked more than once
    position: int | None
    tiers: int  # a bit for each
    steps: int
    revoked_at: int | None
    rows: tuple[Row, ...]

    @property
    def tier(self) -> int:
        """The highest unlocked one; -1 when there is none."""
        return self.tiers.bit_length() - 1


class Given(msgspec.Struct, frozen=True):
    """A tier as it stands in the career of one of the players that a person is, see `PLAIN`."""

    player_id: UUID
    tier: int
    at: int
    position: int
    by: Source
    evidence: tuple[int, ...]


class Spread(msgspec.Struct, frozen=True):
    """How many of a game's players have unlocked an achievement."""

    unlocked: int
    players: int

    @property
    def share(self) -> float | None:
        return None if self.players < THIN else round(self.unlocked / self.players, 4)


def person_of(connection: Connection, slot: str, player_id: UUID) -> UUID:
    """The person who a player is."""
    table = persons[slot]
    found = connection.execute(select(table.c.person_id).where(table.c.player_id == player_id)).scalar()
    return found or player_id


def holdings_of(
    connection: Connection, slot: str, person_id: UUID, game_id: UUID | None = None
) -> list[Holding]:
    """Everything a person has unlocked or made steps towards, the newest unlock first."""
    table = unlocks[slot]
    query = select(*(table.c[name] for name in ROW)).where(
        table.c.person_id == person_id, table.c.thing_id != table.c.game_id
    )
    if game_id is not None:
        query = query.where(table.c.game_id == game_id)
    found = _gathered(Row(*row) for row in connection.execute(query))
    return sorted(found.values(), key=_newest, reverse=True)


def _newest(holding: Holding) -> tuple[int, UUID]:
    return holding.unlocked_at or 0, holding.achievement_id


def holdings(
    connection: Connection, slot: str, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Holding]:
    """By achievement and person, for such pairs."""
    return _gathered(Row(*row) for row in _of[slot].run(connection, sorted(set(pairs))))


def _gathered(rows: Iterable[Row]) -> dict[tuple[UUID, UUID], Holding]:
    groups: dict[tuple[UUID, UUID], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.thing_id, row.person_id), []).append(row)
    return {key: _together(group) for key, group in groups.items()}


def _together(rows: Sequence[Row]) -> Holding:
    held = sorted(
        (row for row in rows if row.held), key=lambda row: (row.unlocked_at or 0, row.position or 0)
    )
    first = held[0] if held else None
    tiers = 0
    for row in held:
        tiers |= row.tiers
    revoked = [row.revoked_at for row in rows if row.revoked_at is not None]
    return Holding(
        achievement_id=rows[0].thing_id,
        game_id=rows[0].game_id,
        held=bool(held),
        unlocked_at=None if first is None else first.unlocked_at,
        position=None if first is None else first.position,
        tiers=tiers,
        steps=sum(row.steps for row in rows),
        revoked_at=None if held else max(revoked, default=None),
        rows=tuple(rows),
    )


def given(connection: Connection, holding: Holding) -> list[Given]:
    """Everything that was unlocked of an achievement and still is, the oldest first; read from the ledger."""
    careers = {career_id(holding.game_id, row.player_id) for row in holding.rows if row.held}
    found: dict[tuple[UUID, int], Given] = {}
    for row in _achieved.run(connection, [(career, EMPTY) for career in sorted(careers)]):
        recorded = Recorded(*row)
        event = recorded.event
        if not isinstance(event, AchievementUnlocked | AchievementRevoked):
            continue
        if event.achievement != holding.achievement_id:
            continue
        key = event.player, event.tier or PLAIN
        found.pop(key, None)
        if isinstance(event, AchievementUnlocked):
            found[key] = Given(*key, recorded.happened_at, recorded.position, event.by, event.evidence)
    return sorted(found.values(), key=attrgetter("position"))


def spreads(connection: Connection, slot: str, achievements: Mapping[UUID, UUID]) -> dict[UUID, Spread]:
    """How far achievements have spread; their games by achievement."""
    things = sorted({*achievements, *achievements.values()})
    known = dict(_counted[slot].run(connection, [(thing,) for thing in things]))
    return {each: Spread(known.get(each, 0), known.get(game, 0)) for each, game in achievements.items()}


def players_of_game(
    connection: Connection, slot: str, game_id: UUID, *, after: UUID, limit: int
) -> list[UUID]:
    """Persons who have played a game, in the order of their ids."""
    table = unlocks[slot]
    query = select(table.c.person_id).where(
        table.c.thing_id == game_id, table.c.person_id > after, table.c.bot == 0
    )
    query = query.distinct().order_by(table.c.person_id).limit(limit)
    return list(connection.execute(query).scalars())


def games_played(connection: Connection, slot: str, person_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Which games these persons have played: pairs of game and person."""
    table = unlocks[slot]
    query = select(table.c.thing_id, table.c.person_id).where(
        table.c.person_id.in_(person_ids), table.c.thing_id == table.c.game_id
    )
    return [(row.thing_id, row.person_id) for row in connection.execute(query.distinct())]


def furthest(connection: Connection, slot: str, achievement_id: UUID) -> tuple[bool, int]:
    """Whether anybody was ever given a part of an achievement, and the most steps somebody made."""
    table = unlocks[slot]
    query = select(func.count(), func.max(table.c.steps), func.max(table.c.position))
    many, steps, position = connection.execute(query.where(table.c.thing_id == achievement_id)).one()
    return bool(many and position is not None), steps or 0
