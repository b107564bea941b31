"""Who is asking."""

from dataclasses import dataclass
from uuid import UUID

from tallybook.accounts.events import Kind
from tallybook.accounts.tokens import Claims

ADMIN = "admin"
MANAGER = "community_manager"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in player, as the access token says; or an API key, whose id stands for nobody's player."""

    player_id: UUID
    kind: Kind = "account"
    roles: frozenset[str] = frozenset()
    merged: frozenset[UUID] = frozenset()  # the other players who are the same person
    key_games: frozenset[UUID] | None = None  # of an API key: the games it is for

    @classmethod
    def of(cls, claims: Claims, merged: frozenset[UUID] = frozenset()) -> "Actor":
        return cls(claims.player_id, claims.kind, claims.roles, merged)

    @classmethod
    def of_key(cls, key_id: UUID, games: frozenset[UUID]) -> "Actor":
        return cls(key_id, "bot", key_games=games)

    @property
    def ids(self) -> frozenset[UUID]:
        """Every player that the actor is."""
        return self.merged | {self.player_id}
