"""A topic of this process: its followers, in audiences that get the same bytes, and what they are due."""

import asyncio

from tallybook.delivery.channels.contract import EVERYONE, Render, Viewer
from tallybook.delivery.channels.frames import Ref, Wire
from tallybook.delivery.channels.outbox import Outbox
from tallybook.delivery.channels.presence import PhxRef, Roster

Audience = tuple[
    Viewer, Wire, str
]  # all who get the same bytes: class of viewers, protocol, spelling of the topic


class Cast:
    """One broadcast: rendered for a class of viewers, and framed for an audience, when first wanted."""

    __slots__ = ("_frames", "_payloads", "event", "position", "render")

    def __init__(self, event: str, render: Render, position: int | None) -> None:
        self.event = event
        self.render = render
        self.position = position
        self._payloads: dict[Viewer, bytes | None] = {}
        self._frames: dict[Audience, bytes] = {}

    def frame(self, audience: Audience) -> bytes | None:
        frame = self._frames.get(audience)
        if frame is None:
            viewer, wire, topic = audience
            if viewer not in self._payloads:
                self._payloads[viewer] = self.render(viewer)
            payload = self._payloads[viewer]
            if payload is None:
                return None
            frame = self._frames[audience] = wire.encode(None, None, topic, self.event, payload)
        return frame


class Subscription:
    """One socket's place among the followers of a topic; held back until its join has been answered."""

    __slots__ = (
        "held",
        "join_ref",
        "moved_to",
        "name",
        "outbox",
        "presence",
        "since",
        "topic",
        "viewer",
        "wire",
    )

    def __init__(self, outbox: Outbox, wire: Wire, name: str, join_ref: Ref) -> None:
        self.outbox = outbox
        self.wire = wire
        self.name = name  # as this client spells the topic
        self.join_ref = join_ref
        self.viewer: Viewer = EVERYONE
        self.moved_to: tuple[Viewer] | None = None  # a class assigned while the join was under way
        self.topic: Topic | None = None
        self.since = -1  # what has a position up to here was in the reply to the join
        self.held: list[Cast | bytes] | None = None
        self.presence: PhxRef | None = None

    @property
    def audience(self) -> Audience:
        return self.viewer, self.wire, self.name

    def encode(self, event: str, payload: bytes) -> bytes:
        """A push to this subscriber alone."""
        return self.wire.encode(self.join_ref, None, self.name, event, payload)


class Merged:
    """An event of which only the newest matters, with the earliest time the next may leave."""

    __slots__ = ("cast", "due", "timer")

    def __init__(self) -> None:
        self.cast: Cast | None = None
        self.due = 0.0
        self.timer: asyncio.TimerHandle | None = None


class Topic:
    """A topic with at least one follower, joined or joining."""

    __slots__ = ("audiences", "joining", "merged", "name", "presence_timer", "roster", "since")

    def __init__(self, name: str) -> None:
        self.name = name
        self.audiences: dict[Audience, dict[Subscription, Outbox]] = {}
        self.joining: set[Subscription] = set()
        self.merged: dict[str, Merged] = {}
        self.roster: Roster | None = None
        self.since = -1  # the largest of its followers
        self.presence_timer: asyncio.TimerHandle | None = None
