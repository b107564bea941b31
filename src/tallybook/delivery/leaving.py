"""Being forgotten: what somebody keeps going at other people's tables is handed over or ends before."""

import asyncio
from collections.abc import Collection
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, select

from tallybook.access.actor import Actor
from tallybook.accounts.accounts import Accounts
from tallybook.accounts.erasure import AT_ONCE, Erasure
from tallybook.accounts.roles import keep_an_admin
from tallybook.accounts.tables import players
from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.tables import games, webhooks
from tallybook.catalogue.webhooks import Webhooks
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.desk import FOLD, Desk
from tallybook.play.requests import Envelope
from tallybook.projections.results import people
from tallybook.projections.sessions import SessionDirectory
from tallybook.sessions.session import Session


class Leaving:
    """Erases persons. Everything raises `Refusal`."""

    def __init__(
        self,
        ledger: Ledger,
        accounts: Accounts,
        catalogue: Catalogue,
        desk: Desk,
        directory: SessionDirectory,
        hooks: Webhooks,
        erasure: Erasure,
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._catalogue = catalogue
        self._desk = desk
        self._directory = directory
        self._hooks = hooks
        self._erasure = erasure

    async def leave(self, actor: Actor, password: str | None) -> None:
        """Forget the actor: games are archived and call nobody, what others played stays theirs.

        Repeated after a failure, it goes on where it stopped: the actor's own row is the last to go.
        """
        await self._accounts.prove(actor.player_id, password)
        read = self._ledger.database.read
        await read(partial(keep_an_admin, leaving=actor.player_id))
        for session_id in await read(partial(_hosted, slot=self._directory.slot, ids=actor.ids)):
            await self._hand_over(actor, session_id)
        owned = await read(partial(_games, ids=actor.ids))
        archive = partial(self._catalogue.archive_game, actor.player_id)
        for start in range(0, len(owned), AT_ONCE):
            await asyncio.gather(*map(archive, owned[start : start + AT_ONCE]))
        for game_id, webhook_id in await read(partial(_webhooks, ids=actor.ids)):
            await self._hooks.remove(actor.player_id, game_id, webhook_id)
        await self._erasure.erase(actor.player_id)

    async def _hand_over(self, actor: Actor, session_id: UUID) -> None:
        """Another scorekeeper with a device hosts the session from now on; without one it is abandoned."""
        at: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        if at.state is None or at.state.host_id not in actor.ids:
            return
        others = [each for each in at.state.scorekeepers if each not in (*actor.ids, *at.state.kicked)]
        able = await self._ledger.database.read(partial(_with_device, ids=others))
        heir = next((each for each in others if each in able), None)
        name, body = ("abandon", {}) if heir is None else ("host", {"player_id": str(heir)})
        try:
            await self._desk.write(actor, session_id, name, body, Envelope())
        except Refusal as refusal:
            if refusal.code != "session_finished":  # somebody ended it meanwhile
                raise


def _hosted(connection: Connection, slot: str, ids: Collection[UUID]) -> list[UUID]:
    """The sessions that these players host and that are not over."""
    table = people[slot]
    going_on = table.c.status.in_(["waiting", "playing"])
    query = select(table.c.session_id).where(table.c.player_id.in_(ids), table.c.hosted == 1, going_on)
    return list(connection.execute(query).scalars())


def _games(connection: Connection, ids: Collection[UUID]) -> list[UUID]:
    query = select(games.c.id).where(games.c.owner_id.in_(ids), ~games.c.archived)
    return list(connection.execute(query).scalars())


def _webhooks(connection: Connection, ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Those that these players have defined, and all of their games: somebody else may have moved one."""
    theirs = select(games.c.id).where(games.c.owner_id.in_(ids))
    query = select(webhooks.c.game_id, webhooks.c.id)
    query = query.where(webhooks.c.created_by.in_(ids) | webhooks.c.game_id.in_(theirs))
    return [(row.game_id, row.id) for row in connection.execute(query)]


def _with_device(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Those who can sign in."""
    able = players.c.kind.in_(["account", "guest"]) & players.c.erased_at.is_(None)
    return set(connection.execute(select(players.c.id).where(players.c.id.in_(ids), able)).scalars())
