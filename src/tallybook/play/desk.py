"""Where every write to a session arrives, from whatever interface, and goes into the ledger."""

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.access.matrix import may, relations_of
from tallybook.access.sessions import require_in_session
from tallybook.accounts.merges import Persons, persons_of
from tallybook.accounts.players import find_player
from tallybook.kernel.events import Event
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.ledger.append import Append, Appended, Beside, Outcome
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.requests import Body, Envelope, fingerprint
from tallybook.sessions.commands import CreateSession
from tallybook.sessions.decide import decide
from tallybook.sessions.fold import SessionFold
from tallybook.sessions.session import Session
from tallybook.sessions.wire import decode_command

FOLD = SessionFold()

Done = Callable[[Outcome], None]
Decide = Callable[[Session | None, int], Sequence[Event]]


class Desk:
    """Takes commands for sessions: checks who may, decides under the rules, appends."""

    def __init__(self, ledger: Ledger, persons: Persons) -> None:
        self._ledger = ledger
        self._persons = persons

    def people(self, player_id: UUID) -> Sequence[UUID]:
        """All players who are the same person as this one, this one first."""
        members = self._persons.members_of(self._persons.person_of(player_id))
        return (player_id, *sorted(members - {player_id}))

    def submit(
        self,
        actor: Actor,
        session_id: UUID,
        name: str,
        body: Body,
        envelope: Envelope,
        done: Done,
        *,
        member: bool = False,
    ) -> None:
        """Queue a write. `done` hears of the commit or the `Refusal`; nothing here waits.

        `name` is the command as the API spells it; `body` no longer holds what is in the envelope;
        `member` says that the room has let the actor in, so that a refusal may admit that it exists.
        """
        self._ledger.submit(self._write(actor, session_id, name, body, envelope, member=member), done)

    async def write(
        self,
        actor: Actor,
        session_id: UUID,
        name: str,
        body: Body,
        envelope: Envelope,
        *,
        member: bool = False,
    ) -> Appended:
        """The same, waiting for the commit."""
        return await self._ledger.append(self._write(actor, session_id, name, body, envelope, member=member))

    async def rehearse(
        self,
        actor: Actor,
        session_id: UUID,
        name: str,
        body: Body,
        envelope: Envelope,
        *,
        member: bool = False,
    ) -> tuple[Versioned[Session], Sequence[Event]]:
        """The state as it is, and the events that a write would append to it. Nothing is written."""
        append = self._write(actor, session_id, name, body, envelope, member=member)
        at: Versioned[Session | None] = await self._ledger.state(session_id, FOLD)
        events = append.decide(at.state, at.index + 1)
        return cast("Versioned[Session]", at), events

    async def create(
        self,
        actor: Actor,
        session_id: UUID,
        command: CreateSession,
        content: bytes,
        envelope: Envelope,
        beside: Beside,
    ) -> UUID:
        """Open the session `session_id`; returns its id, or that of the one the same command id opened.

        `content` is the fingerprint of what was asked for; `beside` writes the room in the same
        transaction, or refuses.
        """
        require_time(actor, envelope)
        written = await self._ledger.append(
            Append(
                stream=session_id,
                kind="session",
                fold=FOLD,
                decide=lambda session, index: decide(
                    session, command, actor=actor.player_id, index=index, people=self.people
                ),
                actor=actor.player_id,
                at=envelope.at,
                zone=envelope.zone,
                command_id=envelope.command_id,
                fingerprint=content,
                scope=actor.player_id,
                beside=beside,
            )
        )
        return written.stream

    def _write(
        self,
        actor: Actor,
        session_id: UUID,
        name: str,
        body: Body,
        envelope: Envelope,
        *,
        member: bool,
    ) -> Append[Any]:
        meant = _meant(actor, name, body)

        def decided(session: Session | None, index: int) -> Sequence[Event]:
            if session is None:
                raise not_found("session")
            require_in_session(actor, meant, session, member=member)
            require_time(actor, envelope)
            command = decode_command(session.rules, name, body)
            return decide(session, command, actor=actor.player_id, index=index, people=self.people)

        return Append(
            stream=session_id,
            kind="session",
            fold=FOLD,
            decide=decided,
            actor=actor.player_id,
            at=envelope.at,
            zone=envelope.zone,
            command_id=envelope.command_id,
            fingerprint=b"" if envelope.command_id is None else fingerprint(name, body),
            expected_index=envelope.expected_index,
            beside=_refuse_nobody(name, body),
        )


def _meant(actor: Actor, name: str, body: Body) -> str:
    """The command by which it is judged who may: declining a request of one's own is withdrawing it."""
    match name, body:
        case ("seats", {"decline": {"player_id": str(who)}}) if who.lower() in map(str, actor.ids):
            return "withdraw"
    return name


def _refuse_nobody(name: str, body: Body) -> Beside | None:
    """What refuses a command that names somebody who does not exist, or seats somebody who was erased.

    None for commands that name nobody, or only who is at the table: of them the session itself knows.
    Who is to write or to run the room must be able to sign in, or to come as somebody who is: the last one
    at it stays, and with nobody there the room would be dead.
    """
    signs_in = name in {"add_scorekeeper", "host"}
    match name, body:
        case ("add_scorekeeper" | "host" | "kick", {"player_id": who}):
            field = "player_id"
        case ("seats", {"add": {"player_id": who}}):
            field = "add.player_id"
        case _:
            return None

    def beside(connection: Connection) -> None:
        try:
            row = find_player(connection, UUID(who))
        except Refusal:
            raise invalid(field, "there is no such player") from None
        if name == "seats" and row.erased_at is not None:
            raise invalid(field, "there is no such player")
        if signs_in:
            row = find_player(connection, persons_of(connection, [row.id])[row.id])
            if row.kind not in {"account", "guest"} or row.erased_at is not None:
                raise invalid(field, "must be somebody who can sign in")

    return beside


def require_time(actor: Actor, envelope: Envelope) -> None:
    """Refuse to date something back a long way from whoever may not claim time."""
    if envelope.claims_time and not may("time.claim", relations_of(actor)):
        raise Refusal("forbidden", "at: only an administrator may say that it was more than a year ago")
