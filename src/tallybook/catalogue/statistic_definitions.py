"""Declaring the statistics of a game: a fact of the registry, with the name beside it."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from tallybook.accounts.registry import write_facts
from tallybook.catalogue.events import StatisticDefined, StatisticRemoved
from tallybook.catalogue.statistics import (
    MOST_STATISTICS,
    Statistic,
    checked_key,
    refuse_contradiction,
    statistics_of,
)
from tallybook.catalogue.tables import statistics
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.kernel.text import clean_name
from tallybook.ledger.ledger import Ledger

WasChanged = Callable[[Connection, UUID, str], bool]


class StatisticDefinitions:
    """What is declared. Who may do it is asked before; `was_changed` knows what has been reported."""

    def __init__(self, ledger: Ledger, clock: Clock, was_changed: WasChanged) -> None:
        self._ledger = ledger
        self._clock = clock
        self._was_changed = was_changed

    async def of_game(self, game_id: UUID) -> dict[str, Statistic]:
        found = await self._ledger.database.read(partial(statistics_of, games=[game_id]))
        return found[game_id]

    async def define(
        self, actor: UUID, game_id: UUID, wanted: Statistic, *, command_id: str | None = None
    ) -> Statistic:
        """Declare a statistic, or declare it anew; refuses what contradicts what has been reported."""
        key = checked_key(wanted.key)
        name = clean_name(wanted.name)

        def beside(connection: Connection) -> None:
            changed = self._was_changed(connection, game_id, key)
            refuse_contradiction(key, wanted.aggregation, changed=changed)
            row: dict[str, Any] = {
                "name": name,
                "aggregation": wanted.aggregation,
                "authority": wanted.authority,
            }
            here = (statistics.c.game_id == game_id) & (statistics.c.key == key)
            if connection.execute(select(statistics.c.key).where(here)).first() is not None:
                connection.execute(update(statistics).where(here).values(row))
                return
            how_many = select(func.count()).where(statistics.c.game_id == game_id)
            if connection.execute(how_many).scalar_one() >= MOST_STATISTICS:
                raise Refusal("invalid", f"a game declares at most {MOST_STATISTICS} statistics")
            row |= {"game_id": game_id, "key": key, "created_at": self._clock.now()}
            connection.execute(insert(statistics).values(row))

        await write_facts(
            self._ledger,
            game_id,
            [StatisticDefined(key, wanted.aggregation, wanted.authority)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("define_statistic", key, name, wanted.aggregation, wanted.authority),
        )
        return Statistic(key=key, name=name, aggregation=wanted.aggregation, authority=wanted.authority)

    async def remove(self, actor: UUID, game_id: UUID, key: str, *, command_id: str | None = None) -> None:
        """Declare it no longer; `not_found` when it is not declared."""

        def beside(connection: Connection) -> None:
            here = (statistics.c.game_id == game_id) & (statistics.c.key == key)
            if connection.execute(delete(statistics).where(here)).rowcount != 1:
                raise not_found("statistic")

        await write_facts(
            self._ledger,
            game_id,
            [StatisticRemoved(key)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("remove_statistic", key),
        )
