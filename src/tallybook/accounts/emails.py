"""E-mail addresses, kept so that the database alone does not tell them.

Each is sealed with AES-256-GCM under a key that follows from one of the server's secrets, bound to its
player; a keyed digest beside it tells whether two players have the same address.
"""

import hmac
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from tallybook.accounts.registry import refusing_twins
from tallybook.accounts.tables import emails
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import fold_case

log = logging.getLogger(__name__)

TAKEN = ("email_taken", "another account has this address")
_NONCE = 12
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    sealing: bytes
    lookup: bytes


class Emails:
    """Seals and looks up with the newest secret of the ring, reads with any."""

    def __init__(self, ring: Sequence[str]) -> None:
        self._keys = [_key(secret) for secret in ring]

    def keep(self, connection: Connection, player_id: UUID, email: str) -> None:
        """Put the address in the place of the player's former one; refuses with `email_taken`."""
        others = select(emails.c.player_id).where(
            emails.c.lookup.in_([self._lookup(key, email) for key in self._keys]),
            emails.c.player_id != player_id,
        )
        if connection.execute(others).first() is not None:
            raise Refusal(*TAKEN)
        forget_email(connection, player_id)
        with refusing_twins(*TAKEN):
            row = self._row(player_id, email)
            connection.execute(insert(emails).values(player_id=player_id, **row))

    def of(self, connection: Connection, player_id: UUID) -> str | None:
        """The player's address, if there is one that can be read."""
        query = select(emails.c.key_id, emails.c.sealed).where(emails.c.player_id == player_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        email = self._open(player_id, bytes(row.key_id), bytes(row.sealed))
        if email is None:  # the secret is gone, or the row was altered
            log.error("none of the secret keys opens the e-mail address of player %s", player_id)
        return email

    def digest(self, email: str) -> str:
        """Tells an address from another without telling it."""
        return self._lookup(self._keys[0], email).hex()

    def to_renew(self, connection: Connection, after: UUID) -> Sequence[UUID]:
        """Some players, in order, whose addresses older secrets of the ring sealed."""
        if not (older := [key.id for key in self._keys[1:]]):
            return []
        query = select(emails.c.player_id).where(emails.c.key_id.in_(older), emails.c.player_id > after)
        return connection.execute(query.order_by(emails.c.player_id).limit(_AT_ONCE)).scalars().all()

    def renew(self, connection: Connection, player_ids: Sequence[UUID]) -> None:
        """Seal these players' addresses with the newest secret."""
        for player_id in player_ids:
            if (email := self.of(connection, player_id)) is not None:
                this = emails.c.player_id == player_id
                connection.execute(update(emails).where(this).values(self._row(player_id, email)))

    def _row(self, player_id: UUID, email: str) -> dict[str, bytes]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        newest = self._keys[0]
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(newest.sealing).encrypt(nonce, email.encode(), player_id.bytes)
        return {"key_id": newest.id, "sealed": sealed, "lookup": self._lookup(newest, email)}

    def _open(self, player_id: UUID, key_id: bytes, sealed: bytes) -> str | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = next((key for key in self._keys if key.id == key_id), None)
        if key is None:
            return None
        try:
            return AESGCM(key.sealing).decrypt(sealed[:_NONCE], sealed[_NONCE:], player_id.bytes).decode()
        except InvalidTag:
            return None

    @staticmethod
    def _lookup(key: _Key, email: str) -> bytes:
        return hmac.digest(key.lookup, fold_case(email).encode(), "sha256")


def forget_email(connection: Connection, player_id: UUID) -> None:
    connection.execute(delete(emails).where(emails.c.player_id == player_id))


def _key(secret: str) -> _Key:
    extracted = hmac.digest(b"tallybook e-mail", secret.encode(), "sha256")
    sealing, lookup = _expanded(extracted)
    return _Key(blake2b(sealing, digest_size=6).digest(), sealing, lookup)


def _expanded(extracted: bytes) -> Iterator[bytes]:
    """Two keys by HKDF (RFC 5869), of which one block is as long as a key."""
    for purpose in (b"sealing", b"lookup"):
        yield hmac.digest(extracted, purpose + b"\x01", "sha256")
