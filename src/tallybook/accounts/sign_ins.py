"""Signed-in devices: one family of refresh tokens each, of which only the newest counts."""

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from tallybook.accounts.events import SignInsEnded
from tallybook.accounts.registry import write_facts
from tallybook.accounts.revocations import Revocations, revoke
from tallybook.accounts.tables import players, sign_ins
from tallybook.kernel.clock import Clock, iso
from tallybook.kernel.events import Event
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.ledger.append import Beside
from tallybook.ledger.ledger import Ledger

LIFETIME = 60 * 86_400 * 1_000_000  # microseconds since the last use
AGAIN = 60 * 1_000_000  # for how long who lost the answer to a refresh may ask for it, microseconds
_SECRET = 32


class RefreshToken(msgspec.Struct, frozen=True):
    """The id of a sign-in and a secret of which only the digest is stored."""

    sign_in: UUID
    secret: bytes

    @classmethod
    def fresh(cls, sign_in: UUID | None = None) -> "RefreshToken":
        return cls(sign_in or new_id(), secrets.token_bytes(_SECRET))

    @classmethod
    def read(cls, text: str) -> "RefreshToken":
        try:
            data = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            data = b""
        if len(data) != 16 + _SECRET:
            raise invalid_refresh_token()
        return cls(UUID(bytes=data[:16]), data[16:])

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(self.sign_in.bytes + self.secret).decode()

    @property
    def digest(self) -> bytes:
        return blake2b(self.secret, digest_size=32).digest()


class Device(msgspec.Struct, frozen=True):
    """A device that is signed in. `device` is its browser and system, as far as they are known."""

    id: UUID
    device: str | None
    created_at: str
    last_used_at: str
    expires_at: str
    current: bool


def invalid_refresh_token() -> Refusal:
    return Refusal("invalid_token", "the refresh token is not valid, or no longer: sign in again")


class SignIns:
    """Lists and ends. The tokens of what was ended stop working at once, on other nodes within a second."""

    def __init__(self, ledger: Ledger, clock: Clock, revocations: Revocations, ring: Sequence[str]) -> None:
        self._key = blake2b(ring[0].encode(), digest_size=32, person=b"tallybook-renew").digest()
        self._ledger = ledger
        self._clock = clock
        self.revocations = revocations

    async def devices(
        self, player_id: UUID, current: UUID, *, before: UUID | None, limit: int
    ) -> list[Device]:
        """Where the player is signed in, newest first."""
        query = select(sign_ins).where(
            sign_ins.c.player_id == player_id, sign_ins.c.expires_at > self._clock.now()
        )
        if before is not None:
            query = query.where(sign_ins.c.id < before)
        query = query.order_by(sign_ins.c.id.desc()).limit(limit)
        rows = await self._ledger.database.read(lambda connection: connection.execute(query).all())
        return [
            Device(
                row.id,
                row.device,
                iso(row.created_at),
                iso(row.last_used_at),
                iso(row.expires_at),
                row.id == current,
            )
            for row in rows
        ]

    async def end(self, player_id: UUID, sign_in: UUID, *, command_id: str | None = None) -> None:
        """End one of the player's sign-ins; refuses with `not_found` when there is no such."""
        content = ("end_sign_in", sign_in)
        await self.end_these(
            player_id, lambda _: [sign_in], actor=player_id, content=content, command_id=command_id
        )

    async def sign_out(self, player_id: UUID, sign_in: UUID) -> None:
        """End a sign-in, if it is still open."""

        def it(connection: Connection) -> list[UUID]:
            return [each for each in open_sign_ins(connection, player_id) if each == sign_in]

        await self.end_these(player_id, it, actor=player_id, content=("sign_out", sign_in))

    async def end_others(self, player_id: UUID, *, but: UUID, command_id: str | None = None) -> None:
        """End the player's sign-ins on all other devices."""
        others = partial(open_sign_ins, player_id=player_id, but=but)
        content = ("end_other_sign_ins", but)
        await self.end_these(player_id, others, actor=player_id, content=content, command_id=command_id)

    async def end_these(
        self,
        player_id: UUID,
        choose: Callable[[Connection], Sequence[UUID]],
        *,
        actor: UUID,
        content: Sequence[Any],
        command_id: str | None = None,
        facts: Sequence[Event] = (),
        beside: Beside = lambda _: None,
    ) -> None:
        """End what `choose` finds once `beside` has run, in one transaction with both and the facts."""
        while True:
            found = await self._ledger.database.read(choose)
            ended = [SignInsEnded(tuple(found))] if found else []

            def write(connection: Connection, found: Sequence[UUID] = found) -> None:
                beside(connection)
                if set(choose(connection)) != set(found):
                    raise _Moved
                this = (sign_ins.c.player_id == player_id) & sign_ins.c.id.in_(list(found))
                if connection.execute(delete(sign_ins).where(this)).rowcount != len(found):
                    raise not_found("sign-in")
                revoke(connection, found, self._clock.now())

            try:
                written = await write_facts(
                    self._ledger,
                    player_id,
                    [*facts, *ended],
                    write,
                    actor=actor,
                    command_id=command_id,
                    content=content,
                )
            except _Moved:
                continue
            if not written.repeated:
                for fact in ended:
                    self.revocations.hear(player_id, fact)
            return

    async def refresh(self, old: RefreshToken, *, command_id: str | None = None) -> tuple[UUID, RefreshToken]:
        """The player and the next token; an old one that was used before ends its sign-in.

        For then somebody has a copy. One statement decides, so of two callers with the same token one is
        always the second. Only by the same command id, and soon, is it the one whose answer was lost.
        """
        new = RefreshToken.fresh(old.sign_in) if command_id is None else self._next(old, command_id)
        turn = partial(_rotate, old=old, new=new, now=self._clock.now())
        player_id, rotated = await self._ledger.database.write(turn)
        if player_id is None:
            raise invalid_refresh_token()
        if not rotated:
            await self.sign_out(player_id, old.sign_in)
            raise invalid_refresh_token()
        return player_id, new

    def _next(self, old: RefreshToken, command_id: str) -> RefreshToken:
        """The token that follows by a command: always the same, which nobody but the server can tell."""
        told = old.secret + command_id.encode()
        return RefreshToken(old.sign_in, blake2b(told, digest_size=_SECRET, key=self._key).digest())


