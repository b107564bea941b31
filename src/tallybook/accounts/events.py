"""What the registry records of people: that they exist and what projections need to know, never a name."""

from typing import Literal
from uuid import UUID

from tallybook.kernel.events import Event, event

Kind = Literal["account", "guest", "bot", "named"]
Role = Literal["developer", "community_manager", "admin"]  # besides what everybody is: a player


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


@event("sign_ins_ended.v1")
class SignInsEnded(Event, frozen=True):
    """These devices are signed out: by themselves, from elsewhere, or because a token was copied."""

    sign_ins: tuple[UUID, ...]


@event("role_granted.v1")
class RoleGranted(Event, frozen=True):
    role: Role


@event("role_taken.v1")
class RoleTaken(Event, frozen=True):
    role: Role


@event("player_suspended.v1")
class PlayerSuspended(Event, frozen=True):
    """The player may not sign in until reinstated."""


@event("player_reinstated.v1")
class PlayerReinstated(Event, frozen=True):
    """The player may sign in again."""


@event("api_key_made.v1")
class ApiKeyMade(Event, frozen=True):
    """On the stream of the game that the key is for."""

    key: UUID


@event("api_key_revoked.v1")
class ApiKeyRevoked(Event, frozen=True):
    key: UUID


@event("player_merged.v1")
class PlayerMerged(Event, frozen=True):
    """The person `into` is this player too: written on the stream of the one that was claimed."""

    into: UUID


@event("player_split.v1")
class PlayerSplit(Event, frozen=True):
    """The newest merge of this player was undone."""


@event("player_erased.v1")
class PlayerErased(Event, frozen=True):
    """Everything private about this player is gone; the id stays where it was written."""
