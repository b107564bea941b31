"""Who is asking."""

from dataclasses import dataclass
from uuid import UUID

from tallybook.accounts.events import Kind
from tallybook.accounts.tokens import Claims

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in player, as the access token says."""

    player_id: UUID
    kind: Kind = "account"
    roles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, claims: Claims) -> "Actor":
        return cls(claims.player_id, claims.kind, claims.roles)
