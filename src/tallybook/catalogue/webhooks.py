"""Webhooks: where a game's servers want to hear of its events, and the secrets that sign for it."""

import secrets
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tallybook.accounts.registry import write_facts
from tallybook.accounts.sealing import Sealed, Seals
from tallybook.careers.events import CareerEvent
from tallybook.catalogue.events import (
    BoardPeriodBegun,
    SeasonAnnounced,
    SeasonClosed,
    SeasonDefined,
    SeasonRemoved,
    WebhookChanged,
    WebhookDefined,
    WebhookRemoved,
)
from tallybook.catalogue.tables import webhooks
from tallybook.kernel.clock import Clock, iso, iso_or_none
from tallybook.kernel.events import registry
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.ledger.ledger import Ledger
from tallybook.sessions.events import PLATFORM_EVENTS
from tallybook.sessions.plugins import hosted

MOST_WEBHOOKS = 20  # of one game
LONGEST_URL = 500
FORMER_COUNTS = 24 * 3600 * 1_000_000  # for how long a former secret signs too, in microseconds

_OF_GAMES = frozenset({BoardPeriodBegun, SeasonAnnounced, SeasonClosed, SeasonDefined, SeasonRemoved})
_c = webhooks.c


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """`events` are types without their versions. `secret` is there only where it was just made."""

    id: UUID
    game_id: UUID
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: str
    failing_since: str | None
    disabled_at: str | None
    secret: str | UnsetType = UNSET


class Secrets(msgspec.Struct, frozen=True):
    """What deliveries are signed with; the former one signs too until servers know the current one."""

    current: str
    former: str | None = None
    until: int = 0

    def at(self, now: int) -> Sequence[str]:
        """Those that sign now, the current one first."""
        if self.former is None or now >= self.until:
            return (self.current,)
        return (self.current, self.former)


@cache
def types() -> frozenset[str]:
    """Every event type that a webhook may be for: what happens in a game's sessions, careers and seasons."""
    of_rules = tuple(f"{rules_id}." for rules_id in hosted())
    return frozenset(
        name.rpartition(".")[0]
        for name, cls in registry.names.items()
        if cls in PLATFORM_EVENTS
        or cls in _OF_GAMES
        or issubclass(cls, CareerEvent)
        or name.startswith(of_rules)
    )


