"""E-mail addresses, kept so that the database alone does not tell them.

Each is sealed with AES-256-GCM under a key that follows from one of the server's secrets, bound to its
player; a keyed digest beside it tells whether two players have the same address.
"""

import hmac
import logging
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from tallybook.accounts.registry import refusing_twins
from tallybook.accounts.sealing import Sealed, Seals
from tallybook.accounts.tables import emails
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import fold_case

log = logging.getLogger(__name__)

TAKEN = ("email_taken", "another account has this address")
_USED_FOR = b"tallybook e-mail"
_AT_ONCE = 500


class Emails:
    """Seals and looks up with the newest secret of the ring, reads with any."""

    def __init__(self, ring: Sequence[str]) -> None:
        self._seals = Seals(ring, _USED_FOR)
        self._lookups = [_lookup_key(secret) for secret in ring]

    def keep(self, connection: Connection, player_id: UUID, email: str) -> None:
        """Put the address in the place of the player's former one; refuses with `email_taken`."""
        others = select(emails.c.player_id).where(
            emails.c.lookup.in_([_digest(key, email) for key in self._lookups]),
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
        email = self._seals.open(Sealed(bytes(row.key_id), bytes(row.sealed)), player_id.bytes)
        if email is None:
            log.error("none of the secret keys opens the e-mail address of player %s", player_id)
            return None
        return email.decode()

    def digest(self, email: str) -> str:
        """Tells an address from another without telling it."""
        return _digest(self._lookups[0], email).hex()

    def to_renew(self, connection: Connection, after: UUID) -> Sequence[UUID]:
        """Some players, in order, whose addresses older secrets of the ring sealed."""
        if not self._seals.older:
            return []
        query = select(emails.c.player_id)
        query = query.where(emails.c.key_id.in_(self._seals.older), emails.c.player_id > after)
        return connection.execute(query.order_by(emails.c.player_id).limit(_AT_ONCE)).scalars().all()

    def renew(self, connection: Connection, player_ids: Sequence[UUID]) -> None:
        """Seal these players' addresses with the newest secret."""
        for player_id in player_ids:
            if (email := self.of(connection, player_id)) is not None:
                this = emails.c.player_id == player_id
                connection.execute(update(emails).where(this).values(self._row(player_id, email)))

    def _row(self, player_id: UUID, email: str) -> dict[str, bytes]:
        sealed = self._seals.seal(email.encode(), player_id.bytes)
        return sealed._asdict() | {"lookup": _digest(self._lookups[0], email)}


def forget_email(connection: Connection, player_id: UUID) -> None:
    connection.execute(delete(emails).where(emails.c.player_id == player_id))


def _lookup_key(secret: str) -> bytes:
    """By HKDF, as the key that seals."""
    return hmac.digest(hmac.digest(_USED_FOR, secret.encode(), "sha256"), b"lookup\x01", "sha256")


def _digest(key: bytes, email: str) -> bytes:
    return hmac.digest(key, fold_case(email).encode(), "sha256")
