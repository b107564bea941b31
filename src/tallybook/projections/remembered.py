"""What a table says of players of whom few have a row, kept in memory by its only writer."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, Table, select

from tallybook.database.bulk import Lookup

MOST = 20_000  # rows that are remembered

Said = tuple[UUID, int]


class Remembered:
    """A person and a number for each player who has a row in a table.

    All of it is read once, so that nobody need be looked up; while it is too much, and by who does not
    stay, those asked for are.
    """

    def __init__(self, table: Table, number: str, *, stays: bool = True) -> None:
        names = ("player_id", "person_id", number)
        self._columns = [table.c[name] for name in names]
        self._find = Lookup(table, names, names[:1])
        self._stays = stays
        self.forget()

    def forget(self) -> None:
        """Read it again when it is asked for: the table was changed."""
        self._known: dict[UUID, Said | None] = {}
        self._whole: bool | None = None if self._stays else False  # None: not read yet

    def of(self, connection: Connection, players: Collection[UUID]) -> Mapping[UUID, Said]:
        """What is said of those of these players who have a row."""
        if self._whole is None:
            rows = connection.execute(select(*self._columns).limit(MOST + 1)).all()
            self._whole = len(rows) <= MOST
            self._known = {player: (person, number) for player, person, number in rows if self._whole}
        if not self._whole:
            self._look_up(connection, players)
        elif not self._known:
            return {}
        return {player: said for player in players if (said := self._known.get(player)) is not None}

    def say(self, news: Mapping[UUID, Said]) -> None:
        """The table was changed so."""
        self._known |= news

    def _look_up(self, connection: Connection, players: Collection[UUID]) -> None:
        if len(self._known) > MOST:
            self._known.clear()
        if unknown := sorted({player for player in players if player not in self._known}):
            self._known |= dict.fromkeys(unknown)
            rows = self._find.run(connection, [(player,) for player in unknown])
            self._known |= {player: (person, number) for player, person, number in rows}
