"""Claiming players: "that is me", said to whoever has the player in a library, or proved by a secret."""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from tallybook.accounts.events import Kind
from tallybook.accounts.inbox import Inbox, Notice, notice, put, repeated
from tallybook.accounts.merges import ALREADY_CLAIMED, Persons
from tallybook.accounts.players import Player, find_player, shown
from tallybook.accounts.registry import refusing_twins
from tallybook.accounts.sign_ins import RefreshToken
from tallybook.accounts.tables import claims, invitations, merges, players, sign_ins
from tallybook.accounts.tokens import Claims as TokenClaims
from tallybook.database.bulk import Insert
from tallybook.kernel.clock import Clock, iso, iso_or_none
from tallybook.kernel.ids import new_id
from tallybook.kernel.randomness import invitation_code
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.ledger.ledger import Ledger

INVITED_FOR = 14 * 86_400 * 1_000_000  # microseconds

_invite = Insert(
    invitations, ["player_id", "code_digest", "expires_at"], update=["code_digest", "expires_at"]
)

Status = Literal["pending", "approved", "rejected"]


class Claim(msgspec.Struct, frozen=True):
    """That `claimant` is `player`. `incoming` ones are the reader's to decide."""

    id: UUID
    player: Player
    claimant: Player
    status: Status
    direction: Literal["incoming", "outgoing"]
    decided_at: str | None


class Invitation(msgspec.Struct, frozen=True):
    """`code` is shown this once; whoever first sends it becomes the player."""

    player_id: UUID
    code: str
    expires_at: str


class Stored(msgspec.Struct, frozen=True):
    """A claim as its row is; `owner_id` has the player in a library, if anybody has."""

    id: UUID
    player_id: UUID
    claimant_id: UUID
    status: Status
    owner_id: UUID | None


