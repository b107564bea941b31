"""Telling other nodes what was committed, so that they need not wait for their next look at the ledger."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tallybook.bus.bus import Bus
from tallybook.kernel.events import Recorded
from tallybook.ledger.follow import Follower

TOPIC = "commits"
MOST_EVENTS = 200  # in one message; of more, the others are only told that they are there
MOST_BYTES = 64 * 1024  # of payloads

_Row = tuple[UUID, int, int, str, bytes, UUID | None, int | None, str | None, int, bytes]
_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_decode = msgspec.msgpack.Decoder(list[_Row]).decode


class Hints:
    """Between a node's follower and the bus, both ways.

    A batch goes along when it is small; an empty list says that there is something to look for.
    """

    def __init__(self, bus: Bus, follower: Follower) -> None:
        self._bus = bus
        self._follower = follower
        bus.subscribe(TOPIC, self._hear)
        bus.when_connected(follower.nudge)

    def committed(self, events: Sequence[Recorded]) -> None:
        """This node has committed a batch."""
        self._follower.hint(events)
        if events and self._bus.spans:
            small = len(events) <= MOST_EVENTS and sum(len(one.payload) for one in events) <= MOST_BYTES
            self._bus.publish(TOPIC, _encode([_row(one) for one in events] if small else []))

    def _hear(self, _sender: str, message: bytes) -> None:
        rows = _decode(message)
        if rows:
            self._follower.hint([Recorded(*row) for row in rows])
        else:
            self._follower.nudge()


def _row(one: Recorded) -> _Row:
    return (
        one.stream,
        one.index,
        one.position,
        one.type,
        one.payload,
        one.actor,
        one.at,
        one.zone,
        one.committed_at,
        one.hash,
    )
