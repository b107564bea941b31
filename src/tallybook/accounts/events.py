"""What the registry records of people: that they exist and what projections need to know, never a name."""

from typing import Literal
from uuid import UUID

from tallybook.kernel.events import Event, event

Kind = Literal["account", "guest", "bot", "named"]


@event("player_registered.v1")
class PlayerRegistered(Event, frozen=True):
    """A player came to be; `owner` is whose library a named one is in."""

    kind: Kind
    owner: UUID | None = None


@event("guest_became_account.v1")
class GuestBecameAccount(Event, frozen=True):
    """The guest chose a username and a password and keeps id and history."""


@event("player_changed.v1")
class PlayerChanged(Event, frozen=True):
    """The profile changed. `region` is the new one, empty when it was taken out."""

    fields: tuple[str, ...]
    region: str | None = None