class Claiming:
    """Asking for players, inviting and deciding. Who may decide is asked before."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        persons: Persons,
        verify: Callable[[str], TokenClaims],
        inbox: Inbox,
    ) -> None:
        self._database = ledger.database
        self._inbox = inbox
        self._clock = clock
        self._persons = persons
        self._verify = verify

    async def ask(self, claimant: UUID, player_id: UUID) -> Claim:
        """Ask the player's owner; the owner's own claim holds at once. Asking again changes nothing."""
        mine = self._persons.members_of(claimant)

        def look(connection: Connection) -> tuple[UUID | None, UUID]:
            row = find_player(connection, player_id)
            if row.kind == "guest" and player_id not in mine:
                raise Refusal("not_claimable", "a guest is claimed by sending a token of the guest's")
            return _held(connection, row, "named", mine), row.owner_id

        held, owner = await self._database.read(look)
        if held is None and owner in mine:
            return await self._merge(player_id, claimant)
        if held is None:

            def write(connection: Connection) -> tuple[UUID, list[Notice]]:
                claim = _put(connection, player_id, claimant, "pending", None)
                asked = {"claim_id": claim, "player_id": player_id, "claimant_id": claimant}
                told = notice(owner, "claim_asked", self._clock.now(), claim, **asked)
                return claim, [] if repeated(connection, told) else put(connection, [told])

            pending, told = await self._database.write(write)
            await self._inbox.told(told)
            return await self._shown(pending, claimant)
        return await self._shown(held, claimant)

    async def use_code(self, claimant: UUID, code: str) -> Claim:
        """Become the player of an invitation; then the code is nobody else's."""
        invited = and_(
            invitations.c.code_digest == _digest(code), invitations.c.expires_at > self._clock.now()
        )

        def find(connection: Connection) -> UUID:
            query = select(invitations.c.player_id).where(invited)
            found: UUID | None = connection.execute(query).scalar_one_or_none()
            if found is None:
                raise not_found("invitation, or it has expired")
            return found

        return await self._prove(claimant, "named", find)

    async def use_token(self, claimant: UUID, token: str) -> Claim:
        """Become the guest to whom an access token or the newest refresh token belongs."""
        return await self._prove(claimant, "guest", partial(self._holder, token=token))

    async def _prove(self, claimant: UUID, kind: Kind, find: Callable[[Connection], UUID]) -> Claim:
        """Become the player that `find` finds by a secret; once more, it is the same claim."""
        mine = self._persons.members_of(claimant)

        def look(connection: Connection) -> tuple[UUID, UUID | None]:
            player_id = find(connection)
            return player_id, _held(connection, find_player(connection, player_id), kind, mine)

        player_id, held = await self._database.read(look)
        return await self._merge(player_id, claimant) if held is None else await self._shown(held, claimant)

    async def invite(self, player_id: UUID) -> Invitation:
        """A code for a named player, in place of the one before."""
        code = invitation_code()
        expires_at = self._clock.now() + INVITED_FOR

        def write(connection: Connection) -> None:
            _held(connection, find_player(connection, player_id), "named", frozenset())
            _invite.run(connection, [(player_id, _digest(code), expires_at)])

        await self._database.write(write)
        return Invitation(player_id, "-".join((code[:4], code[4:8], code[8:])), iso(expires_at))

    async def list(self, reader: UUID, *, before: UUID | None, limit: int) -> list[Claim]:
        """What the reader claims, and what others claim of the reader's library; newest first."""
        mine = self._persons.members_of(reader)
        owned = select(players.c.id).where(players.c.owner_id.in_(mine)).scalar_subquery()
        query = select(claims).where(or_(claims.c.claimant_id.in_(mine), claims.c.player_id.in_(owned)))
        if before is not None:
            query = query.where(claims.c.id < before)

        def read(connection: Connection) -> list[Claim]:
            rows = connection.execute(query.order_by(claims.c.id.desc()).limit(limit)).all()
            return _show(connection, rows, mine)

        return await self._database.read(read)

    async def owner_of(self, player_id: UUID) -> UUID | None:
        """In whose library a player is."""
        owner: UUID | None = (await self._database.read(partial(find_player, player_id=player_id))).owner_id
        return owner

    async def find(self, claim_id: UUID) -> Stored:
        query = select(
            claims.c.id, claims.c.player_id, claims.c.claimant_id, claims.c.status, players.c.owner_id
        ).join_from(claims, players, claims.c.player_id == players.c.id)
        row = await self._database.read(
            lambda connection: connection.execute(query.where(claims.c.id == claim_id)).one_or_none()
        )
        if row is None:
            raise not_found("claim")
        return Stored(*row)

    async def approve(self, actor: UUID, claim: Stored) -> Claim:
        """From now on the claimant is the player too; approving again changes nothing."""
        if claim.status == "approved":
            return await self._shown(claim.id, actor)

        def still_asked(connection: Connection) -> None:
            if connection.execute(select(claims.c.id).where(claims.c.id == claim.id)).first() is None:
                raise not_found("claim")

        return await self._merge(claim.player_id, claim.claimant_id, still_asked, actor=actor)

    async def reject(self, actor: UUID, claim: Stored) -> Claim:
        """Rejecting again changes nothing; what was approved is split by `withdraw`."""
        row = and_(claims.c.id == claim.id, claims.c.status != "approved")
        rejected = update(claims).where(row).values(status="rejected", decided_at=self._clock.now())
        if (await self._database.write(lambda c: c.execute(rejected).rowcount)) != 1:
            raise Refusal(*ALREADY_CLAIMED)
        return await self._shown(claim.id, actor)

    async def withdraw(self, actor: UUID, claim: Stored) -> None:
        """Take a claim back; the player and the claimant are two again."""
        # Not if it was decided meanwhile: the merge of a claim that is gone could not be split.
        this = and_(claims.c.id == claim.id, claims.c.status == claim.status)

        def forget(connection: Connection) -> None:
            if connection.execute(delete(claims).where(this)).rowcount != 1:
                raise not_found("claim")

        def split(connection: Connection) -> None:
            forget(connection)  # and the code that may have led to it, lest it be used again
            connection.execute(delete(invitations).where(invitations.c.player_id == claim.player_id))

        if claim.status == "approved":
            await self._persons.split(claim.player_id, actor=actor, beside=split)
        else:
            await self._database.write(forget)

    async def _merge(
        self,
        player_id: UUID,
        claimant: UUID,
        check: Callable[[Connection], None] = lambda _: None,
        *,
        actor: UUID | None = None,
    ) -> Claim:
        """Merge, and note the claim as approved; others' claims to the player are answered by that."""
        now = self._clock.now()

        def beside(connection: Connection) -> None:
            check(connection)
            others = and_(claims.c.player_id == player_id, claims.c.status == "pending")
            connection.execute(update(claims).where(others).values(status="rejected", decided_at=now))
            _put(connection, player_id, claimant, "approved", now)

        await self._persons.merge(player_id, claimant, actor=actor or claimant, beside=beside)
        query = select(claims.c.id).where(
            claims.c.player_id == player_id, claims.c.claimant_id == claimant, claims.c.status == "approved"
        )
        claim_id = await self._database.read(lambda c: c.execute(query).scalar_one_or_none())
        if claim_id is None:  # it was split again in the same moment
            raise not_found("claim")
        return await self._shown(claim_id, actor or claimant)

    async def _shown(self, claim_id: UUID, reader: UUID) -> Claim:
        mine = self._persons.members_of(reader)
        query = select(claims).where(claims.c.id == claim_id)
        found = await self._database.read(lambda c: _show(c, c.execute(query).all(), mine))
        if not found:
            raise not_found("claim")
        return found[0]

    def _holder(self, connection: Connection, token: str) -> UUID:
        try:
            if "." in token:
                return self._verify(token).player_id
            refresh = RefreshToken.read(token)
        except Refusal:
            raise invalid("token", "is no valid token of this server") from None
        live = and_(
            sign_ins.c.id == refresh.sign_in,
            sign_ins.c.secret_digest == refresh.digest,
            sign_ins.c.expires_at > self._clock.now(),
        )
        query = select(sign_ins.c.player_id).where(live)
        holder: UUID | None = connection.execute(query).scalar_one_or_none()
        if holder is None:
            raise invalid("token", "is no valid token of this server")
        return holder


