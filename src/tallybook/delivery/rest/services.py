"""What the endpoints stand on, and how they get at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request

from tallybook.access.actor import Actor
from tallybook.accounts.accounts import Accounts
from tallybook.catalogue.catalogue import Catalogue
from tallybook.database.engine import Database
from tallybook.delivery.web.files import WebApp
from tallybook.kernel.clock import Clock
from tallybook.ledger.append import Appended
from tallybook.play.requests import Body, Envelope

Listed = tuple[Sequence[bytes], UUID | None]  # items as JSON, and the id after which the next page begins


class Sessions(Protocol):
    """Rooms and sessions as a caller may use and see them; answers are JSON texts.

    Everything raises `Refusal`: `not_found` where the caller may not know of the thing.
    """

    async def create(self, actor: Actor, body: Body, envelope: Envelope) -> UUID: ...

    async def rematch(self, actor: Actor, session_id: UUID, body: Body, envelope: Envelope) -> UUID: ...

    async def write(
        self, actor: Actor, session_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> Appended: ...

    async def write_in_room(
        self, actor: Actor, room_id: UUID, name: str, body: Body, envelope: Envelope
    ) -> Appended:
        """The same, on the session that is in the room now."""

    async def join(self, actor: Actor, key: str, body: Body, envelope: Envelope) -> bytes: ...

    async def session(self, actor: Actor, session_id: UUID) -> bytes: ...

    async def scoreboard(self, actor: Actor, session_id: UUID) -> bytes: ...

    async def events(self, actor: Actor, session_id: UUID, *, after: int, limit: int) -> bytes: ...

    async def state_at(self, actor: Actor, session_id: UUID, index: int) -> bytes: ...

    async def room(self, actor: Actor, key: str) -> bytes: ...

    async def rooms(self, actor: Actor, *, q: str | None, before: UUID | None, limit: int) -> Listed: ...

    async def history(
        self,
        actor: Actor,
        *,
        player_id: UUID | None,
        game_id: UUID | None,
        since: int | None,
        until: int | None,
        status: str | None,
        before: UUID | None,
        limit: int,
    ) -> Listed: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the endpoints, as bootstrap builds it."""

    database: Database
    clock: Clock
    accounts: Accounts
    catalogue: Catalogue
    sessions: Sessions
    web: WebApp


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(_services)]
