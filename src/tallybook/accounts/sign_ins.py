"""Refresh tokens: one family a device, of which only the newest token counts."""

import base64
import binascii
import secrets
from hashlib import blake2b
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, insert, update

from tallybook.accounts.tables import players, sign_ins
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal

LIFETIME = 60 * 86_400 * 1_000_000  # microseconds since the last use
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


def invalid_refresh_token() -> Refusal:
    return Refusal("invalid_token", "the refresh token is not valid, or no longer: sign in again")


def open_sign_in(connection: Connection, token: RefreshToken, player_id: UUID, now: int) -> None:
    """Begin a family; the player's expired ones go."""
    connection.execute(
        delete(sign_ins).where(sign_ins.c.player_id == player_id, sign_ins.c.expires_at <= now)
    )
    connection.execute(
        insert(sign_ins).values(
            id=token.sign_in,
            player_id=player_id,
            secret_digest=token.digest,
            created_at=now,
            last_used_at=now,
            expires_at=now + LIFETIME,
        )
    )
    connection.execute(update(players).where(players.c.id == player_id).values(last_seen=now))


def rotate(connection: Connection, old: RefreshToken, new: RefreshToken, now: int) -> UUID | None:
    """Put `new` in the place of `old`; the player, or None when `old` does not count.

    Then it was used before, so somebody has a copy, and the family ends. One statement decides, so of
    two callers with the same token one is always the second.
    """
    this = sign_ins.c.id == old.sign_in
    player_id: UUID | None = connection.execute(
        update(sign_ins)
        .where(this, sign_ins.c.secret_digest == old.digest, sign_ins.c.expires_at > now)
        .values(secret_digest=new.digest, last_used_at=now, expires_at=now + LIFETIME)
        .returning(sign_ins.c.player_id)
    ).scalar_one_or_none()
    if player_id is None:
        connection.execute(delete(sign_ins).where(this))
    else:
        connection.execute(update(players).where(players.c.id == player_id).values(last_seen=now))
    return player_id


def end_sign_in(connection: Connection, sign_in: UUID, player_id: UUID) -> None:
    connection.execute(delete(sign_ins).where(sign_ins.c.id == sign_in, sign_ins.c.player_id == player_id))
