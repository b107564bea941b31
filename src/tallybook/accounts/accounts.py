"""Registering, signing in and keeping players: everything that is written about people."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, insert, update

from tallybook.accounts.attempts import Attempts
from tallybook.accounts.events import GuestBecameAccount, Kind, PlayerChanged, PlayerRegistered
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.players import (
    NAME_TAKEN,
    USERNAME_TAKEN,
    Player,
    Profile,
    checked_username,
    find_credentials,
    find_player,
    insert_player,
    library,
    named_players,
    shown,
)
from tallybook.accounts.registry import name_key, refusing_twins, write_facts
from tallybook.accounts.sign_ins import (
    RefreshToken,
    end_sign_in,
    invalid_refresh_token,
    open_sign_in,
    rotate,
)
from tallybook.accounts.tables import credentials, players
from tallybook.accounts.tokens import LIFETIME, AccessTokens, Claims
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, invalid
from tallybook.kernel.text import clean_name
from tallybook.ledger.ledger import Ledger


class SignIn(msgspec.Struct, frozen=True):
    """What a client needs to act as a player. `expires_in` counts seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    player: Player
    token_type: str = "Bearer"  # noqa: S105 # the name of the scheme


class Accounts:
    """The people of one server. `verify` is cheap enough for every request and socket."""

    def __init__(
        self, ledger: Ledger, clock: Clock, tokens: AccessTokens, passwords: Passwords, attempts: Attempts
    ) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock
        self._tokens = tokens
        self._passwords = passwords
        self._attempts = attempts

    def close(self) -> None:
        self._passwords.close()

    # Signing in

    def verify(self, token: str) -> Claims:
        """Whom an access token stands for; refuses with `invalid_token`."""
        return self._tokens.verify(token)

    async def register(
        self,
        username: str,
        password: str,
        *,
        display_name: str | None = None,
        guest: UUID | None = None,
        command_id: str | None = None,
    ) -> SignIn:
        """A new account, or the one that `guest` becomes, signed in."""
        username = checked_username(username)
        name = None if display_name is None else clean_name(display_name, "display_name")
        password_hash = await self._passwords.hash(password)
        token = RefreshToken.fresh()
        player_id = guest or new_id()
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            if guest is None:
                insert_player(connection, player_id, "account", name or username, now, username=username)
            else:
                _promote(connection, guest, username, name)
            connection.execute(
                insert(credentials).values(player_id=player_id, password_hash=password_hash, changed_at=now)
            )
            open_sign_in(connection, token, player_id, now)

        facts: list[Event] = [PlayerRegistered("account") if guest is None else GuestBecameAccount()]
        if guest is not None and name is not None:
            facts.append(PlayerChanged(("display_name",)))
        written = await write_facts(
            self._ledger,
            player_id,
            facts,
            actor=player_id,
            beside=beside,
            command_id=command_id,
            content=("register", username, name),
            # A caller without a player yet: the command id counts for this username.
            scope=guest or UUID(bytes=name_key(f"register {username}")),
        )
        if written.repeated:  # whoever repeats it must know the password
            return await self._sign_in(username, password)
        return await self._signed_in(written.stream, token)

    async def login(self, username: str, password: str, *, address: str) -> SignIn:
        """Sign in with a password. Takes as long for unknown users; limited per account and address."""
        key = (username.lower()[:100], address)
        self._attempts.take(key)
        signed_in = await self._sign_in(username, password)
        self._attempts.forget(key)
        return signed_in

    async def guest(self, display_name: str) -> SignIn:
        name = clean_name(display_name, "display_name")
        token = RefreshToken.fresh()
        player_id = new_id()
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            insert_player(connection, player_id, "guest", name, now)
            open_sign_in(connection, token, player_id, now)

        await write_facts(
            self._ledger,
            player_id,
            [PlayerRegistered("guest")],
            actor=player_id,
            beside=beside,
            command_id=None,  # a guest has no secret by which to tell who repeats the command
            content=("guest",),
        )
        return await self._signed_in(player_id, token)

    async def refresh(self, refresh_token: str) -> SignIn:
        """New tokens for the newest refresh token; an older one ends its sign-in."""
        old = RefreshToken.read(refresh_token)
        new = RefreshToken.fresh(old.sign_in)
        now = self._clock.now()
        player_id = await self._database.write(partial(rotate, old=old, new=new, now=now))
        if player_id is None:
            raise invalid_refresh_token()
        return await self._signed_in(player_id, new)

    async def logout(self, claims: Claims) -> None:
        """End this device's sign-in: its refresh token stops working."""
        end = partial(end_sign_in, sign_in=claims.sign_in, player_id=claims.player_id)
        await self._database.write(end)

    async def _sign_in(self, username: str, password: str) -> SignIn:
        found = await self._database.read(partial(find_credentials, username=username))
        player_id, password_hash = found or (None, None)
        right = await self._passwords.verify(password_hash, password)
        if not right or player_id is None or password_hash is None:
            raise Refusal("invalid_credentials", "no account has this username and this password")
        renewed = await self._passwords.hash(password) if self._passwords.outdated(password_hash) else None
        token = RefreshToken.fresh()
        now = self._clock.now()

        def open_it(connection: Connection) -> None:
            open_sign_in(connection, token, player_id, now)
            if renewed is not None:
                row = update(credentials).where(credentials.c.player_id == player_id)
                connection.execute(row.values(password_hash=renewed, changed_at=now))

        await self._database.write(open_it)
        return await self._signed_in(player_id, token)

    async def _signed_in(self, player_id: UUID, token: RefreshToken) -> SignIn:
        row = await self._row(player_id)
        access = self._tokens.issue(player_id, row.kind, row.roles.split(), token.sign_in)
        return SignIn(access, str(token), LIFETIME, shown(row))

    # Players

    async def player(self, player_id: UUID) -> Player:
        return shown(await self._row(player_id))

    async def change(self, player_id: UUID, profile: Profile, *, command_id: str | None = None) -> Player:
        """Change one's own profile."""
        changes = profile.columns()
        if not changes:
            raise invalid("display_name", "give at least one field to change")
        region = (changes["region"] or "") if "region" in changes else None

        def beside(connection: Connection) -> None:
            connection.execute(update(players).where(players.c.id == player_id).values(changes))

        await write_facts(
            self._ledger,
            player_id,
            [PlayerChanged(tuple(sorted(changes)), region)],
            actor=player_id,
            beside=beside,
            command_id=command_id,
            content=("change_profile", changes),
        )
        return await self.player(player_id)

    async def library(self, owner: UUID, *, before: UUID | None, limit: int) -> list[Player]:
        """Named players, newest first, made before the one with the id `before`."""
        return await self._database.read(partial(library, owner=owner, before=before, limit=limit))

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
                if isinstance(outcome, BaseException) and not _name_taken(
                    outcome
                ):  # else somebody was faster
                    raise outcome
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
            actor=owner,
            beside=lambda connection: insert_player(connection, player_id, kind, name, now, owner=owner),
            command_id=command_id,
            content=("add_player", name),
            scope=owner,
        )
        return written.stream

    async def _row(self, player_id: UUID) -> Row[Any]:
        return await self._database.read(partial(find_player, player_id=player_id))


def _name_taken(error: BaseException) -> bool:
    return isinstance(error, Refusal) and error.code == NAME_TAKEN[0]


def _promote(connection: Connection, guest: UUID, username: str, display_name: str | None) -> None:
    values = {"kind": "account", "username": username, "username_folded": username.lower()}
    if display_name is not None:
        values["display_name"] = display_name
    with refusing_twins(*USERNAME_TAKEN):
        promoted = connection.execute(
            update(players).where(players.c.id == guest, players.c.kind == "guest").values(values)
        )
    if promoted.rowcount != 1:
        raise Refusal("forbidden", "this guest is an account already: sign in")
