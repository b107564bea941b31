"""Roles and suspensions: what admins say of other accounts."""

from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from tallybook.accounts.events import PlayerReinstated, PlayerSuspended, Role, RoleGranted, RoleTaken
from tallybook.accounts.players import find_player
from tallybook.accounts.registry import write_facts
from tallybook.accounts.revocations import revoke
from tallybook.accounts.sign_ins import SignIns, open_sign_ins
from tallybook.accounts.tables import players
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal, not_found
from tallybook.ledger.ledger import Ledger

ROLES: tuple[Role, ...] = get_args(Role)


class Roles:
    """Grants, takes, suspends. Who may is asked before; doing it again changes nothing."""

    def __init__(self, ledger: Ledger, clock: Clock, sign_ins: SignIns) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sign_ins = sign_ins

    async def grant(self, admin: UUID, player_id: UUID, role: Role) -> None:
        """The role is in the tokens that are issued from now on."""
        row = await self._account(player_id)
        if role not in row.roles.split():
            await self._change(admin, player_id, RoleGranted(role))

    async def take(self, admin: UUID, player_id: UUID, role: Role) -> None:
        """The role is gone at once, from the tokens that are alive too. There is always an admin."""
        row = await self._account(player_id)
        if role in row.roles.split():
            await self._change(admin, player_id, RoleTaken(role))

    async def suspend(self, admin: UUID, player_id: UUID) -> None:
        """Sign the account out everywhere; it cannot sign in until it is reinstated."""
        row = await self._account(player_id)
        if row.suspended_at is not None:
            return
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            this = players.c.id == player_id
            connection.execute(update(players).where(this).values(suspended_at=now))
            if "admin" in find_player(connection, player_id).roles.split():
                raise Refusal("forbidden", "an admin cannot be suspended: take the role first")

        await self._sign_ins.end_these(
            player_id,
            lambda connection: open_sign_ins(connection, player_id),
            actor=admin,
            content=("suspend",),
            facts=[PlayerSuspended()],
            beside=beside,
        )

    async def reinstate(self, admin: UUID, player_id: UUID) -> None:
        row = await self._account(player_id)
        if row.suspended_at is None:
            return

        def beside(connection: Connection) -> None:
            connection.execute(update(players).where(players.c.id == player_id).values(suspended_at=None))

        await write_facts(self._ledger, player_id, [PlayerReinstated()], beside, actor=admin)

    async def make_admin(self, username: str) -> UUID:
        """Grant an account the role of admin, for whoever runs the server."""
        query = select(players.c.id).where(players.c.username_folded == username.lower())
        found = await self._ledger.database.read(lambda connection: connection.execute(query).scalar())
        if found is None:
            raise not_found("account")
        player_id: UUID = found
        await self.grant(player_id, player_id, "admin")
        return player_id

    async def _account(self, player_id: UUID) -> Row[Any]:
        row = await self._ledger.database.read(lambda connection: find_player(connection, player_id))
        if row.kind != "account":
            raise Refusal("forbidden", "only accounts have roles and are suspended")
        return row

    async def _change(self, admin: UUID, player_id: UUID, fact: RoleGranted | RoleTaken) -> None:
        def beside(connection: Connection) -> None:
            if fact == RoleTaken("admin"):
                keep_an_admin(connection, player_id)
            before = set(find_player(connection, player_id).roles.split())
            after = before | {fact.role} if isinstance(fact, RoleGranted) else before - {fact.role}
            this = players.c.id == player_id
            connection.execute(update(players).where(this).values(roles=" ".join(sorted(after))))
            revoke(connection, [player_id], self._clock.now(), roles=set(ROLES) - after)

        await write_facts(self._ledger, player_id, [fact], beside, actor=admin)
        self._sign_ins.revocations.hear(player_id, fact)


def keep_an_admin(connection: Connection, leaving: UUID) -> None:
    """Refuse to let the last admin go. Only for an admin are the others looked for, among all players."""
    roles = connection.execute(select(players.c.roles).where(players.c.id == leaving)).scalar() or ""
    if "admin" not in roles.split():
        return
    some = select(players.c.id, players.c.roles).where(players.c.roles.contains("admin"))
    admins = {row.id for row in connection.execute(some) if "admin" in row.roles.split()}
    if admins == {leaving}:
        raise Refusal("last_admin", "make somebody else an admin first")