class _Moved(Exception):
    """Other sign-ins are open by now than were looked up."""


def open_sign_in(
    connection: Connection, token: RefreshToken, player_id: UUID, now: int, *, device: str | None
) -> None:
    """Begin a family; the player's expired ones go. Refuses who is suspended."""
    # The row is changed before anything is read: who suspends the player waits, or has come first.
    this = (players.c.id == player_id) & players.c.suspended_at.is_(None)
    if connection.execute(update(players).where(this).values(last_seen=now)).rowcount != 1:
        raise Refusal("forbidden", "this account is suspended")
    connection.execute(
        delete(sign_ins).where(sign_ins.c.player_id == player_id, sign_ins.c.expires_at <= now)
    )
    connection.execute(
        insert(sign_ins).values(
            id=token.sign_in,
            player_id=player_id,
            secret_digest=token.digest,
            device=device,
            created_at=now,
            last_used_at=now,
            expires_at=now + LIFETIME,
        )
    )


def open_sign_ins(connection: Connection, player_id: UUID, *, but: UUID | None = None) -> list[UUID]:
    """The player's sign-ins except one."""
    query = select(sign_ins.c.id).where(sign_ins.c.player_id == player_id)
    return [row.id for row in connection.execute(query) if row.id != but]


def _rotate(
    connection: Connection, old: RefreshToken, new: RefreshToken, now: int
) -> tuple[UUID | None, bool]:
    """Whose sign-in it is, if anybody's, and whether `new` is in the place of `old`, now or since lately."""
    this = sign_ins.c.id == old.sign_in
    rotated = connection.execute(
        update(sign_ins)
        .where(this, sign_ins.c.secret_digest == old.digest, sign_ins.c.expires_at > now)
        .values(secret_digest=new.digest, last_used_at=now, expires_at=now + LIFETIME)
    )
    row = connection.execute(select(sign_ins).where(this)).one_or_none()
    if row is None:
        return None, False
    if rotated.rowcount == 1:
        connection.execute(update(players).where(players.c.id == row.player_id).values(last_seen=now))
        return row.player_id, True
    return row.player_id, row.secret_digest == new.digest and now - row.last_used_at <= AGAIN
