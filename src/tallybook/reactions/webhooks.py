"""Events of a game go into the queues of the webhooks that asked for them, as spectators may see them."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec
from msgspec import Raw
from sqlalchemy import Connection, select

from tallybook.careers.events import CareerEvent
from tallybook.catalogue.tables import webhooks
from tallybook.catalogue.webhooks import types
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Event, Recorded, name_without_version
from tallybook.ledger.ledger import Ledger
from tallybook.play.desk import FOLD
from tallybook.reactions.deliveries import delivery_id, enter
from tallybook.reactions.delivering import Delivering
from tallybook.sessions.redaction import view_event, viewer_of
from tallybook.sessions.session import Session

_CHANGES = ("webhook_",)  # of who asks for what

_encode = msgspec.json.encode


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is posted: an event as the API shows it. `id` is the same in every attempt."""

    id: UUID
    type: str
    game_id: UUID
    stream: UUID
    index: int
    at: str
    data: Raw | Event
    actor: UUID | None = None


class Queueing:
    """A reaction; the queues keep what they are given twice as one."""

    name = "webhooks"
    from_start = False

    def __init__(self, ledger: Ledger, delivering: Delivering) -> None:
        self._ledger = ledger
        self._delivering = delivering
        self._asked: dict[UUID, dict[str, list[UUID]]] | None = None  # by game and type

    @property
    def concerns(self) -> frozenset[str]:
        return types() | {"webhook_defined", "webhook_changed", "webhook_removed"}

    def forget(self) -> None:
        self._asked = None

    async def react(self, events: Sequence[Recorded]) -> bool:
        if self._asked is None or any(each.startswith(_CHANGES) for each in {e.type for e in events}):
            self._asked = await self._ledger.database.read(_asked)
        if not self._asked:
            return False
        wanted: list[tuple[UUID, Recorded, bytes]] = []
        sessions: dict[UUID, Session | None] = {}
        for recorded in events:
            wanted += await self._wanted(recorded, self._asked, sessions)
        if not wanted:
            return False
        await self._ledger.database.write(partial(enter, wanted=wanted))
        self._delivering.wake()
        return True

    async def _wanted(
        self,
        recorded: Recorded,
        asked: dict[UUID, dict[str, list[UUID]]],
        sessions: dict[UUID, Session | None],
    ) -> list[tuple[UUID, Recorded, bytes]]:
        """For each webhook that asked for an event, what it is told of it."""
        name = name_without_version(recorded.type)
        if not any(name in of_game for of_game in asked.values()):
            return []
        shown: Event | None = recorded.event
        if isinstance(shown, CareerEvent):
            game = shown.game
        elif recorded.stream in asked:
            game = recorded.stream
        else:
            if recorded.stream not in sessions:
                sessions[recorded.stream] = (await self._ledger.state(recorded.stream, FOLD)).state
            session = sessions[recorded.stream]
            if session is None:
                return []
            game = session.game_id
            shown = view_event(session, recorded, viewer_of(session, None))
        if shown is None:
            return []
        data = Raw(recorded.payload) if shown is recorded.event else shown
        return [
            (webhook, recorded, _message(webhook, game, recorded, data))
            for webhook in asked.get(game, {}).get(name, ())
        ]


def _message(webhook: UUID, game: UUID, recorded: Recorded, data: Raw | Event) -> bytes:
    return _encode(
        Message(
            delivery_id(webhook, recorded.position),
            recorded.type,
            game,
            recorded.stream,
            recorded.index,
            iso(recorded.committed_at),
            data,
            recorded.actor,
        )
    )


def _asked(connection: Connection) -> dict[UUID, dict[str, list[UUID]]]:
    query = select(webhooks.c.id, webhooks.c.game_id, webhooks.c.events).where(webhooks.c.active)
    found: dict[UUID, dict[str, list[UUID]]] = {}
    for row in connection.execute(query):
        for name in msgspec.json.decode(bytes(row.events)):
            found.setdefault(row.game_id, {}).setdefault(name, []).append(row.id)
    return found
