"""API keys: how a game's own servers call, without being a player."""

import secrets
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, delete, insert, select, update

from tallybook.accounts.events import ApiKeyMade, ApiKeyRevoked
from tallybook.accounts.registry import write_facts
from tallybook.accounts.tables import api_keys, players
from tallybook.kernel.clock import Clock, iso, iso_or_none
from tallybook.kernel.events import Recorded
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.kernel.text import clean_name
from tallybook.ledger.ledger import Ledger

SCHEME = "tb_"
LONGEST = 100  # characters; ours have 46
MOST_REMEMBERED = 10_000
_SHOWN = 9  # characters, the scheme's included
_NOTED_EVERY = 3600 * 1_000_000  # microseconds between two notes of the last use


class ApiKey(msgspec.Struct, frozen=True):
    """A key of a game. `secret` is what its server sends; it is shown once, when the key is made."""

    id: UUID
    game_id: UUID
    name: str
    prefix: str
    created_by: UUID
    created_at: str
    last_used_at: str | None
    secret: str | UnsetType = UNSET


class Bearer(msgspec.Struct, frozen=True):
    """Which key was sent, and for which game it is."""

    key_id: UUID
    game_id: UUID
    noted_at: int  # when its use was last written down


class ApiKeys:
    """Makes, lists, revokes and verifies. Subscribe `follow` to the ledger: revoked is revoked at once."""

    # types of events that `follow` is for
    news = ("api_key_revoked.", "player_erased.", "player_suspended.", "player_reinstated.")

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock
        self._remembered: dict[bytes, Bearer] = {}
        self._forgotten = 0

    async def make(self, actor: UUID, game_id: UUID, name: str, *, command_id: str | None = None) -> ApiKey:
        """A new key. Repeated under its command id, the answer is the key without its secret."""
        name = clean_name(name)
        secret = SCHEME + secrets.token_urlsafe(32)
        key_id = new_id()
        row = {
            "id": key_id,
            "game_id": game_id,
            "name": name,
            "prefix": secret[:_SHOWN],
            "secret_digest": _digest(secret),
            "created_by": actor,
            "created_at": self._clock.now(),
            "last_used_at": None,
        }
        written = await write_facts(
            self._ledger,
            game_id,
            [ApiKeyMade(key_id)],
            lambda connection: _insert(connection, row),
            actor=actor,
            command_id=command_id,
            content=("make_api_key", game_id, name),
            scope=actor,
        )
        if not written.repeated:
            return msgspec.structs.replace(await self._key(key_id), secret=secret)
        return await self._key(cast("ApiKeyMade", await self._ledger.first_of(written)).key)

    async def of_game(self, game_id: UUID, *, before: UUID | None, limit: int) -> list[ApiKey]:
        """The keys of a game, newest first."""
        query = select(api_keys).where(api_keys.c.game_id == game_id)
        if before is not None:
            query = query.where(api_keys.c.id < before)
        query = query.order_by(api_keys.c.id.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_shown(row) for row in rows]

    async def revoke(
        self, actor: UUID, game_id: UUID, key_id: UUID, *, command_id: str | None = None
    ) -> None:
        """The key counts no longer: here at once, on other nodes within a second."""

        def beside(connection: Connection) -> None:
            this = (api_keys.c.id == key_id) & (api_keys.c.game_id == game_id)
            if connection.execute(delete(api_keys).where(this)).rowcount != 1:
                raise not_found("API key")

        await write_facts(
            self._ledger,
            game_id,
            [ApiKeyRevoked(key_id)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("revoke_api_key", key_id),
            scope=actor,
        )
        self._forget()

    async def verify(self, secret: str) -> Bearer:
        """Which key a secret is; `invalid_token`, or `forbidden` while its maker is suspended."""
        digest = _digest(secret[: LONGEST + 1])
        bearer = self._remembered.get(digest)
        now = self._clock.now()
        if bearer is not None and bearer.noted_at + _NOTED_EVERY > now:
            return bearer
        forgotten = self._forgotten
        this = api_keys.c.secret_digest == digest
        query = (
            select(api_keys.c.id, api_keys.c.game_id, api_keys.c.last_used_at, players.c.suspended_at)
            .outerjoin(players, players.c.id == api_keys.c.created_by)
            .where(this)
        )
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise Refusal("invalid_token", "there is no such API key, or it was revoked")
        if row.suspended_at is not None:
            raise Refusal("forbidden", "whoever made this API key is suspended")
        noted = row.last_used_at or 0
        if noted + _NOTED_EVERY <= now:
            note = update(api_keys).where(this).values(last_used_at=now)
            await self._database.write(lambda connection: connection.execute(note))
            noted = now
        bearer = Bearer(row.id, row.game_id, noted)
        if forgotten == self._forgotten:  # else it may have been revoked since it was read
            if len(self._remembered) >= MOST_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[digest] = bearer
        return bearer

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        self._forget()

    def _forget(self) -> None:
        self._forgotten += 1
        self._remembered.clear()  # keys are few, and revoking is rare

    async def _key(self, key_id: UUID) -> ApiKey:
        query = select(api_keys).where(api_keys.c.id == key_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise not_found("API key")
        return _shown(row)


def _insert(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(api_keys).values(row))


def _digest(secret: str) -> bytes:
    return blake2b(secret.encode("utf-8", "replace"), digest_size=32).digest()


def _shown(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        game_id=row.game_id,
        name=row.name,
        prefix=row.prefix,
        created_by=row.created_by,
        created_at=iso(row.created_at),
        last_used_at=iso_or_none(row.last_used_at),
    )