def _held(connection: Connection, row: Row[Any], kind: Kind, mine: frozenset[UUID]) -> UUID | None:
    """The claim by which one of `mine` is the player already. Refuses whom nobody can claim in this way."""
    if row.kind != kind or row.erased_at is not None:
        raise Refusal("not_claimable", f"this is no {kind} player")
    if connection.execute(select(merges.c.into_id).where(merges.c.player_id == row.id)).first() is None:
        return None
    this = and_(claims.c.player_id == row.id, claims.c.claimant_id.in_(mine), claims.c.status == "approved")
    held: UUID | None = connection.execute(select(claims.c.id).where(this)).scalar_one_or_none()
    if held is None:
        raise Refusal(*ALREADY_CLAIMED)
    return held


def _put(
    connection: Connection, player_id: UUID, claimant: UUID, status: Status, decided_at: int | None
) -> UUID:
    """The one claim of this claimant to this player, made or changed to `status`."""
    this = and_(claims.c.player_id == player_id, claims.c.claimant_id == claimant)
    known: UUID | None = connection.execute(select(claims.c.id).where(this)).scalar_one_or_none()
    if known is None:
        claim_id = new_id()
        row = {"id": claim_id, "player_id": player_id, "claimant_id": claimant}
        with refusing_twins("unavailable", "this claim is being made just now: try again"):
            connection.execute(insert(claims).values(row | {"status": status, "decided_at": decided_at}))
        return claim_id
    # It may be approved just now, and stays so.
    open_ = this & (claims.c.status != "approved")
    connection.execute(update(claims).where(open_).values(status=status, decided_at=decided_at))
    return known


def _show(connection: Connection, rows: Sequence[Row[Any]], mine: frozenset[UUID]) -> list[Claim]:
    """Claims with their people, as one of `mine` sees them."""
    wanted = {row.player_id for row in rows} | {row.claimant_id for row in rows}
    people = {
        row.id: shown(row) for row in connection.execute(select(players).where(players.c.id.in_(wanted)))
    }
    return [
        Claim(
            id=row.id,
            player=people[row.player_id],
            claimant=people[row.claimant_id],
            status=row.status,
            direction="outgoing" if row.claimant_id in mine else "incoming",
            decided_at=iso_or_none(row.decided_at),
        )
        for row in rows
    ]


def _digest(code: str) -> bytes:
    """Of a code in any case, with or without hyphens and spaces."""
    plain = "".join(filter(str.isalnum, code)).upper()
    return blake2b(plain.encode(), digest_size=32).digest()
