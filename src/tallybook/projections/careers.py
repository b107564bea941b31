"""What players' games report of them, added up as it comes in."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, Index, Table, exists, select

from tallybook.careers.events import Reported, StatsReported
from tallybook.database.schema import metadata
from tallybook.kernel.events import Recorded
from tallybook.projections.aggregates import Aggregate, Kept, Whole, columns, key_columns
from tallybook.projections.making import MadeInMemory
from tallybook.projections.slots import SLOTS

PLAYTIME = ""  # the statistic, which no game can name so, of time played in milliseconds

_TYPE = "stats_reported."


def _career_stats(slot: str) -> Table:
    name = f"career_stats_{slot}"
    return Table(
        name,
        metadata,
        *key_columns(),
        *columns(),
        Index(f"ix_{name}_game", "game_id", "stat", "changes"),
        sqlite_with_rowid=False,
    )


kept = Kept(_career_stats)


Key = tuple[UUID, UUID, str]  # player, game, statistic


class CareerStatistics(MadeInMemory[dict[Key, Aggregate]]):
    """One row for each statistic of a player in a game, in which every aggregation of it can be read.

    Persons are put together by the reader, so that a merge moves nothing.
    """

    name = "careers"
    version = 1

    def __init__(self) -> None:
        super().__init__(dict, kept.pages)
        self.slot = SLOTS[0]

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        news = [recorded for recorded in events if recorded.type.startswith(_TYPE)]
        if not news:
            return
        said = [(recorded, *report) for recorded in news for report in reports(recorded)]
        made = self.making.get(slot)
        known: dict[Key, int] = {}
        if made is None:
            book = kept.read(connection, slot, (key for _, key, _ in said))
            known = {key: aggregate.idx for key, aggregate in book.items()}
        else:
            book = made  # into which nothing comes twice
        for recorded, key, report in said:
            if recorded.index > known.get(key, -1):
                aggregate = book.setdefault(key, Aggregate())
                aggregate.add(report.value, report.delta, recorded.index, recorded.happened_at)
        if made is None:
            kept.write(connection, slot, book)

    def clear(self, connection: Connection, slot: str) -> None:
        kept.tables.clear(connection, slot)


def reports(recorded: Recorded) -> Iterator[tuple[Key, Reported]]:
    """What an event says of statistics, playtime among them."""
    event = recorded.event
    assert isinstance(event, StatsReported)
    for report in event.values:
        yield (event.player, event.game, report.stat), report
    if event.playtime:
        yield (event.player, event.game, PLAYTIME), Reported(PLAYTIME, delta=event.playtime)


def statistics_of_players(
    connection: Connection, slot: str, persons: Mapping[UUID, UUID]
) -> dict[tuple[UUID, UUID], dict[str, Whole]]:
    """By person and game, the statistics of these players; `persons` says who they are."""
    table = kept.tables[slot]
    query = select(table).where(table.c.player_id.in_(list(persons)))
    found: dict[tuple[UUID, UUID], dict[str, Whole]] = {}
    for (player_id, game_id, stat), aggregate in kept.rows(connection.execute(query)):
        whole = found.setdefault((persons[player_id], game_id), {}).setdefault(stat, Whole())
        whole.take(player_id, game_id, aggregate)
    return found


def was_changed(connection: Connection, slot: str, game_id: UUID, stat: str) -> bool:
    """Whether anybody has reported a change of the statistic."""
    table = kept.tables[slot]
    some = exists().where(table.c.game_id == game_id, table.c.stat == stat, table.c.changes > 0)
    return bool(connection.execute(select(some)).scalar_one())
