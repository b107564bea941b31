"""Who has a row in a table of few is said from memory as from the table, whether or not it fits there."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, delete

from tallybook.database.bulk import Insert
from tallybook.database.engine import open_database
from tallybook.projections import remembered
from tallybook.projections.remembered import Remembered
from tallybook.projections.unlocks import persons

TABLE = persons["a"]
PLAYERS = [UUID(int=n) for n in range(1, 9)]
_save = Insert(TABLE, ["player_id", "person_id", "position"], update=["person_id", "position"])


@pytest.mark.parametrize("most", [0, 2, 100])
@pytest.mark.parametrize("stays", [True, False])
async def test_what_is_remembered_is_what_the_table_says(
    url: str, monkeypatch: pytest.MonkeyPatch, most: int, *, stays: bool
) -> None:
    monkeypatch.setattr(remembered, "MOST", most)

    def check(connection: Connection) -> None:
        known = Remembered(TABLE, "position", stays=stays)
        truth: dict[UUID, tuple[UUID, int]] = {}

        def change(*news: tuple[int, int, int]) -> dict[UUID, tuple[UUID, int]]:
            said = {PLAYERS[who]: (PLAYERS[person], number) for who, person, number in news}
            _save.run(connection, [(who, *each) for who, each in said.items()])
            truth.update(said)
            return said

        assert known.of(connection, PLAYERS) == {}
        known.say(change((0, 1, 5)))
        assert known.of(connection, PLAYERS) == truth
        known.say(change((0, 2, 6), (3, 4, 7), (5, 4, 7)))
        assert known.of(connection, PLAYERS[:2]) == {PLAYERS[0]: (PLAYERS[2], 6)}
        assert known.of(connection, PLAYERS) == truth
        change((6, 7, 8))
        connection.execute(delete(TABLE).where(TABLE.c.player_id == PLAYERS[3]))
        del truth[PLAYERS[3]]
        known.forget()
        assert known.of(connection, PLAYERS) == truth

    database = open_database(url)
    await database.write(check)
    await database.close()
