"""What is at hand of players: who exists, and what they were told."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from tallybook.accounts.events import PlayerErased
from tallybook.accounts.inbox import Inbox, Notice, notice
from tallybook.accounts.known import KnownPlayers
from tallybook.accounts.players import insert_player
from tallybook.accounts.tables import merges
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger

NOW = 1_800_000_000_000_000


async def test_who_is_erased_while_being_looked_up_is_known_no_longer(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, glance = new_id(), ledger.database.glance
    known = KnownPlayers(ledger.database)
    erased = Recorded(ana, 0, 1, "player_erased.v1", b"{}", None, None, None, NOW, b"", PlayerErased())

    async def slowly(*asked: Any) -> Any:
        rows = await glance(*asked)
        known.follow([erased])
        return rows

    await ledger.database.write(lambda c: insert_player(c, ana, "account", "Ana", NOW, username="ana"))
    monkeypatch.setattr(ledger.database, "glance", slowly)
    await known.is_bot(ana)
    monkeypatch.setattr(ledger.database, "glance", nobody)
    with pytest.raises(Refusal, match="player"):
        await known.is_bot(ana)


async def nobody(*_asked: Any) -> list[Any]:
    return []


async def test_what_two_players_of_one_person_were_told_is_there_once_however_it_is_paged(
    ledger: Ledger,
) -> None:
    box = Inbox(ledger.database, SystemClock())
    guest, account, cause = new_id(), new_id(), new_id()

    def people(connection: Any) -> None:
        insert_player(connection, guest, "guest", "Ana", NOW)
        insert_player(connection, account, "account", "Ana", NOW, username="ana")

    await ledger.database.write(people)
    await box.put([notice(each, "session_voided", NOW, cause) for each in (guest, account)])
    await box.put([notice(account, "followed", NOW - 1, new_id())])
    merged = insert(merges).values(player_id=guest, into_id=account, merged_at=NOW)
    await ledger.database.write(lambda connection: connection.execute(merged))
    ids = [guest, account]

    async def pages(limit: int) -> list[UUID]:
        found: list[Notice] = []
        while page := await box.list(ids, unread=None, before=found[-1].id if found else None, limit=limit):
            found += page
        return [each.id for each in found]

    assert await pages(1) == await pages(2) == await pages(9)
    assert len(await pages(1)) == await box.unread(ids) == 2
    await box.mark_read([guest], await pages(9))  # before they were one person
    assert len(await box.list(ids, unread=True, before=None, limit=9)) == await box.unread(ids) == 2
