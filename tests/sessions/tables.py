"""A table under test: commands go in by name and JSON body, the log and the session come out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from tallybook.kernel.events import Event, Recorded, encode, registry
from tallybook.rules.protocol import Command, Config, Stat, Win
from tallybook.sessions.board import render_board, session_json
from tallybook.sessions.commands import CreateSession, SeatToAdd
from tallybook.sessions.decide import decide
from tallybook.sessions.fold import SessionFold
from tallybook.sessions.session import Session
from tallybook.sessions.wire import decode_command

FOLD = SessionFold()
SESSION, ROOM, GAME = UUID(int=1000), UUID(int=1001), UUID(int=1002)
HOST, ANA, BEN, CLEO = (UUID(int=number) for number in range(1, 5))
NAMES = {HOST: "Host", ANA: "Ana", BEN: "Ben", CLEO: "Cleo"}
POINTS = Stat("points", scoring=True)
MADE_AT = 1_800_000_000_000_000


def creation(
    *players: UUID,
    stats: Sequence[Stat] = (POINTS,),
    win: Win = "highest",
    rules: str = "scoresheet",
    **more: Any,
) -> CreateSession:
    seats = tuple(SeatToAdd(player) for player in players)
    fields: dict[str, Any] = {"seats": seats, "config": Config(tuple(stats), win), "rules": rules, **more}
    return CreateSession(room_id=ROOM, key="ABC234", game_id=GAME, host_id=HOST, **fields)


class Table:
    """Folds what it decides like the ledger does, one second between events."""

    def __init__(self, create: CreateSession) -> None:
        self.state: Session | None = None
        self.log: list[Recorded] = []
        self.texts: dict[str, str] = {}
        self.merged: dict[UUID, UUID] = {}  # who was claimed, by whom
        self.carry_out(create, HOST)

    def people(self, player_id: UUID) -> list[UUID]:
        person = self.merged.get(player_id, player_id)
        everybody = {person, *(one for one, into in self.merged.items() if into == person)}
        return [player_id, *sorted(everybody - {player_id})]

    @property
    def session(self) -> Session:
        assert self.state is not None
        return self.state

    def do(self, name: str, actor: UUID = HOST, at: int | None = None, **body: Any) -> list[Event]:
        return self.carry_out(decode_command(self.session.rules, name, body), actor, at)

    def carry_out(self, command: Command, actor: UUID, at: int | None = None) -> list[Event]:
        events = decide(self.state, command, actor=actor, index=len(self.log), people=self.people)
        for event in events:
            payload, texts = encode(event)
            self.texts |= texts
            index = len(self.log)
            recorded = Recorded(
                stream=SESSION,
                index=index,
                position=index + 1,
                type=registry.name_of(event),
                payload=payload,
                actor=actor,
                at=at,
                zone=None,
                committed_at=MADE_AT + index * 1_000_000,
                hash=b"",
            )
            self.state = FOLD.evolve(self.state, recorded)
            self.log.append(recorded)
        return [recorded.event for recorded in self.log[len(self.log) - len(events) :]]

    def record(self, seat: int | None, value: Any, stat: str = "points", **body: Any) -> None:
        self.do("record", seat=seat, stat=stat, value=value, **body)

    @property
    def shown(self) -> dict[str, Any]:
        index = len(self.log) - 1
        return {"session_id": SESSION, "index": index, "names": NAMES, "texts": self.texts}

    @property
    def board(self) -> Any:
        return msgspec.json.decode(render_board(self.session, **self.shown))

    @property
    def json(self) -> Any:
        return msgspec.json.decode(msgspec.json.encode(session_json(self.session, **self.shown)))
