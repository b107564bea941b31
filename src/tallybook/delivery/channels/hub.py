"""What goes out: each broadcast is rendered and framed once for all who get the same bytes."""

import asyncio
from collections.abc import Iterable

from tallybook.bus.bus import Bus
from tallybook.delivery.channels.contract import Render, Viewer
from tallybook.delivery.channels.neighbours import Neighbours, Present
from tallybook.delivery.channels.outbox import Outboxes
from tallybook.delivery.channels.presence import Roster
from tallybook.delivery.channels.topic import Cast, Merged, Subscription, Topic

REFRESH_SECONDS = 0.1  # boards of one topic leave at most ten times a second
ALONG_SECONDS = 0.1  # that a board which might leave waits for the next event, to go out together with it
PRESENCE_SECONDS = 0.05  # who came and went within this time is told in one go


class Hub:
    """Sends what happens in a topic to its followers in this process. Belongs to one event loop.

    Over a bus that spans several nodes it lists those present on all of them.
    """

    def __init__(self, bus: Bus | None = None) -> None:
        spans = bus is not None and bus.spans
        self.neighbours = Neighbours(bus, self._elsewhere) if bus is not None and spans else None
        self.outboxes = Outboxes()
        self.subscriptions = 0  # there are now, those still joining included
        self._topics: dict[str, Topic] = {}

    def __contains__(self, topic: str) -> bool:
        """Whether anybody here follows the topic, so that there is a point in rendering for it."""
        return topic in self._topics

    @property
    def topics(self) -> int:
        """How many topics are followed here."""
        return len(self._topics)

    def broadcast(self, topic: str, event: str, render: Render, *, position: int | None = None) -> None:
        """Send an event to all followers of a (canonical) topic; none is merged, dropped or reordered.

        `position` only grows within the topic (the ledger's position does); it tells a joining member's
        reply from what came after it.
        """
        found = self._topics.get(topic)
        if found is not None:
            self._send(found, Cast(event, render, position))

    def refresh(self, topic: str, event: str, render: Render, *, position: int | None = None) -> None:
        """Send the state of something, at most ten times a second; the newest arrives within two tenths.

        `render` is called only when it is sent, so it should read what is current then.
        """
        found = self._topics.get(topic)
        if found is None:
            return
        merged = found.merged.get(event)
        if merged is None:
            merged = found.merged[event] = Merged()
        merged.cast = Cast(event, render, position)
        loop = asyncio.get_running_loop()
        if loop.time() >= merged.due:
            if merged.timer is not None:
                merged.timer.cancel()
            self._refresh(found, merged)
        elif merged.timer is None:
            merged.timer = loop.call_at(merged.due + ALONG_SECONDS, self._refresh, found, merged)

    def _refresh(self, topic: Topic, merged: Merged) -> None:
        cast, merged.cast, merged.timer = merged.cast, None, None
        assert cast is not None
        self._send(topic, cast)
        merged.due = asyncio.get_running_loop().time() + REFRESH_SECONDS

    def _send(self, topic: Topic, cast: Cast) -> None:
        self._send_live(topic, cast)
        for subscription in topic.joining:
            assert subscription.held is not None
            subscription.held.append(cast)

    def _send_live(self, topic: Topic, cast: Cast) -> None:
        position = cast.position
        for audience, followers in topic.audiences.items():
            frame = cast.frame(audience)
            if frame is None:
                continue
            if position is not None and position <= topic.since:  # somebody's join has read ahead of it
                for subscription, outbox in followers.items():
                    if subscription.since < position:
                        self.outboxes.send(outbox, frame)
            else:
                self.outboxes.send_to_all(followers.values(), frame)

    def subscribe(self, topic: str, subscription: Subscription) -> None:
        """Follow a topic, holding back everything until `start`."""
        found = self._topics.get(topic)
        if found is None:
            found = self._topics[topic] = Topic(topic)
            if self.neighbours is not None and (people := self.neighbours.of(topic).values()):
                found.roster = Roster()
                for present in people:
                    found.roster.join(present.key, present.meta, present.ref)
                found.roster.difference()  # nobody here was told otherwise
        subscription.topic = found
        subscription.held = []
        self.subscriptions += 1
        found.joining.add(subscription)

    def start(self, subscription: Subscription, viewer: Viewer, since: int, *, presence: bool) -> None:
        """Send who is there and what was held back, less what the join's reply holds; then go on live."""
        topic, held = subscription.topic, subscription.held
        assert topic is not None
        assert held is not None
        topic.joining.discard(subscription)
        subscription.viewer = subscription.moved_to[0] if subscription.moved_to else viewer
        subscription.held = None
        subscription.since = since
        topic.since = max(topic.since, since)
        if presence:
            state = topic.roster.state() if topic.roster is not None else b"{}"
            self.push(subscription, subscription.encode("presence_state", state))
        audience = subscription.audience
        for item in held:
            if isinstance(item, Cast):
                if item.position is not None and item.position <= since:
                    continue
                frame = item.frame(audience)
            else:
                frame = item
            if frame is not None:
                self.push(subscription, frame)
        topic.audiences.setdefault(audience, {})[subscription] = subscription.outbox

    def push(self, subscription: Subscription, frame: bytes) -> None:
        """Send to one subscriber, in order with everything else it is sent."""
        if subscription.held is not None:
            subscription.held.append(frame)
        elif subscription.topic is not None:
            self.outboxes.send(subscription.outbox, frame)

    def view_as(self, subscription: Subscription, viewer: Viewer) -> None:
        """Move a subscriber to another class of viewers."""
        topic = subscription.topic
        if topic is None:
            return
        if subscription.held is not None:  # newer than what the join is about to say
            subscription.moved_to = (viewer,)
            return
        self._forget(topic, subscription)
        subscription.viewer = viewer
        topic.audiences.setdefault(subscription.audience, {})[subscription] = subscription.outbox

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop following; does nothing when that has happened."""
        topic = subscription.topic
        if topic is None:
            return
        self._leave(topic, subscription)
        subscription.topic = None
        self.subscriptions -= 1
        if subscription.held is not None:
            subscription.held = None
            topic.joining.discard(subscription)
        else:
            self._forget(topic, subscription)
        if not topic.audiences and not topic.joining:
            del self._topics[topic.name]
            for merged in topic.merged.values():
                if merged.timer is not None:
                    merged.timer.cancel()
            if topic.presence_timer is not None:
                topic.presence_timer.cancel()

    def _forget(self, topic: Topic, subscription: Subscription) -> None:
        followers = topic.audiences[subscription.audience]
        del followers[subscription]
        if not followers:
            del topic.audiences[subscription.audience]

    def track(self, subscription: Subscription, key: str, meta: bytes) -> None:
        """List a subscriber among those present, or renew what is told of it."""
        topic = subscription.topic
        if topic is None:
            return
        self._leave(topic, subscription)
        if topic.roster is None:
            topic.roster = Roster()
        subscription.presence = topic.roster.join(key, meta)
        if self.neighbours is not None:
            self.neighbours.came(Present(subscription.presence, topic.name, key, meta))
        self._tell_presence(topic)

    def _leave(self, topic: Topic, subscription: Subscription) -> None:
        if subscription.presence is not None and topic.roster is not None:
            topic.roster.leave(subscription.presence)
            if self.neighbours is not None:
                self.neighbours.left(subscription.presence)
            subscription.presence = None
            self._tell_presence(topic)

    def _elsewhere(self, came: Iterable[Present], left: Iterable[Present]) -> None:
        """Somebody came or left on another node."""
        for present in came:
            topic = self._topics.get(present.topic)
            if topic is not None:
                if topic.roster is None:
                    topic.roster = Roster()
                if present.ref not in topic.roster:
                    topic.roster.join(present.key, present.meta, present.ref)
                    self._tell_presence(topic)
        for present in left:
            topic = self._topics.get(present.topic)
            if topic is not None and topic.roster is not None and present.ref in topic.roster:
                topic.roster.leave(present.ref)
                self._tell_presence(topic)

    def _tell_presence(self, topic: Topic) -> None:
        if topic.presence_timer is None:
            loop = asyncio.get_running_loop()
            topic.presence_timer = loop.call_later(PRESENCE_SECONDS, self._presence_due, topic)

    def _presence_due(self, topic: Topic) -> None:
        topic.presence_timer = None
        if topic.roster is not None and topic.roster.changed:
            # Not held back for those who are joining: the state they are sent comes after it.
            difference = topic.roster.difference()
            self._send_live(topic, Cast("presence_diff", lambda _: difference, None))
