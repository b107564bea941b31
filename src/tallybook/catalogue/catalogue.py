"""Defining, changing and listing games and stat sets."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import UnsetType
from sqlalchemy import Connection, insert, select, update

from tallybook.accounts.registry import name_key, refusing_twins, write_facts
from tallybook.catalogue.events import (
    GameArchived,
    GameChanged,
    GameDefined,
    GameRestored,
    StatSetChanged,
    StatSetDefined,
    StatSetRemoved,
)
from tallybook.catalogue.finding import Place, Wanted, find_games, index_name, name_order
from tallybook.catalogue.games import Game, GameChanges, check_players, find_game
from tallybook.catalogue.stat_sets import (
    StatSet,
    StatSetChanges,
    find_stat_set,
    some_stats,
    stat_sets_of,
)
from tallybook.catalogue.tables import games, stat_sets
from tallybook.kernel.clock import Clock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import invalid, not_found
from tallybook.kernel.text import clean_name
from tallybook.ledger.ledger import Ledger
from tallybook.rules.protocol import Stat

_FACTS = ("rules", "win", "min_players", "max_players")
_PLAIN: dict[str, Any] = {
    "description": "",
    "win": "highest",
    "rules": "scoresheet",
    "min_players": None,
    "max_players": None,
}
_GAME_TAKEN = ("name_taken", "you have a game of this name")
_SET_TAKEN = ("name_taken", "you have a stat set of this name for the game")


class Catalogue:
    """Games and stat sets. Who may do it is asked before; this only does it."""

    def __init__(self, ledger: Ledger, clock: Clock, known_rules: Collection[str]) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock
        self._known_rules = known_rules

    # Games

    async def game(self, game_id: UUID) -> Game:
        return await self._database.read(partial(find_game, game_id=game_id))

    async def games(self, wanted: Wanted, *, after: Place | None, limit: int) -> list[Game]:
        return await self._database.read(partial(find_games, wanted=wanted, after=after, limit=limit))

    async def define_game(self, owner: UUID, game: GameChanges, *, command_id: str | None = None) -> Game:
        """A new game; `name` has to be set."""
        row = _PLAIN | game.columns(self._known_rules)
        check_players(row["min_players"], row["max_players"])
        if "name" not in row:
            raise invalid("name", "is missing")
        game_id = new_id()

        def beside(connection: Connection) -> None:
            values = row | {
                "id": game_id,
                "owner_id": owner,
                "name_order": name_order(row["name"]),
                "name_key": name_key(row["name"]),
                "archived": False,
                "created_at": self._clock.now(),
            }
            with refusing_twins(*_GAME_TAKEN):
                connection.execute(insert(games).values(values))
            index_name(connection, game_id, row["name"])

        written = await write_facts(
            self._ledger,
            game_id,
            [GameDefined(owner, **{name: row[name] for name in _FACTS})],
            beside,
            actor=owner,
            command_id=command_id,
            content=("define_game", row),
            scope=owner,
        )
        return await self.game(written.stream)

    async def change_game(
        self, actor: UUID, game_id: UUID, changes: GameChanges, *, command_id: str | None = None
    ) -> Game:
        row = changes.columns(self._known_rules)
        if not row:
            raise invalid("name", "give at least one field to change")

        def beside(connection: Connection) -> None:
            before = connection.execute(select(games).where(games.c.id == game_id)).one()
            check_players(
                row.get("min_players", before.min_players), row.get("max_players", before.max_players)
            )
            names: dict[str, Any] = {}
            if "name" in row:
                key = None if before.archived else name_key(row["name"])
                names = {"name_order": name_order(row["name"]), "name_key": key}
            with refusing_twins(*_GAME_TAKEN):
                connection.execute(update(games).where(games.c.id == game_id).values(row | names))
            if names:
                index_name(connection, game_id, row["name"])

        await write_facts(
            self._ledger,
            game_id,
            [GameChanged(tuple(sorted(row)), **{name: row.get(name) for name in _FACTS})],
            beside,
            actor=actor,
            command_id=command_id,
            content=("change_game", row),
        )
        return await self.game(game_id)

    async def archive_game(self, actor: UUID, game_id: UUID, *, command_id: str | None = None) -> None:
        """Offer the game no longer; doing it again changes nothing."""
        if (await self.game(game_id)).archived:
            return

        def beside(connection: Connection) -> None:
            archived = {"archived": True, "name_key": None}
            connection.execute(update(games).where(games.c.id == game_id).values(archived))

        await write_facts(
            self._ledger,
            game_id,
            [GameArchived()],
            beside,
            actor=actor,
            command_id=command_id,
            content=("archive_game",),
        )

    async def restore_game(self, actor: UUID, game_id: UUID, *, command_id: str | None = None) -> Game:
        """Offer the game again, unless its name is in use by now; doing it again changes nothing."""
        game = await self.game(game_id)
        if not game.archived:
            return game

        def beside(connection: Connection) -> None:
            name = connection.execute(select(games.c.name).where(games.c.id == game_id)).scalar_one()
            restored = {"archived": False, "name_key": name_key(name)}
            with refusing_twins(*_GAME_TAKEN):
                connection.execute(update(games).where(games.c.id == game_id).values(restored))

        await write_facts(
            self._ledger,
            game_id,
            [GameRestored()],
            beside,
            actor=actor,
            command_id=command_id,
            content=("restore_game",),
        )
        return await self.game(game_id)

    # Stat sets

    async def stat_set(self, stat_set_id: UUID) -> StatSet:
        """A stat set, also a removed one."""
        return await self._database.read(partial(find_stat_set, stat_set_id=stat_set_id))

    async def stat_sets(
        self, game: Game, viewers: Collection[UUID], *, before: UUID | None, limit: int
    ) -> list[StatSet]:
        """Those of the game's owner and the viewers' own, newest first."""
        owners = {game.owner_id, *viewers}
        return await self._database.read(
            partial(stat_sets_of, game_id=game.id, owners=owners, before=before, limit=limit)
        )

    async def define_stat_set(
        self, owner: UUID, game_id: UUID, name: str, stats: Sequence[Stat], *, command_id: str | None = None
    ) -> StatSet:
        name, checked = clean_name(name), some_stats(stats)
        stat_set_id = new_id()

        def beside(connection: Connection) -> None:
            row = {
                "id": stat_set_id,
                "game_id": game_id,
                "owner_id": owner,
                "name": name,
                "name_key": name_key(name),
                "stats": msgspec.json.encode(checked),
                "removed": False,
                "created_at": self._clock.now(),
            }
            with refusing_twins(*_SET_TAKEN):
                connection.execute(insert(stat_sets).values(row))

        written = await write_facts(
            self._ledger,
            game_id,
            [StatSetDefined(stat_set_id, owner, checked)],
            beside,
            actor=owner,
            command_id=command_id,
            content=("define_stat_set", game_id, name, checked),
            scope=owner,
        )
        if written.repeated:
            stat_set_id = cast("StatSetDefined", await self._ledger.first_of(written)).stat_set
        return await self.stat_set(stat_set_id)

    async def change_stat_set(
        self, actor: UUID, stat_set: StatSet, changes: StatSetChanges, *, command_id: str | None = None
    ) -> StatSet:
        """Sessions that began with the set keep its old stats."""
        changes = changes.checked()
        row: dict[str, Any] = {}
        if isinstance(changes.name, str):
            row |= {"name": changes.name, "name_key": name_key(changes.name)}
        if not isinstance(changes.stats, UnsetType):
            row["stats"] = msgspec.json.encode(changes.stats)
        if not row:
            raise invalid("name", "give at least one field to change")

        def beside(connection: Connection) -> None:
            kept = (stat_sets.c.id == stat_set.id) & ~stat_sets.c.removed
            with refusing_twins(*_SET_TAKEN):
                changed = connection.execute(update(stat_sets).where(kept).values(row))
            if changed.rowcount != 1:
                raise not_found("stat set")

        stats = None if isinstance(changes.stats, UnsetType) else tuple(changes.stats)
        await write_facts(
            self._ledger,
            stat_set.game_id,
            [StatSetChanged(stat_set.id, stats)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("change_stat_set", stat_set.id, changes),
            scope=actor,
        )
        return await self.stat_set(stat_set.id)

    async def remove_stat_set(self, actor: UUID, stat_set: StatSet, *, command_id: str | None = None) -> None:
        """Take the set out of the list; its name can be used again. Doing it again changes nothing."""
        if stat_set.removed:
            return

        def beside(connection: Connection) -> None:
            removed = {"removed": True, "name_key": None}
            connection.execute(update(stat_sets).where(stat_sets.c.id == stat_set.id).values(removed))

        await write_facts(
            self._ledger,
            stat_set.game_id,
            [StatSetRemoved(stat_set.id)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("remove_stat_set", stat_set.id),
            scope=actor,
        )
