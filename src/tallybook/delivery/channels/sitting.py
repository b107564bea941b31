"""One room that somebody here follows: what was committed there is told to each as they may see it."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast
from uuid import UUID

import msgspec

from tallybook.accounts.names import Names
from tallybook.database.trouble import said_of
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.tables import Table, event_json, people_of
from tallybook.kernel.events import Recorded
from tallybook.kernel.text import FreeText
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.states import Versioned
from tallybook.play.desk import FOLD
from tallybook.rules.protocol import Viewer
from tallybook.sessions.redaction import view_event, view_state, viewers
from tallybook.sessions.session import Session

log = logging.getLogger(__name__)

LOOK_AGAIN = 0.5  # seconds after the database could not be read

_ROLE_CHANGES = ("session_", "seat_", "scorekeeper_", "player_kicked")


class Watcher(Protocol):
    """One socket's place in the room."""

    def look_again(self, session: Session, names: Mapping[UUID, str]) -> None:
        """Roles may have changed: see what the new one sees, or leave when sent out."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What sittings tell from, and how they are found."""

    ledger: Ledger
    names: Names
    hub: Hub
    moved: Callable[["Sitting", UUID], None]  # a sitting, and the session it has left


class Sitting:
    """The room's session of the moment and what was told of it."""

    def __init__(self, around: Surroundings, key: str, session_id: UUID) -> None:
        self.key = key
        self.topic = f"room:{key}"
        self.session_id = session_id
        self.previous: UUID | None = None  # the session before
        self._before = _all_before(session_id)
        self.members: set[Watcher] = set()
        self.texts: dict[str, str] = {}
        self.told: dict[Viewer, int] = {}  # the newest event each class could see
        self._around = around
        self._erased: set[str] = set()  # digests of texts that are no more
        self._nameless: set[UUID] = set()  # asked about, and nobody knows them
        self._named: tuple[object, ...] = ()  # those whose names were at hand, and when
        self.erasures = 0  # heard of: what was read before one may hold texts that are no more
        self._outdated = False  # names or texts that were told are others now, or gone
        self._backlog: list[Recorded] = []  # committed, and not told yet
        self._reading: asyncio.Task[None] | None = None  # what the backlog needs before it can be told

    @property
    def newest(self) -> UUID:
        """The newest session of the room that was heard of."""
        return self._backlog[-1].stream if self._backlog else self.session_id

    def position(self, index: int) -> int:
        """A number that grows through all sessions of the room: ids of sessions grow with time."""
        return self._before + index + 1

    def hear(self, recorded: Recorded) -> None:
        """Something was committed in the room; `advance` tells of it."""
        self._backlog.append(recorded)

    def move(self, session_id: UUID) -> None:
        """The room has gone on to another session."""
        self.previous, self.session_id = self.session_id, session_id
        self._before = _all_before(session_id)
        self.told.clear()
        self.texts.clear()
        self._around.moved(self, self.previous)

    def renew(self, people: Set[UUID], *, erased: bool) -> None:
        """These have another name, or were `erased` with what they wrote: read again, then tell the board."""
        self.erasures += erased
        at = self._around.ledger.committed(self.session_id)
        shown = at is None or not people.isdisjoint(people_of(cast("Session", at.state)))
        if not shown and not (erased and self.texts):  # of whom a text is, is not known
            return
        self._outdated = True
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(self.session_id))

    def advance(self) -> None:
        """Tell what is in the backlog, in order, as far as everything needed for it is at hand."""
        while self._backlog and self._reading is None:
            stream = self._backlog[0].stream
            if stream is not self.session_id and stream != self.session_id:
                self.move(stream)
                started = partial(_started, stream)
                self._around.hub.broadcast(self.topic, "session_started", started, position=self.position(-1))
            events = [one for one in self._backlog if one.stream is stream or one.stream == stream]
            at = cast("Versioned[Session] | None", self._around.ledger.committed(stream))
            if at is None or at.index < events[-1].index or not self._at_hand(at.state, events):
                self._reading = asyncio.create_task(self._read(stream))
                return
            del self._backlog[: len(events)]
            self._tell(at.state, events)

    def _at_hand(self, session: Session, events: Sequence[Recorded]) -> bool:
        """Whether every name and text that is to be shown is known, or known to be gone."""
        named = (session.seats, session.requests, session.result, self._around.names.generation)
        if named != self._named:
            if not people_of(session) - self._nameless <= self._around.names.at_hand.keys():
                return False
            self._named = named
        digests = _digests(events)
        return not digests or digests - self._erased <= self.texts.keys()

    async def _read(self, session_id: UUID) -> None:
        """Bring to hand what the backlog or an outdated board needs: the state, names and texts."""
        renewed = False
        while True:
            outdated, self._outdated = self._outdated, False
            renewed |= outdated
            try:
                at = cast("Versioned[Session]", await self._around.ledger.state(session_id, FOLD))
                people = people_of(at.state)
                self._nameless = people - (await self._around.names.of(people)).keys()
                digests = _digests(self._backlog)
                if digests or outdated:
                    texts = await self._around.ledger.texts(session_id)
                    self.texts = texts if outdated else self.texts | texts
                    self._erased = digests - self.texts.keys()
                known = people - self._nameless <= self._around.names.at_hand.keys()
                if not self._outdated and (known or not renewed):
                    break
                continue  # changed again in the meantime
            except Exception as error:  # the database is away
                log.warning("could not read what %s is to be told: %s", self.topic, said_of(error))
                self._outdated |= outdated
            await asyncio.sleep(LOOK_AGAIN)
            if not self.members:
                return
        self._reading = None
        if renewed:
            board = partial(self._board, self.session_id)
            self._around.hub.refresh(self.topic, "scoreboard", board)
        self.advance()

    def _tell(self, session: Session, events: Sequence[Recorded]) -> None:
        """Push each event to those who may see it, and the board as it is by then."""
        if any(recorded.type.startswith(_ROLE_CHANGES) for recorded in events):
            for channel in tuple(self.members):
                channel.look_again(session, self._around.names.at_hand)
        classes = viewers(session)
        for recorded in events:
            payloads: dict[object, bytes] = {}
            for viewer in classes:
                event = view_event(session, recorded, viewer)
                if event is not None:
                    # A join may have read further than what was told: nothing precedes itself.
                    before = min(self.told.get(viewer, recorded.index), recorded.index - 1)
                    payloads[viewer] = event_json(recorded, event, self.texts, before)
                    self.told[viewer] = recorded.index
            position = self.position(recorded.index)
            self._around.hub.broadcast(self.topic, "event", payloads.get, position=position)
        board = partial(self._board, self.session_id)
        self._around.hub.refresh(self.topic, "scoreboard", board, position=position)

    def _board(self, session_id: UUID, viewer: object) -> bytes | None:
        """The newest committed board; called when it is due to be sent."""
        at = self._around.ledger.committed(session_id)
        if at is None or self.session_id != session_id:
            return None  # the room has moved on; its new session's board follows
        if self._reading is not None:
            return None  # a name or text in it is not at hand; what is told next brings the board
        session = view_state(cast("Session", at.state), cast("Viewer", viewer))
        return Table(session_id, at.index, session, self._around.names.at_hand, self.texts).board()


def _all_before(session_id: UUID) -> int:
    """What the positions in a session lie beyond."""
    return session_id.int << 32


def _started(session_id: UUID, _viewer: object) -> bytes:
    return msgspec.json.encode({"session_id": session_id})


def _digests(events: Sequence[Recorded]) -> set[str]:
    """Of the free texts that events refer to."""
    return {
        value.digest
        for recorded in events
        for name in recorded.event.free_text
        if isinstance(value := getattr(recorded.event, name), FreeText)
    }
