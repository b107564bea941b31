"""What access tokens may no longer do although they are still alive, known to every node within a second."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, insert, select

from tallybook.accounts.events import PlayerErased, RoleGranted, RoleTaken, SignInsEnded
from tallybook.accounts.tables import revocations
from tallybook.accounts.tokens import LIFETIME, Claims
from tallybook.database.engine import Database
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.refusals import Refusal

_LIFETIME = (LIFETIME + 60) * 1_000_000  # nodes' clocks may differ by a little


class Revocations:
    """Kept in memory, fed by the ledger; `load` brings back those of before the start."""

    news = ("sign_ins_ended.", "role_", "player_erased.")  # types of events that `follow` is for

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ended: dict[UUID, int] = {}  # sign-ins and players, until when it matters; the oldest first
        self._taken: dict[UUID, frozenset[str]] = {}

    async def load(self) -> None:
        """Subscribe `follow` before, lest something falls between."""
        now = self._clock.now()
        alive = select(revocations).where(revocations.c.expires_at > now)
        for row in await self._database.read(lambda connection: connection.execute(alive).all()):
            if row.roles is None:
                self._ended[row.subject] = row.expires_at
            else:
                self._taken[row.subject] = self._taken.get(row.subject, frozenset()) | set(row.roles.split())

    def follow(self, events: Sequence[Recorded]) -> None:
        """A sink for the ledger's follower."""
        for recorded in events:
            self.hear(recorded.stream, recorded.event)

    def hear(self, player_id: UUID, event: Event) -> None:
        """What an event on a player's stream ends; hearing it twice changes nothing."""
        taken = self._taken.get(player_id, frozenset())
        self._end(ended_by(player_id, event))
        match event:
            case RoleTaken(role=role):
                self._taken[player_id] = taken | {role}
            case RoleGranted(role=role):
                self._taken[player_id] = taken - {role}

    def _end(self, subjects: Collection[UUID]) -> None:
        now = self._clock.now()
        while self._ended and next(iter(self._ended.values())) <= now:
            del self._ended[next(iter(self._ended))]
        self._ended |= dict.fromkeys(subjects, now + _LIFETIME)

    def check(self, claims: Claims) -> Claims:
        """What is left of the claims; refuses with `invalid_token` when nothing is."""
        if claims.sign_in in self._ended or claims.player_id in self._ended:
            raise Refusal("invalid_token", "this sign-in was ended: sign in again")
        taken = self._taken.get(claims.player_id) if claims.roles else None
        return msgspec.structs.replace(claims, roles=claims.roles - taken) if taken else claims


def ended_by(player_id: UUID, event: Event) -> Collection[UUID]:
    """The sign-ins and players that count no longer after an event on a player's stream."""
    match event:
        case SignInsEnded(sign_ins=ended):
            return ended
        case PlayerErased():
            return (player_id,)
        case _:
            return ()


def revoke(
    connection: Connection, subjects: Collection[UUID], now: int, *, roles: Collection[str] | None = None
) -> None:
    """Write down, for nodes that start later, that tokens of these sign-ins or players have ended.

    With `roles` only these were taken from the tokens.
    """
    gone = (revocations.c.expires_at <= now) | revocations.c.subject.in_(list(subjects))
    connection.execute(delete(revocations).where(gone))
    kept = None if roles is None else " ".join(sorted(roles))
    for subject in subjects:
        row = {"subject": subject, "roles": kept, "expires_at": now + _LIFETIME}
        connection.execute(insert(revocations).values(row))
