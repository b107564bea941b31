"""Who is asking."""

from dataclasses import dataclass, field
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
    sign_in: UUID | None = None  # of a person: the device whose token it is
    ids: frozenset[UUID] = field(init=False, repr=False, compare=False)  # every player that the actor is

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", self.merged | {self.player_id})

    @classmethod
    def of(cls, claims: Claims, merged: frozenset[UUID] = frozenset()) -> "Actor":
        return cls(claims.player_id, claims.kind, claims.roles, merged, sign_in=claims.sign_in)

    @classmethod
    def of_key(cls, key_id: UUID, games: frozenset[UUID]) -> "Actor":
        return cls(key_id, "bot", key_games=games)
