"""What has happened to people goes into their inboxes, so that who was away finds it on coming back."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Connection

from tallybook.accounts.events import PlayerMerged
from tallybook.accounts.inbox import Inbox, Notice, notice, put
from tallybook.accounts.merges import Persons
from tallybook.accounts.tables import players
from tallybook.careers.events import AchievementUnlocked
from tallybook.database.bulk import Lookup
from tallybook.database.engine import Database
from tallybook.kernel.clock import iso
from tallybook.kernel.events import Recorded
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.slots import SLOTS
from tallybook.sessions.events import (
    ResultCorrected,
    SeatAdded,
    SeatTaken,
    SessionCreated,
    SessionVoided,
)

_sessions = MappingProxyType(
    {
        slot: Lookup(SessionDirectory.sessions[slot], ["session_id", "game_id"], ["session_id"])
        for slot in SLOTS
    }
)
_seats = MappingProxyType(
    {
        slot: Lookup(
            SessionDirectory.seats[slot], ["session_id", "player_id", "is_bot", "present"], ["session_id"]
        )
        for slot in SLOTS
    }
)
_owners = Lookup(players, ["id", "owner_id"], ["id"])


_AT_TABLES = SeatAdded | SeatTaken | ResultCorrected | SessionVoided


class Notifying:
    """A reaction: at least once, and the inbox keeps what it is told twice as one."""

    name = "notifications"
    concerns = frozenset(
        {
            "achievement_unlocked",
            "player_merged",
            "result_corrected",
            "seat_added",
            "seat_taken",
            "session_created",
            "session_voided",
        }
    )
    from_start = False

    def __init__(
        self, database: Database, inbox: Inbox, persons: Persons, directory: SessionDirectory
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._persons = persons
        self._directory = directory

    async def react(self, events: Sequence[Recorded]) -> bool:
        notices = await self._database.read(partial(self._notices, events=events))
        if not notices:
            return False
        await self._inbox.told(await self._database.write(partial(put, notices=notices)))
        return True

    def _notices(self, connection: Connection, events: Sequence[Recorded]) -> list[Notice]:
        slot = self._directory.slot
        streams = [(stream,) for stream in {e.stream for e in events if isinstance(e.event, _AT_TABLES)}]
        games: dict[UUID, UUID] = dict(map(tuple, _sessions[slot].run(connection, streams)))
        voided = [(e.stream,) for e in events if isinstance(e.event, SessionVoided)]
        at_table: dict[UUID, list[UUID]] = {}
        for session_id, player_id, is_bot, present in _seats[slot].run(connection, voided):
            if present and not is_bot:
                at_table.setdefault(session_id, []).append(player_id)
        claimed = [(e.stream,) for e in events if isinstance(e.event, PlayerMerged)]
        owners: dict[UUID, UUID | None] = dict(map(tuple, _owners.run(connection, claimed)))
        return [each for recorded in events for each in self._of(recorded, games, at_table, owners)]

    def _of(
        self,
        recorded: Recorded,
        games: dict[UUID, UUID],
        at_table: dict[UUID, list[UUID]],
        owners: dict[UUID, UUID | None],
    ) -> Iterator[Notice]:
        """What one event has to tell, to whom."""
        session_id = recorded.stream
        at_session = {"session_id": session_id, "game_id": games.get(session_id)}
        match recorded.event:
            case AchievementUnlocked() as unlocked if not (unlocked.bot or unlocked.again):
                told = {
                    "game_id": unlocked.game,
                    "achievement_id": unlocked.achievement,
                    "points": unlocked.points,
                    "tier": unlocked.tier,
                    "unlocked_at": iso(recorded.happened_at),
                }
                yield _notice(recorded, unlocked.player, "achievement_unlocked", **told)
            case SessionCreated() as created:
                at_session["game_id"] = created.game_id
                guests = (seat.player_id for seat in created.seats if not seat.is_bot)
                yield from self._others(recorded, guests, "session_invited", **at_session)
            case SeatAdded(player_id=player_id, is_bot=False):
                yield from self._others(recorded, [player_id], "session_invited", **at_session)
            case SeatTaken(player_id=player_id):
                yield from self._others(recorded, [player_id], "seat_taken", **at_session)
            case ResultCorrected(result=result):
                seated = (seat.player_id for seat in result.seats if not seat.is_bot)
                yield from self._others(recorded, seated, "result_corrected", **at_session)
            case SessionVoided():
                yield from self._others(
                    recorded, at_table.get(session_id, ()), "session_voided", **at_session
                )
            case PlayerMerged(into=into):
                claim = {"player_id": recorded.stream, "claimant_id": into}
                yield from self._others(recorded, [into], "claim_approved", **claim)
                if (owner := owners.get(recorded.stream)) is not None:
                    yield from self._others(recorded, [owner], "player_claimed", **claim)

    def _others(
        self, recorded: Recorded, to: Iterable[UUID], kind: str, /, **data: UUID | None
    ) -> Iterator[Notice]:
        """To these persons, each once, but for the one who did it."""
        person_of = self._persons.person_of
        doer = None if recorded.actor is None else person_of(recorded.actor)
        for person in {person_of(player_id) for player_id in to}:
            if person != doer:
                yield _notice(recorded, person, kind, **data)


def _notice(recorded: Recorded, player_id: UUID, kind: str, /, **data: object) -> Notice:
    cause = UUID(bytes=recorded.hash[:16])  # the same for this event whoever looks, and whenever
    return notice(player_id, kind, recorded.committed_at, cause, **data)