class Webhooks:
    """Defines, changes and removes webhooks. Who may do it is asked before; this only does it."""

    def __init__(self, ledger: Ledger, clock: Clock, ring: Sequence[str]) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock
        self._seals = Seals(ring, b"tallybook webhook")

    async def of_game(self, game_id: UUID, *, before: UUID | None, limit: int) -> list[Webhook]:
        """Newest first, without their secrets."""
        query = select(webhooks).where(_c.game_id == game_id)
        if before is not None:
            query = query.where(_c.id < before)
        query = query.order_by(_c.id.desc()).limit(limit)
        return await self._database.read(lambda c: [_shown(row) for row in c.execute(query)])

    async def webhook(self, game_id: UUID, webhook_id: UUID) -> Webhook:
        return await self._database.read(lambda c: _shown(_find(c, game_id, webhook_id)))

    async def define(
        self,
        actor: UUID,
        game_id: UUID,
        url: str,
        events: Sequence[str],
        *,
        active: bool = True,
        command_id: str | None = None,
    ) -> Webhook:
        """A new webhook; repeated under its command id, the answer lacks the secret."""
        url, wanted = checked_url(url), checked_types(events)
        webhook_id, made = new_id(), _new_secret()
        row = {
            "id": webhook_id,
            "game_id": game_id,
            "url": url,
            "events": msgspec.json.encode(wanted),
            "active": active,
            "created_by": actor,
            "created_at": self._clock.now(),
            **self._sealed(webhook_id, Secrets(made)),
        }

        def beside(connection: Connection) -> None:
            count = select(func.count()).where(_c.game_id == game_id)
            if connection.execute(count).scalar_one() >= MOST_WEBHOOKS:
                raise Refusal("forbidden", f"a game has at most {MOST_WEBHOOKS} webhooks")
            connection.execute(insert(webhooks).values(row))

        written = await write_facts(
            self._ledger,
            game_id,
            [WebhookDefined(webhook_id, wanted)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("define_webhook", url, wanted, active),
            scope=actor,
        )
        if not written.repeated:
            return msgspec.structs.replace(await self.webhook(game_id, webhook_id), secret=made)
        defined = cast("WebhookDefined", await self._ledger.first_of(written))
        return await self.webhook(game_id, defined.webhook)

    async def change(
        self,
        actor: UUID | None,
        game_id: UUID,
        webhook_id: UUID,
        *,
        url: str | UnsetType = UNSET,
        events: Sequence[str] | UnsetType = UNSET,
        active: bool | UnsetType = UNSET,
        command_id: str | None = None,
    ) -> Webhook:
        """`actor` is None when the server itself has given the webhook up."""
        row: dict[str, Any] = {}
        fact = WebhookChanged(webhook_id, ())
        if not isinstance(url, UnsetType):
            row["url"] = checked_url(url)
        if not isinstance(events, UnsetType):
            fact = msgspec.structs.replace(fact, events=checked_types(events))
            row["events"] = msgspec.json.encode(fact.events)
        if not isinstance(active, UnsetType):
            fact = msgspec.structs.replace(fact, active=active)
            now = self._clock.now()
            row |= {"active": active, "failing_since": None, "disabled_at": None if actor else now}
        if not row:
            raise invalid("url", "give at least one field to change")
        fields = tuple(sorted(row.keys() & {"url", "events", "active"}))
        fact = msgspec.structs.replace(fact, fields=fields)
        await self._change(
            actor, game_id, webhook_id, row, fact, command_id, ("change_webhook", fact, row.get("url"))
        )
        return await self.webhook(game_id, webhook_id)

    async def renew_secret(
        self, actor: UUID, game_id: UUID, webhook_id: UUID, *, command_id: str | None = None
    ) -> Webhook:
        """A new secret; for a day the former one signs too. A repetition leaves the secret out."""
        former, made = await self.secrets(game_id, webhook_id), _new_secret()
        until = self._clock.now() + FORMER_COUNTS
        row = self._sealed(webhook_id, Secrets(made, former.current if former else None, until))
        fact = WebhookChanged(webhook_id, ("secret",))
        content = ("renew_webhook_secret", webhook_id)
        if await self._change(actor, game_id, webhook_id, row, fact, command_id, content):
            return await self.webhook(game_id, webhook_id)
        return msgspec.structs.replace(await self.webhook(game_id, webhook_id), secret=made)

    async def remove(
        self, actor: UUID, game_id: UUID, webhook_id: UUID, *, command_id: str | None = None
    ) -> None:
        def beside(connection: Connection) -> None:
            this = (_c.id == webhook_id) & (_c.game_id == game_id)
            if connection.execute(delete(webhooks).where(this)).rowcount != 1:
                raise not_found("webhook")

        await write_facts(
            self._ledger,
            game_id,
            [WebhookRemoved(webhook_id)],
            beside,
            actor=actor,
            command_id=command_id,
            content=("remove_webhook", webhook_id),
            scope=actor,
        )

    async def secrets(self, game_id: UUID, webhook_id: UUID) -> Secrets | None:
        """What signs for a webhook; None when the server's secret that sealed it is gone."""
        row = await self._database.read(lambda c: _find(c, game_id, webhook_id))
        opened = self._seals.open(Sealed(bytes(row.key_id), bytes(row.sealed)), webhook_id.bytes)
        return None if opened is None else msgspec.json.decode(opened, type=Secrets)

    async def renew_seals(self) -> None:
        """At the start: seal with the newest of the server's secrets what older ones have sealed."""
        if not self._seals.older:
            return
        query = select(_c.id, _c.game_id).where(_c.key_id.in_(self._seals.older))
        for row in await self._database.read(lambda c: c.execute(query).all()):
            if (kept := await self.secrets(row.game_id, row.id)) is not None:
                sealed = update(webhooks).where(_c.id == row.id).values(self._sealed(row.id, kept))
                await self._database.write(partial(_execute, statement=sealed))

    async def _change(
        self,
        actor: UUID | None,
        game_id: UUID,
        webhook_id: UUID,
        row: dict[str, Any],
        fact: WebhookChanged,
        command_id: str | None,
        content: Sequence[Any],
    ) -> bool:
        """Whether it had been done before."""

        def beside(connection: Connection) -> None:
            this = (_c.id == webhook_id) & (_c.game_id == game_id)
            if connection.execute(update(webhooks).where(this).values(row)).rowcount != 1:
                raise not_found("webhook")

        written = await write_facts(
            self._ledger,
            game_id,
            [fact],
            beside,
            actor=actor,
            command_id=command_id,
            content=content,
            scope=actor,
        )
        return written.repeated

    def _sealed(self, webhook_id: UUID, kept: Secrets) -> dict[str, bytes]:
        return self._seals.seal(msgspec.json.encode(kept), webhook_id.bytes)._asdict()


def checked_url(url: str) -> str:
    """An address that deliveries can be posted to; whether it is one of the public net, its use will tell."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise invalid("url", "is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise invalid("url", "must be an http or https URL with a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise invalid("url", "must not have a user, a password or a fragment")
    if len(url) > LONGEST_URL or not (url.isascii() and url.isprintable()) or " " in url:
        raise invalid("url", f"must be at most {LONGEST_URL} visible ASCII characters")
    return url


def checked_types(events: Sequence[str]) -> tuple[str, ...]:
    if not events:
        raise invalid("events", "name at least one")
    for index, name in enumerate(events):
        if name not in types():
            raise invalid(f"events.{index}", "is no event type that webhooks are for")
    return tuple(sorted(set(events)))


def _new_secret() -> str:
    return f"tbwh_{secrets.token_urlsafe(32)}"


def _execute(connection: Connection, statement: Any) -> None:
    connection.execute(statement)


def _find(connection: Connection, game_id: UUID, webhook_id: UUID) -> Row[Any]:
    row = connection.execute(select(webhooks).where(_c.id == webhook_id, _c.game_id == game_id)).one_or_none()
    if row is None:
        raise not_found("webhook")
    return row


def _shown(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        game_id=row.game_id,
        url=row.url,
        events=tuple(msgspec.json.decode(bytes(row.events))),
        active=row.active,
        created_at=iso(row.created_at),
        failing_since=iso_or_none(row.failing_since),
        disabled_at=iso_or_none(row.disabled_at),
    )
