"""Registering and signing in: who gets tokens, for which player."""

from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import Connection, exists, insert, select, update

from tallybook.accounts.attempts import Attempts
from tallybook.accounts.emails import Emails
from tallybook.accounts.events import GuestBecameAccount, PlayerChanged, PlayerRegistered, RoleGranted
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.people import People
from tallybook.accounts.players import (
    USERNAME_TAKEN,
    Player,
    check_email,
    checked_display_name,
    checked_username,
    find_credentials,
    insert_player,
    shown,
)
from tallybook.accounts.registry import name_key, refusing_twins, write_facts
from tallybook.accounts.reserved import refuse_reserved_username
from tallybook.accounts.sign_ins import RefreshToken, SignIns, open_sign_in, open_sign_ins
from tallybook.accounts.tables import credentials, merges, players
from tallybook.accounts.tokens import LIFETIME, AccessTokens, Claims
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger

WIDER = 5  # as many wrong attempts for an account, or from an address, as for the two together


class SignIn(msgspec.Struct, frozen=True):
    """What a client needs to act as a player. `expires_in` counts seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    player: Player
    token_type: str = "Bearer"  # noqa: S105 # the name of the scheme


class Accounts(People):
    """The people of one server. `verify` is cheap enough for every request and socket."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        tokens: AccessTokens,
        passwords: Passwords,
        attempts: Attempts,
        emails: Emails,
        sign_ins: SignIns,
    ) -> None:
        super().__init__(ledger, clock, emails)
        self.sign_ins = sign_ins
        self._tokens = tokens
        self._passwords = passwords
        self._attempts = attempts

    def close(self) -> None:
        self._passwords.close()

    def verify(self, token: str) -> Claims:
        """Whom an access token stands for; refuses with `invalid_token`."""
        return self.sign_ins.revocations.check(self._tokens.verify(token))

    async def register(
        self,
        username: str,
        password: str,
        *,
        display_name: str | None = None,
        email: str | None = None,
        guest: UUID | None = None,
        device: str | None = None,
        command_id: str | None = None,
    ) -> SignIn:
        """A new account, or the one that `guest` becomes, signed in."""
        username = checked_username(username)
        refuse_reserved_username(username)
        name = None if display_name is None else checked_display_name(display_name)
        if email:
            check_email(email)
        password_hash = await self._passwords.hash(password, username=username)
        token = RefreshToken.fresh()
        player_id = guest or new_id()
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            if guest is None:
                insert_player(connection, player_id, "account", name or username, now, username=username)
            else:
                _promote(connection, guest, username, name)
            if email:
                self._emails.keep(connection, player_id, email)
            _insert_credentials(connection, player_id, password_hash, now)
            open_sign_in(connection, token, player_id, now, device=device)

        facts: list[Event] = [PlayerRegistered("account") if guest is None else GuestBecameAccount()]
        if guest is not None and name is not None:
            facts.append(PlayerChanged(("display_name",)))
        written = await write_facts(
            self._ledger,
            player_id,
            facts,
            beside,
            actor=player_id,
            command_id=command_id,
            content=("register", username, name, email and self._emails.digest(email)),
            # A caller without a player yet: the command id counts for this username.
            scope=guest or UUID(bytes=name_key(f"register {username}")),
        )
        if written.repeated:  # whoever repeats it must know the password
            return await self._sign_in(username, password, device)
        return await self._signed_in(written.stream, token)

    async def create_admin(self, username: str, password: str) -> Player:
        """An account that is an admin; for whoever runs the server, so reserved usernames are allowed."""
        username = checked_username(username)
        password_hash = await self._passwords.hash(password, username=username)
        player_id = new_id()
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            insert_player(connection, player_id, "account", username, now, username=username)
            _insert_credentials(connection, player_id, password_hash, now)
            connection.execute(update(players).where(players.c.id == player_id).values(roles="admin"))

        facts = [PlayerRegistered("account"), RoleGranted("admin")]
        await write_facts(self._ledger, player_id, facts, beside, actor=player_id)
        return await self.player(player_id)

    async def login(self, username: str, password: str, *, address: str, device: str | None = None) -> SignIn:
        """Sign in with a password. Takes as long for unknown users; limited per account and address."""
        account = username.lower()[:100]
        self._attempts.take((account, address))
        wide = ("account", account), ("address", address)
        for key in wide:
            self._attempts.take(key, times=WIDER)
        signed_in = await self._sign_in(username, password, device)
        self._attempts.forget((account, address))
        for key in wide:
            self._attempts.give_back(key)
        return signed_in

    async def guest(self, display_name: str, *, device: str | None = None) -> SignIn:
        name = checked_display_name(display_name)
        token = RefreshToken.fresh()
        player_id = new_id()
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            insert_player(connection, player_id, "guest", name, now)
            open_sign_in(connection, token, player_id, now, device=device)

        # Under no command id: a guest has no secret by which to tell who repeats the command.
        await write_facts(self._ledger, player_id, [PlayerRegistered("guest")], beside, actor=player_id)
        return await self._signed_in(player_id, token)

    async def refresh(self, refresh_token: str, *, command_id: str | None = None) -> SignIn:
        """New tokens for the newest refresh token; an older one ends its sign-in."""
        old = RefreshToken.read(refresh_token)
        return await self._signed_in(*await self.sign_ins.refresh(old, command_id=command_id))

    async def logout(self, claims: Claims) -> None:
        """End this device's sign-in: its tokens stop working."""
        await self.sign_ins.sign_out(claims.player_id, claims.sign_in)

    async def change_password(
        self, claims: Claims, current: str, new: str, *, command_id: str | None = None
    ) -> None:
        """Put `new` in the place of `current` and end the sign-ins of all other devices."""
        player_id = claims.player_id
        row = await self._row(player_id)
        password_hash = await self._database.read(partial(_password_hash, player_id=player_id))
        if password_hash is None or row.username is None:
            raise Refusal("forbidden", "only accounts have a password: register first")
        attempts = ("password", player_id)
        self._attempts.take(attempts)
        # Who repeats the command has the new one by now.
        known = (current, new) if command_id is not None else (current,)
        if not any([await self._passwords.verify(password_hash, each) for each in known]):
            raise Refusal("invalid_credentials", "the current password is another one")
        self._attempts.forget(attempts)
        new_hash = await self._passwords.hash(new, username=row.username, field="new")

        def beside(connection: Connection) -> None:
            this = (credentials.c.player_id == player_id) & (credentials.c.password_hash == password_hash)
            change = update(credentials).where(this)
            values = {"password_hash": new_hash, "changed_at": self._clock.now()}
            if connection.execute(change.values(values)).rowcount != 1:
                raise Refusal("invalid_credentials", "the password was changed by somebody else just now")

        await self.sign_ins.end_these(
            player_id,
            partial(open_sign_ins, player_id=player_id, but=claims.sign_in),
            actor=player_id,
            content=("change_password",),
            command_id=command_id,
            facts=[PlayerChanged(("password",))],
            beside=beside,
        )

    async def prove(self, player_id: UUID, password: str | None) -> None:
        """Refuse unless this is the account's password; limited like signing in. A guest has none to give."""
        password_hash = await self._database.read(partial(_password_hash, player_id=player_id))
        if password_hash is None:
            return
        attempts = ("password", player_id)
        self._attempts.take(attempts)
        if password is None or not await self._passwords.verify(password_hash, password):
            raise Refusal("invalid_credentials", "the password is another one")
        self._attempts.forget(attempts)

    async def _sign_in(self, username: str, password: str, device: str | None) -> SignIn:
        wrong = Refusal("invalid_credentials", "no account has this username and this password")
        found = await self._database.read(partial(find_credentials, username=username))
        player_id, password_hash = found or (None, None)
        right = await self._passwords.verify(password_hash, password)
        if not right or player_id is None or password_hash is None:
            raise wrong
        outdated = self._passwords.outdated(password_hash)
        renewed = await self._passwords.hash_again(password) if outdated else None
        token = RefreshToken.fresh()
        now = self._clock.now()

        def open_it(connection: Connection) -> None:
            if _password_hash(connection, player_id, locked=True) != password_hash:
                raise wrong  # it was changed in the meantime
            open_sign_in(connection, token, player_id, now, device=device)
            if renewed is not None:
                row = update(credentials).where(credentials.c.player_id == player_id)
                connection.execute(row.values(password_hash=renewed))

        await self._database.write(open_it)
        return await self._signed_in(player_id, token)

    async def _signed_in(self, player_id: UUID, token: RefreshToken) -> SignIn:
        row = await self._row(player_id)
        access = self._tokens.issue(player_id, row.kind, row.roles.split(), token.sign_in)
        return SignIn(access, str(token), LIFETIME, shown(row))


def _insert_credentials(connection: Connection, player_id: UUID, password_hash: str, now: int) -> None:
    row = {"player_id": player_id, "password_hash": password_hash, "changed_at": now}
    connection.execute(insert(credentials).values(row))


def _password_hash(connection: Connection, player_id: UUID, *, locked: bool = False) -> str | None:
    """The stored hash; `locked` holds back who changes it until the transaction ends."""
    query = select(credentials.c.password_hash).where(credentials.c.player_id == player_id)
    return connection.execute(query.with_for_update() if locked else query).scalar_one_or_none()


def _promote(connection: Connection, guest: UUID, username: str, display_name: str | None) -> None:
    values = {"kind": "account", "username": username, "username_folded": username.lower()}
    if display_name is not None:
        values["display_name"] = display_name
    unclaimed = ~exists().where(merges.c.player_id == guest)  # else an account is the guest already
    with refusing_twins(*USERNAME_TAKEN):
        promoted = connection.execute(
            update(players).where(players.c.id == guest, players.c.kind == "guest", unclaimed).values(values)
        )
    if promoted.rowcount != 1:
        raise Refusal("forbidden", "this guest is an account already: sign in")
