"""Players as such: what they say of themselves, and the libraries they are kept in."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import UnsetType
from sqlalchemy import Connection, Row, update

from tallybook.accounts.emails import Emails, forget_email
from tallybook.accounts.events import Kind, PlayerChanged, PlayerRegistered
from tallybook.accounts.players import (
    NAME_TAKEN,
    Me,
    Player,
    Profile,
    find_player,
    insert_player,
    named_players,
    shown,
    shown_to_oneself,
)
from tallybook.accounts.registry import name_key, write_facts
from tallybook.accounts.tables import players
from tallybook.kernel.clock import Clock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.kernel.text import clean_name
from tallybook.ledger.ledger import Ledger


class People:
    """Reads and changes players, and finds or makes those of somebody's library."""

    def __init__(self, ledger: Ledger, clock: Clock, emails: Emails) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock
        self._emails = emails

    async def player(self, player_id: UUID) -> Player:
        return shown(await self._row(player_id))

    async def me(self, player_id: UUID) -> Me:
        """A player with what nobody else is shown."""

        def read(connection: Connection) -> Me:
            row = find_player(connection, player_id)
            return shown_to_oneself(row, self._emails.of(connection, player_id))

        return await self._database.read(read)

    async def change(self, player_id: UUID, profile: Profile, *, command_id: str | None = None) -> Me:
        """Change one's own profile."""
        changes, email = profile.columns(), profile.email
        fields, content = sorted(changes), dict(changes)
        if isinstance(email, str):
            fields.append("email")
            content["email"] = email and self._emails.digest(email)
        if not fields:
            raise invalid("display_name", "give at least one field to change")
        region = (changes["region"] or "") if "region" in changes else None

        def beside(connection: Connection) -> None:
            row = changes | {"updated_at": self._clock.now()}
            connection.execute(update(players).where(players.c.id == player_id).values(row))
            if not isinstance(email, UnsetType):
                self._keep_email(connection, player_id, email)

        await write_facts(
            self._ledger,
            player_id,
            [PlayerChanged(tuple(fields), region)],
            beside,
            actor=player_id,
            command_id=command_id,
            content=("change_profile", content),
        )
        return await self.me(player_id)

    def _keep_email(self, connection: Connection, player_id: UUID, email: str) -> None:
        if email:
            self._emails.keep(connection, player_id, email)
        else:
            forget_email(connection, player_id)

    async def renew_emails(self) -> None:
        """Seal again what older secrets sealed, so that they can go."""
        after = UUID(int=0)
        while older := await self._database.read(partial(self._emails.to_renew, after=after)):
            after = older[-1]
            await self._database.write(partial(self._emails.renew, player_ids=older))

    async def add_named(self, owner: UUID, name: str, *, command_id: str | None = None) -> Player:
        """A person in `owner`'s library; the name must be new there."""
        return await self.player(await self._add_named(owner, clean_name(name), command_id))

    async def named(self, owner: UUID, names: Sequence[str]) -> list[UUID]:
        """The players of these names in `owner`'s library, made where there are none, in order."""
        cleaned = [clean_name(name) for name in names]
        wanted = {name_key(name): name for name in cleaned}
        find = partial(named_players, owner=owner, keys=wanted.keys())
        known = await self._database.read(find)
        while missing := [name for key, name in wanted.items() if key not in known]:
            adding = (self._add_named(owner, name, None) for name in missing)
            for outcome in await asyncio.gather(*adding, return_exceptions=True):
                if isinstance(outcome, BaseException) and not _name_taken(outcome):
                    raise outcome  # else somebody was faster
            known = await self._database.read(find)
        return [known[name_key(name)] for name in cleaned]

    async def _add_named(self, owner: UUID, name: str, command_id: str | None) -> UUID:
        player_id = new_id()
        kind: Kind = "named"
        now = self._clock.now()
        written = await write_facts(
            self._ledger,
            player_id,
            [PlayerRegistered(kind, owner)],
            lambda connection: insert_player(connection, player_id, kind, name, now, owner=owner),
            actor=owner,
            command_id=command_id,
            content=("add_player", name),
            scope=owner,
        )
        return written.stream

    async def _row(self, player_id: UUID) -> Row[Any]:
        return await self._database.read(partial(find_player, player_id=player_id))


def _name_taken(error: BaseException) -> bool:
    return isinstance(error, Refusal) and error.code == NAME_TAKEN[0]
