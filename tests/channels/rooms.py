"""A game of nothing but numbers behind `room:` topics, kept in memory: what the sockets are tested with."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

import msgspec
from msgspec import Raw

from tallybook.access.actor import Actor
from tallybook.delivery.channels.contract import Joined, Member, Reply
from tallybook.delivery.channels.hub import Hub
from tallybook.kernel.refusals import Refusal

json = msgspec.json


async def authenticate(token: str) -> Actor:
    """Every token is good but `bad`; the same token is the same player."""
    if token == "bad":
        raise Refusal("invalid_token", "the token is not valid")
    return Actor(uuid5(NAMESPACE_OID, token), sign_in=uuid5(NAMESPACE_OID, f"the device of {token}"))


class Params(msgspec.Struct):
    role: str = "player"
    refuse: bool = False
    crash: bool = False
    wait: bool = False  # until `Rooms.gate` is opened
    kicked: bool = False  # by the games' side, in the join itself
    size: int = 0  # of the reply, in bytes


@dataclass
class Rooms:
    """All rooms. Outlives the servers it is given to, as a ledger would."""

    presence = True
    hub: Hub = field(default_factory=Hub)
    logs: dict[str, list[object]] = field(default_factory=lambda: defaultdict(list))
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    joining: asyncio.Event = field(default_factory=asyncio.Event)  # somebody waits at the gate
    unanswered: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue)
    members: list["Occupant"] = field(default_factory=list)
    coming: list[Member] = field(default_factory=list)  # who ever waited at the gate
    joins: int = 0

    def canonical(self, name: str) -> str:
        return name.upper()

    async def join(self, name: str, params: Raw, member: Member) -> Joined:
        asked = json.decode(params, type=Params)
        self.joins += 1
        if asked.refuse:
            raise Refusal("forbidden", "you may not come in")
        if asked.crash:
            raise ZeroDivisionError("a fault in joining")
        index = len(self.logs[name]) - 1
        if asked.wait:
            self.coming.append(member)
            self.joining.set()
            await self.gate.wait()
        if asked.kicked:
            member.close()
        member.track(str(member.actor.player_id), json.encode({"role": asked.role}))
        occupant = Occupant(self, name, member)
        self.members.append(occupant)
        reply = json.encode({"index": index, "padding": "x" * asked.size})
        return Joined(occupant, reply, viewer=asked.role, since=index)

    def record(self, name: str, value: object) -> int:
        """Write something down and tell everybody; a spectator never sees what is secret."""
        log = self.logs[name]
        log.append(value)
        index = len(log) - 1
        event = json.encode({"index": index, "value": value})

        def render(viewer: object) -> bytes | None:
            return None if value == "secret" and viewer == "spectator" else event

        self.hub.broadcast(f"room:{name}", "event", render, position=index)
        self.hub.refresh(
            f"room:{name}", "scoreboard", lambda _: json.encode({"index": len(log) - 1}), position=index
        )
        return index


@dataclass(eq=False)
class Occupant:
    """One member's side of a room."""

    rooms: Rooms
    name: str
    member: Member

    def push(self, event: str, payload: Raw, reply: Reply) -> None:
        match event:
            case "record":
                value = json.decode(payload, type=dict[str, object])["value"]
                reply.ok(json.encode({"index": len(self.rooms.logs[self.name])}))
                self.rooms.record(self.name, value)
            case "echo":
                reply.ok(bytes(payload))
            case "refuse":
                raise Refusal("move_rejected", "it is not your turn")
            case "fault":
                reply.error(ZeroDivisionError("found out later"))
            case "crash":
                raise ZeroDivisionError("a fault in the channel")
            case "become":
                role = json.decode(payload, type=Params).role
                self.member.view_as(role)
                self.member.track(str(self.member.actor.player_id), json.encode({"role": role}))
                reply.ok()
            case "kick":
                self.member.push("bye", b'{"reason":"kicked"}')
                self.member.close()
            case "later":
                self.rooms.unanswered.put_nowait(reply)
            case _:
                raise Refusal("invalid", f"there is no message {event}")

    def left(self) -> None:
        self.rooms.members.remove(self)
        for other in self.rooms.members:
            other.member.push("gone", b"{}")
